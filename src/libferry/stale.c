/*
 * Whether a plan that was kept still holds. What the plan promised must be what a run would do now:
 * the archive, the manager, the plugin files, the requests that change something, the steps and
 * how many units they have, and that nothing new stands in the way. Everything else is told.
 */
#include <string.h>

#include "libferry/internal.h"

#define TOLD_MAX 20     /* differences that are told one by one */
#define VALUE_SHOWN 160 /* bytes of a value in a message */

struct comparison {
    const void *mem;
    struct session *session;
    const struct json *saved, *today;
    const char *file; /* of the saved plan */
    unsigned told;
};

/* A value as a person reads it: texts without their quotes, nothing as "unknown". */
static const char *shown(const void *mem, const struct json *value)
{
    const char *text = value && !json_is_null(value) ? json_text(value) : "unknown";

    if (!text) {
        text = json_print(mem, value);
    }
    return strlen(text) > VALUE_SHOWN ? mem_printf(mem, "%.*s...", VALUE_SHOWN, text) : text;
}

static bool same(const void *mem, const struct json *a, const struct json *b)
{
    return strcmp(json_print_canonical(mem, a), json_print_canonical(mem, b)) == 0;
}

static enum ferry_code stale(const struct comparison *of, const char *what, const char *was,
                             const char *is, struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_STALE, "the plan is stale: %s was %s and is %s", what, was, is);
    ferry_error_hint(err,
                     "nothing was changed; when you know why it differs, make a new plan: ferry "
                     "plan FILE.yaml -o %s",
                     of->file);
    return err->code;
}

static void tell(struct comparison *of, const char *step, const char *text)
{
    if (of->told++ < TOLD_MAX) {
        plan_warn(of->session, step, text);
    }
}

/* --- what blocks --- */

static enum ferry_code check_facts(const struct comparison *of, struct ferry_error *err)
{
    static const char *const blocking[] = {"archive.sha256",  "archive.size",    "archive.version",
                                           "manager.version", "manager.edition", "manager.nodes"};

    for (size_t i = 0; i < FERRY_COUNT(blocking); i++) {
        const struct json *was = json_get(json_member(of->saved, "facts"), blocking[i]);
        const struct json *is = json_get(json_member(of->today, "facts"), blocking[i]);

        if (strcmp(blocking[i], "manager.nodes") == 0 && (!was || !is)) {
            continue; /* not every manager tells its nodes to everybody */
        }
        if (!same(of->mem, was, is)) {
            return stale(of, blocking[i], shown(of->mem, was), shown(of->mem, is), err);
        }
    }
    return FERRY_OK;
}

static enum ferry_code check_plugins(const struct comparison *of, struct ferry_error *err)
{
    const struct json *files = json_get(of->today, "facts.plugin_files");

    for (const struct json *at = json_first(files); at; at = json_next(at)) {
        const struct json *was =
            json_member(json_get(of->saved, "facts.plugin_files"), json_key(at));

        if (!same(of->mem, json_member(was, "sha256"), json_member(at, "sha256"))) {
            return stale(of, mem_printf(of->mem, "plugin \"%s\"", json_key(at)),
                         shown(of->mem, json_member(was, "sha256")),
                         shown(of->mem, json_member(at, "sha256")), err);
        }
    }
    return FERRY_OK;
}

/* The saved row of the same text, or NULL. */
static const struct json *with_text(const struct json *rows, const char *key, const char *text)
{
    const struct json *row = json_first(rows);

    while (row && strcmp(json_string_or(row, key, ""), text) != 0) {
        row = json_next(row);
    }
    return row;
}

static enum ferry_code check_stops(const struct comparison *of, struct ferry_error *err)
{
    const struct json *before = json_member(of->saved, "findings");

    for (const struct json *row = json_first(json_member(of->today, "findings")); row;
         row = json_next(row)) {
        const char *text = json_string_or(row, "text", "");
        const char *check = json_string_or(row, "check", NULL); /* its words may hold a number */
        const struct json *was =
            check ? with_text(before, "check", check) : with_text(before, "text", text);

        if (strcmp(json_string_or(row, "kind", ""), "blocker") == 0 &&
            strcmp(json_string_or(was, "kind", ""), "blocker") != 0) {
            return stale(of, json_string_or(row, "step", "the way"), "free",
                         mem_printf(of->mem, "blocked: %s", text), err);
        }
    }
    return FERRY_OK;
}

/* The requests of a step that change something, for a comparison. */
static const struct json *changing(const void *mem, const struct json *step)
{
    struct json *out = json_array(mem);

    for (const struct json *request = json_first(json_member(step, "requests")); request;
         request = json_next(request)) {
        if (json_bool_or(request, "changes", false)) {
            json_push_json(out, request);
        }
    }
    return out;
}

