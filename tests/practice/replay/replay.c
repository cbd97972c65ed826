/*
 * The contract against the practice manager: every recorded exchange is asked again, and the
 * answer must have the recorded status, error_code, names of fields, and the word in "status" or
 * "state". A recording that waited is followed by putting the manager's clock forward.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/file.h"
#include "base/mem.h"
#include "practice/replay/archives.h"
#include "practice/replay/compare.h"
#include "practice/replay/live.h"
#include "practice/replay/rules.h"
#include "practice/replay/timeline.h"

#define FILE_LIMIT ((size_t)16 << 20)
#define STEP_MS 400
#define STEPS_MOST 150 /* a minute of the manager's time */
#define REASONS 16

struct tally {
    size_t compared, failed, left_out, samples;
    struct {
        const char *why;
        size_t count;
    } reasons[REASONS];
};

struct replay {
    const char *version; /* of the manager */
    const struct scenario *scenario;
    struct live live;
    struct pairs *pairs;
    struct tally *tally;
    void *ctx;
};

static void count_left_out(struct tally *tally, const char *why)
{
    tally->left_out++;
    for (size_t i = 0; i < REASONS; i++) {
        if (tally->reasons[i].why == NULL || strcmp(tally->reasons[i].why, why) == 0) {
            tally->reasons[i].why = why;
            tally->reasons[i].count++;
            return;
        }
    }
}

/* "Basic admin:admin (base64)" is how the recorder wrote the usual one. */
static const char *header_line(struct replay *replay, const char *name, const char *value)
{
    if (strcmp(name, "Authorization") == 0 && strcmp(value, "Basic admin:admin (base64)") == 0) {
        value = "Basic YWRtaW46YWRtaW4=";
    }
    const char *text = pairs_apply(replay->pairs, replay->ctx, value);
    return *text == '\0' ? mem_printf(replay->ctx, "%s;", name)
                         : mem_printf(replay->ctx, "%s: %s", name, text);
}

static const char *const *header_lines(struct replay *replay, const struct json *headers)
{
    const char **lines = mem_array(replay->ctx, const char *, json_size(headers) + 1);
    size_t count = 0;
    for (const struct json *at = json_first(headers); at != NULL; at = json_next(at)) {
        if (json_text(at) != NULL) {
            lines[count++] = header_line(replay, json_key(at), json_text(at));
        }
    }
    return lines;
}

static struct blob request_body(struct replay *replay, const struct json *request)
{
    const struct json *json = json_get(request, "json");
    const char *raw = json_string_or(request, "raw_body", NULL);
    if (json != NULL && !json_is_null(json)) {
        char *text = pairs_apply(replay->pairs, replay->ctx, json_print(replay->ctx, json));
        return (struct blob){text, strlen(text)};
    }
    if (raw == NULL) {
        return (struct blob){NULL, 0};
    }
    if (*raw == '<' && strstr(raw, " bytes>") != NULL) {
        return blob_for(replay->ctx, replay->scenario->archive, strtol(raw + 1, NULL, 10));
    }
    return (struct blob){mem_strdup(replay->ctx, raw), strlen(raw)};
}

/* Asks until the recorded status word is there, putting the clock forward between. */
static struct answer ask(struct replay *replay, const struct json *request,
                         const struct json *response)
{
    struct answer answer = {0};
    const char *method = json_string_or(request, "method", "GET");
    const char *path =
        pairs_apply(replay->pairs, replay->ctx, json_string_or(request, "path", "/"));
    const char *awaited = strcmp(method, "GET") == 0 ? compare_awaited(response) : NULL;
    const char *const *headers = header_lines(replay, json_get(request, "headers"));
    struct blob body = request_body(replay, request);
    for (int step = 0; step < STEPS_MOST; step++) {
        answer = live_ask(&replay->live, replay->ctx, method, path, headers, body);
        if (awaited == NULL || answer.json == NULL || compare_arrived(awaited, &answer)) {
            break;
        }
        live_advance(&replay->live, STEP_MS);
    }
    return answer;
}

