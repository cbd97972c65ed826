#include "life.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backup.h"
#include "base/mem.h"
#include "journal/journal.h"
#include "states/states.h"

const struct scenario scenarios[] = {
    {.name = "legacy-7.1", .manager = {.version = "7.1.0", .deployments = 8, .plugins = 1}},
    {.name = "new-7.1",
     .manager = {.version = "7.1.0", .new_format = true, .deployments = 8, .plugins = 1}},
    {.name = "legacy-6.4", .manager = {.version = "6.4.2", .deployments = 8, .plugins = 1}},
    {.name = "agent-fails",
     .manager = {.version = "7.1.0", .deployments = 8, .plugins = 1, .execution_fails = true},
     .expect = FERRY_E_PARTIAL},
    {.name = "small", .manager = {.version = "7.1.0", .deployments = 2, .plugins = 1}},
    {.name = "small-new", .manager = {.version = "7.1.0", .new_format = true, .deployments = 2}},
    {.name = "late-archive", .manager = {.version = "6.4.2", .deployments = 1, .late_archive = 2}},
    {.name = "late-once", .manager = {.version = "6.4.2", .deployments = 1, .late_archive = 1}},
    {.name = "cut-upload", .manager = {.version = "6.4.2", .deployments = 1, .cut_uploads = 1}},
    {.name = "cancel",
     .manager = {.version = "7.1.0", .deployments = 1},
     .cancels = true,
     .stop_before = "restore"},
    {.name = "cancel-cut",
     .manager = {.version = "6.4.2", .deployments = 1, .cut_uploads = 1},
     .cancels = true,
     .stop_before = "restore"},
    {.name = "cancel-any", .manager = {.version = "7.1.0", .deployments = 1}, .cancels = true},
    {.name = "cancel-other",
     .manager = {.version = "7.1.0", .deployments = 1},
     .cancels = true,
     .stop_before = "restore",
     .other_switches = true},
    {.name = "cancel-not-ours",
     .manager = {.version = "7.1.0", .deployments = 1, .maintenance_before = true},
     .cancels = true,
     .stop_before = "restore"},
    {.name = "hosts",
     .manager = {.version = "7.1.0", .deployments = 2, .hosts = 3, .host_dies = true},
     .expect = FERRY_E_PARTIAL},
    {.name = "never-begins",
     .manager = {.version = "7.1.0", .deployments = 4, .never_begins = true}},
    {.name = "waves", .manager = {.version = "7.1.0", .deployments = 8}, .waves = true},
    {.name = "backup", .manager = {.version = "6.4.2", .makes_snapshots = true}},
    {.name = "backup-moves",
     .manager = {.version = "6.4.2", .makes_snapshots = true},
     .delete_after = true},
    {.name = "backup-cancel",
     .manager = {.version = "6.4.2", .makes_snapshots = true},
     .cancels = true,
     .stop_before = "download"},
    {.name = "backup-cancel-any",
     .manager = {.version = "6.4.2", .makes_snapshots = true},
     .cancels = true},
};
const size_t scenario_count = FERRY_COUNT(scenarios);

struct sim {
    const struct scenario *scenario;
    struct world *world;
    struct history *out;
    char path[256];
    char kept[256]; /* folder of backups */
    void *life;     /* all memory of the present life */
    struct journal *journal;
};

static struct json *upgrade_options(const void *ctx, const struct scenario *scenario)
{
    static const char text[] =
        "{\"manager\":{\"url\":\"https://sim\",\"username\":\"admin\",\"tenant\":"
        "\"default_tenant\",\"after_restore\":{\"username\":\"admin\"}},"
        "\"snapshot\":{\"file\":\"/snap.zip\",\"url\":null,\"id\":\"s\"},"
        "\"restore\":{\"force\":false,\"certificates\":false,\"no_reboot\":false},"
        "\"agents\":{\"concurrency\":3,\"max_failures\":-1,\"max_failures_percent\":100,"
        "\"install_timeout\":300},\"plugins\":{\"upload\":[\"/p-2.0.zip\"],\"except\":[],"
        "\"to\":\"latest\"},\"limits\":{\"requests_per_second\":50,\"in_flight\":8}}";
    struct json *options;

