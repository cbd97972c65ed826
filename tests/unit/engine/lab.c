#include "lab.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/journal_fixture.h"

void lab_must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "laboratory: %s\n", what);
        abort();
    }
}

static int64_t lab_now(struct clock *clock)
{
    return ((struct lab *)(void *)clock)->now_ms;
}

static int64_t lab_real(struct clock *clock)
{
    struct lab *lab = (struct lab *)(void *)clock;

    return LAB_EPOCH_MS + lab->now_ms + lab->wall_offset_ms;
}

/* --- the engine's watchers --- */

static void on_event(void *arg, const struct engine_event *event)
{
    struct lab *lab = arg;
    struct lab_told *told;

    if (lab->told_count == lab->told_room) {
        lab->told_room = lab->told_room ? lab->told_room * 2 : 64;
        lab->told = mem_resize(lab, lab->told, struct lab_told, lab->told_room);
    }
    told = &lab->told[lab->told_count++];
    told->kind = mem_strdup(lab, event->kind);
    told->step = mem_strdup(lab, event->step);
    told->unit = mem_strdup(lab, event->unit);
    told->text = mem_strdup(lab, event->text);
    told->id = event->id;
    told->done = event->done;
    told->total = event->total;
    if (lab->on_told) {
        lab->on_told(lab, event);
    }
}

static void on_point(void *arg, enum engine_point point)
{
    struct lab *lab = arg;

    lab->commits += point == ENGINE_AFTER_COMMIT;
    if (++lab->points == lab->die_at) {
        longjmp(lab->death, 1);
    }
}

static bool permitted(void *journal, const char *intent_id)
{
    return journal_intent_is_open(journal, intent_id);
}

/* --- lives --- */

struct lab *lab_new(const struct ferry_state *const *states,
                    void (*answer)(struct lab *lab, const struct lab_call *call,
                                   struct lab_answer *out))
{
    struct lab *lab = mem_new(NULL, struct lab);

    lab->clock = (struct clock){lab_now, lab_real};
    rng_seed(&lab->rng, 1);
    lab->now_ms = 1000;
    lab->transport.ops = &lab_transport;
    lab->answer = answer;
    lab->workflow = (struct workflow){.name = "lab", .summary = "made up", .states = lab->states};
    while (states[lab->workflow.count]) {
        lab->states[lab->workflow.count] = states[lab->workflow.count];
        lab->workflow.count++;
    }
    lab->folder =
        mem_printf(lab, "%s/ferry-lab-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    lab_must(mkdtemp(lab->folder) != NULL, "cannot make a folder");
    lab->path = mem_printf(lab, "%s/journal.db", lab->folder);
    return lab;
}

void lab_free(struct lab *lab)
{
    DIR *dir;
    const struct dirent *entry;

    lab_kill(lab);
    dir = opendir(lab->folder);
    while (dir && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            unlink(mem_printf(lab, "%s/%s", lab->folder, entry->d_name));
        }
    }
    if (dir) {
        closedir(dir);
    }
    rmdir(lab->folder);
    mem_free(lab);
}

static void open_journal(struct lab *lab, enum journal_mode mode)
{
    struct journal_options options = {.path = lab->path,
                                      .mode = mode,
                                      .clock = &lab->clock,
                                      .rng = &lab->rng.rng,
                                      .owner = "laboratory",
                                      .disable_lock = true};

    lab->life = mem_scope(NULL);
    lab_must(!journal_open(lab->life, &options, &lab->journal, &lab->err), lab->err.message);
}

struct engine_options lab_options(struct lab *lab)
{
    return (struct engine_options){.mem = lab->life,
                                   .journal = lab->journal,
                                   .transport = lab->gate,
                                   .clock = &lab->clock,
                                   .rng = &lab->rng.rng,
                                   .workflow = &lab->workflow,
                                   .stop = &lab->stop,
                                   .on_event = lab->deaf ? NULL : on_event,
                                   .on_point = on_point,
                                   .permit = lab->permit,
                                   .step_arg = lab,
                                   .arg = lab};
}

static void create(struct lab *lab)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    static const char defaults[] =
        "{\"limits\":{\"requests_per_second\":100,\"in_flight\":16,\"settle_ms\":60000}}";
    const char *text = lab->options ? lab->options : defaults;
    struct engine_options options = lab_options(lab);
    struct engine_definition definition = {.name = "lab-1",
                                           .target = "https://lab.example",
                                           .facts = json_object(scope),
                                           .ferry_version = "laboratory"};
    struct json *given;

    lab_must(!json_parse(scope, text, strlen(text), &given, NULL), "options");
    definition.options = given;
    lab_must(!engine_create(lab->life, &options, &definition, &lab->run, &lab->err),
             lab->err.message);
}