static void exchange(struct replay *replay, const struct json *node)
{
    const char *why = rule_left_out(replay->scenario, node);
    const char *comment = json_string_or(node, "comment", NULL);
    const char *note = json_string_or(node, "note", "");
    const char *set =
        comment != NULL ? rule_for_comment(comment) : rule_for_note(replay->scenario, note);
    if (set != NULL) {
        live_set(&replay->live, "set", set);
    }
    if (why != NULL) {
        count_left_out(replay->tally, why);
        return;
    }
    const struct json *request = json_get(node, "request");
    const struct json *response = json_get(node, "response");
    struct answer answer = ask(replay, request, response);
    const char *difference = compare_answers(replay->ctx, response, &answer);
    replay->tally->compared++;
    if (difference != NULL) {
        replay->tally->failed++;
        (void)printf("DIFFERS %s: %s %.120s (%s): %s\n", replay->scenario->file,
                     json_string_or(request, "method", ""), json_string_or(request, "path", ""),
                     note, difference);
        if (getenv("REPLAY_VERBOSE") != NULL && answer.body != NULL) {
            (void)printf("    %.600s\n", answer.body);
        }
    }
    pairs_learn(replay->pairs, json_get(response, "json"), answer.json);
    pairs_add(replay->pairs, json_string_or(response, "headers.ETag", NULL), answer.etag);
}

static struct json *read_scenario(const void *ctx, const char *name)
{
    struct ferry_error err;
    struct json *root = NULL;
    struct blob file = blob_file(ctx, mem_printf(ctx, "contract/%s", name));
    /* Recorded archives hold zero bytes, which our texts cannot. */
    for (char *at = strstr(file.data, "\\u0000"); at != NULL; at = strstr(at, "\\u0000")) {
        at[4] = '2';
    }
    if (json_parse(ctx, file.data, file.size, &root, &err) != FERRY_OK) {
        (void)fprintf(stderr, "cannot go on: %s: %s\n", name, err.message);
        exit(1);
    }
    return root;
}

static void put_archive(struct replay *replay, const char *id, struct blob blob)
{
    static const char *const headers[] = {
        "Authorization: Basic YWRtaW46YWRtaW4=", "Tenant: default_tenant",
        "Content-Type: application/octet-stream", NULL};
    const char *path = mem_printf(replay->ctx, "/api/v3.1/snapshots/%s/archive", id);
    struct answer answer = live_ask(&replay->live, replay->ctx, "PUT", path, headers, blob);
    if (answer.status != 201) {
        (void)fprintf(stderr, "cannot go on: upload of %s: %ld\n", id, answer.status);
        exit(1);
    }
}

#define REVISIONS                                                                                  \
    "\"schema_revision\": \"a\", \"stage_schema_revision\": \"b\","                                \
    " \"composer_schema_revision\": \"c\"}"

/* The broken and the odd archives of contract/22, which were uploaded before the recording. */
static void put_odd_archives(struct replay *replay)
{
    const void *ctx = replay->ctx;
    struct blob legacy = blob_file(ctx, "snapshots/legacy-7.1.zip");
    struct blob garbage = {mem_strdup(ctx, "this is not a zip"), 17};
    put_archive(replay, "f1", garbage);
    put_archive(replay, "f2", blob_zip(ctx, "readme.txt", &garbage));
    put_archive(replay, "f3",
                blob_with_metadata(ctx, &legacy, "{\"snapshot_version\": \"99.0.0\", " REVISIONS));
    put_archive(replay, "f4",
                blob_with_metadata(ctx, &legacy, "{\"snapshot_version\": \"3.4.0\", " REVISIONS));
    put_archive(replay, "f5", legacy);
    put_archive(replay, "f6", legacy);
    put_archive(replay, "f7", legacy);
    (void)unlink(mem_printf(ctx, "%s/snapshots/f7.zip", replay->live.data));
    put_archive(replay, "f8",
                blob_with_metadata(ctx, NULL,
                                   "{\"snapshot_version\": \"7.1.0\","
                                   " \"execution_id\": \"no-such-execution\"}"));
    put_archive(replay, "f9", blob_with_metadata(ctx, NULL, "{\"snapshot_version\": \"99.0.0\"}"));
    put_archive(replay, "f10", blob_for(ctx, "community", 0));
}

