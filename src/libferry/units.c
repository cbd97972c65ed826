/* The units of a run page by page, however many there are. */
#include <inttypes.h>
#include <string.h>

#include "base/nearest.h"
#include "base/parse.h"
#include "libferry/internal.h"

/* Where the next page begins. */
struct place {
    int64_t step, after;
};

/* "STEP:SEQ" */
static enum ferry_code read_cursor(const void *ctx, const char *cursor, struct place *place,
                                   struct ferry_error *err)
{
    const char *colon = cursor ? strchr(cursor, ':') : NULL;

    *place = (struct place){0, -1};
    if (!cursor) {
        return FERRY_OK;
    }
    if (!colon ||
        !parse_int64(mem_strndup(ctx, cursor, (size_t)(colon - cursor)), 0, INT32_MAX,
                     &place->step) ||
        !parse_int64(colon + 1, -1, INT64_MAX, &place->after)) {
        return ferry_fail(err, FERRY_E_USAGE, "not a place in a list of units: \"%s\"", cursor);
    }
    return FERRY_OK;
}

/* "TENANT/DEPLOYMENT" or "TENANT/DEPLOYMENT/INSTANCE"; what was given to the unit says which, and
   for one that was only named (skipped) the last slash does. */
static void set_place(const void *ctx, struct json *unit, const struct unit_row *row)
{
    const char *slash = strchr(row->key, '/');
    const char *last = strrchr(row->key, '/');
    struct json *data = NULL;

    if (!slash) {
        json_set_null(unit, "tenant");
        json_set_null(unit, "deployment");
        json_set_null(unit, "host");
        return;
    }
    if (row->data && json_parse(ctx, row->data, strlen(row->data), &data, NULL)) {
        data = NULL;
    }
    if (json_get(data, "given.host")) {
        last = row->key + strlen(row->key) - strlen(json_string_or(data, "given.host", "")) - 1;
    } else if (row->state != UNIT_SKIPPED || row->attempt > 1 || row->intent_at_ms) {
        last = slash;
    }
    json_set_string(unit, "tenant", mem_strndup(ctx, row->key, (size_t)(slash - row->key)));
    json_set_string(unit, "deployment",
                    last > slash ? mem_strndup(ctx, slash + 1, (size_t)(last - slash - 1))
                                 : slash + 1);
    json_set_string(unit, "host", last > slash ? last + 1 : NULL);
}

static void describe_unit(struct json *list, const struct step_row *step,
                          const struct unit_row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *unit = json_push_object(list);

    json_set_string(unit, "step", step->name);
    json_set_string(unit, "unit", row->key);
    set_place(scope, unit, row);
    json_set_string(unit, "state", unit_state_name(row->state));
    json_set_string(unit, "reason", row->error);
    json_set_string(unit, "hint", row->hint);
    json_set_int(unit, "attempt", row->attempt);
    ferry_set_time(unit, "since", row->intent_at_ms);
    ferry_set_time(unit, "ended_at", row->intent_at_ms ? row->ended_at_ms : 0);
    if (row->intent_at_ms && row->ended_at_ms >= row->intent_at_ms) {
        json_set_double(unit, "seconds", (double)(row->ended_at_ms - row->intent_at_ms) / 1000.0);
    } else {
        json_set_null(unit, "seconds");
    }
    json_set_string(unit, "execution", row->remote_id);
}

static bool is_wanted(const struct step_row *step, const char *name)
{
    return name ? strcmp(step->name, name) == 0 : step->fanout;
}

/* Fills one page, over as many steps as it takes. */
static enum ferry_code read_page(struct journal *journal, const struct run_row *run,
                                 const struct ferry_units_query *query, struct place *place,
                                 struct json *list, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct step_row *steps;
    size_t count;

    if (journal_steps(journal, scope, run->run, &steps, &count, err)) {
        return err->code;
    }
    for (; (size_t)place->step < count; place->step++, place->after = -1) {
        const struct step_row *step = &steps[place->step];
        size_t room = query->limit - json_size(list), n;
        struct unit_row *rows;

        if (!is_wanted(step, query->step)) {
            continue;
        }
        if (journal_units(journal, scope,
                          &(struct unit_query){run->run, step->step, UNITS_ALL, place->after, room},
                          &rows, &n, err)) {
            return err->code;
        }
        for (size_t i = 0; i < n; i++) {
            describe_unit(list, step, &rows[i]);
            place->after = rows[i].seq;
        }
        if (n == room) {
            return FERRY_OK;
        }
    }
    place->step = -1;
    return FERRY_OK;
}

static enum ferry_code check_step(struct journal *journal, const struct run_row *run,
                                  const char *name, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char **names, *near;
    struct step_row *steps;
    size_t count;

    if (!name) {
        return FERRY_OK;
    }
    if (journal_steps(journal, scope, run->run, &steps, &count, err)) {
        return err->code;
    }
    names = mem_array(scope, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(steps[i].name, name) == 0) {
            return FERRY_OK;
        }
        names[i] = steps[i].name;
    }
    near = nearest_word(name, names, count);
    ferry_fail(err, FERRY_E_NOT_FOUND, "run \"%s\" has no step \"%s\"", run->name, name);
    if (near) {
        ferry_error_hint(err, "did you mean %s? ferry status %s shows its steps", near, run->name);
    } else {
        ferry_error_hint(err, "ferry status %s shows its steps", run->name);
    }
    return err->code;
}

static enum ferry_code list_units(struct journal *journal, const char *name,
                                  const struct ferry_units_query *query, char **units,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document = json_object(scope), *list;
    struct place place;
    struct run_row run;

    if (read_cursor(scope, query->cursor, &place, err) ||
        ferry_find_run(journal, scope, name, &run, err) ||
        check_step(journal, &run, query->step, err)) {
        return err->code;
    }
    json_set_string(document, "run", run.name);
    list = json_set_array(document, "units");
    if (read_page(journal, &run, query, &place, list, err)) {
        return err->code;
    }
    if (place.step < 0) {
        json_set_null(document, "next");
    } else {
        json_set_string(document, "next",
                        mem_printf(scope, "%" PRId64 ":%" PRId64, place.step, place.after));
    }
    *units = ferry_text(json_print(scope, document));
    return FERRY_OK;
}

enum ferry_code ferry_units(struct ferry *ferry, const char *run,
                            const struct ferry_units_query *query, char **units,
                            struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error own = {0};
    struct journal *journal;
    enum ferry_code code;

    err = err ? err : &own;
    if (query->limit == 0) {
        return ferry_fail(err, FERRY_E_USAGE, "a page of no units");
    }
    if (ferry_open_journal(scope, ferry, JOURNAL_READ, &journal, err)) {
        return err->code;
    }
    code = list_units(journal, run, query, units, err);
    journal_close(journal);
    return code;
}
