/*
 * sim: upgrades and backups in simulated worlds.
 *
 *   sim seeds FIRST COUNT   random faults and deaths; one failing seed is one command:
 *   sim seed N              the same world again, with a trace
 *   sim singles [MOST]      every death and every fault of every request, once each; stops after
 *                           so many failures (20)
 *   sim pairs [PART OF]     all pairs of deaths and lost or late answers, for small runs
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "base/mem.h"
#include "life.h"

/* What must come about in many worlds, or they prove nothing of it. */
enum rare { RARE_CLEARED, RARE_TOLD_AGAIN, RARE_UNDONE, RARE_STAYED, RARE_COUNT };

struct totals {
    unsigned long cases, deaths, requests, failed;
    unsigned long fates[FATE_COUNT], points[ENGINE_GOT_REPLY + 1];
    unsigned long rare[RARE_COUNT];
};

static const char *const rare_names[RARE_COUNT] = {
    "a cut upload cleared", "a restore told once more", "maintenance taken back",
    "maintenance of others left on"};

static char folder[64];
static unsigned long most_failures = 20;

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "%s/ferry-sim-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(2);
    }
}

static void remove_folder(void)
{
    char name[96];
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s/journal.db%s", folder, tails[i]);
        unlink(name);
    }
    snprintf(name, sizeof name, "%s/kept", folder);
    backup_end(name);
    rmdir(folder);
}

static void count_rare(const struct history *history, struct totals *totals)
{
    const struct manager_ledger *ledger = &history->world->manager->ledger;

    totals->rare[RARE_CLEARED] += ledger->deleted_halves > 0;
    totals->rare[RARE_TOLD_AGAIN] += ledger->told > 1;
    totals->rare[RARE_UNDONE] += history->undone && ledger->deactivations > 0;
    totals->rare[RARE_STAYED] += history->stayed;
}

/* One world; prints how to see it again when something is wrong. */
static bool try_one(const struct scenario *scenario, uint64_t seed,
                    void (*plan)(struct world *, const void *), const void *arg, const char *again,
                    struct totals *totals)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct history history;

    live(scope, scenario, seed, folder, plan, arg, &history);
    totals->cases++;
    totals->deaths += history.world->deaths;
    totals->requests += history.world->requests;
    for (int i = 0; i < FATE_COUNT; i++) {
        totals->fates[i] += history.world->fates[i];
    }
    for (int i = 0; i <= ENGINE_GOT_REPLY; i++) {
        totals->points[i] += history.world->point_count[i];
    }
    count_rare(&history, totals);
    if (history.wrong[0]) {
        totals->failed++;
        printf("FAILED %s (%s): %s, after %u lives\n", again, scenario->name, history.wrong,
               history.lives);
        return false;
    }
    return true;
}

static int report(const char *what, const struct totals *totals)
{
    printf("%s: %lu cases, %lu deaths, %lu requests", what, totals->cases, totals->deaths,
           totals->requests);
    for (int i = 0; i < FATE_COUNT; i++) {
        printf(", %s %lu", world_fate_name((enum fate)i), totals->fates[i]);
    }
    for (int i = 0; i < RARE_COUNT; i++) {
        printf(", %s %lu", rare_names[i], totals->rare[i]);
    }
    printf("\n%lu passed, %lu failed\n", totals->cases - totals->failed, totals->failed);
    return totals->failed ? 1 : 0;
}

/* --- seeds --- */

static void plan_seed(struct world *world, const void *arg)
{
    uint64_t kind = rng_below(&world->chance.rng, 4);

    world->trace = arg != NULL;
    world->fate_share = kind == 0 ? 0 : (unsigned)rng_below(&world->chance.rng, 250);
    world->die_share = kind == 1 ? 0 : (unsigned)rng_below(&world->chance.rng, 60);
    world->deaths_max = 30;
    if (rng_below(&world->chance.rng, 8) == 0) {
        world->wall_offset_ms = rng_below(&world->chance.rng, 2) ? 3600000 : -3600000;
    }
    world->wall_jumps = rng_below(&world->chance.rng, 4) == 0;
}

