#include "practice/state.h"

#include <stdio.h>

#include "practice/practice.h"

void state_load(struct practice *practice)
{
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT maintenance, requested_ms, activated_ms, requested_by, rest_down,"
                  " services_down, passwords_fail, restore_flag, slow_ms, tables, restore_node,"
                  " rebooting, certificate FROM state",
                  "");
    if (!sql_next(query)) {
        sql_do(practice->sql, "INSERT INTO state DEFAULT VALUES", "");
        practice->state = (struct state){0};
        return;
    }
    struct state *state = &practice->state;
    state->maintenance = (enum maintenance)sql_int(query, 0);
    state->requested_ms = sql_int(query, 1);
    state->activated_ms = sql_int(query, 2);
    (void)snprintf(state->requested_by, sizeof state->requested_by, "%s", sql_text(query, 3));
    state->rest_down = sql_int(query, 4) != 0;
    state->services_down = sql_int(query, 5) != 0;
    state->passwords_fail = sql_int(query, 6) != 0;
    state->restore_flag = sql_int(query, 7) != 0;
    state->slow_ms = sql_int(query, 8);
    state->tables = (enum tables)sql_int(query, 9);
    state->restore_node = sql_int(query, 10);
    state->rebooting = sql_int(query, 11) != 0;
    state->certificate = (enum certificate)sql_int(query, 12);
    sql_end(query);
}

void state_save(struct practice *practice)
{
    const struct state *state = &practice->state;
    sql_do(practice->sql,
           "UPDATE state SET maintenance=?, requested_ms=?, activated_ms=?, requested_by=?,"
           " rest_down=?, services_down=?, passwords_fail=?, restore_flag=?, slow_ms=?,"
           " tables=?, restore_node=?, rebooting=?, certificate=?",
           "iiisiiiiiiiii", (int64_t)state->maintenance, state->requested_ms, state->activated_ms,
           state->requested_by, (int64_t)state->rest_down, (int64_t)state->services_down,
           (int64_t)state->passwords_fail, (int64_t)state->restore_flag, state->slow_ms,
           (int64_t)state->tables, state->restore_node, (int64_t)state->rebooting,
           (int64_t)state->certificate);
}

const char *maintenance_name(enum maintenance maintenance)
{
    switch (maintenance) {
    case MAINTENANCE_ACTIVATING:
        return "activating";
    case MAINTENANCE_ACTIVATED:
        return "activated";
    case MAINTENANCE_DEACTIVATED:
        break;
    }
    return "deactivated";
}
