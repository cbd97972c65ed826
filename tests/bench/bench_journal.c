/*
 * What the journal costs, each figure as a ratio against the bare loop measured beside it: rounds
 * are interleaved, medians are printed, one JSON object a line. Arguments: [--dir DIR] [--rounds N]
 * [--only steps|fanout|status]
 * [--quick] (fewer steps, for a test of the bench itself).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "journal/sqlite.h"

#define ROUNDS_MAX 64
#define IN_FLIGHT 128

struct bench {
    const char *dir;
    size_t rounds;
    int steps;    /* of a round of sequential steps */
    int units;    /* of a round of the fan-out */
    int readings; /* of the status beside a writer */
};

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench_journal: %s failed\n", what);
        exit(1);
    }
}

static void ok(enum ferry_code code, const struct ferry_error *err)
{
    if (code != FERRY_OK) {
        fprintf(stderr, "bench_journal: %s\n", err->message);
        exit(1);
    }
}

static int64_t now_ms(void)
{
    return clock_system()->now_ms(clock_system());
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), compare_doubles);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double per_second(int64_t count, int64_t since_ms)
{
    int64_t took = now_ms() - since_ms;

    return (double)count * 1000 / (double)(took == 0 ? 1 : took);
}

static void remove_journal(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};

    for (size_t at = 0; at < FERRY_COUNT(ends); at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        unlink(mem_printf(scope, "%s%s", path, ends[at]));
    }
}

/* --- the bare loop: one UPDATE and one INSERT in a commit, in plain tables without index, check or
   foreign key, which hold the same facts of a unit as the journal does --- */

struct bare {
    sqlite3 *db;
    sqlite3_stmt *begin, *update, *insert, *commit;
    char *path;
};

static void exec(sqlite3 *db, const char *sql)
{
    must(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    must(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) == SQLITE_OK,
         sql);
    return statement;
}

static void run_once(sqlite3_stmt *statement)
{
    must(sqlite3_step(statement) == SQLITE_DONE, sqlite3_sql(statement));
    sqlite3_reset(statement);
}

/* The pragmas are those of sqlite_open.c. */
static void bare_open(struct bare *bare, const char *dir, int rows)
{
    bare->path = mem_printf(NULL, "%s/bare.db", dir);
    remove_journal(bare->path);
    must(sqlite3_open(bare->path, &bare->db) == SQLITE_OK, "open");
    exec(bare->db,
         "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
         "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
         "PRAGMA journal_size_limit=67108864;"
         "CREATE TABLE unit(seq INTEGER PRIMARY KEY, key TEXT, state INTEGER, attempt INTEGER,"
         " epoch INTEGER, deadline_at INTEGER, intent_at INTEGER, started_at INTEGER,"
         " ended_at INTEGER, intent_id TEXT, request_digest TEXT, remote_id TEXT,"
         " remote_state TEXT, http INTEGER) STRICT;"
         "CREATE TABLE event(id INTEGER PRIMARY KEY, seq INTEGER, at INTEGER,"
         " kind TEXT, data TEXT) STRICT;");
    exec(bare->db, "BEGIN");
    bare->insert = prepare(
        bare->db, "INSERT INTO unit(seq,key,state) VALUES(?1,'tenant_1/deployment-12345',0)");
    for (int at = 0; at < rows; at++) {
        sqlite3_bind_int(bare->insert, 1, at);
        run_once(bare->insert);
    }
    sqlite3_finalize(bare->insert);
    exec(bare->db, "COMMIT");
    bare->begin = prepare(bare->db, "BEGIN IMMEDIATE");
    bare->commit = prepare(bare->db, "COMMIT");
    bare->update =
        prepare(bare->db,
                "UPDATE unit SET state=3,attempt=1,epoch=2,deadline_at=?2,intent_at=?2,"
                "started_at=?2,ended_at=?2,intent_id='0f0e0d0c-0b0a-4908-8706-050403020100',"
                "request_digest='e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"
                ",remote_id='0f0e0d0c-0b0a-4908-8706-050403020100',remote_state='terminated',"
                "http=201 WHERE seq=?1");
    bare->insert = prepare(bare->db, "INSERT INTO event(seq,at,kind,data) VALUES(?1,?2,'unit_done',"
                                     "'{\"text\":\"terminated\"}')");
}

