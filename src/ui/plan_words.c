#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/plan_parts.h"

const char *const plan_weights[] = {"stops", "cannot_tell", "warning", "note", "ok", NULL};

const char *plan_weight_words(const char *weight)
{
    return strcmp(weight, "cannot_tell") == 0 ? "cannot tell" : weight;
}

enum ui_colour plan_weight_colour(const char *weight)
{
    if (strcmp(weight, "stops") == 0) {
        return UI_BAD;
    }
    return strcmp(weight, "ok") == 0 ? UI_GOOD : strcmp(weight, "note") == 0 ? UI_PLAIN : UI_CARE;
}

/* --- rows --- */

void plan_each(const struct json *plan, const char *weight,
               void (*take)(void *arg, const struct plan_row *row), void *arg)
{
    const char *kind = strcmp(weight, "stops") == 0 ? "blocker" : weight;

    for (const struct json *row = json_first(json_member(plan, "checks")); row != NULL;
         row = json_next(row)) {
        if (strcmp(json_string_or(row, "verdict", ""), weight) == 0) {
            take(arg, &(struct plan_row){weight, json_string_or(row, "name", NULL),
                                         json_string_or(row, "evidence", ""),
                                         json_string_or(row, "next", NULL)});
        }
    }
    for (const struct json *row = json_first(json_member(plan, "findings")); row != NULL;
         row = json_next(row)) {
        if (strcmp(json_string_or(row, "kind", ""), kind) == 0 &&
            json_string_or(row, "check", NULL) == NULL) {
            take(arg, &(struct plan_row){weight, json_string_or(row, "step", NULL),
                                         json_string_or(row, "text", ""),
                                         json_string_or(row, "hint", NULL)});
        }
    }
}

static void count_row(void *arg, const struct plan_row *row)
{
    (void)row;
    ++*(unsigned *)arg;
}

unsigned plan_count(const struct json *plan, const char *weight)
{
    unsigned count = 0;

    plan_each(plan, weight, count_row, &count);
    return count;
}

/* --- words --- */

static char *add(const void *mem, char *to, const char *separator, char *text)
{
    return text[0] == '\0' ? to
           : to[0] == '\0' ? text
                           : mem_printf(mem, "%s%s%s", to, separator, text);
}

static char *counted(const void *mem, int64_t count, const char *one, const char *many)
{
    return mem_printf(mem, "%" PRId64 " %s", count, count == 1 ? one : many);
}

char *plan_verdict(const void *mem, const struct json *plan)
{
    unsigned stops = plan_count(plan, "stops"), unsure = plan_count(plan, "cannot_tell");
    unsigned warnings = plan_count(plan, "warning");
    char *more = mem_strdup(mem, "");

    if (unsure > 0) {
        more = add(mem, more, ", ", mem_printf(mem, "%u cannot be told", unsure));
    }
    if (warnings > 0) {
        more = add(mem, more, ", ",
                   mem_printf(mem, "%u warning%s", warnings, warnings == 1 ? "" : "s"));
    }
    more = more[0] == '\0' ? more : mem_printf(mem, " (%s)", more);
    if (json_bool_or(plan, "blocked", false)) {
        return mem_printf(mem,
                          "BLOCKED: a run would be refused by %u thing%s%s; nothing was changed",
                          stops, stops == 1 ? "" : "s", more);
    }
    return mem_printf(mem, "READY: nothing stands in the way%s; nothing was changed", more);
}

char *plan_manager(const void *mem, const struct json *plan)
{
    const struct json *identity = json_member(plan, "identity");
    char *text = mem_strdup(mem, json_string_or(plan, "manager", ""));
    const char *version = json_string_or(identity, "version", NULL);

    if (version != NULL) {
        text = mem_printf(mem, "%s, %s %s", text, version, json_string_or(identity, "edition", ""));
    }
    for (const struct json *node = json_first(json_member(identity, "nodes")); node != NULL;
         node = json_next(node)) {
        text = mem_printf(mem, "%s, node %s", text, json_string_or(node, "hostname", "?"));
    }
    return text;
}

char *plan_archive(const void *mem, const struct json *plan)
{
    const struct json *archive = json_member(plan, "archive");
    const char *sha256 = json_string_or(archive, "sha256", NULL);
    char *text;

    if (!json_is_object(archive)) {
        const char *url = json_string_or(plan, "options.snapshot.url", NULL);
        const char *file = json_string_or(plan, "options.snapshot.file", NULL);

        if (file != NULL) {
            return mem_printf(mem, "%s, yet to be taken on %s", file,
                              json_string_or(plan, "options.old_manager.url", "the old manager"));
        }
        return url == NULL
                   ? mem_strdup(mem, "")
                   : mem_printf(mem, "%s, fetched by the manager: ferry cannot look inside", url);
    }
    text =
        mem_printf(mem, "%s: %s, of %s", json_string_or(plan, "options.snapshot.file", "archive"),
                   json_string_or(archive, "format", "?"), json_string_or(archive, "version", "?"));
    if (json_int64_or(archive, "size", -1) >= 0) {
        text =
            mem_printf(mem, "%s, %s", text, timefmt_bytes(mem, json_int64_or(archive, "size", 0)));
    }
    return sha256 == NULL ? text : mem_printf(mem, "%s, SHA-256 %.12s...", text, sha256);
}

