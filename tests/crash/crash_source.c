/*
 * crash_source: the crash matrix on the workflows that take a snapshot. Real processes, real
 * SIGKILL.
 *
 *   crash_source backup|from [EACH]   every EACH-th (default: each) commit, and every EACH-th
 * request to the manager that the snapshot is taken on (killed before it leaves, killed after it
 * took effect, its answer lost): resumed until it ends; each time there must be one snapshot, one
 * file with the right bytes, and nothing beside it; of an upgrade (from) also the old manager in
 *                           maintenance once, its agents asked once each, and one restore on the
 *                           new manager with new agents once each
 *   crash_source backup|from one KIND N   the same case again, with what ferry says
 */
#include <curl/curl.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "life.h"
#include "peer.h"

#define LIVES_MAX 20
#define FOREIGN "somebody-else.zip"

enum kind { NOTHING, DIE_AT_COMMIT, KILL_BEFORE, KILL_AFTER, ANSWER_LOST, KIND_COUNT };
static const char *const kind_names[KIND_COUNT] = {"nothing", "commit", "killed-before",
                                                   "killed-after", "answer-lost"};
static const char *const faults[KIND_COUNT] = {[KILL_BEFORE] = "kill_client_before",
                                               [KILL_AFTER] = "kill_client_after",
                                               [ANSWER_LOST] = "drop_after"};

/* Which workflow: a backup, or an upgrade that begins on the old manager. */
static const char backup_yaml[] = "manager: {url: 'http://127.0.0.1:1', username: admin, "
                                  "password: {file: old.pw}}\n"
                                  "backup: {directory: kept, poll: 10ms, delete_after: true}\n"
                                  "keep: {daily: 7}\n"
                                  "limits: {requests_per_second: 10000, settle: 400ms}\n";
static const char from_yaml[] =
    "manager: {url: 'http://127.0.0.1:1', username: admin, password: {file: new.pw}, "
    "after_restore: {password: {file: old.pw}}}\n"
    "from: {url: 'http://127.0.0.1:1', username: admin, password: {file: old.pw}}\n"
    "backup: {directory: kept, poll: 10ms}\n"
    "restore: {quiet: 10ms, poll: 10ms, timeout: 60s}\n"
    "maintenance: {poll: 10ms}\n"
    "agents: {poll: 10ms}\n"
    "plugins: {poll: 10ms}\n"
    "limits: {requests_per_second: 10000, settle: 400ms}\n";

static struct {
    bool from;
    const char *practice;
    char base[64], archive[128], folder[128], kept[160], target[128];
    enum kind kind;
    unsigned n;
    unsigned *commits; /* shared by the lives of a case */
    bool loud;
} the;

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static void put(const char *path, const char *text)
{
    struct ferry_error err = {0};

    if (file_write_atomic(path, text, strlen(text), 0600, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(2);
    }
}

/* --- one life of ferry, in a child --- */

static void on_point(void *arg, enum engine_point point)
{
    (void)arg;
    if (point == ENGINE_AFTER_COMMIT && ++*the.commits == the.n && the.kind == DIE_AT_COMMIT) {
        kill(getpid(), SIGKILL);
    }
}

/* Exit code of the life, or -1 when it was killed. target: the new manager of an upgrade. */
static int live(const struct peer *source_peer, const struct peer *target)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *settings[] = {
        mem_printf(scope, "manager.url=%s", the.from ? target->url : source_peer->url),
        mem_printf(scope, "backup.directory=%s", the.kept),
        mem_printf(scope, "from.url=%s", source_peer->url)};
    struct ferry_source source = {.file = mem_printf(scope, "%s/run.yaml", the.base),
                                  .settings = settings,
                                  .setting_count = the.from ? 3 : 2,
                                  .workflow = the.from ? NULL : "backup"};

    return life_fork(&(struct life){&source, source_peer->folder, on_point, the.loud});
}

/* --- one case --- */

static void write_faults(void)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *rules = json_array(scope);

    if (faults[the.kind]) {
        struct json *rule = json_push_object(rules);

        json_set_string(rule, "method", "*");
        json_set_string(rule, "path", ".*");
        json_set_int(rule, "n", the.n);
        json_set_string(rule, "do", faults[the.kind]);
        json_set_string(rule, "pid_file", mem_printf(scope, "%s/client.pid", the.folder));
    }
    put(mem_printf(scope, "%s/faults.json", the.folder), json_print(scope, rules));
}

