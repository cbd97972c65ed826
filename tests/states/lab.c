#include "lab.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

struct state_plan {
    struct json *findings;
};

struct state_sink {
    struct json *added, *skipped;
};

static void note(struct state_plan *plan, const char *kind, const char *text, const char *hint)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    json_push_string(plan->findings,
                     mem_printf(scope, "%s: %s%s%s", kind, text, hint == NULL ? "" : " -> ",
                                hint == NULL ? "" : hint));
}

void state_plan_blocker(struct state_plan *plan, enum ferry_code code, const char *text,
                        const char *hint)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    note(plan, mem_printf(scope, "blocker %s", ferry_code_name(code)), text, hint);
}

void state_plan_warning(struct state_plan *plan, const char *text, const char *hint)
{
    note(plan, "warning", text, hint);
}

void state_plan_check(struct state_plan *plan, const char *name, enum state_check verdict,
                      const char *evidence, const char *next)
{
    static const char *const kinds[] = {[STATE_CHECK_OK] = "ok",
                                        [STATE_CHECK_CANNOT_TELL] = "cannot tell",
                                        [STATE_CHECK_WARNING] = "warning",
                                        [STATE_CHECK_STOPS] = "stops"};
    void *scope FERRY_SCOPE = mem_scope(NULL);

    assert_true(verdict == STATE_CHECK_OK || next != NULL);
    note(plan, mem_printf(scope, "%s %s", kinds[verdict], name), evidence, next);
}

void state_plan_stops(struct state_plan *plan, const char *name, enum ferry_code code,
                      const char *evidence, const char *next)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    note(plan, mem_printf(scope, "stops %s %s", name, ferry_code_name(code)), evidence, next);
}

void state_plan_note(struct state_plan *plan, const char *text)
{
    note(plan, "note", text, NULL);
}

void state_plan_skip(struct state_plan *plan, const char *reason)
{
    note(plan, "skip", reason, NULL);
}

void state_plan_units(struct state_plan *plan, int64_t count)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    note(plan, "units", mem_printf(scope, "%lld", (long long)count), NULL);
}

void state_plan_estimate(struct state_plan *plan, int64_t ms, const char *terms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    note(plan, "estimate", mem_printf(scope, "%lld ms: %s", (long long)ms, terms), NULL);
}

void state_sink_add(struct state_sink *sink, const char *key)
{
    json_push_string(sink->added, key);
}

/* "key {what it is given}" */
void state_sink_add_given(struct state_sink *sink, const char *key, const struct json *given)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    json_push_string(sink->added, mem_printf(scope, "%s %s", key, json_print(scope, given)));
}

void state_sink_skip(struct state_sink *sink, const char *key, const char *reason)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    json_push_string(sink->skipped, mem_printf(scope, "%s: %s", key, reason));
}

static struct json *parse(const void *ctx, const char *text)
{
    struct json *json = NULL;
    struct ferry_error err = {0};

    if (json_parse(ctx, text, strlen(text), &json, &err) != FERRY_OK) {
        fail_msg("test data: %s in %s", err.message, text);
    }
    return json;
}

struct lab *lab_new(const struct ferry_state *state)
{
    struct lab *lab = mem_new(NULL, struct lab);

