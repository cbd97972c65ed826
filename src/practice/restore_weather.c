/*
 * Up to 6.1 the REST service stays up while the data base is replaced below it: it answers 500, and
 * a request at the wrong time can lock the migration against itself, which ends the restore.
 */
#include "practice/restore.h"

#include "base/mem.h"
#include "practice/jobs.h"
#include "practice/practice.h"
#include "practice/request.h"

/* The manager's own system tests leave it alone for so long, then ask each 5 s (facts 2.3). */
#define QUIET_MS 30000
#define QUIET_5_2_MS 60000
#define APART_MS 4500 /* 5 s, less what a clock and a network take */
#define AFTER_QUIET_MS 15000

static int64_t quiet_ms(const struct practice *practice)
{
    static const struct version longer = {5, 2, 0};
    return version_compare(practice->version, longer) >= 0 ? QUIET_5_2_MS : QUIET_MS;
}

static bool temperamental(struct practice *practice)
{
    return !practice->profile->stops_rest && practice_switch(practice, "temperamental");
}

int64_t restore_migration_ms(struct practice *practice, int64_t usual_ms)
{
    int64_t otherwise = temperamental(practice) ? quiet_ms(practice) + AFTER_QUIET_MS : usual_ms;
    return (int64_t)(1000.0 *
                     practice_number(practice, "seconds.migration", (double)otherwise / 1000.0));
}

void restore_disturb(struct practice *practice)
{
    int64_t now_ms = practice_now_ms(practice);
    int64_t last_ms = practice->asked_ms;
    practice->asked_ms = now_ms;
    if (!temperamental(practice)) {
        return;
    }
    int64_t began_ms = sql_one_int(practice->sql, 0,
                                   "SELECT json_extract(detail, '$.began_ms') FROM jobs"
                                   " WHERE kind = ? LIMIT 1",
                                   "i", (int64_t)JOB_RESTORE);
    if (began_ms == 0) {
        return;
    }
    bool early = now_ms - began_ms < practice_scaled(practice, quiet_ms(practice));
    bool often = now_ms - last_ms < practice_scaled(practice, APART_MS);
    if (early || often) {
        sql_do(practice->sql,
               "UPDATE jobs SET detail = json_set(detail, '$.deadlock', json('true'))"
               " WHERE kind = ?",
               "i", (int64_t)JOB_RESTORE);
    }
}

bool restore_stops_node(const struct request *request)
{
    const struct state *state = &request->practice->state;
    return state->rest_down && state->restore_node == (int64_t)request->node;
}

bool restore_lost_requester(struct request *request)
{
    struct practice *practice = request->practice;
    const struct state *state = &practice->state;
    if (state->maintenance == MAINTENANCE_DEACTIVATED || state->requested_by[0] == '\0' ||
        !practice->profile->bypass_header ||
        sql_one_int(practice->sql, 0, "SELECT 1 FROM users WHERE username = ?", "s",
                    state->requested_by) != 0) {
        return false;
    }
    reply_internal_error(request, "AttributeError: 'NoneType' object has no attribute 'username'");
    return true;
}

bool restore_answers_sick(struct request *request)
{
    struct practice *practice = request->practice;
    /* The other nodes of a cluster go on upon the same data base. */
    bool elsewhere = practice->state.rest_down && !restore_stops_node(request);
    if (practice->state.tables != TABLES_CHANGING && !elsewhere) {
        return false;
    }
    if (practice->sick_answers++ % 2 == 0) {
        reply_internal_error(request, "psycopg2.errors.UndefinedColumn: column users.api_token_key "
                                      "does not exist");
    } else {
        reply_flask(request, 500);
    }
    return true;
}
