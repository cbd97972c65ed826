/*
 * Uploads a file through ferry's transport and by "curl -T" to the same server, in turns, each in a
 * process of its own, and prints one JSON line: the medians of the times and of the ratios of each
 * round (curl's time by ours: over 1 means that ours is faster), and the largest memory that our
 * process ever had.
 *
 *   bench_upload [--mib 1024] [--rounds 5]       bench_upload --one URL FILE   (one upload of ours)
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"
#include "http/client.h"

#define ROUNDS_MAX 99

static int upload_once(const char *url, const char *path)
{
    void *ctx FERRY_SCOPE = mem_scope(NULL);
    struct http_client_options options = {.url = url, .clock = clock_system()};
    struct http_request *request = http_request_new(ctx, HTTP_PUT, "/upload");
    struct transport *client = NULL;
    struct http_reply *reply = NULL;
    struct ferry_error err = {0};
    uint64_t ticket = 0;
    struct stat info;

    if (stat(path, &info) != 0 || http_client_new(ctx, &options, &client, &err) != FERRY_OK) {
        fprintf(stderr, "bench_upload: %s\n", err.message);
        return 1;
    }
    request->body_file = path;
    request->body_size = info.st_size;
    request->content_type = "application/octet-stream";
    request->stall_ms = 60000;
    client->ops->submit(client, request, 1);
    while (!client->ops->finished(client, ctx, &ticket, &reply)) {
        client->ops->wait(client, -1);
    }
    if (reply->outcome != HTTP_ANSWERED || reply->status != 201 ||
        reply->sent_bytes != info.st_size) {
        fprintf(stderr, "bench_upload: status %d: %s\n", reply->status, reply->error);
        return 1;
    }
    return 0;
}

struct run {
    double seconds;
    long peak_kib;
};

/* Runs a program to its end; a failing one ends the bench. */
static struct run run_program(const char *const *args)
{
    struct clock *clock = clock_system();
    int64_t start_ms = clock->now_ms(clock);
    struct rusage usage;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)execvp(args[0], (char *const *)(uintptr_t)args); /* it changes none of them */
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
        fprintf(stderr, "bench_upload: %s failed (%d)\n", args[0], status);
        exit(1);
    }
    return (struct run){
        .seconds = (double)(clock->now_ms(clock) - start_ms) / 1000.0,
        .peak_kib = usage.ru_maxrss,
    };
}

static pid_t start_server(int *port)
{
    int pipe_ends[2];
    char text[16] = "";

    if (pipe(pipe_ends) != 0) {
        exit(1);
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(pipe_ends[1], STDOUT_FILENO);
        (void)execl(SINK_SERVER, SINK_SERVER, (char *)NULL);
        _exit(127);
    }
    (void)close(pipe_ends[1]);
    int64_t number = 0;
    ssize_t got = read(pipe_ends[0], text, sizeof(text) - 1);
    text[got > 0 ? got - 1 : 0] = '\0';
    if (pid < 0 || !parse_int64(text, 1, 65535, &number)) {
        fprintf(stderr, "bench_upload: cannot start %s\n", SINK_SERVER);
        exit(1);
    }
    *port = (int)number;
    return pid;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *figures, int count)
{
    qsort(figures, (size_t)count, sizeof(*figures), by_size);
    return figures[count / 2];
}

static void make_file(const char *path, int64_t size)
{
    int fd = open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, size) != 0) {
        perror(path);
        exit(1);
    }
    (void)close(fd);
}

static int compare(const char *self, int64_t mib, int rounds)
{
    static char path[] = "bench_upload.data";
    double ours[ROUNDS_MAX];
    double theirs[ROUNDS_MAX];
    double ratios[ROUNDS_MAX];
    long peak_kib = 0;
    int port = 0;
    char url[64];
    pid_t server = start_server(&port);

    (void)unsetenv("http_proxy"); /* for both */
    (void)unsetenv("all_proxy");
    (void)unsetenv("ALL_PROXY");
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
    make_file(path, mib * 1024 * 1024);
    const char *const own[] = {self, "--one", url, path, NULL};
    const char *const curl[] = {"curl",    "-sS", "-o", "/dev/null", "-H",
                                "Expect:", "-T",  path, url,         NULL};
    (void)run_program(curl);           /* brings the file into the page cache */
    for (int i = 0; i < rounds; i++) { /* each is first in every second round */
        bool we_first = i % 2 == 0;
        struct run first = run_program(we_first ? own : curl);
        struct run second = run_program(we_first ? curl : own);
        struct run our_run = we_first ? first : second;

        ours[i] = our_run.seconds;
        theirs[i] = (we_first ? second : first).seconds;
        ratios[i] = theirs[i] / (ours[i] > 0 ? ours[i] : 0.001); /* the clock counts in ms */
        peak_kib = our_run.peak_kib > peak_kib ? our_run.peak_kib : peak_kib;
    }
    (void)kill(server, SIGTERM);
    (void)waitpid(server, NULL, 0);
    (void)unlink(path);
    printf("{\"bench\":\"upload\",\"mib\":%lld,\"rounds\":%d,\"ferry_s\":%.3f,\"curl_s\":%.3f,"
           "\"ratio\":%.3f,\"peak_rss_mib\":%.1f}\n",
           (long long)mib, rounds, median(ours, rounds), median(theirs, rounds),
           median(ratios, rounds), (double)peak_kib / 1024.0);
    return 0;
}

int main(int argc, char **argv)
{
    int64_t mib = 1024;
    int64_t rounds = 5;

    if (argc == 4 && strcmp(argv[1], "--one") == 0) {
        return upload_once(argv[2], argv[3]);
    }
    for (int i = 1; i < argc; i += 2) {
        bool known =
            i + 1 < argc &&
            ((strcmp(argv[i], "--mib") == 0 && parse_int64(argv[i + 1], 1, 1 << 20, &mib)) ||
             (strcmp(argv[i], "--rounds") == 0 &&
              parse_int64(argv[i + 1], 1, ROUNDS_MAX, &rounds)));

        if (!known) {
            fprintf(stderr, "usage: bench_upload [--mib N] [--rounds N]\n");
            return 2;
        }
    }
    return compare(argv[0], mib, (int)rounds);
}
