/*
 * Every recorded answer of a real manager is read by ferry's own readers and compared with an
 * expectation that is made of the exchange alone. What cannot be judged is counted, by its rule.
 */
#include "ferry_test.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "cloudify/reply.h"
#include "cloudify/version.h"
#include "contract/exchange.h"

enum body { BODY_JSON, BODY_HTML, BODY_EMPTY };

/* The meaning of each answer, by hand, from facts 1 and 10. "*": any error code. */
static const struct {
    int status;
    enum body body;
    const char *error_code;
    enum cloudify_kind kind;
} meanings[] = {
    {200, BODY_JSON, "", CLOUDIFY_FINE},
    {200, BODY_EMPTY, "", CLOUDIFY_FINE}, /* HEAD */
    {200, BODY_HTML, "", CLOUDIFY_STRANGE},
    {201, BODY_JSON, "", CLOUDIFY_FINE},
    {204, BODY_EMPTY, "", CLOUDIFY_FINE},
    {304, BODY_EMPTY, "", CLOUDIFY_ALREADY},
    {400, BODY_JSON, "*", CLOUDIFY_REFUSED},
    {400, BODY_HTML, "", CLOUDIFY_STRANGE}, /* gunicorn: line too long; the JSON was malformed */
    {401, BODY_JSON, "unauthorized_error", CLOUDIFY_DENIED},
    {403, BODY_JSON, "forbidden_error", CLOUDIFY_FORBIDDEN},
    {404, BODY_JSON, "not_found_error", CLOUDIFY_MISSING},
    {404, BODY_JSON, "missing_premium_package_error", CLOUDIFY_REFUSED},
    {404, BODY_HTML, "", CLOUDIFY_STRANGE}, /* no such route: not "no such object" */
    {405, BODY_JSON, "plugin_in_use", CLOUDIFY_REFUSED},
    {405, BODY_HTML, "", CLOUDIFY_STRANGE},
    {409, BODY_JSON, "conflict_error", CLOUDIFY_CONFLICT},
    {414, BODY_HTML, "", CLOUDIFY_STRANGE},
    {415, BODY_JSON, "unsupported_content_type_error", CLOUDIFY_REFUSED},
    {416, BODY_HTML, "", CLOUDIFY_STRANGE},
    {500, BODY_JSON, "*", CLOUDIFY_WEATHER},
    {502, BODY_HTML, "", CLOUDIFY_WEATHER},
    {503, BODY_JSON, "maintenance_mode_active", CLOUDIFY_MAINTENANCE},
    {503, BODY_JSON, "entering_maintenance_mode", CLOUDIFY_MAINTENANCE},
};

struct tally {
    size_t judged;
    size_t spans;
    size_t left_out[EXCHANGE_GAPS];
    size_t documents; /* whose content was read too */
    size_t wrong;
    size_t noticed; /* exchanges with anything wrong */
    size_t changed; /* control: documents in which a word was changed ... */
    size_t seen;    /* ... and the readers noticed */
    bool words;     /* control: words of the document are changed */
    int falsified;  /* control: the status is changed to this before the judge sees it */
    bool used[FERRY_COUNT(meanings)];
};

static void wrong(struct tally *tally, const struct exchange *exchange, const char *what)
{
    tally->wrong++;
    if (tally->falsified == 0 && !tally->words) {
        print_error("%s no. %zu: %s %s -> %d: %s\n", exchange->file, exchange->number,
                    exchange->method, exchange->path, exchange->status, what);
    }
}

static void expect(struct tally *tally, const struct exchange *exchange, bool holds,
                   const char *what)
{
    if (!holds) {
        wrong(tally, exchange, what);
    }
}

static enum body body_of(const struct exchange *exchange)
{
    if (exchange->json != NULL) {
        return BODY_JSON;
    }
    return exchange->raw == NULL || exchange->raw[0] == '\0' ? BODY_EMPTY : BODY_HTML;
}