static double bare_round(struct bare *bare, int from, int count)
{
    int64_t since_ms = now_ms();

    for (int at = from; at < from + count; at++) {
        run_once(bare->begin);
        sqlite3_bind_int(bare->update, 1, at);
        sqlite3_bind_int64(bare->update, 2, since_ms);
        run_once(bare->update);
        sqlite3_bind_int(bare->insert, 1, at);
        sqlite3_bind_int64(bare->insert, 2, since_ms);
        run_once(bare->insert);
        run_once(bare->commit);
    }
    return per_second(count, since_ms);
}

static void bare_close(struct bare *bare)
{
    sqlite3_finalize(bare->begin);
    sqlite3_finalize(bare->update);
    sqlite3_finalize(bare->insert);
    sqlite3_finalize(bare->commit);
    must(sqlite3_close(bare->db) == SQLITE_OK, "close");
    remove_journal(bare->path);
    mem_free(bare->path);
}

/* --- the journal --- */

struct subject {
    struct journal *journal;
    char *path;
    int64_t run;
    char digest[DIGEST_SHA256_HEX];
    char (*ids)[UUID_TEXT_SIZE]; /* of the units; making them is not the journal's work */
};

static struct journal *open_journal(const char *path, enum journal_mode mode)
{
    struct journal_options options = {.path = path, .mode = mode, .owner = "bench"};
    struct journal *journal = NULL;
    struct ferry_error err;

    ok(journal_open(NULL, &options, &journal, &err), &err);
    return journal;
}

static void add_units(struct journal *journal, int64_t run, int units)
{
    struct ferry_error err;

    for (int at = 0; at < units; at++) {
        char key[64];
        struct unit_row unit = {.run = run, .key = key};
        bool added;

        snprintf(key, sizeof(key), "tenant_%d/deployment-%d", at % 3, at);
        if (at % 1000 == 0)
            ok(journal_begin(journal, &err), &err);
        ok(journal_unit_add(journal, &unit, &added, &err), &err);
        if (at % 1000 == 999 || at == units - 1)
            ok(journal_commit(journal, &err), &err);
    }
}

static void subject_open(struct subject *subject, const char *dir, int units)
{
    struct ferry_error err;
    struct run_row run = {
        .name = "bench", .workflow = "upgrade", .target = "https://bench", .state = RUN_RUNNING};

    subject->path = mem_printf(NULL, "%s/journal.db", dir);
    remove_journal(subject->path);
    subject->journal = open_journal(subject->path, JOURNAL_WRITE);
    digest_sha256_hex("bench", 5, subject->digest);
    uuid_random(rng_system(), run.uuid);
    ok(journal_begin(subject->journal, &err), &err);
    ok(journal_run_add(subject->journal, &run, &err), &err);
    subject->run = run.run;
    struct step_row step = {
        .run = run.run, .name = "install_new_agents", .fanout = true, .state = STEP_RUNNING};

    ok(journal_step_add(subject->journal, &step, &err), &err);
    ok(journal_commit(subject->journal, &err), &err);
    add_units(subject->journal, run.run, units);
    subject->ids = mem_zeroed_array(subject->journal, UUID_TEXT_SIZE, (size_t)units, "ids");
    for (int at = 0; at < units; at++)
        uuid_random(rng_system(), subject->ids[at]);
}

static void subject_close(struct subject *subject)
{
    journal_close(subject->journal);
    remove_journal(subject->path);
    mem_free(subject->path);
}

static void put_event(const struct subject *subject, int64_t seq, int64_t at_ms, const char *kind,
                      const char *data)
{
    struct event_row event = {
        .run = subject->run, .seq = seq, .at_ms = at_ms, .kind = kind, .data = data};
    struct ferry_error err;

    ok(journal_event_add(subject->journal, &event, &err), &err);
}

static void make_unit(const struct subject *subject, int64_t seq, int64_t at_ms,
                      struct unit_row *unit)
{
    *unit = (struct unit_row){.run = subject->run,
                              .seq = seq,
                              .key = "k",
                              .attempt = 1,
                              .intent_at_ms = at_ms,
                              .deadline_ms = at_ms + 60000,
                              .request_digest = subject->digest};
    memcpy(unit->intent_id, subject->ids[seq], UUID_TEXT_SIZE);
}