    if (json_parse(ctx, text, strlen(text), &options, NULL)) {
        return NULL;
    }
    json_set_int((struct json *)(uintptr_t)json_get(options, "limits"), "settle_ms", SETTLE_MS);
    if (scenario->waves) {
        struct json *waves =
            json_set_array((struct json *)(uintptr_t)json_get(options, "agents"), "waves");

        json_push_string(waves, "1");
        json_push_string(waves, "3");
        json_push_string(waves, "rest");
    }
    if (!scenario->manager.plugins) {
        json_set_array((struct json *)(uintptr_t)json_get(options, "plugins"), "upload");
    }
    return options;
}

static struct json *run_facts(const void *ctx, const struct scenario *scenario)
{
    const struct manager_options *manager = &scenario->manager;
    struct json *facts = json_object(ctx), *archive = json_set_object(facts, "archive");
    struct json *file, *plugin;

    json_set_string(archive, "format", manager->new_format ? "new" : "legacy");
    json_set_string(archive, "version", manager->new_format ? "7.0.5" : "5.0.5");
    json_set_int(archive, "size", MANAGER_ARCHIVE_SIZE);
    json_set_int(archive, "tenants", 2);
    json_set_int(archive, "blueprints", 1);
    json_set_int(archive, "deployments", manager->deployments);
    json_set_int(archive, "plugins", manager->plugins ? 1 : 0);
    json_set_int(archive, "agents", manager->deployments * (manager->hosts ? manager->hosts : 1));
    json_set_string(json_set_object(facts, "manager"), "version", manager->version);
    file = json_set_object(json_set_object(facts, "plugin_files"), "/p-2.0.zip");
    json_set_int(file, "size", 1000);
    if (manager->deployments > 2) { /* the small one goes by ids alone */
        plugin = json_push_object(json_set_array(file, "plugins"));
        json_set_string(plugin, "package", "p");
        json_set_string(plugin, "version", "2.0");
    }
    return facts;
}

static bool is_backup(const struct sim *sim)
{
    return sim->scenario->manager.makes_snapshots;
}

static const struct workflow *workflow_of(const struct sim *sim)
{
    return is_backup(sim) ? &workflow_backup : &workflow_upgrade;
}

static bool permitted(void *journal, const char *intent_id)
{
#ifdef FERRY_MUTANT_INTENT_COMMIT
    (void)journal;
    return intent_id != NULL;
#else
    return journal_intent_is_open(journal, intent_id);
#endif
}

static void wrong(struct sim *sim, const char *what, long long have, long long want)
{
    if (!sim->out->wrong[0]) {
        snprintf(sim->out->wrong, sizeof sim->out->wrong, "%s: %lld, expected %lld", what, have,
                 want);
    }
}

static bool open_journal(struct sim *sim, enum journal_mode mode)
{
    struct journal_options options = {.path = sim->path,
                                      .mode = mode,
                                      .clock = &sim->world->clock,
                                      .rng = &sim->world->rng.rng,
                                      .owner = "sim",
                                      .disable_lock = true};
    struct ferry_error err = {0};

    if (journal_open(sim->life, &options, &sim->journal, &err)) {
        snprintf(sim->out->wrong, sizeof sim->out->wrong, "journal: %s", err.message);
        return false;
    }
    return true;
}

static void on_event(void *arg, const struct engine_event *event)
{
    struct world *world = arg;

    if (world->trace) {
        printf("%10.3f      %s %s %s %s\n", (double)world->now_ms / 1000.0, event->kind,
               event->step ? event->step : "", event->unit ? event->unit : "",
               event->text ? event->text : "");
    }
}

static void somebody_switches(struct sim *sim, const struct run_row *run)
{
    if (sim->scenario->other_switches && !run->cancel_at_ms) {
        world_pass(sim->world, OTHER_LATER_MS);
        manager_switched_by_other(sim->world->manager);
    }
}

static enum ferry_code cancel(struct sim *sim, const struct engine_options *options,
                              struct run_row *run, struct ferry_error *err)
{
    bool undo;

