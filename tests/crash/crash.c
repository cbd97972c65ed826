/*
 * crash: real processes, real SIGKILL, real HTTP, over and over.
 *
 *   crash singles          every commit, every request (killed before it leaves, killed after it
 *                          took effect, its answer lost), once each; a run with 8 deployments
 *   crash pairs [PART OF]  pairs of these; a run with 2 deployments; only every OF-th of them
 *   crash profiles [N [NAME...]]  singles on a manager of each version, every N-th case; a run with
 *                          2 deployments
 *   crash one A B          the same case again, with what ferry says (A, B as printed); the manager
 *                          is that of FERRY_CRASH_PROFILE
 *
 * Each case: an empty practice manager, an upgrade that is killed, resumed until it ends, and the
 * ledger compared with that of an undisturbed run.
 */
#include <curl/curl.h>
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
/* Loopback: what a killed client left in a socket is handled at once, long before this. */
#define SETTLE "400ms"

enum kind { NOTHING, DIE_AT_COMMIT, KILL_BEFORE, KILL_AFTER, ANSWER_LOST, KIND_COUNT };
static const char *const kind_names[KIND_COUNT] = {"nothing", "commit", "killed-before",
                                                   "killed-after", "answer-lost"};

struct element {
    enum kind kind;
    unsigned n;
};

/* Managers, and the archive that each gets; the same as in tests/e2e/profiles.bash. */
static const struct profile {
    const char *name, *version;
    bool premium;
    const char *archive_version, *format;
} profiles[] = {
    {"4.6.0", "4.6.0", true, "4.5.5", "legacy"},
    {"5.0.5", "5.0.5", false, "4.6.0", "legacy"},
    {"5.1.4", "5.1.4", true, "5.0.5", "legacy"},
    {"5.2.7", "5.2.7", false, "5.1.4", "legacy"},
    {"6.0.1", "6.0.1", true, "5.2.0", "legacy"},
    {"6.4.2", "6.4.2", false, "6.0.1", "legacy"},
    {"7.0.5-legacy", "7.0.5", true, "6.4.1", "legacy"},
    {"7.0.5-new", "7.0.5", false, "7.0.5", "new"},
    {"7.1.0", "7.1.0", false, "6.4.2", "legacy"},
};
#define OTHER_PROFILES (FERRY_COUNT(profiles) - 1) /* the last is that of singles and pairs */

struct setup {
    const char *practice;
    char base[64];
    char archive[128];
    const struct profile *profile;
    bool loud;
    unsigned long cases, failed, lives;
    unsigned long unknown; /* failed cases that left an outcome to a person */
};

/* --- one life of ferry, in a child --- */

static struct {
    unsigned *commits; /* shared by the lives of a case */
    struct element elements[2];
} doom;

static void on_point(void *arg, enum engine_point point)
{
    (void)arg;
    if (point != ENGINE_AFTER_COMMIT) {
        return;
    }
    ++*doom.commits;
    for (int i = 0; i < 2; i++) {
        if (doom.elements[i].kind == DIE_AT_COMMIT && doom.elements[i].n == *doom.commits) {
            kill(getpid(), SIGKILL);
        }
    }
}

/* Exit code of the life, or -1 when it was killed. */
static int live(const struct setup *setup, const struct peer *peer)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *settings[] = {mem_printf(scope, "manager.url=%s", peer->url),
                              mem_printf(scope, "snapshot.file=%s", setup->archive)};
    struct ferry_source source = {.file = mem_printf(scope, "%s/upgrade.yaml", setup->base),
                                  .settings = settings,
                                  .setting_count = 2};

    return life_fork(&(struct life){&source, peer->folder, on_point, setup->loud});
}

/* --- one case --- */

