/*
 * plain_agents: does to a manager what the usual command line client does for new agents, as far as
 * requests go (cloudify-facts 3.5): lists the deployments, starts a workflow on each, one after the
 * other, and only then follows the executions with twenty trackers, each asking for one execution
 * at a time until it has ended, every three seconds. The first start that is refused ends it. It is
 * kinder than its model: it does not ask for the events.
 *
 *   plain_agents URL [WAIT_MS]     prints one JSON line; exit 1 when it gave up
 *   plain_agents --run PROGRAM ARGUMENT...   runs another program instead, and prints its memory
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#define TRACKERS 20
#define PAGE 1000

struct tracker {
    CURL *easy;
    struct buf body;
    size_t at;        /* execution that it follows */
    int64_t again_ms; /* 0: a request is under way */
};

struct plain {
    const char *url;
    int64_t wait_ms;
    CURL *easy;
    struct buf body;
    char **keys; /* "TENANT/DEPLOYMENT", then the ids of the executions */
    char **ids;
    size_t count, room;
    unsigned long requests, errors;
    size_t started, ended;
};

static size_t take(char *data, size_t size, size_t n, void *arg)
{
    return buf_append(arg, data, size * n) ? size * n : 0;
}

static void prepare(struct plain *plain, CURL *easy, struct buf *body)
{
    buf_init(body, plain, (size_t)64 << 20);
    curl_easy_setopt(easy, CURLOPT_USERPWD, "admin:admin");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

static int64_t now_ms(void)
{
    struct clock *clock = clock_system();

    return clock->now_ms(clock);
}

/* One request, to its end; the status, 0: none came. */
static long perform(struct plain *plain, const char *path, const char *tenant, const char *post)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct curl_slist *headers = NULL;
    long status = 0;

    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, mem_printf(scope, "Tenant: %s", tenant));
    buf_clear(&plain->body);
    curl_easy_setopt(plain->easy, CURLOPT_URL,
                     mem_printf(scope, "%s/api/v3.1/%s", plain->url, path));
    curl_easy_setopt(plain->easy, CURLOPT_HTTPHEADER, headers);
    if (post) {
        curl_easy_setopt(plain->easy, CURLOPT_COPYPOSTFIELDS, post);
    } else {
        curl_easy_setopt(plain->easy, CURLOPT_HTTPGET, 1L);
    }
    plain->requests++;
    if (curl_easy_perform(plain->easy) == CURLE_OK) {
        curl_easy_getinfo(plain->easy, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_slist_free_all(headers);
    return status;
}

static void add(struct plain *plain, const char *tenant, const char *id)
{
    if (plain->count == plain->room) {
        plain->room = plain->room ? plain->room * 2 : 1024;
        plain->keys = mem_resize(plain, plain->keys, char *, plain->room);
        plain->ids = mem_resize(plain, plain->ids, char *, plain->room);
    }
    plain->ids[plain->count] = NULL;
    plain->keys[plain->count++] = mem_printf(plain, "%s/%s", tenant, id);
}

static bool list(struct plain *plain)
{
    int64_t total = 1;

    while ((int64_t)plain->count < total) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct json *document = NULL;
        const struct json *items;

        if (perform(plain,
                    mem_printf(scope,
                               "deployments?_all_tenants=true&_include=id,tenant_name&_sort=id&"
                               "_size=%d&_offset=%zu",
                               PAGE, plain->count),
                    "default_tenant", NULL) != 200 ||
            json_parse(scope, buf_text(&plain->body), plain->body.len, &document, NULL)) {
            return false;
        }
        items = json_get(document, "items");
        total = json_int64_or(document, "metadata.pagination.total", 0);
        for (const struct json *row = json_first(items); row; row = json_next(row)) {
            add(plain, json_string_or(row, "tenant_name", ""), json_string_or(row, "id", ""));
        }
        if (json_size(items) == 0) {
            break;
        }
    }
    return true;
}

static bool start(struct plain *plain, size_t i)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *slash = strchr(plain->keys[i], '/');
    const char *tenant = mem_strndup(scope, plain->keys[i], (size_t)(slash - plain->keys[i]));
    struct json *document = NULL;

    if (perform(plain, "executions", tenant,
                mem_printf(scope,
                           "{\"deployment_id\":\"%s\",\"workflow_id\":\"install_new_agents\","
                           "\"allow_custom_parameters\":true}",
                           slash + 1)) != 201 ||
        json_parse(scope, buf_text(&plain->body), plain->body.len, &document, NULL)) {
        plain->errors++;
        return false;
    }
    plain->ids[i] = mem_strdup(plain, json_string_or(document, "id", ""));
    plain->started++;
    return true;
}

