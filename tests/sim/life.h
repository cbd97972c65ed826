/*
 * One upgrade or backup in a simulated world, from the first commit to the end, over as many lives
 * of ferry as it takes; then the check of everything that must be true (engine-notes D.7).
 */
#ifndef SIM_LIFE_H
#define SIM_LIFE_H

#include "world.h"

#define SETTLE_MS 60000
#define OTHER_LATER_MS 600000 /* longer than any request is under way */
#define LIVES_MAX 400         /* an upgrade that needs more does not end: invariant 11 */

struct scenario {
    const char *name;
    struct manager_options manager;
    enum ferry_code expect;  /* of the last life */
    bool cancels;            /* whoever finds ferry stopped cancels the run */
    const char *stop_before; /* of the first life; NULL: none */
    bool other_switches;     /* and somebody else has switched maintenance on meanwhile */
    bool waves;              /* agents in waves of 1, 3 and the rest */
    bool delete_after;       /* of a backup: the manager's snapshot goes */
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

struct history {
    struct world *world;
    enum ferry_code code;
    unsigned lives;
    int64_t ended_ms; /* simulated */
    bool cancelled;   /* so the run ended */
    bool undone;      /* before its point of no return, so what it did was taken back */
    bool stayed;      /* maintenance was left on, for it was somebody else's */
    char wrong[1024]; /* "" when every invariant holds */
};

/* folder: for the journal; emptied first. plan sets the world's faults before the run begins. */
void live(const void *ctx, const struct scenario *scenario, uint64_t seed, const char *folder,
          void (*plan)(struct world *world, const void *arg), const void *arg, struct history *out);

#endif