char *plan_holds(const void *mem, const struct json *plan)
{
    static const struct {
        const char *key, *one, *many;
        bool always;
    } rows[] = {{"tenants", "tenant", "tenants", true},
                {"blueprints", "blueprint", "blueprints", true},
                {"deployments", "deployment", "deployments", true},
                {"node_instances", "node instance", "node instances", false},
                {"agents", "agent", "agents", true},
                {"plugins", "plugin", "plugins", true},
                {"secrets", "secret", "secrets", false},
                {"executions_scheduled", "scheduled execution", "scheduled executions", false},
                {"executions_queued", "queued execution", "queued executions", false},
                {"executions_active", "active execution", "active executions", false},
                {"schedules", "schedule", "schedules", false}};
    const struct json *archive = json_member(plan, "archive");
    char *text = mem_strdup(mem, "");

    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        int64_t count = json_int64_or(archive, rows[i].key, -1);

        if (count > 0 || (count == 0 && rows[i].always)) {
            text = add(mem, text, ", ", counted(mem, count, rows[i].one, rows[i].many));
        }
    }
    return text;
}

/* A plan that could not ask the manager has estimates of nothing. */
static bool is_timed(const struct json *plan)
{
    return json_int64_or(json_get(plan, "forecast.duration"), "ms", 0) > 0;
}

char *plan_moment(const void *mem, const struct json *plan, const char *key)
{
    const char *text = json_string_or(json_member(plan, "forecast"), key, NULL);

    return text == NULL || strlen(text) != strlen("2026-11-28T02:00:00+01:00")
               ? mem_strdup(mem, "")
               : mem_printf(mem, "%.10s %.8s %s", text, text + 11, text + 19);
}

char *plan_lasts(const void *mem, const struct json *plan)
{
    const struct json *duration = json_get(plan, "forecast.duration");
    const struct json *unknown = json_first(json_member(duration, "unknown"));
    char *text;

    if (!is_timed(plan)) {
        return mem_strdup(mem, "");
    }
    text = mem_printf(mem, "about %s in all, an estimate: see the steps",
                      timefmt_duration(mem, json_int64_or(duration, "ms", 0)));
    for (const char *word = "; not counted"; unknown != NULL;
         unknown = json_next(unknown), word = ",") {
        text = mem_printf(mem, "%s%s %s", text, word, json_text(unknown));
    }
    return text;
}

char *plan_window(const void *mem, const struct json *plan)
{
    const struct json *duration = json_get(plan, "forecast.duration");
    char *from = plan_moment(mem, plan, "maintenance_on");
    char *to = plan_moment(mem, plan, "maintenance_off");

    return !is_timed(plan) || from[0] == '\0' || to[0] == '\0'
               ? mem_strdup(mem, "")
               : mem_printf(mem, "about %s without the manager, from %.8s to %s",
                            timefmt_duration(mem, json_int64_or(duration, "without_manager_ms", 0)),
                            from + 11, to);
}

char *plan_agents(const void *mem, const struct json *plan)
{
    const struct json *agents = json_get(plan, "forecast.agents");
    int64_t hosts = json_int64_or(agents, "agents", 0), deployments;
    int64_t stopped = json_int64_or(agents, "hosts_not_started", 0);
    char *text;

    if (hosts <= 0 || !is_timed(plan)) {
        return mem_strdup(mem, "");
    }
    deployments = json_int64_or(agents, "deployments", 0);
    text = mem_printf(mem, "%s of %s, %" PRId64 " at a time, about %s",
                      counted(mem, hosts, "agent", "agents"),
                      counted(mem, deployments, "deployment", "deployments"),
                      json_int64_or(agents, "concurrency", 0),
                      timefmt_duration(mem, json_int64_or(agents, "ms", 0)));
    return stopped > 0 ? mem_printf(mem, "%s; %s not started", text,
                                    counted(mem, stopped, "host is", "hosts are"))
                       : text;
}

char *plan_undo(const void *mem, const struct json *plan)
{
    const struct json *step = json_first(json_member(plan, "steps"));
    char *when = plan_moment(mem, plan, "no_return");
    unsigned number = 1;

    for (; step != NULL &&
           (!json_bool_or(step, "no_return", false) || json_string_or(step, "skip", NULL) != NULL);
         step = json_next(step)) {
        number++;
    }
    if (step == NULL) {
        return mem_strdup(mem, "");
    }
    return mem_printf(mem,
                      "everything until step %u, %s%s%s (ferry cancel takes it back); from then on "
                      "nothing",
                      number, json_string_or(step, "name", ""),
                      is_timed(plan) && when[0] != '\0' ? ", at about " : "",
                      is_timed(plan) ? when : "");
}
