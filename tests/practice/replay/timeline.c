#include "practice/replay/timeline.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LEAST_SPAN_S 0.95 /* shorter ones are at the mercy of the recorder's rhythm */

struct sample {
    double at_s;
    const char *probe;
    const struct json *span;
};

static const struct {
    const char *probe, *path;
    const char *authorization; /* NULL: anonymous */
} probes[] = {
    {"snapshot-status anonymous", "/api/v3.1/snapshot-status", NULL},
    {"snapshot-status TARGET pw", "/api/v3.1/snapshot-status", "target"},
    {"version TARGET pw", "/api/v3.1/version", "target"},
    {"version SOURCE pw", "/api/v3.1/version", "source"},
    {"maintenance TARGET pw", "/api/v3.1/maintenance", "target"},
    {"maintenance SOURCE pw", "/api/v3.1/maintenance", "source"},
    {"deployments TARGET pw", "/api/v3.1/deployments?_include=id", "target"},
    {"deployments SOURCE pw", "/api/v3.1/deployments?_include=id", "source"},
    {"ok", "/api/v3.1/ok", NULL},
    {"snapshots list TARGET pw", "/api/v3.1/snapshots", "target"},
    {"snapshots list SOURCE pw", "/api/v3.1/snapshots", "source"},
};

static int by_time(const void *a, const void *b)
{
    const struct sample *one = a;
    const struct sample *other = b;
    return one->at_s < other->at_s ? -1 : one->at_s > other->at_s ? 1 : 0;
}

/* The middle of each long span of each probe that is known here. */
static size_t collect(const void *ctx, const struct json *timeline, struct sample **out)
{
    size_t count = 0;
    *out = NULL;
    for (size_t i = 0; i < FERRY_COUNT(probes); i++) {
        const struct json *spans = NULL;
        for (const struct json *at = json_first(timeline); at != NULL; at = json_next(at)) {
            spans = strcmp(json_key(at), probes[i].probe) == 0 ? at : spans;
        }
        for (const struct json *span = json_first(spans); span != NULL; span = json_next(span)) {
            double from = json_double_or(span, "from", 0);
            double until = json_double_or(span, "until", 0);
            if (until - from >= LEAST_SPAN_S) {
                *out = mem_resize(ctx, *out, struct sample, count + 1);
                /* The second restart is the least regular: two thirds are inside in every
                 * recording. */
                (*out)[count++] =
                    (struct sample){from + (until - from) * 2 / 3, probes[i].probe, span};
            }
        }
    }
    qsort(*out, count, sizeof **out, by_time);
    return count;
}

static struct answer take(struct live *live, const void *ctx, const char *probe)
{
    const char *headers[4] = {"Tenant: default_tenant", NULL, NULL, NULL};
    const char *path = "/";
    for (size_t i = 0; i < FERRY_COUNT(probes); i++) {
        if (strcmp(probes[i].probe, probe) == 0) {
            path = probes[i].path;
            if (probes[i].authorization != NULL) {
                headers[1] = strcmp(probes[i].authorization, "target") == 0
                                 ? "Authorization: Basic YWRtaW46bmV3bWFuYWdlci1wdw=="
                                 : "Authorization: Basic YWRtaW46YWRtaW4=";
                headers[2] =
                    strstr(probe, "deployments") != NULL ? "X-BYPASS-MAINTENANCE: 1" : NULL;
            }
        }
    }
    return live_ask(live, ctx, "GET", path, headers, (struct blob){NULL, 0});
}

/* Status, and what the recorder kept of the value. */
static const char *differs(const void *ctx, const struct json *span, const struct answer *answer)
{
    long status = (long)json_int64_or(span, "status", 0);
    const char *word = json_string_or(span, "value.status", NULL);
    const char *text = json_string_or(span, "value", "");
    if (answer->status != status) {
        return mem_printf(ctx, "status %ld instead of %ld", answer->status, status);
    }
    if (word != NULL && strcmp(json_string_or(answer->json, "status", ""), word) != 0) {
        return mem_printf(ctx, "\"%s\" instead of \"%s\"",
                          json_string_or(answer->json, "status", ""), word);
    }
    if (strncmp(text, "total=", 6) == 0 && json_int64_or(answer->json, "metadata.pagination.total",
                                                         -1) != strtol(text + 6, NULL, 10)) {
        return mem_printf(ctx, "not %s", text);
    }
    return NULL;
}

struct timeline_result timeline_play(struct live *live, const void *ctx, const struct json *root)
{
    struct timeline_result result = {0, 0};
    struct sample *samples = NULL;
    size_t count = collect(ctx, json_get(root, "timeline"), &samples);
    long now_ms = 0;
    for (size_t i = 0; i < count; i++) {
        long at_ms = (long)(samples[i].at_s * 1000);
        if (at_ms > now_ms) {
            live_advance(live, at_ms - now_ms);
            now_ms = at_ms;
        }
        struct answer answer = take(live, ctx, samples[i].probe);
        const char *why = differs(ctx, samples[i].span, &answer);
        result.samples++;
        if (why != NULL) {
            result.failed++;
            (void)printf("DIFFERS %s: %s after %.2f s: %s\n", json_string_or(root, "scenario", ""),
                         samples[i].probe, samples[i].at_s, why);
        }
    }
    return result;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void remove_tree(const void *ctx, const char *path)
{
    (void)ctx;
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
