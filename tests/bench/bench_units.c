/*
 * bench_units: install_new_agents, the real state in the real engine with the real journal, on very
 * many deployments, before a manager that answers at once. Prints one JSON line: CPU to name and
 * journal the units, CPU of all of the step, the journal's bytes a unit, memory, and how long
 * `ferry status` takes on that journal, and `ferry status --units --format csv`.
 *
 *   bench_units FOLDER FERRY [UNITS]     default 100,000
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "states/states.h"

#define TENANTS 20

struct answer {
    uint64_t ticket;
    struct http_reply *reply;
    struct answer *next;
};

struct quick {
    struct transport transport;
    struct answer *answers, **last;
    size_t count, units;
    double named_s; /* CPU when the first act came */
};

static double cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static struct quick *quick_of(struct transport *transport)
{
    return (struct quick *)(void *)transport;
}

static size_t number(const char *path, const char *name, size_t fallback)
{
    const char *at = strstr(path, name);

    return at ? (size_t)strtoul(at + strlen(name), NULL, 10) : fallback;
}

static void row(struct buf *body, const char *resource, size_t i)
{
    const char *state = "\"state\":\"started\"";

    if (strcmp(resource, "agents") == 0) {
        (void)buf_printf(body,
                         "{\"id\":\"vm_%zu\",\"node_instance_id\":\"vm_%zu\",\"deployment\":"
                         "\"dep-%zu\",\"tenant_name\":\"t%zu\",\"version\":\"5.0.5\",%s}",
                         i, i, i, i % TENANTS, state);
    } else if (strcmp(resource, "node-instances") == 0) {
        (void)buf_printf(body,
                         "{\"id\":\"vm_%zu\",\"host_id\":\"vm_%zu\",\"node_id\":\"vm\","
                         "\"deployment_id\":\"dep-%zu\",\"tenant_name\":\"t%zu\",%s}",
                         i, i, i, i % TENANTS, state);
    } else {
        (void)buf_printf(body,
                         "{\"id\":\"dep-%zu\",\"tenant_name\":\"t%zu\",\"workflows\":[{\"name\":"
                         "\"install_new_agents\",\"is_available\":true}]}",
                         i, i % TENANTS);
    }
}

static void list(struct quick *quick, const char *path, const char *resource, struct buf *body)
{
    size_t offset = number(path, "_offset=", 0), size = number(path, "_size=", 1000);

    (void)buf_puts(body, "{\"items\":[");
    for (size_t i = offset; i < offset + size && i < quick->units; i++) {
        (void)buf_puts(body, i > offset ? "," : "");
        row(body, resource, i);
    }
    (void)buf_printf(body, "],\"metadata\":{\"pagination\":{\"total\":%zu}}}", quick->units);
}

/* Every execution that is asked about has ended. */
static void executions(const char *path, struct buf *body)
{
    size_t count = 0;

    (void)buf_puts(body, "{\"items\":[");
    for (const char *at = path; (at = strstr(at, "id=")) != NULL; at += 3) {
        if (at[-1] == '?' || at[-1] == '&') {
            (void)buf_printf(body, "%s{\"id\":\"%.36s\",\"status\":\"terminated\"}",
                             count++ ? "," : "", at + 3);
        }
    }
    (void)buf_printf(body, "],\"metadata\":{\"pagination\":{\"total\":%zu}}}", count);
}

static void submit(struct transport *transport, const struct http_request *request, uint64_t ticket)
{
    struct quick *quick = quick_of(transport);
    struct answer *answer = mem_new(NULL, struct answer);
    const char *what = request->path + strlen("/api/v3.1/");
    bool post = request->method == HTTP_POST;
    struct buf body;

    answer->ticket = ticket;
    answer->reply = http_reply_new(answer);
    buf_init(&body, answer, (size_t)64 << 20);
    if (post) {
        quick->named_s = quick->named_s > 0 ? quick->named_s : cpu_s();
        (void)buf_printf(&body, "{\"id\":\"%.36s\",\"status\":\"pending\"}", request->body + 7);
    } else if (strncmp(what, "agents", 6) == 0) {
        list(quick, what, "agents", &body);
    } else if (strncmp(what, "node-instances", 14) == 0) {
        list(quick, what, "node-instances", &body);
    } else if (strncmp(what, "deployments", 11) == 0) {
        list(quick, what, "deployments", &body);
    } else {
        executions(what, &body);
    }
    http_reply_fill(answer->reply, post ? 201 : 200, "application/json", buf_text(&body), body.len);
    *quick->last = answer;
    quick->last = &answer->next;
    quick->count++;
}

static bool finished(struct transport *transport, const void *ctx, uint64_t *ticket,
                     struct http_reply **reply)
{
    struct quick *quick = quick_of(transport);
    struct answer *answer = quick->answers;

    if (!answer) {
        return false;
    }
    quick->answers = answer->next;
    if (!quick->answers) {
        quick->last = &quick->answers;
    }
    quick->count--;
    *ticket = answer->ticket;
    *reply = mem_move(ctx, answer->reply);
    mem_free(answer);
    return true;
}

static void wait_for(struct transport *transport, int64_t max_ms)
{
    struct timespec nap = {.tv_nsec = 1000000};

    if (!quick_of(transport)->answers && max_ms > 0) {
        nanosleep(&nap, NULL);
    }
}