static void ask(struct plain *plain, CURLM *multi, struct tracker *tracker)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    buf_clear(&tracker->body);
    tracker->again_ms = 0;
    plain->requests++;
    curl_easy_setopt(tracker->easy, CURLOPT_URL,
                     mem_printf(scope,
                                "%s/api/v3.1/executions?id=%s&_include=id,status,error&"
                                "_all_tenants=true",
                                plain->url, plain->ids[tracker->at]));
    curl_multi_add_handle(multi, tracker->easy);
}

static bool has_ended(const struct tracker *tracker)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document = NULL;
    const char *status;

    if (json_parse(scope, buf_text(&tracker->body), tracker->body.len, &document, NULL)) {
        return false;
    }
    status = json_string_or(json_first(json_get(document, "items")), "status", "");
    return strcmp(status, "terminated") == 0 || strcmp(status, "failed") == 0 ||
           strcmp(status, "cancelled") == 0;
}

/* Each tracker has its own executions: every twentieth. */
static void answered(struct plain *plain, CURLM *multi, struct tracker *tracker)
{
    curl_multi_remove_handle(multi, tracker->easy);
    if (!has_ended(tracker)) {
        tracker->again_ms = now_ms() + plain->wait_ms;
        return;
    }
    plain->ended++;
    tracker->at += TRACKERS;
    if (tracker->at < plain->started) {
        ask(plain, multi, tracker);
    } else {
        tracker->again_ms = INT64_MAX;
    }
}

static void collect(struct plain *plain, CURLM *multi, struct tracker *trackers)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        for (size_t i = 0; i < TRACKERS; i++) {
            if (message->msg == CURLMSG_DONE && trackers[i].easy == message->easy_handle) {
                answered(plain, multi, &trackers[i]);
                break;
            }
        }
    }
}

static void follow(struct plain *plain)
{
    struct tracker trackers[TRACKERS] = {0};
    struct curl_slist *headers = curl_slist_append(NULL, "Tenant: default_tenant");
    CURLM *multi = curl_multi_init();
    int running;

    for (size_t i = 0; i < TRACKERS; i++) {
        trackers[i].easy = curl_easy_init();
        prepare(plain, trackers[i].easy, &trackers[i].body);
        curl_easy_setopt(trackers[i].easy, CURLOPT_HTTPHEADER, headers);
        trackers[i].at = i;
        if (i < plain->started) {
            ask(plain, multi, &trackers[i]);
        } else {
            trackers[i].again_ms = INT64_MAX;
        }
    }
    while (plain->ended < plain->started) {
        curl_multi_perform(multi, &running);
        collect(plain, multi, trackers);
        for (size_t i = 0; i < TRACKERS; i++) {
            if (trackers[i].again_ms != 0 && trackers[i].again_ms <= now_ms()) {
                ask(plain, multi, &trackers[i]);
            }
        }
        curl_multi_poll(multi, NULL, 0, 20, NULL);
    }
    for (size_t i = 0; i < TRACKERS; i++) {
        curl_easy_cleanup(trackers[i].easy);
    }
    curl_multi_cleanup(multi);
    curl_slist_free_all(headers);
}

static double mib(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)usage.ru_maxrss / 1024.0;
}

static int run_other(char **argv)
{
    int64_t began_ms = now_ms();
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO); /* stdout is for the figures */
        execv(argv[0], argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    printf("{\"ms\":%lld,\"peak_rss_mib\":%.1f,\"exit\":%d}\n", (long long)(now_ms() - began_ms),
           mib(RUSAGE_CHILDREN), WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return 0;
}

int main(int argc, char **argv)
{
    struct plain *plain;
    int64_t began_ms = now_ms();
    bool good;

    if (argc > 2 && strcmp(argv[1], "--run") == 0) {
        return run_other(argv + 2);
    }
    if (argc < 2) {
        return 2;
    }
    curl_global_init(CURL_GLOBAL_ALL);
    plain = mem_new(NULL, struct plain);
    plain->url = argv[1];
    plain->wait_ms = argc > 2 ? strtol(argv[2], NULL, 10) : 3000;
    plain->easy = curl_easy_init();
    prepare(plain, plain->easy, &plain->body);
    good = list(plain);
    for (size_t i = 0; good && i < plain->count; i++) {
        good = start(plain, i);
    }
    if (good) {
        follow(plain);
    }
    printf("{\"ms\":%lld,\"requests\":%lu,\"refused\":%lu,\"started\":%zu,\"ended\":%zu,"
           "\"peak_rss_mib\":%.1f}\n",
           (long long)(now_ms() - began_ms), plain->requests, plain->errors, plain->started,
           plain->ended, mib(RUSAGE_SELF));
    curl_easy_cleanup(plain->easy);
    mem_free(plain);
    curl_global_cleanup();
    return good ? 0 : 1;
}
