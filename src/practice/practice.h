/* The practice manager as one object: options, profile, store, and the little that is in memory. */
#ifndef PRACTICE_PRACTICE_H
#define PRACTICE_PRACTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "practice/cluster.h"
#include "practice/profile.h"
#include "practice/settings.h"
#include "practice/sql.h"
#include "practice/state.h"

struct practice_options {
    const char *listen;   /* HOST:PORT, port 0 for any */
    const char *data;     /* folder of the state */
    const char *version;  /* reported as it is */
    const char *faults;   /* file, or NULL */
    const char *settings; /* file, or NULL */
    const char *tls_cert, *tls_key;
    const char *password;          /* of admin, on a fresh manager */
    const char *restored_password; /* of admin after a legacy restore whose archive does not tell */
    const char *content;           /* archive or description to start with, or NULL */
    double time_scale;             /* all delays of the manager are multiplied by it */
    double rate_limit;             /* requests a second, 0: none */
    int64_t rate_burst, rate_delay;
    int64_t latency_ms;                       /* of every answer */
    const char *restored_cert, *restored_key; /* after a restore with certificates */
    const char *broker;                       /* HOST:PORT that takes connections, or NULL */
    const char *control;                      /* HOST:PORT for /practice alone, or NULL */
    int64_t nodes;                            /* of the cluster; 1: none */
    bool premium;
    bool ssl_required;  /* port 80 of a manager that wants HTTPS */
    bool account_lock;  /* four failed logins in a row lock the user */
    bool temperamental; /* as the switch of /practice/set */
};

/* What each request meets; from the options and the settings. */
struct traffic {
    double rate, burst, delay; /* of nginx; rate 0: none */
    int64_t latency_ms;
    int64_t date_offset_ms; /* of the header Date */
    bool schedules_run;
};

struct faults;
struct ledger;
struct content;
struct server;

struct practice {
    struct practice_options options;
    struct profile own_profile; /* what profile points at */
    const struct profile *profile;
    struct version version;
    const char *agent_version; /* how agents write the version: "7.1.0-.dev1" */
    struct sql *sql;
    struct clock *clock;
    struct rng *rng;
    struct state state;
    struct traffic traffic;
    struct cluster cluster;
    bool locks_accounts; /* four failed logins in a row lock a user */
    struct faults *faults;
    struct ledger *ledger;
    struct server *server;
    struct content *restoring; /* archive of the restore under way; read again after a restart */
    char *restoring_id;        /* its snapshot */
    int64_t ahead_ms;          /* how far tests have put the clock forward */
    int64_t frozen_ms;         /* the clock stands still here, but for ahead_ms; 0: it runs */
    int64_t asked_ms;          /* when the last request arrived */
    int64_t sick_answers;      /* how many were given while tables changed */
    int64_t next_job_ms;       /* when the next job is due; INT64_MAX: none */
};

#define ADMIN "admin"
#define DEFAULT_TENANT "default_tenant"

/* Unix time in milliseconds, as far as this manager knows. */
int64_t practice_now_ms(struct practice *practice);
/* The same as text, owned by ctx. */
char *practice_now(struct practice *practice, const void *ctx);
/* A random uuid as text, owned by ctx. */
char *practice_uuid(struct practice *practice, const void *ctx);
/* A delay of the real manager, in milliseconds, scaled. */
int64_t practice_scaled(const struct practice *practice, int64_t ms);
/* DIR/snapshots/ID.zip; one file for an id in all tenants, as on a real manager. */
char *practice_archive_path(const struct practice *practice, const void *ctx, const char *id);
char *practice_plugin_path(const struct practice *practice, const void *ctx, const char *id);

#endif