    lab->mem = lab;
    lab->state = state;
    lab->date_ms = LAB_NOW_MS;
    lab->cert_until_ms = -1;
    lab->options = parse(
        lab,
        "{\"manager\":{\"url\":\"https://new.example\",\"username\":\"admin\",\"tenant\":"
        "\"default_tenant\",\"after_restore\":null},"
        "\"snapshot\":{\"file\":\"/backup/prod.zip\",\"id\":\"prod\",\"url\":null},"
        "\"restore\":{\"force\":false,\"certificates\":false,\"no_reboot\":false,\"quiet_ms\":null,"
        "\"poll_ms\":null,\"timeout_ms\":14400000},"
        "\"maintenance\":{\"poll_ms\":null,\"timeout_ms\":1800000},"
        "\"agents\":{\"tenants\":null,\"concurrency\":5,\"max_failures\":-1,"
        "\"max_failures_percent\":10,\"stop_old\":false,\"install_timeout\":300,\"poll_ms\":null,"
        "\"timeout_ms\":null},"
        "\"plugins\":{\"upload\":[],\"update\":null,\"except\":[],\"to\":\"latest\",\"poll_ms\":"
        "null,\"timeout_ms\":null}}");
    lab->facts = parse(
        lab, "{\"manager\":{\"version\":\"7.1.0.dev1\",\"edition\":\"community\"},"
             "\"archive\":{\"format\":\"legacy\",\"version\":\"7.1.0\",\"size\":184983,"
             "\"tenants\":4,\"blueprints\":10,\"deployments\":71,\"plugins\":4,\"agents\":6}}");
    lab->findings = json_array(lab);
    lab->units_added = json_array(lab);
    lab->units_skipped = json_array(lab);
    lab->n = 1;
    for (size_t i = 0; i < LAB_UNITS; i++) {
        lab->data[i] = json_object(lab);
        lab->units[i] = (struct state_unit){.key = state->name,
                                            .id = "11111111-2222-4333-8444-555555555550",
                                            .attempt = 1,
                                            .intent_at_ms = LAB_NOW_MS - 1000,
                                            .started_at_ms = LAB_NOW_MS - 1000,
                                            .data = lab->data[i]};
    }
    struct state_plan *plan = mem_new(lab, struct state_plan);
    struct state_sink *sink = mem_new(lab, struct state_sink);

    plan->findings = lab->findings;
    *sink = (struct state_sink){lab->units_added, lab->units_skipped};
    lab->context = (struct state_context){.options = lab->options,
                                          .facts = lab->facts,
                                          .run_id = "run",
                                          .now_ms = LAB_NOW_MS,
                                          .run_started_ms = LAB_NOW_MS - 60000,
                                          .site = state->site,
                                          .memo = mem_scope(lab),
                                          .sink = sink,
                                          .plan = plan};
    return lab;
}

void lab_free(struct lab *lab)
{
    mem_free(lab);
}

static void put(struct lab *lab, struct json *object, const char *path, const char *text)
{
    const char *dot = strchr(path, '.');
    struct json *patch = json_object(lab);

    if (dot == NULL) {
        json_set_json(patch, path, parse(lab, text));
    } else {
        json_set_json(json_set_object(patch, mem_strndup(lab, path, (size_t)(dot - path))), dot + 1,
                      parse(lab, text));
    }
    json_merge(object, patch);
}

void lab_option(struct lab *lab, const char *path, const char *json)
{
    put(lab, lab->options, path, json);
}

void lab_fact(struct lab *lab, const char *path, const char *json)
{
    put(lab, lab->facts, path, json);
}

void lab_data(struct lab *lab, const char *json)
{
    json_merge(lab->data[0], parse(lab, json));
}

void lab_version(struct lab *lab, const char *version)
{
    put(lab, lab->facts, "manager.version", mem_printf(lab, "\"%s\"", version));
}

/* --- asking --- */

static bool ask(struct lab *lab, const struct state_phase *phase)
{
    lab->phase = phase;
    lab->request = NULL;
    for (size_t i = 0; i < LAB_UNITS; i++) {
        lab->verdict[i] = (struct state_verdict){.wait_ms = -1};
    }
    return phase->ask(&lab->context, lab->units, lab->n, &lab->request, lab->verdict, lab->mem);
}

static void merge(struct lab *lab)
{
    for (size_t i = 0; i < lab->n; i++) {
        struct state_verdict *verdict = &lab->verdict[i];

        if (verdict->data != NULL) {
            json_merge(lab->data[i], verdict->data);
        }
        if (verdict->facts != NULL) {
            json_merge(lab->facts, verdict->facts);
        }
        if (verdict->remote_id != NULL) {
            lab->units[i].remote_id = mem_strdup(lab, verdict->remote_id);
        }
    }
}

