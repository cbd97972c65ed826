/* What happened in a run, from its events: requests and their results, processes, decisions. */
#include <string.h>

#include "libferry/report.h"

#define PAGE 2000
#define LISTED_MAX 300 /* decisions, notes: the first so many */

struct walk {
    struct report *report;
    struct json *requests, *lives, *decisions, *notes;
    struct json *life; /* the process that the run is in, or NULL */
    int64_t last_ms;   /* of the event before */
    int64_t decision_count, note_count;
};

/* What an event says of the request that was sent for its unit; first: may a later one say more? */
static const struct {
    const char *kind, *result;
    bool open;
} results[] = {
    {"unit_open", "the answer was lost", true},
    {"unit_started", "accepted", false},
    {"unit_adopted", "found on the manager", false},
    {"unit_done", "done", false},
    {"unit_failed", "failed", false},
    {"unit_absent", "had no effect", false},
    {"unit_next", "done; another act follows", false},
    {"unit_unknown", "not known", true},
    {"unit_blocked", "refused for now", true},
    {"unit_resolved", "decided by a person", false},
};

static const char *const decisions[] = {"unit_resolved", "unit_retried", "run_retried",
                                        "run_cancelling", "run_cancelled"};
static const char *const notes[] = {"unit_open",    "unit_adopted", "unit_absent",
                                    "unit_blocked", "step_back",    "width",
                                    "wave_started", "unit_unknown", "step_skipped"};

static bool is_among(const char *kind, const char *const *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(kind, kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

static struct report_step *step_of(const struct walk *walk, const struct event_row *row)
{
    const struct report *report = walk->report;

    return row->step >= 0 && (size_t)row->step < report->step_count ? &report->steps[row->step]
                                                                    : NULL;
}

static struct report_unit *unit_of(struct report_step *step, const struct event_row *row)
{
    return step && row->seq >= 0 && (size_t)row->seq < step->count ? &step->units[row->seq] : NULL;
}

static void put_event(struct json *list, const struct event_row *row,
                      const struct report_step *step, const struct report_unit *unit,
                      const struct json *data)
{
    struct json *event = json_push_object(list);

    ferry_set_time(event, "at", row->at_ms);
    json_set_string(event, "kind", row->kind);
    json_set_string(event, "step", step ? step->row->name : NULL);
    json_set_string(event, "unit", unit ? unit->key : NULL);
    json_set_string(event, "text", json_string_or(data, "text", NULL));
}

static void send(struct walk *walk, const struct event_row *row, const struct report_step *step,
                 struct report_unit *unit, const struct json *data)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *request = json_push_object(walk->requests);
    int64_t attempt = json_int64_or(data, "attempt", 0);
    char id[UUID_TEXT_SIZE];

    json_set_string(request, "step", step->row->name);
    json_set_string(request, "unit", unit->key);
    json_set_string(request, "request", json_string_or(data, "request", NULL));
    if (attempt > 0) {
        uuid_derive(walk->report->run->uuid,
                    mem_printf(scope, "%s/%s/%u", step->row->name, unit->key, (unsigned)attempt),
                    id);
        json_set_string(request, "id", id);
    } else { /* of an older ferry: the last one's is known */
        json_set_string(request, "id", unit->intent_id);
    }
    ferry_set_time(request, "intent_at", row->at_ms);
    json_set_null(request, "result_at");
    json_set_string(request, "result", "open");
    if (unit->http > 0 && (attempt == 0 || strcmp(id, unit->intent_id) == 0)) {
        json_set_int(request, "http", unit->http);
    } else {
        json_set_null(request, "http");
    }
    unit->request = request;
}

static void answer(const struct event_row *row, struct report_unit *unit)
{
    for (size_t i = 0; i < FERRY_COUNT(results); i++) {
        if (strcmp(row->kind, results[i].kind) == 0) {
            json_set_string(unit->request, "result", results[i].result);
            ferry_set_time(unit->request, "result_at", row->at_ms);
            if (!results[i].open) {
                unit->request = NULL;
            }
            return;
        }
    }
}

static void end_life(struct walk *walk, int64_t at_ms, const char *end, const char *text)
{
    if (walk->life) {
        ferry_set_time(walk->life, "ended_at", at_ms);
        json_set_string(walk->life, "end", end);
        json_set_string(walk->life, "text", text);
        walk->life = NULL;
    }
}

static void take_life(struct walk *walk, const struct event_row *row, const struct json *data)
{
    if (strcmp(row->kind, "run_started") == 0) {
        end_life(walk, walk->last_ms, "killed", NULL); /* it left no end of its own */
        walk->life = json_push_object(walk->lives);
        ferry_set_time(walk->life, "began_at", row->at_ms);
        json_set_null(walk->life, "ended_at");
        json_set_null(walk->life, "end");
    } else if (strncmp(row->kind, "run_", 4) == 0 && strcmp(row->kind, "run_created") != 0) {
        end_life(walk, row->at_ms, row->kind + 4, json_string_or(data, "text", NULL));
    }
}

static void take(struct walk *walk, const struct event_row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct report_step *step = step_of(walk, row);
    struct report_unit *unit = unit_of(step, row);
    struct json *data = NULL;

    if (row->data && json_parse(scope, row->data, strlen(row->data), &data, NULL)) {
        data = NULL;
    }
    take_life(walk, row, data);
    if (unit && strcmp(row->kind, "unit_intent") == 0) {
        send(walk, row, step, unit, data);
    } else if (unit && unit->request) {
        answer(row, unit);
    }
    if (is_among(row->kind, decisions, FERRY_COUNT(decisions)) &&
        walk->decision_count++ < LISTED_MAX) {
        put_event(walk->decisions, row, step, unit, data);
    }
    if (is_among(row->kind, notes, FERRY_COUNT(notes)) && walk->note_count++ < LISTED_MAX) {
        put_event(walk->notes, row, step, unit, data);
    }
    walk->last_ms = row->at_ms;
}

enum ferry_code report_events(struct report *report, struct ferry_error *err)
{
    struct walk walk = {.report = report,
                        .requests = json_set_array(report->document, "requests"),
                        .lives = json_set_array(report->document, "lives"),
                        .decisions = json_set_array(report->document, "decisions"),
                        .notes = json_set_array(report->document, "notes")};
    int64_t after = 0;
    size_t count;

    do {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct event_row *rows;

        if (journal_events(report->journal, scope,
                           &(struct event_query){report->run->run, after, PAGE}, &rows, &count,
                           err)) {
            return err->code;
        }
        for (size_t i = 0; i < count; i++) {
            take(&walk, &rows[i]);
            after = rows[i].id;
        }
    } while (count == PAGE);
    json_set_int(report->document, "decisions_in_all", walk.decision_count);
    json_set_int(report->document, "notes_in_all", walk.note_count);
    return FERRY_OK;
}