static int run_seeds(uint64_t first, uint64_t count, bool trace)
{
    struct totals totals = {0};

    for (uint64_t seed = first; seed < first + count && totals.failed < most_failures; seed++) {
        char again[64];

        snprintf(again, sizeof again, "sim seed %llu", (unsigned long long)seed);
        try_one(&scenarios[seed % scenario_count], seed, plan_seed, trace ? "" : NULL, again,
                &totals);
    }
    for (int i = 0; i < FATE_COUNT && count >= 1000; i++) {
        if (!totals.fates[i]) {
            printf("FAILED: fault %s never happened\n", world_fate_name((enum fate)i));
            totals.failed++;
        }
    }
    for (int i = 0; i < RARE_COUNT && count >= 1000; i++) {
        if (!totals.rare[i]) {
            printf("FAILED: never came about: %s\n", rare_names[i]);
            totals.failed++;
        }
    }
    return report("seeds", &totals);
}

/* --- one by one, and in pairs --- */

struct plan {
    unsigned die_at[2], fate_at[2];
    enum fate fate;
    bool trace;
    const char *mark;
};

static void plan_exact(struct world *world, const void *arg)
{
    const struct plan *plan = arg;

    world->trace = plan->trace;
    world->mark = plan->mark;
    memcpy(world->die_at, plan->die_at, sizeof world->die_at);
    memcpy(world->fate_at, plan->fate_at, sizeof world->fate_at);
    world->fate = plan->fate;
}

static void describe(const struct plan *plan, const struct scenario *scenario, char *out,
                     size_t size)
{
    snprintf(out, size, "sim exact %s %u %u %u %u %d", scenario->name, plan->die_at[0],
             plan->die_at[1], plan->fate_at[0], plan->fate_at[1], plan->fate);
}

static void try_plan(const struct scenario *scenario, const struct plan *plan,
                     struct totals *totals)
{
    char again[128];

    describe(plan, scenario, again, sizeof again);
    try_one(scenario, 7, plan_exact, plan, again, totals);
}

/* How many points and requests an undisturbed run has, up to this request (NULL: in all). */
static void measure(const struct scenario *scenario, const char *until, unsigned *points,
                    unsigned *requests, struct totals *totals)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct history history;
    struct plan none = {.mark = until};

    live(scope, scenario, 7, folder, plan_exact, &none, &history);
    totals->cases++;
    if (history.wrong[0]) {
        totals->failed++;
        printf("FAILED undisturbed (%s): %s\n", scenario->name, history.wrong);
    }
    *points = until ? history.world->mark_points : history.world->points;
    *requests = until ? history.world->mark_requests : history.world->requests;
    if (*requests == 0) {
        totals->failed++;
        printf("FAILED (%s): no request with %s\n", scenario->name, until);
    }
    printf("%s: undisturbed%s%s: %u points, %u requests, %.1f s simulated\n", scenario->name,
           until ? " until " : "", until ? until : "", *points, *requests,
           (double)history.ended_ms / 1000.0);
}

static int run_singles(void)
{
    struct totals totals = {0};

    for (size_t i = 0; i < scenario_count; i++) {
        unsigned points, requests;

        measure(&scenarios[i], NULL, &points, &requests, &totals);
        for (unsigned n = 1; n <= points && totals.failed < most_failures; n++) {
            try_plan(&scenarios[i], &(struct plan){.die_at = {n, 0}}, &totals);
        }
        for (unsigned n = 1; n <= requests && totals.failed < most_failures; n++) {
            for (int fate = FATE_GOOD + 1; fate < FATE_COUNT; fate++) {
                try_plan(&scenarios[i], &(struct plan){.fate_at = {n, 0}, .fate = (enum fate)fate},
                         &totals);
            }
        }
    }
    return report("singles", &totals);
}

/* Element e of a run: death at a point, or the answer of a request lost after it took effect. */
static void set_element(struct plan *plan, int slot, unsigned e, unsigned points)
{
    if (e < points) {
        plan->die_at[slot] = e + 1;
    } else {
        plan->fate_at[slot] = e - points + 1;
    }
}