static void write_faults(const struct peer *peer)
{
    static const char *const what[KIND_COUNT] = {[KILL_BEFORE] = "kill_client_before",
                                                 [KILL_AFTER] = "kill_client_after",
                                                 [ANSWER_LOST] = "drop_after"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *rules = json_array(scope);
    struct ferry_error err = {0};
    char *text;

    for (int i = 0; i < 2; i++) {
        const struct element *element = &doom.elements[i];
        struct json *rule;

        if (!what[element->kind]) {
            continue;
        }
        rule = json_push_object(rules);
        json_set_string(rule, "method", "*");
        json_set_string(rule, "path", ".*");
        json_set_int(rule, "n", element->n);
        json_set_string(rule, "do", what[element->kind]);
        json_set_string(rule, "pid_file", mem_printf(scope, "%s/client.pid", peer->folder));
    }
    text = json_print(scope, rules);
    if (file_write_atomic(mem_printf(scope, "%s/faults.json", peer->folder), text, strlen(text),
                          0600, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(2);
    }
}

static void empty_folder(const char *folder)
{
    const char *argv[] = {"rm", "-rf", folder, NULL};

    if (peer_run(argv) != 0 || mkdir(folder, 0700)) {
        perror(folder);
        exit(2);
    }
}

/* The part of a ledger that must be the same, whatever happened on the way. */
static char *essence(const void *ctx, const struct json *ledger)
{
    static const char *const kept[] = {"uploads",    "activations", "deactivations",
                                       "executions", "plugins",     "plugins_updates"};
    struct json *out = json_object(ctx);

    for (size_t i = 0; i < FERRY_COUNT(kept); i++) {
        json_set_json(out, kept[i], json_get(ledger, kept[i]));
    }
    json_set_int(out, "restores", (int64_t)json_size(json_get(ledger, "restores")));
    return json_print_canonical(ctx, out);
}

/* Runs the case doom.elements; the essence of the ledger, or NULL with a reason printed. */
static char *run_case(const void *ctx, struct setup *setup, unsigned *commits, int64_t *requests)
{
    char folder[128];
    struct peer peer;
    struct json *ledger;
    char *out = NULL;
    int code = -1;

    snprintf(folder, sizeof folder, "%s/case", setup->base);
    empty_folder(folder);
    snprintf(peer.folder, sizeof peer.folder, "%s", folder);
    write_faults(&peer);
    peer_start(&peer, &(struct peer_options){.program = setup->practice,
                                             .version = setup->profile->version,
                                             .folder = folder,
                                             .faults = true,
                                             .premium = setup->profile->premium});
    *commits = 0;
    doom.commits = commits;
    for (int life = 0; life < LIVES_MAX && (code < 0 || code == 3); life++) {
        setup->lives++;
        code = live(setup, &peer);
    }
    ledger = peer_ledger(ctx, &peer);
    peer_stop(&peer);
    setup->cases++;
    if (code != 0) {
        setup->unknown += code == ferry_code_exit(FERRY_E_UNKNOWN);
        printf("ended with exit code %d\n", code);
        return NULL;
    }
    if (ledger) {
        *requests = json_int64_or(ledger, "requests", 0);
        out = essence(ctx, ledger);
    }
    return out;
}

static void show(const struct element *element, char *out, size_t size)
{
    snprintf(out, size, "%s:%u", kind_names[element->kind], element->n);
}

static void check_case(struct setup *setup, unsigned *shared, const char *expected)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t requests = 0;
    char *have = run_case(scope, setup, shared, &requests), a[40], b[40];

    if (have && strcmp(have, expected) == 0) {
        return;
    }
    setup->failed++;
    show(&doom.elements[0], a, sizeof a);
    show(&doom.elements[1], b, sizeof b);
    printf("FAILED: crash one %s %s\n  ledger   %s\n  expected %s\n", a, b, have ? have : "(none)",
           expected);
    fflush(stdout);
}

/* --- the matrix --- */

static struct element element_at(unsigned e, unsigned commits, unsigned requests)
{
    if (e < commits) {
        return (struct element){DIE_AT_COMMIT, e + 1};
    }
    e -= commits;
    return (struct element){(enum kind)(KILL_BEFORE + e / requests), e % requests + 1};
}

static int report(const char *what, const struct setup *setup)
{
    printf("%s: %lu cases, %lu lives of ferry, %lu failed\n", what, setup->cases, setup->lives,
           setup->failed);
    printf("%lu passed, %lu failed\n", setup->cases - setup->failed, setup->failed);
    return setup->failed ? 1 : 0;
}

static char *undisturbed(const void *ctx, struct setup *setup, unsigned *shared, unsigned *commits,
                         unsigned *requests)
{
    int64_t seen = 0;
    char *expected;

    memset(doom.elements, 0, sizeof doom.elements);
    expected = run_case(ctx, setup, shared, &seen);
    if (!expected) {
        printf("the undisturbed run failed\n");
        exit(1);
    }
    *commits = *shared;
    *requests = (unsigned)seen;
    printf("undisturbed: %u commits, %u requests\n%s\n", *commits, *requests, expected);
    fflush(stdout);
    return expected;
}

/* Every each-th of them, beginning with one that differs by profile. */
static void all_singles(struct setup *setup, unsigned *shared, unsigned each)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    unsigned commits, requests;
    char *expected = undisturbed(scope, setup, shared, &commits, &requests);
    unsigned first = (unsigned)(setup->profile - profiles) % each;

    for (unsigned e = first; e < commits + 3 * requests && setup->failed < 10; e += each) {
        doom.elements[0] = element_at(e, commits, requests);
        check_case(setup, shared, expected);
    }
}

