/*
 * Power cuts under the real journal: whatever a commit had acknowledged is there afterwards, whole,
 * and nothing is there by half. Control runs on settings and disks that lose data must lose some,
 * or this harness would not see it. Arguments: [--cuts N] [--seed N].
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "power/power_fs.h"
#include "support/journal_fixture.h"

#define UNITS 12
#define LIVES 4       /* of one disk */
#define TURNS_MAX 40  /* of one life */
#define CHANGES_MAX 6 /* of one turn */

struct world {
    struct fixture *fixture;
    const struct journal_hooks *hooks;
    struct rng_seeded rng;
    uint64_t seed;
    int64_t run;
    int64_t acked_turn, tried_turn, acked_epoch;
    enum unit_state acked[UNITS], tried[UNITS];
};

struct tally {
    int64_t cuts, commits, lost_cuts, lost_commits, damaged, halved;
};

static bool quiet; /* a control run: its losses are counted, not told */

static void complain(const struct world *world, const char *what, const char *detail)
{
    if (quiet)
        return;
    fprintf(stderr, "power: disk of seed %" PRIu64 ": %s: %s\n", world->seed, what, detail);
}

static enum ferry_code open_world(struct world *world)
{
    struct journal_options options = fixture_options(world->fixture, JOURNAL_WRITE);

    options.disable_lock = true; /* the lock file is on the real disk, and only a hint here */
    world->fixture->journal = NULL;
    return journal_open_hooked(NULL, &options, world->hooks, &world->fixture->journal,
                               &world->fixture->err);
}

static enum ferry_code add_run(struct world *world)
{
    struct journal *journal = world->fixture->journal;
    struct ferry_error *err = &world->fixture->err;
    struct run_row run = {.uuid = "0f0e0d0c-0b0a-4908-8706-050403020100",
                          .name = "one",
                          .workflow = "upgrade",
                          .target = "https://one"};
    enum ferry_code code = journal_run_add(journal, &run, err);
    struct step_row step = {.run = run.run, .name = "install_new_agents"};

    if (code == FERRY_OK)
        code = journal_step_add(journal, &step, err);
    for (int at = 0; at < UNITS && code == FERRY_OK; at++) {
        char key[32];
        struct unit_row unit = {.run = run.run, .key = key};
        bool added;

        snprintf(key, sizeof(key), "unit-%d", at);
        code = journal_unit_add(journal, &unit, &added, err);
        world->tried[at] = UNIT_PENDING;
    }
    world->run = run.run;
    return code;
}

/* Changes of one turn, each with an event that says of which turn it is and of how many. */
static enum ferry_code change_units(struct world *world)
{
    struct journal *journal = world->fixture->journal;
    struct ferry_error *err = &world->fixture->err;
    int changes = 1 + (int)rng_below(&world->rng.rng, CHANGES_MAX);
    enum ferry_code code = FERRY_OK;

    for (int at = 0; at < changes && code == FERRY_OK; at++) {
        size_t seq = (size_t)rng_below(&world->rng.rng, UNITS);
        char data[64];
        struct unit_row unit;
        struct event_row event = {
            .run = world->run, .seq = (int64_t)seq, .kind = "moved", .data = data};

        snprintf(data, sizeof(data), "{\"turn\":%" PRId64 ",\"of\":%d}", world->tried_turn,
                 changes);
        fixture_unit(&unit, world->run, (int64_t)seq, 1);
        unit.state = (enum unit_state)rng_below(&world->rng.rng, UNIT_CANCELLED + 1);
        code = journal_unit_update(journal, &unit, world->tried[seq], err);
        if (code == FERRY_OK)
            code = journal_event_add(journal, &event, err);
        world->tried[seq] = unit.state;
    }
    return code;
}

static bool take_turn(struct world *world, struct tally *tally)
{
    struct journal *journal = world->fixture->journal;
    struct ferry_error *err = &world->fixture->err;
    enum ferry_code code;

    memcpy(world->tried, world->acked, sizeof(world->tried));
    if (journal_begin(journal, err) != FERRY_OK)
        return false;
    world->tried_turn = world->acked_turn + 1;
    code = world->acked_turn == 0 ? add_run(world) : FERRY_OK;
    if (code == FERRY_OK)
        code = change_units(world);
    if (code != FERRY_OK || journal_commit(journal, err) != FERRY_OK)
        return false;
    world->acked_turn = world->tried_turn;
    memcpy(world->acked, world->tried, sizeof(world->acked));
    tally->commits++;
    return true;
}

/* Opens and works until the power fails, or for a while. */
static void live(struct world *world, struct tally *tally)
{
    int turns = 1 + (int)rng_below(&world->rng.rng, TURNS_MAX);

    if (open_world(world) != FERRY_OK)
        return;
    world->acked_epoch = journal_epoch(world->fixture->journal);
    sqlite3_wal_autocheckpoint(world->fixture->journal->db,
                               1 + (int)rng_below(&world->rng.rng, 30));
    while (turns-- > 0 && take_turn(world, tally))
        continue;
    if (rng_below(&world->rng.rng, 4) == 0)
        fixture_close(world->fixture);
}

/* One number; -1 where a damaged file gives none. */
static int64_t ask(sqlite3 *db, const char *sql)
{
    int64_t value = -1;

    return fixture_try_query(db, sql, &value) ? value : -1;
}

static bool check_file(const struct world *world, sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    bool good = false;

    if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        good = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    if (!good)
        complain(world, "quick_check", sqlite3_errmsg(db));
    return good && fixture_counters_agree(db) &&
           ask(db, "SELECT count(*) FROM pragma_foreign_key_check") == 0;
}

