#include "support/journal_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static int64_t fixture_now(struct clock *clock)
{
    return ((struct fixture_clock *)clock)->now_ms;
}

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "fixture: %s\n", what);
        abort();
    }
}

struct fixture *fixture_new(void)
{
    struct fixture *fixture = mem_new(NULL, struct fixture);
    const char *base = getenv("TMPDIR");

    fixture->folder = mem_printf(fixture, "%s/ferry-journal-XXXXXX", base == NULL ? "/tmp" : base);
    must(mkdtemp(fixture->folder) != NULL, "cannot make a folder");
    fixture->path = mem_printf(fixture, "%s/journal.db", fixture->folder);
    fixture->clock.clock.now_ms = fixture_now;
    fixture->clock.clock.realtime_ms = fixture_now;
    fixture->clock.now_ms = FIXTURE_START_MS;
    rng_seed(&fixture->rng, 1);
    return fixture;
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlink(mem_printf(scope, "%s/%s", folder, entry->d_name));
    }
    if (dir != NULL)
        closedir(dir);
    rmdir(folder);
}

void fixture_free(struct fixture *fixture)
{
    fixture_kill(fixture);
    remove_folder(fixture->folder);
    mem_free(fixture);
}

struct journal_options fixture_options(struct fixture *fixture, enum journal_mode mode)
{
    return (struct journal_options){
        .path = fixture->path,
        .mode = mode,
        .clock = &fixture->clock.clock,
        .rng = &fixture->rng.rng,
        .owner = "ferry test",
    };
}

enum ferry_code fixture_open_hooked(struct fixture *fixture, enum journal_mode mode,
                                    const struct journal_hooks *hooks)
{
    struct journal_options options = fixture_options(fixture, mode);

    fixture->journal = NULL;
    ferry_error_clear(&fixture->err);
    return journal_open_hooked(NULL, &options, hooks, &fixture->journal, &fixture->err);
}

enum ferry_code fixture_open(struct fixture *fixture, enum journal_mode mode)
{
    return fixture_open_hooked(fixture, mode, NULL);
}

void fixture_kill(struct fixture *fixture)
{
    mem_free(fixture->journal);
    fixture->journal = NULL;
}

void fixture_close(struct fixture *fixture)
{
    journal_close(fixture->journal);
    fixture->journal = NULL;
}

int64_t fixture_add_run(struct journal *journal, const char *name, int units)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err;
    struct run_row run = {
        .name = name,
        .workflow = "upgrade",
        .target = mem_printf(scope, "https://%s.example", name),
        .state = RUN_RUNNING,
        .options = "{\"manager\":{}}",
        .created_at_ms = FIXTURE_START_MS,
        .updated_at_ms = FIXTURE_START_MS,
    };

    uuid_derive("6ba7b811-9dad-11d1-80b4-00c04fd430c8", name, run.uuid);
    must(journal_begin(journal, &err) == FERRY_OK, "begin");
    must(journal_run_add(journal, &run, &err) == FERRY_OK, "run");
    struct step_row step = {.run = run.run,
                            .name = "install_new_agents",
                            .def = 1,
                            .fanout = true,
                            .state = STEP_RUNNING};

    must(journal_step_add(journal, &step, &err) == FERRY_OK, "step");
    for (int at = 0; at < units; at++) {
        struct unit_row unit = {.run = run.run};
        bool added = false;

        unit.key = mem_printf(scope, "tenant/deployment-%d", at);
        must(journal_unit_add(journal, &unit, &added, &err) == FERRY_OK && added, "unit");
    }
    must(journal_commit(journal, &err) == FERRY_OK, "commit");
    return run.run;
}

void fixture_unit(struct unit_row *row, int64_t run, int64_t seq, unsigned attempt)
{
    char name[64];

    snprintf(name, sizeof(name), "%d/%d/%u", (int)run, (int)seq, attempt);
    *row =
        (struct unit_row){.run = run, .seq = seq, .attempt = attempt, .key = "tenant/deployment"};
    uuid_derive("6ba7b812-9dad-11d1-80b4-00c04fd430c8", name, row->intent_id);
    row->intent_at_ms = FIXTURE_START_MS;
}

enum ferry_code fixture_move(struct journal *journal, const struct unit_row *row,
                             enum unit_state from, struct ferry_error *err)
{
    struct event_row event = {.run = row->run,
                              .step = row->step,
                              .seq = row->seq,
                              .at_ms = FIXTURE_START_MS,
                              .kind = "unit_moved"};
    enum ferry_code code = journal_unit_update(journal, row, from, err);

    return code == FERRY_OK ? journal_event_add(journal, &event, err) : code;
}

bool fixture_try_query(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    bool found = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;

    if (found)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return found;
}

int64_t fixture_query(sqlite3 *db, const char *sql)
{
    int64_t value = 0;

    must(fixture_try_query(db, sql, &value), sqlite3_errmsg(db));
    return value;
}

bool fixture_counters_agree(sqlite3 *db)
{
    int64_t wrong = 0;
    bool answered = fixture_try_query(
        db,
        "SELECT (SELECT count(*) FROM step LEFT JOIN hot ON hot.of=id"
        " WHERE (n_total,n_done,n_skipped,n_failed,n_open,n_unknown) IS NOT"
        "  (SELECT count(*),coalesce(sum(state=3),0),coalesce(sum(state=4),0),"
        "  coalesce(sum(state=5),0),coalesce(sum(state IN (1,2)),0),coalesce(sum(state=6),0)"
        "  FROM unit WHERE unit.of=step.id))"
        "+(SELECT count(*) FROM (SELECT id,intent_id FROM unit WHERE state IN (1,2)"
        "  EXCEPT SELECT unit,of FROM hot))"
        "+(SELECT count(*) FROM (SELECT unit,of FROM hot WHERE unit IS NOT NULL"
        "  EXCEPT SELECT id,intent_id FROM unit WHERE state IN (1,2)))",
        &wrong);

    return answered && wrong == 0;
}
