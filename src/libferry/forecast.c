/*
 * When what will happen: the estimates of the steps one after another from the planned time on, and
 * what becomes of the archive's scheduled executions at these moments. All of it is an estimate:
 * each part says by which counts and rates (states/: beside each rate stands where it comes from).
 */
#include <string.h>

#include "base/timelocal.h"
#include "cloudify/forecast.h"
#include "libferry/internal.h"
#include "states/states.h"

#define AGENTS_CONCURRENCY 5 /* the default of agents.concurrency */

struct moments {
    int64_t begin_ms, maintenance_ms, no_return_ms, restored_ms, off_ms, end_ms;
};

static bool is_step(const struct json *step, const char *name)
{
    return strcmp(json_string_or(step, "name", ""), name) == 0;
}

/* Lays the steps end to end. */
static void lay_out(const struct json *plan, struct json *duration, struct moments *moments)
{
    struct json *parts = json_set_array(duration, "parts"),
                *unknown = json_set_array(duration, "unknown");
    int64_t at_ms = moments->begin_ms;

    for (const struct json *step = json_first(json_member(plan, "steps")); step;
         step = json_next(step)) {
        int64_t ms = json_int64_or(step, "estimate_ms", -1);
        bool skipped = json_member(step, "skip") != NULL;

        if (is_step(step, "maintenance_activate")) {
            moments->maintenance_ms = at_ms;
        } else if (json_bool_or(step, "no_return", false)) {
            moments->no_return_ms = at_ms;
        }
        if (!skipped && ms > 0) {
            struct json *part = json_push_object(parts);

            json_set_string(part, "step", json_string_or(step, "name", ""));
            json_set_int(part, "ms", ms);
            json_set_string(part, "terms", json_string_or(step, "estimate_terms", NULL));
            at_ms += ms;
        } else if (!skipped && ms <= 0 && json_int64_or(step, "units", 0) != 0 &&
                   !is_step(step, "restore")) { /* the restore's time is told by poll_status */
            json_push_string(unknown, json_string_or(step, "name", ""));
        }
        if (is_step(step, "restore") || is_step(step, "poll_status")) {
            moments->restored_ms = at_ms;
        } else if (is_step(step, "maintenance_deactivate")) {
            moments->off_ms = at_ms;
        }
    }
    moments->end_ms = at_ms;
}

static void set_moments(struct json *into, const struct moments *moments, int offset_minutes)
{
    const struct {
        const char *key;
        int64_t ms;
    } rows[] = {{"begins", moments->begin_ms},        {"maintenance_on", moments->maintenance_ms},
                {"no_return", moments->no_return_ms}, {"restored", moments->restored_ms},
                {"maintenance_off", moments->off_ms}, {"ends", moments->end_ms}};

    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        char *text = timelocal_format(NULL, rows[i].ms, offset_minutes);

        json_set_string(into, rows[i].key, text);
        mem_free(text);
    }
}

static void set_agents(struct json *forecast, const struct session *session,
                       const struct json *plan)
{
    static const char *const counts[] = {"agents", "hosts", "hosts_not_started",
                                         "deployments_with_hosts"};
    struct json *agents = json_set_object(forecast, "agents");
    const struct json *step = json_first(json_member(plan, "steps"));

    while (step && !is_step(step, "install_new_agents")) {
        step = json_next(step);
    }
    for (size_t i = 0; i < FERRY_COUNT(counts); i++) {
        const struct json *count = json_member(json_get(session->facts, "archive"), counts[i]);

        json_set_json(agents, counts[i], count);
    }
    json_set_json(agents, "deployments", json_member(step, "units"));
    json_set_int(agents, "concurrency",
                 json_int64_or(session->options, "agents.concurrency", AGENTS_CONCURRENCY));
    json_set_json(agents, "ms", json_member(step, "estimate_ms"));
    json_set_string(agents, "terms",
                    json_string_or(step, "estimate_terms", json_string_or(step, "skip", NULL)));
}

static enum cloudify_old_manager old_manager(const struct json *plan)
{
    const char *status = json_string_or(plan, "facts.old_manager.maintenance", NULL);

    if (!status) {
        return CLOUDIFY_OLD_UNKNOWN;
    }
    return strcmp(status, "activated") == 0 ? CLOUDIFY_OLD_IN_MAINTENANCE : CLOUDIFY_OLD_RUNS;
}

void plan_forecast(struct json *plan, const struct session *session, int64_t begin_ms,
                   int offset_minutes)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct clock *clock = session->ferry->clock;
    struct json *forecast = json_set_object(plan, "forecast"), *duration;
    struct moments moments = {.begin_ms = begin_ms,
                              .maintenance_ms = begin_ms,
                              .no_return_ms = begin_ms,
                              .restored_ms = begin_ms,
                              .off_ms = begin_ms};
    struct cloudify_forecast_when when = {
        .version = json_string_or(plan, "facts.manager.version", NULL),
        .tenant = json_string_or(session->options, "manager.tenant", "default_tenant"),
        .now_ms = begin_ms < clock->realtime_ms(clock) ? begin_ms : clock->realtime_ms(clock),
        .begin_ms = begin_ms,
        .old = old_manager(plan)};

    duration = json_set_object(forecast, "duration");
    lay_out(plan, duration, &moments);
    json_set_int(duration, "ms", moments.end_ms - begin_ms);
    json_set_int(duration, "without_manager_ms", moments.off_ms - moments.maintenance_ms);
    set_moments(forecast, &moments, offset_minutes);
    set_agents(forecast, session, plan);
    when.restored_ms = moments.restored_ms;
    when.off_ms = moments.off_ms;
    if (session->archive) {
        json_set_json(forecast, "executions", cloudify_forecast(scope, session->archive, &when));
    }
}