void lab_asks(struct lab *lab, const struct state_phase *phase, const char *expected)
{
    assert_true(ask(lab, phase));
    assert_non_null(lab->request);
    const char *got =
        mem_printf(lab, "%s %s", http_method_name(lab->request->method), lab->request->path);
    size_t length = strlen(expected);

    if (length > 0 && expected[length - 1] == '*') {
        if (strncmp(got, expected, length - 1) != 0) {
            fail_msg("asked \"%s\", expected \"%s\"", got, expected);
        }
    } else {
        assert_string_equal(got, expected);
    }
    /* what every request must keep */
    bool changes = http_method_changes(lab->request->method);

    assert_int_equal(changes || lab->request->reply_file != NULL, phase == &lab->state->act);
    assert_true(strlen(lab->request->path) < 4000);
    /* no change passes maintenance, but the kill of what our own restore left behind in it */
    bool kills = strncmp(lab->request->path, "/api/v3.1/executions/", 21) == 0;

    assert_false(changes && !kills && lab_header(lab, "X-BYPASS-MAINTENANCE") != NULL);
    if (lab->request->credential == HTTP_ANONYMOUS) {
        assert_int_equal(lab->request->header_count, 0);
    }
}

void lab_needs_nothing(struct lab *lab, const struct state_phase *phase)
{
    assert_false(ask(lab, phase));
    merge(lab);
}

void lab_asks_in_name_of(const struct lab *lab, enum http_credential who)
{
    assert_int_equal(lab->request->credential, who);
}

const char *lab_header(const struct lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->request->header_count; i++) {
        if (strcmp(lab->request->headers[i].name, name) == 0) {
            return lab->request->headers[i].value;
        }
    }
    return NULL;
}

/* --- replies --- */

static void judge(struct lab *lab, const struct http_reply *reply)
{
    assert_non_null(lab->request);
    lab->phase->judge(&lab->context, lab->units, lab->n, reply, lab->verdict, lab->mem);
    for (size_t i = 0; i < lab->n; i++) {
        enum state_answer answer = lab->verdict[i].answer;

        assert_int_not_equal(answer, STATE_NONE);
        if (answer == STATE_SKIP || answer == STATE_FAILED || answer == STATE_FOREIGN ||
            answer == STATE_RETRY || answer == STATE_CANNOT_TELL) {
            assert_non_null(lab->verdict[i].reason);
        }
    }
    merge(lab);
}

static struct http_reply *filled(struct lab *lab, int status, const char *type, const char *body)
{
    struct http_reply *reply = http_reply_new(lab);

    http_reply_fill(reply, status, type, body, strlen(body));
    reply->date_ms = lab->date_ms;
    reply->took_ms = lab->took_ms;
    reply->cert_until_ms = lab->cert_until_ms;
    reply->node = lab->node;
    return reply;
}

void lab_gets(struct lab *lab, int status, const char *json)
{
    judge(lab, filled(lab, status, "application/json", json));
}

void lab_gets_html(struct lab *lab, int status)
{
    judge(lab, filled(lab, status, "text/html", "<html>\r\n<head></head></html>"));
}

void lab_gets_length(struct lab *lab, int status, int64_t length)
{
    struct http_reply *reply =
        filled(lab, status, status == 200 ? "application/octet-stream" : "text/html", "");

    reply->content_length = length;
    judge(lab, reply);
}

void lab_gets_archive(struct lab *lab, int status, const struct http_reply *file)
{
    struct http_reply *reply = filled(lab, status, "application/octet-stream", "");

    reply->content_length = file->content_length;
    reply->etag = file->etag;
    reply->range_from = file->range_from;
    reply->range_total = file->range_total;
    reply->file_bytes = file->file_bytes;
    reply->file_anew = file->file_anew;
    judge(lab, reply);
}

void lab_gets_token_refused(struct lab *lab)
{
    struct http_reply *reply =
        filled(lab, 401, "application/json", "{\"error_code\":\"unauthorized_error\"}");

    reply->token_refused = true;
    judge(lab, reply);
}

void lab_gets_silence(struct lab *lab)
{
    struct http_reply *reply = http_reply_new(lab);

    reply->code = FERRY_E_UNREACHABLE;
    reply->error = "connection refused";
    judge(lab, reply);
}

