/* The manager's own condition, one row of the store: maintenance mode and a restore's weather. */
#ifndef PRACTICE_STATE_H
#define PRACTICE_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct practice;

enum maintenance { MAINTENANCE_DEACTIVATED, MAINTENANCE_ACTIVATING, MAINTENANCE_ACTIVATED };

/* What the REST service says of its tables where it is not stopped during a restore (to 6.1). */
enum tables {
    TABLES_FINE,
    TABLES_CHANGING, /* downgraded or half empty: 500 for everything */
    TABLES_EMPTY,    /* the one of maintenance mode is not back yet: it reads "deactivated" */
};

/* Which certificate the ports show; it is read when the services start. */
enum certificate {
    CERTIFICATE_OWN,
    CERTIFICATE_WAITS, /* the restored one is on the disk, without a restart (no_reboot) */
    CERTIFICATE_RESTORED,
};

struct state {
    enum maintenance maintenance;
    int64_t requested_ms, activated_ms; /* 0: never */
    char requested_by[128];
    bool rest_down;      /* nginx answers 502 to everything */
    bool services_down;  /* /ok says FAIL */
    bool passwords_fail; /* target's hash with the source's salt: no password of admin verifies */
    bool restore_flag;   /* snapshot-status says running */
    enum tables tables;
    int64_t slow_ms;      /* delay of each answer while services start */
    int64_t restore_node; /* the node of the last restore: its flag, its outage, its reboot */
    bool rebooting;       /* refuses connections */
    enum certificate certificate;
};

/* Reads the row into practice->state, making it where absent. */
void state_load(struct practice *practice);
/* Writes practice->state; inside the caller's transaction if there is one. */
void state_save(struct practice *practice);
const char *maintenance_name(enum maintenance maintenance);

#endif