static void put_intent(const struct subject *subject, int64_t seq, int64_t at_ms)
{
    struct ferry_error err;
    struct unit_row unit;

    make_unit(subject, seq, at_ms, &unit);
    unit.state = UNIT_INTENT;
    ok(journal_unit_update(subject->journal, &unit, UNIT_PENDING, &err), &err);
}

static void put_result(const struct subject *subject, int64_t seq, int64_t at_ms)
{
    struct ferry_error err;
    struct unit_row unit;

    make_unit(subject, seq, at_ms, &unit);
    unit.state = UNIT_DONE;
    unit.http = 201;
    unit.started_at_ms = at_ms;
    unit.ended_at_ms = at_ms;
    unit.remote_id = unit.intent_id;
    unit.remote_state = "terminated";
    ok(journal_unit_update(subject->journal, &unit, UNIT_INTENT, &err), &err);
}

/* Result of one, event, intent of the next: one commit a unit. */
static double sequential_round(const struct subject *subject, int from, int count)
{
    int64_t since_ms = now_ms();
    struct ferry_error err;

    for (int seq = from; seq < from + count; seq++) {
        ok(journal_begin(subject->journal, &err), &err);
        if (seq > from)
            put_result(subject, seq - 1, since_ms);
        put_event(subject, seq, since_ms, "unit_done", "{\"text\":\"terminated\"}");
        put_intent(subject, seq, since_ms);
        ok(journal_commit(subject->journal, &err), &err);
    }
    double rate = per_second(count, since_ms);

    ok(journal_begin(subject->journal, &err), &err);
    put_result(subject, from + count - 1, since_ms);
    ok(journal_commit(subject->journal, &err), &err);
    return rate;
}

/* Results of one round and intents of the next in one commit, two events a unit. */
static double fanout_round(const struct subject *subject, int from, int count)
{
    int64_t since_ms = now_ms();
    struct ferry_error err;
    int end = from + count;

    for (int seq = from; seq < end + IN_FLIGHT; seq += IN_FLIGHT) {
        ok(journal_begin(subject->journal, &err), &err);
        for (int at = seq - IN_FLIGHT; at < seq && at < end; at++) {
            if (at < from)
                continue;
            put_result(subject, at, since_ms);
            put_event(subject, at, since_ms, "unit_done", "{\"text\":\"terminated\"}");
        }
        for (int at = seq; at < seq + IN_FLIGHT && at < end; at++) {
            put_intent(subject, at, since_ms);
            put_event(subject, at, since_ms, "unit_intent", NULL);
        }
        ok(journal_commit(subject->journal, &err), &err);
    }
    return per_second(count, since_ms);
}

/* --- the figures --- */

static void bench_steps(const struct bench *bench)
{
    int rows = bench->steps * (int)(bench->rounds + 1);
    double ferry[ROUNDS_MAX];
    double bare_rates[ROUNDS_MAX];
    double ratios[ROUNDS_MAX];
    struct bare bare;
    struct subject subject;

    bare_open(&bare, bench->dir, rows);
    subject_open(&subject, bench->dir, rows);
    bare_round(&bare, 0, bench->steps); /* to warm up */
    sequential_round(&subject, 0, bench->steps);
    for (size_t round = 0; round < bench->rounds; round++) {
        int from = (int)(round + 1) * bench->steps;

        bare_rates[round] = bare_round(&bare, from, bench->steps);
        ferry[round] = sequential_round(&subject, from, bench->steps);
        ratios[round] = ferry[round] / bare_rates[round];
    }
    bare_close(&bare);
    subject_close(&subject);
    printf("{\"bench\":\"durable_steps\",\"ferry_per_s\":%.0f,\"bare_per_s\":%.0f,"
           "\"ratio\":%.3f,\"rounds\":%zu}\n",
           median(ferry, bench->rounds), median(bare_rates, bench->rounds),
           median(ratios, bench->rounds), bench->rounds);
}

static int64_t file_bytes(const char *path)
{
    struct stat info;

    must(stat(path, &info) == 0, "stat");
    return (int64_t)info.st_size;
}

