#include "practice/replay/live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/attr.h"
#include "base/mem.h"

#define OPTIONS_MOST 24

static FERRY_NORETURN void stop(const char *what)
{
    (void)fprintf(stderr, "cannot go on: %s\n", what);
    exit(1);
}

static void run_child(const struct live *live, const char *const *options, int out)
{
    const char *argv[OPTIONS_MOST] = {FERRY_PRACTICE, "--data", live->data};
    size_t count = 3;
    for (; options != NULL && *options != NULL && count + 1 < OPTIONS_MOST; options++) {
        argv[count++] = *options;
    }
    char *args[OPTIONS_MOST];
    for (size_t i = 0; i <= count; i++) {
        args[i] = mem_strdup(live->ctx, argv[i]);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* a test that failed leaves nothing behind */
    (void)dup2(out, STDOUT_FILENO);
    (void)execv(FERRY_PRACTICE, args);
    _exit(127);
}

/* "ready URL" for each node, then "broker ADDRESS", "control URL": one write, so one read. */
static void take_lines(struct live *live, char *text)
{
    size_t nodes = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "ready ", 6) == 0 && nodes < LIVE_URLS) {
            live->urls[nodes++] = mem_strdup(live->ctx, line + 6);
        } else if (strncmp(line, "control ", 8) == 0) {
            live->control = mem_strdup(live->ctx, line + 8);
        } else if (strncmp(line, "broker ", 7) == 0) {
            live->broker = mem_strdup(live->ctx, line + 7);
        }
    }
    if (nodes == 0) {
        stop("the practice manager did not say ready");
    }
    live->url = live->urls[0];
}

void live_start(struct live *live, const char *const *options)
{
    int ends[2];
    char lines[2048];
    if (live->ctx == NULL) {
        live->ctx = mem_scope(NULL);
    }
    if (live->data == NULL) {
        char folder[] = "/tmp/ferry-practice-XXXXXX";
        live->data = mem_strdup(live->ctx, mkdtemp(folder));
    }
    if (pipe(ends) != 0) {
        stop("pipe");
    }
    live->pid = fork();
    if (live->pid == 0) {
        (void)close(ends[0]);
        run_child(live, options, ends[1]);
    }
    (void)close(ends[1]);
    ssize_t size = read(ends[0], lines, sizeof lines - 1);
    (void)close(ends[0]);
    lines[size < 0 ? 0 : size] = '\0';
    take_lines(live, lines);
    if (live->curl == NULL) {
        live->curl = curl_easy_init();
    }
}

int live_end(struct live *live, int signal)
{
    int status = 0;
    (void)kill(live->pid, signal);
    (void)waitpid(live->pid, &status, 0);
    return status;
}

static size_t take(char *data, size_t one, size_t count, void *arg)
{
    struct answer *answer = arg;
    size_t size = one * count;
    answer->body = mem_resize(NULL, answer->body, char, answer->size + size + 1);
    memcpy(answer->body + answer->size, data, size);
    answer->size += size;
    answer->body[answer->size] = '\0';
    return size;
}

static size_t take_header(char *data, size_t one, size_t count, void *arg)
{
    char etag[128];
    char line[256];
    struct answer *answer = arg;
    (void)snprintf(line, sizeof line, "%.*s", (int)(one * count), data);
    if (sscanf(line, "ETag: %127s", etag) == 1) {
        answer->etag = mem_strdup(answer->ctx, etag);
    }
    if (strncmp(line, "Last-Modified: ", 15) == 0) {
        line[strcspn(line, "\r\n")] = '\0';
        answer->modified = mem_strdup(answer->ctx, line + 15);
    }
    if (strncmp(line, "Date: ", 6) == 0) {
        line[strcspn(line, "\r\n")] = '\0';
        answer->date = mem_strdup(answer->ctx, line + 6);
    }
    return one * count;
}

static struct curl_slist *header_lines(const char *const *headers)
{
    /* curl's own ideas of headers are taken out: the recording decides. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    list = curl_slist_append(list, "Content-Type:");
    for (; headers != NULL && *headers != NULL; headers++) {
        list = curl_slist_append(list, *headers);
    }
    return list;
}

struct answer live_ask(struct live *live, const void *ctx, const char *method, const char *path,
                       const char *const *headers, struct blob body)
{
    struct answer answer = {.ctx = ctx};
    struct ferry_error err;
    char *type = NULL;
    CURL *curl = live->curl;
    struct curl_slist *lines = header_lines(headers);
    char *url = mem_printf(ctx, "%s%s", live->url, path);
    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(curl, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0 ? 1L : 0L);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
    /* On a connection that was used before, curl would send a lost request again by itself. */
    (void)curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    if (body.data != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data);
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    }
    if (curl_easy_perform(curl) == CURLE_OK) {
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
        (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    }
    answer.type = type == NULL ? "" : mem_strdup(ctx, type);
    curl_slist_free_all(lines);
    if (answer.body != NULL) {
        (void)mem_move(ctx, answer.body);
        if (json_parse(ctx, answer.body, answer.size, &answer.json, &err) != FERRY_OK) {
            answer.json = NULL;
        }
    }
    return answer;
}

void live_set(struct live *live, const char *door, const char *json)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *path = mem_printf(scope, "/practice/%s", door);
    struct blob body = {mem_strdup(scope, json), strlen(json)};
    struct answer answer = live_ask(live, scope, "POST", path, NULL, body);
    if (answer.status != 200) {
        (void)fprintf(stderr, "%s: %s\n", json, answer.body == NULL ? "" : answer.body);
        stop("a door of the practice manager refused");
    }
}

void live_advance(struct live *live, long ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    live_set(live, "set", mem_printf(scope, "{\"advance_ms\": %ld}", ms));
}