static void start_manager(struct replay *replay)
{
    const char *content =
        mem_printf(replay->ctx, "%s/tests/data/snapshots/legacy-7.1.zip", FERRY_SOURCE_DIR);
    const char *used[] = {"--manager-version", replay->version, "--content", content, NULL};
    const char *empty[] = {"--manager-version",   replay->version, "--password", "newmanager-pw",
                           "--restored-password", "admin",         NULL};
    live_start(&replay->live, replay->scenario->empty ? empty : used);
    live_set(&replay->live, "set", "{\"freeze\": true, \"settings\": {\"slow\": \"0\"}}");
    if (replay->scenario->prepare != NULL) {
        live_set(&replay->live, "set", replay->scenario->prepare);
    }
    if (strncmp(replay->scenario->file, "22", 2) == 0) {
        put_odd_archives(replay);
    }
    if (strncmp(replay->scenario->file, "07", 2) == 0 ||
        strncmp(replay->scenario->file, "11-", 3) == 0) {
        put_archive(replay, "c1", blob_file(replay->ctx, "snapshots/legacy-7.1.zip"));
    }
}

static void run(const struct scenario *scenario, const char *version, struct tally *tally)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct replay replay = {.version = version,
                            .scenario = scenario,
                            .tally = tally,
                            .ctx = scope,
                            .pairs = pairs_new(scope)};
    struct json *root = read_scenario(scope, scenario->file);
    const struct json *timeline = json_get(root, "timeline");
    replay.live.ctx = scope;
    start_manager(&replay);
    const struct json *node = json_first(json_get(root, "exchanges"));
    for (; node != NULL; node = json_next(node)) {
        exchange(&replay, node);
        if (timeline != NULL &&
            strstr(json_string_or(node, "request.path", ""), "/restore") != NULL) {
            struct timeline_result result = timeline_play(&replay.live, scope, root);
            tally->samples += result.samples;
            tally->failed += result.failed;
        }
    }
    if (live_end(&replay.live, SIGTERM) != 0) { /* leaks show here too */
        tally->failed++;
        (void)printf("DIFFERS %s: the practice manager did not end well\n", scenario->file);
    }
    curl_easy_cleanup(replay.live.curl);
    remove_tree(scope, replay.live.data);
}

/* [VERSION [BEGINNING OF A SCENARIO]]: another version than the recorded one must differ. */
int main(int argc, char **argv)
{
    struct tally tally = {0};
    const char *version = argc > 1 ? argv[1] : "7.1.0.dev1";
    const char *only = argc > 2 ? argv[2] : "";
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    for (size_t i = 0; i < scenarios_count; i++) {
        if (strncmp(scenarios[i].file, only, strlen(only)) == 0) {
            run(&scenarios[i], version, &tally);
        }
    }
    (void)printf("%zu exchanges compared, %zu differ; %zu left out\n", tally.compared, tally.failed,
                 tally.left_out);
    for (size_t i = 0; i < REASONS && tally.reasons[i].why != NULL; i++) {
        (void)printf("    %4zu  %s\n", tally.reasons[i].count, tally.reasons[i].why);
    }
    (void)printf("%zu samples of the time lines of restores compared\n", tally.samples);
    curl_global_cleanup();
    /* An empty run proves nothing. */
    return tally.failed > 0 || tally.compared == 0 ? 1 : 0;
}