    somebody_switches(sim, run);
    if (engine_cancel(options, run, false, &undo, err)) {
        return err->code;
    }
    sim->out->cancelled = true;
    sim->out->undone = undo;
    world_point(sim->world, ENGINE_AFTER_COMMIT);
    if (journal_run_find(sim->journal, sim->life, "sim-1", run, err)) {
        return err->code;
    }
    return undo ? engine_run(options, run, NULL, err) : FERRY_OK;
}

static struct json *run_options(const struct sim *sim)
{
    return is_backup(sim) ? backup_options(sim->life, sim->scenario, sim->kept)
                          : upgrade_options(sim->life, sim->scenario);
}

/* One life: until the run ends or stands, or ferry dies (then longjmp leaves here). */
static enum ferry_code one_life(struct sim *sim, struct ferry_error *err)
{
    struct engine_options options = {.mem = sim->life,
                                     .journal = sim->journal,
                                     .clock = &sim->world->clock,
                                     .rng = &sim->world->rng.rng,
                                     .workflow = workflow_of(sim),
                                     .on_point = world_point,
                                     .on_event = sim->world->trace ? on_event : NULL,
                                     .arg = sim->world};
    struct run_row run;

    options.transport =
        is_backup(sim) ? backup_folder(sim->life, sim->world, sim->kept) : &sim->world->transport;
    options.transport = transport_gate(sim->life, options.transport, permitted, sim->journal);
    if (journal_run_find(sim->journal, sim->life, "sim-1", &run, err) == FERRY_E_NOT_FOUND) {
        struct engine_definition definition = {.name = "sim-1",
                                               .target = "https://sim",
                                               .options = run_options(sim),
                                               .facts = run_facts(sim->life, sim->scenario),
                                               .ferry_version = "sim"};

        ferry_error_clear(err);
        if (engine_create(sim->life, &options, &definition, &run, err)) {
            return err->code;
        }
    }
    if (run.state == RUN_DONE || run.state == RUN_CANCELLED) {
        return run.code;
    }
    if (sim->scenario->cancels && sim->out->lives > 1) {
        return cancel(sim, &options, &run, err);
    }
    return engine_run(&options, &run, sim->out->lives == 1 ? sim->scenario->stop_before : NULL,
                      err);
}

/* --- what must be true at the end --- */

static void check_units(struct sim *sim, const struct step_row *step)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct unit_row *rows;
    size_t count;
    int64_t done = 0, skipped = 0, failed = 0, open = 0;

    if (journal_units(sim->journal, scope,
                      &(struct unit_query){step->run, step->step, UNITS_ALL, -1, 1000}, &rows,
                      &count, &err)) {
        wrong(sim, err.message, 0, 0);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        done += rows[i].state == UNIT_DONE;
        skipped += rows[i].state == UNIT_SKIPPED;
        failed += rows[i].state == UNIT_FAILED;
        open += rows[i].state == UNIT_INTENT || rows[i].state == UNIT_STARTED ||
                rows[i].state == UNIT_PENDING || rows[i].state == UNIT_UNKNOWN;
    }
    if (open && !sim->out->cancelled) {
        wrong(sim, "units left open", open, 0);
    }
    if ((int64_t)count != step->n_total || done != step->n_done || skipped != step->n_skipped ||
        failed != step->n_failed || (!sim->out->cancelled && (step->n_open || step->n_unknown))) {
        wrong(sim, "counters differ from a recount in step", step->step, -1);
    }
}

static void check_events(struct sim *sim, int64_t run)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct event_row *rows;
    int64_t epoch = 0;
    size_t count;

    if (journal_events(sim->journal, scope, &(struct event_query){run, 0, 100000}, &rows, &count,
                       &err)) {
        wrong(sim, err.message, 0, 0);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].id != rows[0].id + (int64_t)i) {
            wrong(sim, "event ids are not dense", rows[i].id, rows[0].id + (int64_t)i);
        }
        if (rows[i].epoch < epoch) {
            wrong(sim, "an older epoch wrote after a newer one", rows[i].epoch, epoch);
        }
        epoch = rows[i].epoch;
    }
}