static enum ferry_code check_step(const struct comparison *of, const struct json *was,
                                  const struct json *is, struct ferry_error *err)
{
    const char *name = json_string_or(is, "name", "");
    const char *skipped = json_string_or(was, "skip", NULL),
               *skips = json_string_or(is, "skip", NULL);
    const struct json *sent = changing(of->mem, was), *sends = changing(of->mem, is);

    if (!skipped != !skips) {
        return stale(of, mem_printf(of->mem, "step %s", name),
                     skipped ? mem_printf(of->mem, "skipped (%s)", skipped) : "to be done",
                     skips ? mem_printf(of->mem, "skipped (%s)", skips) : "to be done", err);
    }
    if (!same(of->mem, json_member(was, "units"), json_member(is, "units"))) {
        return stale(of, mem_printf(of->mem, "the number of units of %s", name),
                     shown(of->mem, json_member(was, "units")),
                     shown(of->mem, json_member(is, "units")), err);
    }
    return same(of->mem, sent, sends) ? FERRY_OK
                                      : stale(of, mem_printf(of->mem, "what %s would send", name),
                                              shown(of->mem, sent), shown(of->mem, sends), err);
}

static enum ferry_code check_steps(const struct comparison *of, struct ferry_error *err)
{
    const struct json *was = json_member(of->saved, "steps");

    for (const struct json *step = json_first(json_member(of->today, "steps")); step;
         step = json_next(step)) {
        const char *name = json_string_or(step, "name", "");

        if (check_step(of, with_text(was, "name", name), step, err)) {
            return err->code;
        }
    }
    return FERRY_OK;
}

/* --- what is told --- */

static void tell_checks(struct comparison *of)
{
    const struct json *before = json_member(of->saved, "checks");

    for (const struct json *row = json_first(json_member(of->today, "checks")); row;
         row = json_next(row)) {
        const struct json *was = with_text(before, "name", json_string_or(row, "name", ""));
        const char *then = json_string_or(was, "verdict", "not made");
        const char *now = json_string_or(row, "verdict", "");

        if (strcmp(then, now) != 0) {
            tell(of, json_string_or(row, "step", NULL),
                 mem_printf(of->mem, "since the plan was made: check %s was %s and is %s (%s)",
                            json_string_or(row, "name", ""), then, now,
                            json_string_or(row, "evidence", "")));
        }
    }
}

/* Findings that the plan did not have, and those that are gone. */
static void tell_findings(struct comparison *of, const struct json *from, const struct json *to,
                          const char *words)
{
    for (const struct json *row = json_first(json_member(from, "findings")); row;
         row = json_next(row)) {
        const char *text = json_string_or(row, "text", "");

        if (!json_member(row, "check") && strcmp(json_string_or(row, "kind", ""), "note") != 0 &&
            !with_text(json_member(to, "findings"), "text", text)) {
            tell(of, json_string_or(row, "step", NULL),
                 mem_printf(of->mem, "since the plan was made: %s: %s", words, text));
        }
    }
}

static void tell_executions(struct comparison *of)
{
    const struct json *before = json_get(of->saved, "forecast.executions.rows");

    for (const struct json *row = json_first(json_get(of->today, "forecast.executions.rows")); row;
         row = json_next(row)) {
        const struct json *was = with_text(before, "id", json_string_or(row, "id", ""));
        const char *then = json_string_or(was, "outcome", "unknown");
        const char *now = json_string_or(row, "outcome", "");

        if (strcmp(then, now) != 0) {
            tell(of, NULL,
                 mem_printf(of->mem,
                            "since the plan was made: %s on %s in %s, due %s, was forecast as %s "
                            "and is %s",
                            json_string_or(row, "workflow", "?"),
                            json_string_or(row, "deployment", "?"),
                            json_string_or(row, "tenant", "?"), json_string_or(row, "due", "?"),
                            then, now));
        }
    }
}

static void tell_address(struct comparison *of)
{
    const struct json *was = json_get(of->saved, "identity.url");
    const struct json *is = json_get(of->today, "identity.url");

    if (!same(of->mem, was, is)) {
        tell(of, NULL,
             mem_printf(of->mem, "the manager was planned at %s and is asked at %s",
                        shown(of->mem, was), shown(of->mem, is)));
    }
}

enum ferry_code plan_still_holds(struct session *session, const char *file,
                                 const struct json *saved, const struct json *today,
                                 struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct comparison of = {
        .mem = scope, .session = session, .saved = saved, .today = today, .file = file};

    if (check_facts(&of, err) || check_plugins(&of, err) || check_stops(&of, err)) {
        return err->code;
    }
    if (json_bool_or(today, "blocked", false)) {
        return FERRY_OK; /* by what the plan said already: the caller refuses it for that */
    }
    if (check_steps(&of, err)) {
        return err->code;
    }
    tell_address(&of);
    tell_checks(&of);
    tell_findings(&of, today, saved, "new");
    tell_findings(&of, saved, today, "no longer");
    tell_executions(&of);
    if (of.told > TOLD_MAX) {
        plan_warn(session, NULL,
                  mem_printf(scope,
                             "since the plan was made: %u more differences; ferry plan shows "
                             "how things stand",
                             of.told - TOLD_MAX));
    }
    return FERRY_OK;
}