static int meaning_of(const struct exchange *exchange)
{
    const char *code = json_string_or(exchange->json, "error_code", "");

    for (size_t i = 0; i < FERRY_COUNT(meanings); i++) {
        if (meanings[i].status == exchange->status && meanings[i].body == body_of(exchange) &&
            (strcmp(meanings[i].error_code, "*") == 0 ||
             strcmp(meanings[i].error_code, code) == 0)) {
            return (int)i;
        }
    }
    return -1;
}

/* --- what the documents hold --- */

static void read_maintenance(struct tally *tally, const struct exchange *exchange,
                             const struct json *document)
{
    static const struct {
        const char *word;
        enum cloudify_maintenance meaning;
    } words[] = {{"deactivated", CLOUDIFY_MAINTENANCE_OFF},
                 {"activating", CLOUDIFY_MAINTENANCE_COMING},
                 {"activated", CLOUDIFY_MAINTENANCE_ON}};
    const char *word = json_string_or(exchange->json, "status", "");
    size_t ids = 0;

    for (size_t i = 0; i < FERRY_COUNT(words); i++) {
        if (strcmp(words[i].word, word) == 0) {
            expect(tally, exchange, cloudify_maintenance_of(document) == words[i].meaning,
                   "status of maintenance");
        }
    }
    /* Executions that are named, however deep the lists are: counted in the text itself. */
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *text = json_print(scope, json_get(exchange->json, "remaining_executions"));
    for (const char *at = text; (at = strstr(at, "\"workflow_id\":")) != NULL; at++) {
        ids++;
    }
    expect(tally, exchange, json_size(cloudify_remaining(document)) == ids, "remaining executions");
}

static void read_flag(struct tally *tally, const struct exchange *exchange,
                      const struct json *document)
{
    bool running = strcmp(json_string_or(exchange->json, "status", ""), "running") == 0;

    expect(tally, exchange,
           cloudify_restore_flag_of(document) ==
               (running ? CLOUDIFY_RESTORE_RUNNING : CLOUDIFY_RESTORE_IDLE),
           "snapshot-status");
}

static void check_execution(struct tally *tally, const struct exchange *exchange,
                            const struct json *row)
{
    static const char *const ends[] = {"terminated", "failed", "cancelled"};
    const char *status = json_string_or(row, "status", NULL);
    bool ended = false;

    if (status == NULL) {
        return; /* left out by _include */
    }
    for (size_t i = 0; i < FERRY_COUNT(ends); i++) {
        ended = ended || strcmp(ends[i], status) == 0;
    }
    enum cloudify_execution read = cloudify_execution_of(row);
    expect(tally, exchange, read != CLOUDIFY_EXECUTION_UNKNOWN, "unknown status of an execution");
    expect(tally, exchange, cloudify_execution_ended(read) == ended, "end of an execution");
}

/* The document itself is the execution or the restore's answer. */
static void read_execution(struct tally *tally, const struct exchange *exchange,
                           const struct json *document)
{
    const char *id = json_string_or(exchange->json, "id", "(none)");

    check_execution(tally, exchange, document);
    expect(tally, exchange, strcmp(cloudify_text(document, "id", "(none)"), id) == 0,
           "id of an execution");
}

static void read_failure(struct tally *tally, const struct exchange *exchange,
                         const struct json *document)
{
    static const struct {
        const char *section;
        enum cloudify_restore_failure failure;
    } sections[] = {
        {"archive is not a zip at all", CLOUDIFY_FAILURE_BAD_ARCHIVE},
        {"a zip without metadata.json", CLOUDIFY_FAILURE_BAD_ARCHIVE},
        {"legacy snapshot of a NEWER manager", CLOUDIFY_FAILURE_NEWER},
        {"legacy snapshot of 3.4", CLOUDIFY_FAILURE_TOO_OLD},
        {"legacy snapshot on a NON-EMPTY manager", CLOUDIFY_FAILURE_NOT_EMPTY},
        {"legacy snapshot, restored by a sys_admin who is not", CLOUDIFY_FAILURE_USER},
    };

    for (size_t i = 0; i < FERRY_COUNT(sections); i++) {
        const char *hint = NULL;
        if (strncmp(exchange->section, sections[i].section, strlen(sections[i].section)) == 0) {
            expect(tally, exchange,
                   cloudify_restore_failure_of(cloudify_text(document, "error", NULL), &hint) ==
                           sections[i].failure &&
                       hint != NULL,
                   "reason of a failed restore");
        }
    }
}