static void bench_fanout(const struct bench *bench)
{
    int units = bench->units * (int)bench->rounds;
    double ferry[ROUNDS_MAX];
    double bare_rates[ROUNDS_MAX];
    double times[ROUNDS_MAX];
    struct bare bare;
    struct subject subject;
    int64_t bytes;

    bare_open(&bare, bench->dir, bench->steps * (int)bench->rounds);
    subject_open(&subject, bench->dir, units);
    for (size_t round = 0; round < bench->rounds; round++) {
        bare_rates[round] = bare_round(&bare, (int)round * bench->steps, bench->steps);
        ferry[round] = fanout_round(&subject, (int)round * bench->units, bench->units);
        times[round] = ferry[round] / bare_rates[round];
    }
    bare_close(&bare);
    journal_close(subject.journal); /* with everything in the one file */
    bytes = file_bytes(subject.path);
    remove_journal(subject.path);
    mem_free(subject.path);
    printf("{\"bench\":\"fanout_journal\",\"in_flight\":%d,\"units_per_s\":%.0f,"
           "\"bare_commits_per_s\":%.0f,\"times\":%.2f,\"rounds\":%zu}\n",
           IN_FLIGHT, median(ferry, bench->rounds), median(bare_rates, bench->rounds),
           median(times, bench->rounds), bench->rounds);
    printf("{\"bench\":\"journal_size\",\"bytes_per_unit\":%.0f,\"units\":%d}\n",
           (double)bytes / units, units);
}

/* What `ferry status` asks: open, find the run, its steps, close. */
static void read_status(const char *path)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct journal *journal = open_journal(path, JOURNAL_READ);
    struct ferry_error err;
    struct run_row run;
    struct step_row *steps;
    size_t count;

    ok(journal_run_find(journal, scope, NULL, &run, &err), &err);
    ok(journal_steps(journal, scope, run.run, &steps, &count, &err), &err);
    must(count == 1 && steps[0].n_total > 0, "status");
    journal_close(journal);
}

/* The writer has a turn open at every reading, and commits between them. */
static void bench_status(const struct bench *bench)
{
    int units = bench->units * 5; /* 100,000 */
    double took[ROUNDS_MAX];
    struct subject subject;

    subject_open(&subject, bench->dir, units);
    for (size_t round = 0; round < bench->rounds; round++) {
        int64_t reading_ms = 0;

        for (int at = 0; at < bench->readings; at++) {
            struct ferry_error err;
            int64_t seq = (int64_t)round * bench->readings + at;
            int64_t since_ms;

            ok(journal_begin(subject.journal, &err), &err);
            put_intent(&subject, seq, now_ms());
            since_ms = now_ms();
            read_status(subject.path);
            reading_ms += now_ms() - since_ms;
            ok(journal_commit(subject.journal, &err), &err);
        }
        took[round] = (double)reading_ms / bench->readings;
    }
    subject_close(&subject);
    printf("{\"bench\":\"status_beside_writer\",\"ms\":%.3f,\"units\":%d,\"rounds\":%zu}\n",
           median(took, bench->rounds), units, bench->rounds);
}

int main(int argc, char **argv)
{
    struct bench bench = {.rounds = 25, .steps = 500, .units = 20000, .readings = 200};
    static const struct {
        const char *name;
        void (*run)(const struct bench *bench);
    } figures[] = {{"steps", bench_steps}, {"fanout", bench_fanout}, {"status", bench_status}};
    char folder[] = "ferry-bench-XXXXXX";
    const char *only = NULL;

    for (int at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--dir") == 0 && at + 1 < argc)
            must(chdir(argv[++at]) == 0, "chdir");
        else if (strcmp(argv[at], "--rounds") == 0 && at + 1 < argc)
            bench.rounds = (size_t)strtoul(argv[++at], NULL, 10);
        else if (strcmp(argv[at], "--only") == 0 && at + 1 < argc)
            only = argv[++at];
        else if (strcmp(argv[at], "--quick") == 0)
            bench.steps = bench.units = bench.readings = 200;
        else
            must(false, "usage: bench_journal [--dir DIR] [--rounds N] [--only FIGURE] [--quick]:");
    }
    must(bench.rounds >= 1 && bench.rounds <= ROUNDS_MAX, "1 to 64 rounds:");
    must(mkdtemp(folder) != NULL, "mkdtemp");
    bench.dir = folder;
    for (size_t at = 0; at < FERRY_COUNT(figures); at++) {
        if (only == NULL || strcmp(only, figures[at].name) == 0)
            figures[at].run(&bench);
    }
    must(rmdir(folder) == 0, "rmdir");
    return 0;
}
