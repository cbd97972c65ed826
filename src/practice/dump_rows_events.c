/* Events and logs: most of a real dump, and nothing that anybody counts. */
#include <stdio.h>

#include "practice/dump.h"

#define NUMBER_SIZE 24
#define MESSAGE_SIZE 320
#define PER_SECOND 50 /* rows that have one time */

/* Numbers that look like any others: a linear congruential generator (Knuth, MMIX). */
static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 20;
}

void dump_rows_events(struct dump *dump)
{
    char date[PLAN_DATE_SIZE] = "";
    char message[MESSAGE_SIZE], execution[NUMBER_SIZE], tenant[NUMBER_SIZE];
    uint64_t state = dump->plan->seed;

    for (int64_t i = 0; i < dump->plan->events; i++) {
        int64_t deployment = (int64_t)(next(&state) % (uint64_t)(dump->plan->deployments + 1));
        if (i % PER_SECOND == 0) {
            plan_date(i / PER_SECOND, false, date);
        }
        (void)snprintf(message, sizeof(message),
                       "Task started 'cloudify_agent.operations.start' for node instance "
                       "host_%06llx of deployment dep-%lld [dispatched to queue %08llx, attempt "
                       "%d, took %llu ms]\nnothing else was said",
                       (unsigned long long)(next(&state) & 0xffffff), (long long)deployment,
                       (unsigned long long)(next(&state) & 0xffffffff), (int)(i % 7),
                       (unsigned long long)(next(&state) % 90000));
        (void)snprintf(execution, sizeof(execution), "%lld", (long long)(deployment + 1));
        (void)snprintf(tenant, sizeof(tenant), "%lld",
                       (long long)(deployment % dump->plan->tenants));
        dump_row(dump);
        dump_set(dump, "timestamp", date);
        dump_set(dump, "reported_timestamp", date);
        dump_set(dump, "message", message);
        dump_set(dump, "event_type", "sending_task");
        dump_set(dump, "logger", "ctx");
        dump_set(dump, "level", "info");
        dump_set(dump, "operation", "cloudify.interfaces.cloudify_agent.start");
        dump_set(dump, "_execution_fk", execution);
        dump_set(dump, "_tenant_id", tenant);
        dump_row_end(dump);
    }
}