static void read_one_execution(struct tally *tally, const struct exchange *exchange,
                               const struct json *document)
{
    read_execution(tally, exchange, document);
    if (strcmp(exchange->note, "execution afterwards") == 0) {
        read_failure(tally, exchange, document);
    }
}

static void read_list(struct tally *tally, const struct exchange *exchange,
                      const struct json *document)
{
    const struct json *recorded = json_get(exchange->json, "items");
    const struct json *items = cloudify_items(document);

    expect(tally, exchange,
           cloudify_total(document) ==
               json_int64_or(exchange->json, "metadata.pagination.total", -1),
           "total of a list");
    expect(tally, exchange, (items != NULL) == json_is_array(recorded), "items of a list");
    expect(tally, exchange, json_size(items) == json_size(recorded), "number of items");
    for (const struct json *row = json_first(recorded); row != NULL; row = json_next(row)) {
        const char *id = json_string_or(row, "id", NULL);
        if (id != NULL) {
            const struct json *found = cloudify_row(items, id);
            expect(tally, exchange, strcmp(cloudify_text(found, "id", ""), id) == 0,
                   "a row is not found by its id");
        }
    }
}

static void read_executions(struct tally *tally, const struct exchange *exchange,
                            const struct json *document)
{
    read_list(tally, exchange, document);
    const struct json *items = cloudify_items(document);
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        check_execution(tally, exchange, row);
    }
}

static void check_update(struct tally *tally, const struct exchange *exchange,
                         const struct json *row)
{
    const char *state = json_string_or(row, "state", NULL);
    enum cloudify_update read = cloudify_update_of(row);

    if (state == NULL) {
        return;
    }
    expect(tally, exchange, read != CLOUDIFY_UPDATE_UNKNOWN, "unknown state of an update");
    expect(tally, exchange,
           (read == CLOUDIFY_UPDATE_NO_CHANGES) == (strcmp(state, "no_changes_required") == 0) &&
               (read == CLOUDIFY_UPDATE_SUCCESSFUL) == (strcmp(state, "successful") == 0) &&
               (read == CLOUDIFY_UPDATE_FAILED) == (strcmp(state, "failed") == 0),
           "state of an update");
}

static void read_update(struct tally *tally, const struct exchange *exchange,
                        const struct json *document)
{
    check_update(tally, exchange, document);
}

static void read_updates(struct tally *tally, const struct exchange *exchange,
                         const struct json *document)
{
    read_list(tally, exchange, document);
    const struct json *items = cloudify_items(document);
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        check_update(tally, exchange, row);
    }
}

static void read_snapshot(struct tally *tally, const struct exchange *exchange,
                          const struct json *document)
{
    /* A repeated upload answers with nulls only (facts 10.1): that must not read as an id. */
    const char *id = json_string_or(exchange->json, "id", "(none)");
    const char *status = json_string_or(exchange->json, "status", "(none)");

    expect(tally, exchange, strcmp(cloudify_text(document, "id", "(none)"), id) == 0,
           "id of a snapshot");
    expect(tally, exchange, strcmp(cloudify_text(document, "status", "(none)"), status) == 0,
           "status of a snapshot");
}

static void read_version(struct tally *tally, const struct exchange *exchange,
                         const struct json *document)
{
    const char *version = cloudify_text(document, "version", "");

    expect(tally, exchange, strcmp(version, json_string_or(exchange->json, "version", "-")) == 0,
           "version");
    expect(tally, exchange, cloudify_caps_for(version) != NULL, "version without capabilities");
}