static void empty_folder(const char *folder)
{
    const char *argv[] = {"rm", "-rf", folder, NULL};

    if (peer_run(argv) != 0 || mkdir(folder, 0700)) {
        die(folder);
    }
}

static bool ends(const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);

    return length >= tail && strcmp(name + length - tail, ending) == 0;
}

/* What is in the folder must be one backup, its two records, and what was there before. */
static const char *folder_problem(char *zip, size_t size)
{
    DIR *folder = opendir(the.kept);
    unsigned zips = 0, jsons = 0, sums = 0, others = 0, foreign = 0;
    const struct dirent *row;

    while (folder && (row = readdir(folder)) != NULL) {
        if (row->d_name[0] == '.') {
            continue;
        } else if (strcmp(row->d_name, FOREIGN) == 0) {
            foreign++;
        } else if (ends(row->d_name, ".zip")) {
            zips++;
            snprintf(zip, size, "%s/%s", the.kept, row->d_name);
        } else if (ends(row->d_name, ".zip.json")) {
            jsons++;
        } else if (ends(row->d_name, ".zip.sha256")) {
            sums++;
        } else {
            others++;
        }
    }
    if (folder) {
        closedir(folder);
    }
    return zips == 1 && jsons == 1 && sums == 1 && others == 0 && foreign == 1
               ? NULL
               : "not one backup with its records";
}

/* The manager deleted its copy, so the bytes are held against the checksum, and the checksum
   against what the archive holds. */
static const char *bytes_problem(const char *zip)
{
    const char *check[] = {"sh",
                           "-c",
                           "cd \"$1\" && sha256sum --quiet -c *.zip.sha256 && "
                           "\"$2\" describe \"$3\" >/dev/null",
                           "sh",
                           the.kept,
                           the.practice,
                           zip,
                           NULL};

    return peer_run(check) == 0 ? NULL : "its bytes are not right";
}

/* {ANY: 1} */
static bool is_one(const struct json *object)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    return json_size(object) == 1 && strcmp(json_print(scope, json_first(object)), "1") == 0;
}

/* {ANY: 1, OTHER: 1}, and at least one of them */
static bool are_ones(const struct json *object)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *at = json_first(object);

    while (at && strcmp(json_print(scope, at), "1") == 0) {
        at = json_next(at);
    }
    return json_size(object) > 0 && !at;
}

static const char *ledger_problem(const struct json *ledger)
{
    if (!is_one(json_get(ledger, "snapshots_created"))) {
        return "not one snapshot";
    }
    if (!the.from) {
        return is_one(json_get(ledger, "snapshots_deleted")) ? NULL
                                                             : "the snapshot was not deleted once";
    }
    if (json_size(json_get(ledger, "snapshots_deleted")) > 0) {
        return "a snapshot was deleted";
    }
    if (json_int64_or(ledger, "activations", 0) != 1 ||
        json_int64_or(ledger, "deactivations", 1) != 0) {
        return "the old manager is not in maintenance once";
    }
    return are_ones(json_get(ledger, "executions.validate_agents"))
               ? NULL
               : "an agent was not asked once on the old manager";
}

/* The new manager of an upgrade. */
static const char *target_problem(const struct json *ledger)
{
    if (!is_one(json_get(ledger, "uploads")) || json_size(json_get(ledger, "restores")) != 1) {
        return "not one upload and one restore on the new manager";
    }
    return are_ones(json_get(ledger, "executions.install_new_agents"))
               ? NULL
               : "new agents were not installed once each";
}

static void start(struct peer *peer, const char *folder, const char *content)
{
    snprintf(peer->folder, sizeof peer->folder, "%s", folder);
    peer_start(peer, &(struct peer_options){.program = the.practice,
                                            .version = "7.1.0",
                                            .folder = folder,
                                            .content = content,
                                            .faults = content != NULL,
                                            .premium = true});
}

/* The lives of one case, to the end of the run. The last exit code. */
static int live_on(const struct peer *source, const struct peer *target)
{
    int code = -1;

    *the.commits = 0;
    for (int life = 0; life < LIVES_MAX && (code < 0 || code == 3); life++) {
        code = live(source, target);
    }
    return code;
}

