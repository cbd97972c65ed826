#include "peer.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

static void die(const char *what)
{
    perror(what);
    exit(2);
}

int peer_run(const char *const *argv)
{
    int status;
    pid_t pid = fork();

    if (pid < 0) {
        die("fork");
    }
    if (pid == 0) {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    while (waitpid(pid, &status, 0) < 0) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void peer_make_archive(const char *program, const char *path, const struct peer_archive *archive)
{
    char count[16];
    const char *argv[] = {program,
                          "make-archive",
                          path,
                          "--tenants",
                          "2",
                          "--deployments",
                          count,
                          "--agents",
                          count,
                          "--plugins",
                          "1",
                          "--format",
                          archive->format,
                          "--manager-version",
                          archive->version,
                          "--admin-password",
                          "oldpw",
                          NULL};

    snprintf(count, sizeof count, "%u", archive->deployments);
    if (peer_run(argv) != 0) {
        fprintf(stderr, "cannot make %s\n", path);
        exit(2);
    }
}

static void exec_peer(const struct peer *peer, const struct peer_options *options, int out)
{
    char data[200], faults[200];
    const char *argv[16] = {
        options->program, "--listen", "127.0.0.1:0",       "--data",         data,
        "--time-scale",   "0",        "--manager-version", options->version, NULL};

    snprintf(data, sizeof data, "%s/manager", peer->folder);
    snprintf(faults, sizeof faults, "%s/faults.json", peer->folder);
    size_t n = 9;
    if (options->faults) {
        argv[n++] = "--faults";
        argv[n++] = faults;
    }
    if (options->premium) {
        argv[n++] = "--premium";
    }
    if (options->content) {
        argv[n++] = "--content";
        argv[n++] = options->content;
    }
    argv[n] = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, STDOUT_FILENO);
    execv(options->program, (char *const *)(uintptr_t)argv);
    _exit(127);
}

void peer_start(struct peer *peer, const struct peer_options *options)
{
    char line[128] = "";
    int ends[2];
    size_t length = 0;

    memset(peer, 0, sizeof *peer);
    snprintf(peer->folder, sizeof peer->folder, "%s", options->folder);
    if (pipe(ends) || fcntl(ends[0], F_SETFD, FD_CLOEXEC) || fcntl(ends[1], F_SETFD, FD_CLOEXEC)) {
        die("pipe");
    }
    peer->pid = fork();
    if (peer->pid < 0) {
        die("fork");
    }
    if (peer->pid == 0) {
        exec_peer(peer, options, ends[1]);
    }
    close(ends[1]);
    peer->out = ends[0];
    while (length + 1 < sizeof line && !strchr(line, '\n')) {
        ssize_t n = read(ends[0], line + length, 1);

        if (n <= 0) {
            fprintf(stderr, "the practice manager did not start\n");
            exit(2);
        }
        length += (size_t)n;
        line[length] = '\0';
    }
    if (sscanf(line, "ready %63s", peer->url) != 1) {
        fprintf(stderr, "the practice manager said \"%s\"\n", line);
        exit(2);
    }
}

void peer_stop(struct peer *peer)
{
    kill(peer->pid, SIGKILL);
    waitpid(peer->pid, NULL, 0);
    close(peer->out);
}

static size_t keep(char *data, size_t size, size_t count, void *arg)
{
    return buf_append(arg, data, size * count) ? size * count : 0;
}

struct json *peer_ledger(const void *ctx, const struct peer *peer)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    CURL *curl = curl_easy_init();
    struct json *out = NULL;
    struct buf body;

    buf_init(&body, scope, 1 << 20);
    curl_easy_setopt(curl, CURLOPT_URL, mem_printf(scope, "%s/practice/ledger", peer->url));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    if (curl_easy_perform(curl) == CURLE_OK &&
        json_parse(ctx, buf_text(&body), body.len, &out, NULL)) {
        out = NULL;
    }
    curl_easy_cleanup(curl);
    return out;
}