static int singles(struct setup *setup, unsigned *shared)
{
    all_singles(setup, shared, 1);
    return report("singles", setup);
}

static int pairs(struct setup *setup, unsigned *shared, unsigned part, unsigned of)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    unsigned commits, requests, count = 0;
    char *expected = undisturbed(scope, setup, shared, &commits, &requests);
    unsigned all = commits + 3 * requests;

    for (unsigned a = 0; a < all; a++) {
        for (unsigned b = a + 1; b < all && setup->failed < 10; b++) {
            if (count++ % of != part) {
                continue;
            }
            doom.elements[0] = element_at(a, commits, requests);
            doom.elements[1] = element_at(b, commits, requests);
            check_case(setup, shared, expected);
        }
    }
    printf("of %u pairs\n", count);
    return report("pairs", setup);
}

static bool read_element(const char *text, struct element *out)
{
    const char *colon = strchr(text, ':');

    for (int kind = 0; colon && kind < KIND_COUNT; kind++) {
        if (strncmp(kind_names[kind], text, (size_t)(colon - text)) == 0) {
            *out = (struct element){(enum kind)kind, (unsigned)strtoul(colon + 1, NULL, 10)};
            return true;
        }
    }
    return false;
}

static int one(struct setup *setup, unsigned *shared, char **argv)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t requests;
    char *ledger;

    if (!read_element(argv[0], &doom.elements[0]) || !read_element(argv[1], &doom.elements[1])) {
        return 2;
    }
    setup->loud = true;
    ledger = run_case(scope, setup, shared, &requests);
    printf("%s\n", ledger ? ledger : "(none)");
    return ledger ? 0 : 1;
}

/* The next version of the plugin that made archives use: the update has something to do. */
static void make_wagon(const struct setup *setup)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *argv[] = {FERRY_SOURCE_DIR "/tests/support/make-wagon",
                          "cloudify-practice01-plugin", "2.0.0",
                          mem_printf(scope, "%s/plugin.wgn", setup->base), NULL};

    if (peer_run(argv) != 0) {
        fprintf(stderr, "cannot make a wagon\n");
        exit(2);
    }
}