/* NULL, or what is wrong at the end. */
static const char *run_case(int64_t *requests)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct peer source, target = {0};
    struct json *ledger, *target_ledger = NULL;
    char zip[512] = "";
    const char *problem;
    int code;

    empty_folder(the.folder);
    empty_folder(the.kept);
    empty_folder(the.target);
    put(mem_printf(scope, "%s/%s", the.kept, FOREIGN), "not ours");
    write_faults();
    start(&source, the.folder, the.archive);
    if (the.from) {
        start(&target, the.target, NULL);
    }
    code = live_on(&source, &target);
    ledger = peer_ledger(scope, &source);
    *requests = json_int64_or(ledger, "requests", 0);
    peer_stop(&source);
    if (the.from) {
        target_ledger = peer_ledger(scope, &target);
        peer_stop(&target);
    }
    if (code != 0) {
        static char text[40];

        snprintf(text, sizeof text, "it ended with %d", code);
        return text;
    }
    problem = ledger_problem(ledger);
    problem = problem ? problem : folder_problem(zip, sizeof zip);
    problem = problem || !the.from ? problem : target_problem(target_ledger);
    return problem ? problem : bytes_problem(zip);
}

static bool check(void)
{
    int64_t requests;
    const char *problem = run_case(&requests);

    if (problem) {
        printf("FAILED: crash_source %s one %s %u: %s\n", the.from ? "from" : "backup",
               kind_names[the.kind], the.n, problem);
        fflush(stdout);
    }
    return problem == NULL;
}

static int matrix(unsigned each)
{
    int64_t requests = 0;
    const char *problem = run_case(&requests);
    unsigned commits = *the.commits, cases = 1, failed = 0;

    printf("undisturbed: %u commits, %d requests: %s\n", commits, (int)requests,
           problem ? problem : "one snapshot, one file");
    if (problem) {
        return 1;
    }
    for (unsigned e = 0; e < commits + 3 * (unsigned)requests && failed < 10; e += each) {
        unsigned r = e - commits;

        the.kind = e < commits ? DIE_AT_COMMIT : (enum kind)(KILL_BEFORE + r / (unsigned)requests);
        the.n = e < commits ? e + 1 : r % (unsigned)requests + 1;
        failed += check() ? 0 : 1;
        cases++;
    }
    printf("%u cases, %u failed\n", cases, failed);
    return failed ? 1 : 0;
}

static void set_up(void)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    snprintf(the.base, sizeof the.base, "%s/ferry-crash-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(the.base)) {
        die(the.base);
    }
    snprintf(the.folder, sizeof the.folder, "%s/case", the.base);
    snprintf(the.kept, sizeof the.kept, "%s/kept", the.base);
    snprintf(the.target, sizeof the.target, "%s/new", the.base);
    snprintf(the.archive, sizeof the.archive, "%s/a.zip", the.base);
    put(mem_printf(scope, "%s/run.yaml", the.base), the.from ? from_yaml : backup_yaml);
    put(mem_printf(scope, "%s/new.pw", the.base), "admin");
    put(mem_printf(scope, "%s/old.pw", the.base), "oldpw");
    peer_make_archive(
        the.practice, the.archive,
        &(struct peer_archive){.version = "7.1.0", .format = "legacy", .deployments = 2});
}

int main(int argc, char **argv)
{
    const char *clear[] = {"rm", "-rf", the.base, NULL};
    int code = 2;

    the.practice = getenv("FERRY_PRACTICE");
    if (!the.practice || argc < 2) {
        fputs("usage: FERRY_PRACTICE=PROGRAM crash_source backup|from [EACH | one KIND N]\n",
              stderr);
        return 2;
    }
    the.from = strcmp(argv[1], "from") == 0;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    the.commits =
        mmap(NULL, sizeof *the.commits, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (the.commits == MAP_FAILED) {
        die("mmap");
    }
    set_up();
    if (argc == 5 && strcmp(argv[2], "one") == 0) {
        for (int kind = 0; kind < KIND_COUNT; kind++) {
            the.kind = strcmp(argv[3], kind_names[kind]) == 0 ? (enum kind)kind : the.kind;
        }
        the.n = (unsigned)strtoul(argv[4], NULL, 10);
        the.loud = true;
        code = check() ? 0 : 1;
    } else {
        unsigned each = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;

        code = matrix(each > 0 ? each : 1);
    }
    (void)peer_run(clear);
    return code;
}
