/*
 * What every plan checks before a run: the table of all checks, the states that make them (each a
 * plan phase alone, never a step of a run), and what these share.
 *
 * A check always gets a verdict; what it says is one line of evidence, and a next step unless all
 * is well. States ask for what they need once and speak of several checks by one answer: a plan
 * must stay within the rate of a busy manager.
 *
 * What they leave in the facts of a plan:
 *   manager         {"version", "edition", "distribution", "tls_until_ms", "nodes": [{"hostname",
 *                    "private_ip", "fs_sync_node_id"}]: which manager it is}
 *   old_manager     {"version", "edition", "maintenance": status}: of the manager that the snapshot
 * comes from plugin_moves    [{"tenant", "blueprint", "package", "from", "to"}], at most 200 rows
 */
#ifndef STATES_PREFLIGHT_H
#define STATES_PREFLIGHT_H

#include "states/common.h"

#define PREFLIGHT_NAME_COUNT 32
extern const struct state_check_name preflight_names[PREFLIGHT_NAME_COUNT];

extern const struct ferry_state preflight_manager;  /* first: the others stand on its version */
extern const struct ferry_state preflight_archive;  /* no question */
extern const struct ferry_state preflight_licence;  /* premium only */
extern const struct ferry_state preflight_admin;    /* who we are, and what a wrong password does */
extern const struct ferry_state preflight_empty;    /* blueprints, plugins */
extern const struct ferry_state preflight_nodes;    /* networks, cluster */
extern const struct ferry_state preflight_services; /* which of them are down */
extern const struct ferry_state preflight_executions; /* what runs, and the flag of a restore */
extern const struct ferry_state preflight_room;       /* disks; no question */
extern const struct ferry_state preflight_old;        /* the manager that the snapshot comes from */
extern const struct ferry_state preflight_plugins;    /* no question */

/* The verdict of a check with its evidence (printf below mem); next: NULL with OK only. */
void preflight_say(const struct state_context *context, const void *mem, const char *name,
                   enum state_check verdict, const char *next, const char *format, ...)
    FERRY_PRINTF(6, 7);

/*
 * For questions that a plan can do without. True: the answer is FINE. False: the check cannot tell
 * (and says why), or we are not let in at all, which stops the plan; the verdict is DONE then.
 */
bool preflight_read(const struct state_context *context, const char *check,
                    const struct http_reply *reply, struct cloudify_answer *answer,
                    struct state_verdict *verdict, const void *mem);

/* False (and the verdict is DONE) while the manager's version is not known: nothing is asked. */
bool preflight_can_ask(const struct state_context *context, struct state_verdict *verdict);

/* The run takes the snapshot on the old manager itself. */
bool preflight_to_come(const struct state_context *context);
/* The archive is not there yet, or fetched by the manager itself: nobody has looked inside. */
bool preflight_unseen(const struct state_context *context);
/* Says "cannot tell" for a check of what is in an archive that nobody has looked into. */
void preflight_say_unseen(const struct state_context *context, const void *mem, const char *check);

/* "a, b and 3 more" of texts that may repeat; at most `shown` of `total`; below mem. */
struct preflight_names_list {
    const char *const *texts;
    size_t count;  /* of texts */
    int64_t total; /* of what they stand for */
};
const char *preflight_join(const void *mem, const struct preflight_names_list *list);

#endif