static void write_files(struct setup *setup, unsigned deployments)
{
    static const char yaml[] =
        "manager:\n  url: http://127.0.0.1:1\n  username: admin\n  password: {file: new.pw}\n"
        "  after_restore: {username: admin, password: {file: old.pw}}\n"
        "snapshot: {file: a.zip, id: snap}\n"
        "restore: {quiet: 10ms, poll: 10ms, timeout: 60s}\n"
        "maintenance: {poll: 10ms}\n"
        "agents: {concurrency: 4, poll: 10ms}\n"
        "plugins: {upload: [plugin.wgn], poll: 10ms, accept_data_loss: [\"6.0.1\"]}\n"
        "limits: {requests_per_second: 10000, settle: " SETTLE "}\n";
    static const struct {
        const char *name, *text;
    } files[] = {{"upgrade.yaml", yaml}, {"new.pw", "admin"}, {"old.pw", "oldpw"}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};

    for (size_t i = 0; i < FERRY_COUNT(files); i++) {
        char *path = mem_printf(scope, "%s/%s", setup->base, files[i].name);

        if (file_write_atomic(path, files[i].text, strlen(files[i].text), 0600, &err)) {
            fprintf(stderr, "%s\n", err.message);
            exit(2);
        }
    }
    make_wagon(setup);
    snprintf(setup->archive, sizeof setup->archive, "%s/a.zip", setup->base);
    peer_make_archive(setup->practice, setup->archive,
                      &(struct peer_archive){.version = setup->profile->archive_version,
                                             .format = setup->profile->format,
                                             .deployments = deployments});
}

static bool is_named(const char *name, char **names, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return count == 0;
}

/* Singles on each profile that is named, or on all of them. */
static int on_profiles(struct setup *setup, unsigned *shared, unsigned each, char **names,
                       int count)
{
    unsigned long cases = 0, failed = 0, unknown = 0;

    for (size_t i = 0; i < OTHER_PROFILES; i++) {
        if (!is_named(profiles[i].name, names, count)) {
            continue;
        }
        setup->profile = &profiles[i];
        setup->cases = setup->failed = setup->lives = setup->unknown = 0;
        printf("--- %s\n", profiles[i].name);
        write_files(setup, 2);
        all_singles(setup, shared, each);
        (void)report(profiles[i].name, setup);
        cases += setup->cases;
        failed += setup->failed;
        unknown += setup->unknown;
    }
    printf("profiles: %lu cases, %lu failed, %lu of them left to a person\n", cases, failed,
           unknown);
    return failed > 0 || cases == 0 ? 1 : 0;
}

static const struct profile *profile_of(const char *name)
{
    for (size_t i = 0; i < FERRY_COUNT(profiles); i++) {
        if (strcmp(profiles[i].name, name) == 0) {
            return &profiles[i];
        }
    }
    fprintf(stderr, "no such profile: %s\n", name);
    exit(2);
}

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static int command(struct setup *setup, unsigned *shared, int argc, char **argv)
{
    unsigned each = argc > 2 ? number(argv[2]) : 1;

    if (strcmp(argv[1], "singles") == 0) {
        return singles(setup, shared);
    }
    if (strcmp(argv[1], "pairs") == 0) {
        return argc == 4 ? pairs(setup, shared, number(argv[2]), number(argv[3]))
                         : pairs(setup, shared, 0, 1);
    }
    if (strcmp(argv[1], "profiles") == 0) {
        return on_profiles(setup, shared, each > 0 ? each : 1, argv + 3, argc > 3 ? argc - 3 : 0);
    }
    return strcmp(argv[1], "one") == 0 && argc == 4 ? one(setup, shared, argv + 2) : 2;
}

int main(int argc, char **argv)
{
    struct setup setup = {.practice = getenv("FERRY_PRACTICE"),
                          .profile = &profiles[OTHER_PROFILES]};
    bool many = argc >= 2 && strcmp(argv[1], "pairs") != 0;
    unsigned *shared;
    int code;

    if (argc < 2 || !setup.practice) {
        fputs("usage: FERRY_PRACTICE=PROGRAM crash singles | pairs [PART OF] | profiles [N "
              "[NAME...]] | one A B\n",
              stderr);
        return 2;
    }
    if (getenv("FERRY_CRASH_PROFILE")) {
        setup.profile = profile_of(getenv("FERRY_CRASH_PROFILE"));
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    snprintf(setup.base, sizeof setup.base, "%s/ferry-crash-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(setup.base)) {
        perror(setup.base);
        return 2;
    }
    write_files(&setup, many && setup.profile == &profiles[OTHER_PROFILES] ? 8 : 2);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("mmap");
        return 2;
    }
    code = command(&setup, shared, argc, argv);
    empty_folder(setup.base);
    rmdir(setup.base);
    return code;
}