/* The index-th exchange of tests/data/contract/SCENARIO.json, comments counted too. */
void lab_gets_recorded(struct lab *lab, const char *scenario, size_t index)
{
    char *path = mem_printf(lab, "%s/tests/data/contract/%s.json", FERRY_SOURCE_DIR, scenario);
    struct ferry_error err = {0};
    size_t size = 0;
    char *text = NULL;

    if (file_read(lab, path, (size_t)4 << 20, &text, &size, &err) != FERRY_OK) {
        fail_msg("%s", err.message);
    }
    /* recorded zip bytes hold \\u0000, which our reader refuses by design */
    for (char *at = strstr(text, "\\u0000"); at != NULL; at = strstr(at, "\\u0000")) {
        at[4] = '2';
    }
    const struct json *response =
        json_get(json_at(json_get(parse(lab, text), "exchanges"), index), "response");
    const char *type = json_string_or(response, "headers.Content-Type", "");
    const struct json *json = json_get(response, "json");

    assert_non_null(response);
    judge(lab, filled(lab, (int)json_int64_or(response, "status", 0),
                      mem_strndup(lab, type, strcspn(type, ";")),
                      json != NULL ? json_print(lab, json) : json_string_or(response, "text", "")));
}

void lab_turn(struct lab *lab, const struct state_phase *phase, int status, const char *json)
{
    assert_true(ask(lab, phase));
    lab_gets(lab, status, json);
}

void lab_counts(struct lab *lab, const struct state_phase *phase, const int *totals, size_t n)
{
    static const char *const lists[] = {
        "tenants?_include=name",
        "blueprints?_include=id&_all_tenants=true",
        "deployments?_include=id&_all_tenants=true",
        "plugins?_include=id&_all_tenants=true",
        "nodes?_include=id&_all_tenants=true",
        "node-instances?_include=id&_all_tenants=true",
        "agents?_include=id&_all_tenants=true",
    };

    assert_true(n <= sizeof(lists) / sizeof(lists[0]));
    for (size_t i = 0; i < n; i++) {
        lab_asks(lab, phase, mem_printf(lab, "GET /api/v3.1/%s&_size=1", lists[i]));
        lab_gets(lab, 200,
                 mem_printf(lab, "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":%d}}}",
                            totals[i]));
        if (i + 1 < n) {
            lab_says(lab, STATE_AGAIN, NULL);
        }
    }
}

/* --- what came of it --- */

static const char *answer_name(enum state_answer answer)
{
    static const char *const names[] = {"none",  "absent", "running", "done",
                                        "skip",  "failed", "foreign", "cannot tell",
                                        "again", "retry",  "unknown"};

    return names[answer];
}

void lab_says_at(const struct lab *lab, size_t i, enum state_answer answer, const char *reason)
{
    const struct state_verdict *verdict = &lab->verdict[i];
    const char *got = verdict->reason == NULL ? "" : verdict->reason;

    if (verdict->answer != answer || (reason != NULL && strstr(got, reason) == NULL)) {
        fail_msg("said %s (%s), expected %s (%s)", answer_name(verdict->answer), got,
                 answer_name(answer), reason == NULL ? "" : reason);
    }
}

static bool has(const struct lab *lab, const char *kind, const char *text)
{
    for (const struct json *at = json_first(lab->findings); at != NULL; at = json_next(at)) {
        if (strncmp(json_text(at), kind, strlen(kind)) == 0 && strstr(json_text(at), text)) {
            return true;
        }
    }
    return false;
}

void lab_found(const struct lab *lab, const char *kind, const char *text)
{
    if (!has(lab, kind, text)) {
        fail_msg("no %s with \"%s\" in %s", kind, text, json_print(lab->mem, lab->findings));
    }
}

void lab_found_nothing(const struct lab *lab, const char *kind)
{
    if (has(lab, kind, "")) {
        fail_msg("a %s in %s", kind, json_print(lab->mem, lab->findings));
    }
}

void lab_fact_is(const struct lab *lab, const char *path, const char *json)
{
    const struct json *fact = json_get(lab->facts, path);

    assert_string_equal(fact == NULL ? "absent" : json_print_canonical(lab->mem, fact), json);
}

void lab_data_is(const struct lab *lab, const char *json)
{
    assert_string_equal(json_print_canonical(lab->mem, lab->data[0]), json);
}