/* Small runs, each with the fault that is taken in pairs with deaths (and with itself), and the
   request up to which: what follows is the same in all of them. */
static const struct {
    const char *scenario;
    enum fate fate;
    const char *until;
} paired[] = {
    {"small", FATE_LOST_AFTER, NULL},
    {"late-once", FATE_LOST_AFTER, "maintenance/deactivate"},
    {"cut-upload", FATE_LOST_AFTER, "maintenance/activate"},
    {"cancel", FATE_LOST_AFTER, NULL},
    {"cancel", FATE_LATE, NULL},
    {"cancel-cut", FATE_LOST_AFTER, NULL},
    {"cancel-other", FATE_LATE, NULL},
    {"cancel-not-ours", FATE_LOST_AFTER, NULL},
};

static const struct scenario *find_scenario(const char *name)
{
    for (size_t i = 0; i < scenario_count; i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            return &scenarios[i];
        }
    }
    return NULL;
}

static void try_pairs(const struct scenario *scenario, size_t pair, unsigned part, unsigned of,
                      struct totals *totals)
{
    unsigned points, requests, count = 0;

    measure(scenario, paired[pair].until, &points, &requests, totals);
    for (unsigned a = 0; a < points + requests; a++) {
        for (unsigned b = a + 1; b < points + requests && totals->failed < most_failures; b++) {
            struct plan plan = {.fate = paired[pair].fate};

            if (count++ % of != part) {
                continue;
            }
            set_element(&plan, 0, a, points);
            set_element(&plan, 1, b, points);
            try_plan(scenario, &plan, totals);
        }
    }
}

static int run_pairs(unsigned part, unsigned of)
{
    struct totals totals = {0};

    for (size_t i = 0; i < FERRY_COUNT(paired); i++) {
        const struct scenario *scenario = find_scenario(paired[i].scenario);

        if (!scenario) {
            printf("FAILED: no scenario %s\n", paired[i].scenario);
            totals.failed++;
            continue;
        }
        try_pairs(scenario, i, part, of, &totals);
    }
    return report("pairs", &totals);
}

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static int run_exact(char **args)
{
    struct totals totals = {0};
    struct plan plan = {.trace = true};

    for (size_t i = 0; i < scenario_count; i++) {
        if (strcmp(scenarios[i].name, args[0]) == 0) {
            plan.die_at[0] = number(args[1]);
            plan.die_at[1] = number(args[2]);
            plan.fate_at[0] = number(args[3]);
            plan.fate_at[1] = number(args[4]);
            plan.fate = (enum fate)strtoul(args[5], NULL, 10);
            try_plan(&scenarios[i], &plan, &totals);
        }
    }
    return report("exact", &totals);
}

static int usage(void)
{
    fputs("usage: sim seeds FIRST COUNT | seed N | singles [MOST] | pairs [PART OF] | "
          "exact SCENARIO DIE DIE FATE_AT FATE_AT FATE\n",
          stderr);
    return 2;
}

int main(int argc, char **argv)
{
    int code = 2;

    if (argc < 2) {
        return usage();
    }
    make_folder();
    if (strcmp(argv[1], "seeds") == 0 && argc == 4) {
        code = run_seeds(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), false);
    } else if (strcmp(argv[1], "seed") == 0 && argc == 3) {
        code = run_seeds(strtoull(argv[2], NULL, 10), 1, true);
    } else if (strcmp(argv[1], "singles") == 0) {
        most_failures = argc == 3 ? strtoul(argv[2], NULL, 10) : most_failures;
        code = run_singles();
    } else if (strcmp(argv[1], "pairs") == 0) {
        code = argc == 4 ? run_pairs(number(argv[2]), number(argv[3])) : run_pairs(0, 1);
    } else if (strcmp(argv[1], "exact") == 0 && argc == 8) {
        code = run_exact(argv + 2);
    } else {
        code = usage();
    }
    remove_folder();
    return code;
}