static const struct {
    const char *method;
    const char *pattern;
    void (*read)(struct tally *tally, const struct exchange *exchange, const struct json *document);
} readers[] = {
    {"GET", "version", read_version},
    {"GET", "maintenance", read_maintenance},
    {"POST", "maintenance/*", read_maintenance},
    {"GET", "snapshot-status", read_flag},
    {"GET", "snapshots", read_list},
    {"GET", "snapshots/*", read_snapshot},
    {"PUT", "snapshots/*/archive", read_snapshot},
    {"POST", "snapshots/*/restore", read_execution},
    {"GET", "executions", read_executions},
    {"GET", "executions/*", read_one_execution},
    {"POST", "executions", read_execution},
    {"POST", "executions/*", read_execution},
    {"GET", "deployments", read_list},
    {"GET", "agents", read_list},
    {"GET", "plugins", read_list},
    {"GET", "blueprints", read_list},
    {"GET", "tenants", read_list},
    {"POST", "plugins", read_snapshot},
    {"GET", "plugins-updates", read_updates},
    {"GET", "plugins-updates/*", read_update},
    {"POST", "plugins-updates/*/update/initiate", read_update},
};

static void judge(struct tally *tally, const struct exchange *exchange, struct cloudify_answer *out,
                  struct http_reply *reply)
{
    int meaning = meaning_of(exchange);

    if (tally->falsified != 0) {
        reply->status = tally->falsified == exchange->status ? 201 : tally->falsified;
    }
    cloudify_read(reply, out);
    if (meaning < 0) {
        wrong(tally, exchange, "no expectation for such an answer");
        return;
    }
    tally->used[meaning] = true;
    expect(tally, exchange, out->kind == meanings[meaning].kind, "kind of the answer");
    expect(tally, exchange, out->status == exchange->status, "status of the answer");
    expect(tally, exchange,
           strcmp(out->error_code, json_string_or(exchange->json, "error_code", "")) == 0,
           "error code of the answer");
    expect(tally, exchange, out->document == (out->kind == CLOUDIFY_FINE ? reply->json : NULL),
           "its document");
    expect(tally, exchange, strlen(cloudify_describe(reply, out)) > 0, "its description");
}

/* The document with every id, status, state, version and total changed; NULL: it has none. */
static const struct json *change_words(void *ctx, const struct json *document)
{
    static const char *const marks[] = {"\"id\":\"", "\"status\":\"", "\"state\":\"",
                                        "\"version\":\"", "\"total\":"};
    const char *text = json_print(ctx, document);
    struct json *changed = NULL;
    struct ferry_error err;
    struct buf out;
    bool any = false;

    buf_init(&out, ctx, (size_t)64 << 20);
    while (*text != '\0') {
        size_t take = 1;
        const char *add = "";
        for (size_t i = 0; i < FERRY_COUNT(marks); i++) {
            if (strncmp(text, marks[i], strlen(marks[i])) == 0) {
                take = strlen(marks[i]);
                add = i == 4 ? "9" : "no";
                any = true;
            }
        }
        assert_true(buf_append(&out, text, take) && buf_puts(&out, add));
        text += take;
    }
    if (!any) {
        return NULL;
    }
    assert_int_equal(json_parse(ctx, buf_text(&out), out.len, &changed, &err), FERRY_OK);
    return changed;
}

static void read_document(struct tally *tally, const struct exchange *exchange, size_t reader,
                          const struct json *document)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t before = tally->wrong;

    if (tally->words) {
        document = change_words(scope, document);
        if (document == NULL) {
            return;
        }
        tally->changed++;
    }
    readers[reader].read(tally, exchange, document);
    tally->documents++;
    tally->seen += tally->wrong > before;
}

static void visit(void *arg, const struct exchange *exchange, enum exchange_gap gap)
{
    struct tally *tally = arg;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_answer answer;
    size_t before = tally->wrong;

    if (gap != EXCHANGE_WHOLE) {
        tally->left_out[gap]++;
        return;
    }
    judge(tally, exchange, &answer, exchange_reply(scope, exchange));
    tally->judged++;
    tally->noticed += tally->wrong > before;
    if (answer.kind != CLOUDIFY_FINE || answer.document == NULL) {
        return;
    }
    for (size_t i = 0; i < FERRY_COUNT(readers); i++) {
        if (exchange_is(exchange, readers[i].method, readers[i].pattern)) {
            read_document(tally, exchange, i, answer.document);
            return;
        }
    }
}