void lab_open(struct lab *lab)
{
    bool first = access(lab->path, F_OK) != 0;

    lab_kill(lab);
    ferry_error_clear(&lab->err);
    open_journal(lab, JOURNAL_WRITE);
    lab->gate = transport_gate(lab->life, &lab->transport, permitted, lab->journal);
    if (first) {
        create(lab);
    }
}

void lab_kill(struct lab *lab)
{
    lab_forget_client(lab);
    mem_free(lab->life);
    lab->life = lab->journal = NULL;
}

void lab_close(struct lab *lab)
{
    journal_close(lab->journal);
    lab->journal = NULL;
    lab_kill(lab);
}

enum ferry_code lab_run_before(struct lab *lab, const char *stop_before)
{
    struct engine_options options = lab_options(lab);

    ferry_error_clear(&lab->err);
    lab_must(!journal_run_find(lab->journal, lab->life, "lab-1", &lab->run, &lab->err),
             lab->err.message);
    return engine_run(&options, &lab->run, stop_before, &lab->err);
}

enum ferry_code lab_run(struct lab *lab)
{
    return lab_run_before(lab, NULL);
}

enum ferry_code lab_live(struct lab *lab)
{
    enum ferry_code code;

    lab_open(lab);
    code = lab_run(lab);
    lab_close(lab);
    return code;
}

bool lab_live_until(struct lab *lab, unsigned points)
{
    volatile bool died = true;

    lab_open(lab);
    lab->die_at = lab->points + points;
    if (setjmp(lab->death) == 0) {
        enum ferry_code code = lab_run(lab);

        (void)code;
        died = false;
    }
    lab->die_at = 0;
    lab_kill(lab);
    return died;
}

/* --- what came of it --- */

static void look(struct lab *lab)
{
    if (!lab->journal) {
        open_journal(lab, JOURNAL_READ);
    }
}

struct run_row lab_read_run(struct lab *lab)
{
    struct run_row row;

    look(lab);
    lab_must(!journal_run_find(lab->journal, lab->life, "lab-1", &row, &lab->err), "no run");
    return row;
}

struct step_row lab_step(struct lab *lab, const char *name)
{
    struct step_row *rows, none = {0};
    size_t count;

    look(lab);
    lab_must(!journal_steps(lab->journal, lab->life, 1, &rows, &count, &lab->err), "no steps");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return rows[i];
        }
    }
    lab_must(false, name);
    return none;
}

struct unit_row lab_unit(struct lab *lab, const char *step, const char *key)
{
    struct unit_row row;
    int number = lab_step(lab, step).step;

    lab_must(!journal_unit_find(lab->journal, lab->life, &(struct unit_key){1, number, key}, &row,
                                &lab->err),
             key);
    return row;
}

static bool names(const char *keys, const char *key)
{
    size_t length = strlen(key);

    for (const char *at = keys; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        if (strncmp(at, key, length) == 0 && (at[length] == '\0' || at[length] == ',')) {
            return true;
        }
    }
    return false;
}

unsigned lab_count(const struct lab *lab, const char *phase, const char *key)
{
    unsigned count = 0;

    for (size_t i = 0; i < lab->call_count; i++) {
        count +=
            strcmp(lab->calls[i].phase, phase) == 0 && (!key || names(lab->calls[i].keys, key));
    }
    return count;
}

const struct lab_record *lab_nth(const struct lab *lab, const char *phase, unsigned nth)
{
    for (size_t i = 0; i < lab->call_count; i++) {
        if (strcmp(lab->calls[i].phase, phase) == 0 && --nth == 0) {
            return &lab->calls[i];
        }
    }
    lab_must(false, "there was no such request");
    return NULL;
}

unsigned lab_told_count(const struct lab *lab, const char *kind)
{
    unsigned count = 0;

    for (size_t i = 0; i < lab->told_count; i++) {
        count += strcmp(lab->told[i].kind, kind) == 0;
    }
    return count;
}

const struct lab_told *lab_told_last(const struct lab *lab, const char *kind)
{
    for (size_t i = lab->told_count; i > 0; i--) {
        if (strcmp(lab->told[i - 1].kind, kind) == 0) {
            return &lab->told[i - 1];
        }
    }
    lab_must(false, kind);
    return NULL;
}

bool lab_counters_agree(struct lab *lab)
{
    look(lab);
    return fixture_counters_agree(lab->journal->db);
}