static void check_journal(struct sim *sim)
{
    struct ferry_error err = {0};
    struct step_row *steps;
    struct run_row run;
    size_t count;

    if (!open_journal(sim, JOURNAL_READ)) {
        return;
    }
    if (journal_run_find(sim->journal, sim->life, "sim-1", &run, &err) ||
        journal_steps(sim->journal, sim->life, run.run, &steps, &count, &err)) {
        wrong(sim, err.message, 0, 0);
        return;
    }
    if (run.state != (sim->out->cancelled ? RUN_CANCELLED : RUN_DONE)) {
        wrong(sim, "state of the run", run.state, RUN_DONE);
    }
    for (size_t i = 0; i < count; i++) {
        bool undoes = i >= workflow_of(sim)->count;
        bool may_end = sim->out->cancelled && !undoes && steps[i].state == STEP_CANCELLED;

        if (steps[i].state != STEP_DONE && steps[i].state != STEP_SKIPPED && !may_end) {
            wrong(sim, "state of a step", steps[i].state, STEP_DONE);
        }
        check_units(sim, &steps[i]);
    }
    check_events(sim, run.run);
}

/* What holds of every history, however it ended. */
static void check_always(struct sim *sim)
{
    const struct manager_ledger *ledger = &sim->world->manager->ledger;
    bool clock_set = sim->world->wall_jumps || sim->world->wall_offset_ms;

    if (sim->out->code != sim->scenario->expect) {
        wrong(sim, "outcome", sim->out->code, sim->scenario->expect);
    }
    if (ledger->uploads > 1 || ledger->activations > 1 || ledger->deactivations > 1 ||
        ledger->restores > 1) {
        wrong(sim, "something took effect twice", 2, 1);
    }
    if (ledger->deleted_wholes) {
        wrong(sim, "whole archives deleted", ledger->deleted_wholes, 0);
    }
    if (ledger->disturbed && !clock_set) {
        wrong(sim, "requests in the silence of a restore", ledger->disturbed, 0);
    }
}

/* Cancelled: before the restore the manager is given back as it was found; behind it nothing is
   taken back. */
static void check_cancelled(struct sim *sim)
{
    const struct manager *manager = sim->world->manager;
    const struct manager_ledger *ledger = &manager->ledger;
    bool clock_set = sim->world->wall_jumps || sim->world->wall_offset_ms;

    if (ledger->switched_others) {
        wrong(sim, "switched off what somebody else had switched on", ledger->switched_others, 0);
    }
    if (sim->out->undone && ledger->restores) {
        wrong(sim, "restores of a run that was undone", ledger->restores, 0);
    }
    if (!sim->out->undone && sim->scenario->stop_before) {
        wrong(sim, "not undone, though nothing was told to restore", 0, 1);
    }
    if (sim->out->undone && manager->maintenance && !manager->maintenance_by_other && !clock_set) {
        wrong(sim, "maintenance left on", 1, 0);
    }
    if ((sim->scenario->other_switches || manager->o.maintenance_before) && !manager->maintenance) {
        wrong(sim, "maintenance of somebody else is off", 0, 1);
    }
    sim->out->stayed = manager->maintenance_by_other;
}

/* Every host got one agent, by one execution that worked; the dead ones none. */
static void check_agents(struct sim *sim)
{
    const struct manager *manager = sim->world->manager;
    const struct manager_ledger *ledger = &manager->ledger;
    unsigned hosts = manager_hosts(manager);

    for (unsigned n = 0; n < manager->o.deployments; n++) {
        bool divided = manager->o.host_dies && n == 0;
        unsigned starts = divided ? hosts : 1; /* the first host is done by the whole */

        if (ledger->agents[n] != starts) {
            wrong(sim, "executions of a deployment", ledger->agents[n], starts);
        }
        for (unsigned host = 0; host < hosts; host++) {
            bool dead = (divided && host == 1) || (manager->o.execution_fails && n == 0);
            unsigned have = ledger->hosts[n * MANAGER_HOSTS_MAX + host];

            if (have != (dead ? 0 : 1)) {
                wrong(sim, "agents of a host", have, dead ? 0 : 1);
            }
        }
    }
    if (ledger->wrong_ends) {
        wrong(sim, "executions ended that had begun", ledger->wrong_ends, 0);
    }
    if (manager->o.never_begins != (ledger->kills > 0)) {
        wrong(sim, "kills", ledger->kills, manager->o.never_begins);
    }
}