static bool progress(struct transport *transport, uint64_t ticket, int64_t *sent, int64_t *total)
{
    (void)transport, (void)ticket, (void)sent, (void)total;
    return false;
}

static void abort_all(struct transport *transport)
{
    (void)transport;
}

static size_t in_flight(struct transport *transport)
{
    return quick_of(transport)->count;
}

static const struct transport_ops ops = {submit,   finished,  wait_for,
                                         progress, abort_all, in_flight};

static int64_t size_of(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
}

/* ferry on the journal, from fork to exit in ms; its memory into *mib. */
static double once(const char *ferry, const char *journal, bool units, double *mib)
{
    const char *const all[] = {ferry,     "status",   "--journal", journal,
                               "--units", "--format", "csv",       NULL};
    const char *const brief[] = {ferry, "status", "--journal", journal, NULL};
    struct rusage usage = {0};
    struct timespec a, b;
    pid_t pid;

    clock_gettime(CLOCK_MONOTONIC, &a);
    pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout)) {
            execv(ferry, (char *const *)(uintptr_t)(units ? all : brief));
        }
        _exit(127);
    }
    wait4(pid, NULL, 0, &usage);
    clock_gettime(CLOCK_MONOTONIC, &b);
    *mib = (double)usage.ru_maxrss / 1024.0;
    return (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
}

static double least_ms(const char *ferry, const char *journal)
{
    double least = 1e9, mib;

    for (int i = 0; i < 7; i++) {
        double ms = once(ferry, journal, false, &mib);

        least = ms < least ? ms : least;
    }
    return least;
}

static void remove_journal(const char *path)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < FERRY_COUNT(tails); i++) {
        char name[600];

        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
    }
}

static enum ferry_code run(void *mem, struct quick *quick, const char *path,
                           struct ferry_error *err)
{
    static const char text[] =
        "{\"agents\":{\"concurrency\":128,\"poll_ms\":1},\"manager\":{\"tenant\":"
        "\"default_tenant\"},\"limits\":{\"requests_per_second\":0,\"in_flight\":128}}";
    static const char known[] =
        "{\"manager\":{\"version\":\"7.1.0\"},\"archive\":{\"version\":\"5.0.5\"}}";
    static const struct ferry_state *const states[] = {&state_install_new_agents};
    static const struct workflow workflow = {
        .name = "bench", .summary = "agents", .states = states, .count = 1};
    struct journal_options journal = {.path = path,
                                      .mode = JOURNAL_WRITE,
                                      .clock = clock_system(),
                                      .rng = rng_system(),
                                      .owner = "bench"};
    struct engine_options options = {.mem = mem,
                                     .transport = &quick->transport,
                                     .clock = clock_system(),
                                     .rng = rng_system(),
                                     .workflow = &workflow};
    struct engine_definition definition = {
        .name = "bench-1", .target = "https://bench", .ferry_version = "bench"};
    struct json *parsed;
    struct run_row row;
    enum ferry_code code;

    if (json_parse(mem, text, strlen(text), &parsed, err)) {
        return err->code;
    }
    definition.options = parsed;
    if (json_parse(mem, known, strlen(known), &parsed, err) ||
        journal_open(mem, &journal, &options.journal, err)) {
        return err->code;
    }
    definition.facts = parsed;
    code = engine_create(mem, &options, &definition, &row, err);
    code = code ? code : engine_run(&options, &row, NULL, err);
    journal_close(options.journal);
    return code;
}

int main(int argc, char **argv)
{
    struct quick *quick = mem_new(NULL, struct quick);
    struct ferry_error err = {0};
    struct rusage usage;
    char path[512], wal[520];
    double began_s = cpu_s(), ended_s, csv_ms, csv_mib;
    int64_t bytes;

    if (argc < 3) {
        fputs("usage: bench_units FOLDER FERRY [UNITS]\n", stderr);
        return 2;
    }
    snprintf(path, sizeof path, "%s/units.db", argv[1]);
    snprintf(wal, sizeof wal, "%s-wal", path);
    quick->transport.ops = &ops;
    quick->last = &quick->answers;
    quick->units = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 100000;
    remove_journal(path);
    if (run(quick, quick, path, &err)) {
        fprintf(stderr, "bench_units: %s\n", err.message);
        return 1;
    }
    ended_s = cpu_s();
    getrusage(RUSAGE_SELF, &usage);
    bytes = size_of(path) + size_of(wal);
    csv_ms = once(argv[2], path, true, &csv_mib);
    printf("{\"bench\":\"units\",\"units\":%zu,\"named_cpu_s\":%.2f,\"cpu_s\":%.2f,"
           "\"bytes_a_unit\":%.0f,\"peak_rss_mib\":%.1f,\"status_ms\":%.1f,\"csv_ms\":%.0f,"
           "\"csv_rss_mib\":%.1f}\n",
           quick->units, quick->named_s - began_s, ended_s - began_s,
           (double)bytes / (double)quick->units, (double)usage.ru_maxrss / 1024.0,
           least_ms(argv[2], path), csv_ms, csv_mib);
    remove_journal(path);
    mem_free(quick);
    return 0;
}