/* Are the units those of the given turn, and is each turn there with all its events? */
static bool check_turn(const struct world *world, sqlite3 *db, int64_t turn)
{
    const enum unit_state *states = turn == world->acked_turn ? world->acked : world->tried;

    if (ask(db, "SELECT count(*) FROM (SELECT 1 FROM event GROUP BY data->>'$.turn'"
                " HAVING count(*)<>max(data->>'$.of'))") != 0)
        return false;
    if (turn == 0)
        return ask(db, "SELECT (SELECT count(*) FROM run)"
                       "+(SELECT count(*) FROM unit)") == 0;
    for (int seq = 0; seq < UNITS; seq++) {
        char sql[96];

        snprintf(sql, sizeof(sql), "SELECT state FROM unit WHERE id=%" PRId64,
                 JOURNAL_UNIT_ID(world->run, 0, seq));
        if (ask(db, sql) != (int64_t)states[seq])
            return false;
    }
    return true;
}

/* After the power is back. False: the disk is of no further use (only in control runs). */
static bool check(struct world *world, struct tally *tally)
{
    int64_t turn;
    sqlite3 *db;

    if (open_world(world) != FERRY_OK || !check_file(world, world->fixture->journal->db)) {
        tally->damaged++;
        complain(world, "the journal", world->fixture->err.message);
        return false;
    }
    db = world->fixture->journal->db;
    turn = ask(db, "SELECT coalesce(max(data->>'$.turn'),0) FROM event");
    if (turn < world->acked_turn || journal_epoch(world->fixture->journal) <= world->acked_epoch) {
        char detail[96];

        snprintf(detail, sizeof(detail),
                 "turn %" PRId64 " of %" PRId64 ", epoch %" PRId64 " after %" PRId64, turn,
                 world->acked_turn, journal_epoch(world->fixture->journal), world->acked_epoch);
        complain(world, "lost", detail);
        tally->lost_cuts++;
        tally->lost_commits += world->acked_turn - turn;
        return false;
    }
    if (turn > world->tried_turn || !check_turn(world, db, turn)) {
        tally->halved++;
        complain(world, "a turn", "by half");
        return false;
    }
    if (turn > world->acked_turn)
        memcpy(world->acked, world->tried, sizeof(world->acked));
    world->acked_turn = world->tried_turn = turn;
    return true;
}

/* One disk, from its first journal on, with several cuts. */
static void run_world(const struct journal_hooks *hooks, bool lie, uint64_t seed,
                      struct tally *tally)
{
    struct world world = {.fixture = fixture_new(), .hooks = hooks, .seed = seed};

    rng_seed(&world.rng, seed);
    power_fs_reset(&world.rng.rng);
    power_fs_lie(lie);
    for (int life = 0; life < LIVES; life++) {
        power_fs_fail_at(1 + (int64_t)rng_below(&world.rng.rng, life == 0 ? 400 : 200));
        live(&world, tally);
        fixture_kill(world.fixture);
        power_fs_restart();
        tally->cuts++;
        if (!check(&world, tally))
            break;
        fixture_kill(world.fixture); /* killed, but with the power on */
    }
    fixture_free(world.fixture);
}

static struct tally run_worlds(const char *name, const char *synchronous, bool lie, uint64_t seed,
                               int64_t cuts)
{
    struct journal_hooks hooks = {
        .vfs = POWER_VFS, .files = &power_files, .synchronous = synchronous};
    struct tally tally = {0};
    int64_t since_ms = clock_system()->now_ms(clock_system());

    quiet = synchronous != NULL || lie;
    while (tally.cuts < cuts) {
        run_world(&hooks, lie, seed, &tally);
        seed++;
    }
    printf("%-28s cuts %6" PRId64 "  commits %7" PRId64 "  cuts that lost commits %5" PRId64
           " (%" PRId64 " commits)  damaged %4" PRId64 "  halved %3" PRId64 "  %.1f s\n",
           name, tally.cuts, tally.commits, tally.lost_cuts, tally.lost_commits, tally.damaged,
           tally.halved, (double)(clock_system()->now_ms(clock_system()) - since_ms) / 1000);
    return tally;
}

static bool lost_any(const struct tally *tally)
{
    return tally->lost_cuts + tally->damaged + tally->halved > 0;
}

int main(int argc, char **argv)
{
    int64_t cuts = 4000;
    uint64_t seed = 1;
    bool good = true;

    for (int at = 1; at + 1 < argc; at += 2) {
        if (strcmp(argv[at], "--cuts") == 0)
            cuts = strtoll(argv[at + 1], NULL, 10);
        else if (strcmp(argv[at], "--seed") == 0)
            seed = strtoull(argv[at + 1], NULL, 10);
    }
    power_fs_register();
    struct tally full = run_worlds("as ferry opens it", NULL, false, seed, cuts);
    struct tally normal =
        run_worlds("control: synchronous=NORMAL", "NORMAL", false, seed, cuts / 8);
    struct tally off = run_worlds("control: synchronous=OFF", "OFF", false, seed, cuts / 8);
    struct tally lie = run_worlds("control: a disk that lies", NULL, true, seed, cuts / 8);

    if (lost_any(&full)) {
        printf("FAILED: what was acknowledged got lost\n");
        good = false;
    }
    if (!lost_any(&normal) || !lost_any(&off) || !lost_any(&lie)) {
        printf("FAILED: a control run lost nothing, so this test sees nothing\n");
        good = false;
    }
    return good ? 0 : 1;
}
