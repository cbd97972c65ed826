#include "practice/server/bench.h"

#include "ferry_test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "practice/replay/archives.h"
#include "practice/replay/timeline.h"

#define OPTIONS_MOST 20

static char *basic(const void *ctx, const char *password)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = mem_printf(ctx, "admin:%s", password);
    size_t size = strlen(text);
    char *out = mem_array(ctx, char, size * 2 + 8);
    size_t at = 0;
    for (size_t i = 0; i < size; i += 3) {
        unsigned bits = 0;
        for (size_t j = 0; j < 3; j++) {
            bits = bits << 8 | (i + j < size ? (unsigned char)text[i + j] : 0u);
        }
        for (size_t j = 0; j < 4; j++) {
            out[at++] = (char)(i + j > size ? '=' : digits[bits >> (18 - 6 * j) & 63]);
        }
    }
    return mem_printf(ctx, "Authorization: Basic %s", out);
}

struct bench *bench_start(const char *version, const char *scale, const char *const *more)
{
    const char *options[OPTIONS_MOST] = {"--manager-version",   version, "--time-scale", scale,
                                         "--restored-password", "source"};
    size_t count = 6;
    struct bench *bench = mem_new(NULL, struct bench);
    bench->ctx = bench;
    bench->live.ctx = bench;
    for (; more != NULL && *more != NULL && count + 1 < OPTIONS_MOST; more++) {
        options[count++] = *more;
    }
    live_start(&bench->live, options);
    live_set(&bench->live, "set", "{\"settings\": {\"slow\": \"0\"}}");
    return bench;
}

void bench_end(struct bench *bench)
{
    int status = live_end(&bench->live, SIGTERM);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    curl_easy_cleanup(bench->live.curl);
    remove_tree(bench, bench->live.data);
    mem_free(bench);
}

static struct answer send_as(struct bench *bench, const char *const *headers, const char *method,
                             const char *path, const char *body)
{
    struct blob blob = {mem_strdup(bench, body), body == NULL ? 0 : strlen(body)};
    return live_ask(&bench->live, bench, method, path, headers, blob);
}

struct answer bench_ask_as(struct bench *bench, const char *password, const char *method,
                           const char *path, const char *body)
{
    const char *headers[] = {basic(bench, password), "Tenant: default_tenant",
                             "Content-Type: application/json", NULL};
    return send_as(bench, headers, method, path, body);
}

struct answer bench_ask(struct bench *bench, const char *method, const char *path, const char *body)
{
    return bench_ask_as(bench, "admin", method, path, body);
}

struct answer bench_plain(struct bench *bench, const char *method, const char *path)
{
    return send_as(bench, NULL, method, path, NULL);
}

struct answer bench_bypass(struct bench *bench, const char *path)
{
    const char *headers[] = {basic(bench, "admin"), "Tenant: default_tenant",
                             "X-BYPASS-MAINTENANCE: 1", NULL};
    return send_as(bench, headers, "GET", path, NULL);
}

const char *bench_code(const struct answer *answer)
{
    return json_string_or(answer->json, "error_code", "");
}

const char *bench_text(const struct answer *answer, const char *path)
{
    return json_string_or(answer->json, path, "");
}

struct blob bench_legacy(struct bench *bench, const char *version)
{
    struct blob base = blob_file(bench, "snapshots/legacy-7.1.zip");
    return blob_with_metadata(bench, &base,
                              mem_printf(bench,
                                         "{\"snapshot_version\": \"%s\", \"schema_revision\":"
                                         " \"a\", \"stage_schema_revision\": \"b\","
                                         " \"composer_schema_revision\": \"c\"}",
                                         version));
}

long bench_upload(struct bench *bench, const char *id, struct blob archive)
{
    const char *headers[] = {basic(bench, "admin"), "Tenant: default_tenant", NULL};
    const char *path = mem_printf(bench, "/api/v3.1/snapshots/%s/archive", id);
    return live_ask(&bench->live, bench, "PUT", path, headers, archive).status;
}

const char *bench_restore(struct bench *bench, const char *id)
{
    const char *path = mem_printf(bench, "/api/v3.1/snapshots/%s/restore", id);
    struct answer answer =
        bench_ask(bench, "POST", path, "{\"force\": false, \"recreate_deployments_envs\": true}");
    assert_int_equal(answer.status, 200);
    return json_string_or(answer.json, "id", "");
}

void bench_settle(struct bench *bench)
{
    for (int i = 0; i < 200; i++) {
        struct answer answer = bench_plain(bench, "GET", "/practice/state");
        if (json_int64_or(answer.json, "jobs", -1) == 0) {
            return;
        }
        live_advance(&bench->live, 1000);
    }
    fail_msg("jobs do not end");
}

struct answer bench_execution(struct bench *bench, const char *id)
{
    return bench_ask_as(bench, "source", "GET", mem_printf(bench, "/api/v3.1/executions/%s", id),
                        NULL);
}