/* A probe of a timeline: by its name one knows what it asked. */
static void visit_span(void *arg, const struct exchange *exchange)
{
    struct tally *tally = arg;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cloudify_answer answer;
    size_t before = tally->wrong;

    judge(tally, exchange, &answer, exchange_reply(scope, exchange));
    tally->spans++;
    tally->noticed += tally->wrong > before;
    if (answer.kind != CLOUDIFY_FINE || !json_is_object(answer.document)) {
        return;
    }
    if (strncmp(exchange->path, "snapshot-status", 15) == 0) {
        read_flag(tally, exchange, answer.document);
    } else if (strncmp(exchange->path, "execution", 9) == 0) {
        read_execution(tally, exchange, answer.document);
    } else if (strncmp(exchange->path, "maintenance", 11) == 0) {
        expect(tally, exchange,
               cloudify_maintenance_of(answer.document) != CLOUDIFY_MAINTENANCE_UNKNOWN,
               "status of maintenance");
    } else if (json_get(answer.document, "items") != NULL) {
        read_list(tally, exchange, answer.document);
    }
}

static struct tally judge_all(int falsified, size_t *files)
{
    struct tally tally = {.falsified = falsified};
    const struct exchange_visitor visitor = {.visit = visit, .span = visit_span, .arg = &tally};

    *files = exchange_each(&visitor);
    return tally;
}

static void every_recorded_answer_is_read_rightly(void **state)
{
    size_t files = 0;
    struct tally tally = judge_all(0, &files);

    (void)state;
    print_message("%zu files: %zu exchanges judged (%zu with their content), %zu spans of "
                  "timelines judged\n",
                  files, tally.judged, tally.documents, tally.spans);
    print_message("left out: %zu comments of the recorder, %zu with nothing but a status, %zu "
                  "summary, %zu downloads, %zu that ferry never asks\n",
                  tally.left_out[EXCHANGE_COMMENT], tally.left_out[EXCHANGE_STATUS_ONLY],
                  tally.left_out[EXCHANGE_SUMMARY], tally.left_out[EXCHANGE_DOWNLOAD],
                  tally.left_out[EXCHANGE_NOT_OURS]);
    assert_int_equal(tally.wrong, 0);
    assert_true(files >= 29 && tally.judged > 600 && tally.spans > 200 && tally.documents > 300);
}

/* A line of the table that no recording uses would be an opinion, not a fact. */
static void every_expectation_was_recorded(void **state)
{
    size_t files = 0;
    struct tally tally = judge_all(0, &files);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(meanings); i++) {
        if (!tally.used[i]) {
            fail_msg("nothing recorded answers %d %s", meanings[i].status, meanings[i].error_code);
        }
    }
}

/* Control: with another status put under the answers, every one must be found wrong. */
static void answers_with_another_status_are_noticed(void **state)
{
    static const int statuses[] = {500, 404, 200};
    size_t files = 0;

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(statuses); i++) {
        struct tally tally = judge_all(statuses[i], &files);
        print_message("control: status %d instead: %zu of %zu noticed\n", statuses[i],
                      tally.noticed, tally.judged + tally.spans);
        assert_int_equal(tally.noticed, tally.judged + tally.spans);
    }
}

/* Control: with other words in the documents, every one must be found wrong. */
static void documents_with_other_words_are_noticed(void **state)
{
    struct tally tally = {.words = true};
    const struct exchange_visitor visitor = {.visit = visit, .arg = &tally};

    (void)state;
    (void)exchange_each(&visitor);
    print_message("control: other words: %zu of %zu documents noticed\n", tally.seen,
                  tally.changed);
    assert_true(tally.changed > 300);
    assert_int_equal(tally.seen, tally.changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_answer_is_read_rightly),
        cmocka_unit_test(every_expectation_was_recorded),
        cmocka_unit_test(answers_with_another_status_are_noticed),
        cmocka_unit_test(documents_with_other_words_are_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