static void check_ledger(struct sim *sim)
{
    const struct manager *manager = sim->world->manager;
    const struct manager_ledger *ledger = &manager->ledger;
    unsigned plugins = manager->o.plugins ? 1 : 0;

    if (ledger->uploads != 1) {
        wrong(sim, "uploads", ledger->uploads, 1);
    }
    if (ledger->deleted_halves != ledger->halves) {
        wrong(sim, "cut uploads that were cleared", ledger->deleted_halves, ledger->halves);
    }
    if (ledger->told != manager->o.late_archive + 1) {
        wrong(sim, "restores that were told", ledger->told, manager->o.late_archive + 1);
    }
    if (ledger->activations != 1 || ledger->deactivations != 1) {
        wrong(sim, "activations + deactivations", ledger->activations + ledger->deactivations, 2);
    }
    if (ledger->restores != 1) {
        wrong(sim, "restores", ledger->restores, 1);
    }
    if (ledger->plugins != plugins) {
        wrong(sim, "plugins", ledger->plugins, plugins);
    }
    if (ledger->updates != 1) {
        wrong(sim, "plugins updates", ledger->updates, 1);
    }
    check_agents(sim);
}

static void check_backup(struct sim *sim)
{
    const char *problem = backup_problem(sim->life, sim->scenario, sim->out, sim->kept);

    if (problem && !sim->out->wrong[0]) {
        snprintf(sim->out->wrong, sizeof sim->out->wrong, "%s", problem);
    }
}

static void remove_journal(const char *path)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < FERRY_COUNT(tails); i++) {
        char name[300];

        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
    }
}

/* What a person does who finds ferry stopped: waits a little, and resumes. */
static bool goes_on(const struct sim *sim, enum ferry_code code)
{
    return (code == FERRY_E_STOPPED || code == FERRY_E_REFUSED) && sim->out->lives < LIVES_MAX;
}

void live(const void *ctx, const struct scenario *scenario, uint64_t seed, const char *folder,
          void (*plan)(struct world *world, const void *arg), const void *arg, struct history *out)
{
    struct sim *sim = mem_new(ctx, struct sim);
    volatile bool over = false;

    memset(out, 0, sizeof *out);
    sim->out = out;
    sim->scenario = scenario;
    sim->world = out->world = world_new(ctx, seed, &scenario->manager);
    plan(sim->world, arg);
    snprintf(sim->path, sizeof sim->path, "%s/journal.db", folder);
    remove_journal(sim->path);
    if (is_backup(sim)) {
        snprintf(sim->kept, sizeof sim->kept, "%s/kept", folder);
        backup_begin(sim->kept);
    }
    while (!over) {
        struct ferry_error err = {0};

        sim->life = mem_scope(ctx);
        out->lives++;
        if (setjmp(sim->world->death) == 0) {
            over = true;
            if (open_journal(sim, JOURNAL_WRITE)) {
                out->code = one_life(sim, &err);
                over = !goes_on(sim, out->code);
            }
        } else {
            over = out->lives >= LIVES_MAX;
        }
        if (sim->world->trace && err.code) {
            printf("%10.3f  ended: %s\n", (double)sim->world->now_ms / 1000.0, err.message);
        }
        world_forget_client(sim->world);
        mem_free(sim->life);
        sim->world->now_ms += 500;
        if (sim->world->wall_jumps) {
            sim->world->wall_offset_ms +=
                rng_below(&sim->world->chance.rng, 2) ? 3600000 : -3600000;
        }
    }
    sim->life = mem_scope(ctx);
    out->ended_ms = sim->world->now_ms;
    world_pass(sim->world, WORLD_LATE_MAX_MS); /* what is still under way arrives now */
    check_always(sim);
    if (is_backup(sim)) {
        check_backup(sim);
    } else if (out->cancelled) {
        check_cancelled(sim);
    } else {
        check_ledger(sim);
    }
    check_journal(sim);
    mem_free(sim->life);
}
