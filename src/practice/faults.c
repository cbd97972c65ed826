#include "practice/faults.h"

#include <regex.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "practice/practice.h"

#define FAULTS_FILE_LIMIT (4u << 20)

struct rule {
    struct fault fault;
    const char *method; /* NULL: any */
    regex_t path;
    bool changing;
    int64_t from, count; /* count < 0: all */
    int64_t seen;
};

struct faults {
    struct practice *practice;
    void *ctx; /* of the rules */
    struct rule *rules;
    size_t count;
};

static const struct {
    const char *name;
    enum fault_kind kind;
} kinds[] = {
    {"drop_before", FAULT_DROP_BEFORE},
    {"drop_after", FAULT_DROP_AFTER},
    {"answer", FAULT_ANSWER},
    {"delay", FAULT_DELAY},
    {"cut_body", FAULT_CUT_BODY},
    {"die_before", FAULT_DIE_BEFORE},
    {"die_after", FAULT_DIE_AFTER},
    {"kill_client_before", FAULT_KILL_CLIENT_BEFORE},
    {"kill_client_after", FAULT_KILL_CLIENT_AFTER},
    {"stall", FAULT_STALL},
    {"corrupt", FAULT_CORRUPT},
    {"wrong_length", FAULT_WRONG_LENGTH},
    {"slow", FAULT_SLOW},
    {"replace_file", FAULT_REPLACE_FILE},
    {"die_body", FAULT_DIE_BODY},
    {"kill_client_body", FAULT_KILL_CLIENT_BODY},
};

bool fault_is_of_body(enum fault_kind kind)
{
    static const enum fault_kind of_body[] = {FAULT_CUT_BODY,        FAULT_STALL, FAULT_CORRUPT,
                                              FAULT_WRONG_LENGTH,    FAULT_SLOW,  FAULT_DIE_BODY,
                                              FAULT_KILL_CLIENT_BODY};
    for (size_t i = 0; i < FERRY_COUNT(of_body); i++) {
        if (of_body[i] == kind) {
            return true;
        }
    }
    return false;
}

static int release_rule(struct rule *rule)
{
    regfree(&rule->path);
    return 0;
}

static int release_all(struct faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        (void)release_rule(&faults->rules[i]);
    }
    faults->count = 0;
    return 0;
}

struct faults *faults_new(struct practice *practice)
{
    struct faults *faults = mem_new(practice, struct faults);
    talloc_set_destructor(faults, release_all);
    faults->practice = practice;
    faults->ctx = mem_scope(faults);
    return faults;
}

static enum ferry_code read_kind(const struct json *node, struct fault *fault,
                                 struct ferry_error *err)
{
    const char *name = json_string_or(node, "do", "");
    for (size_t i = 0; i < FERRY_COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            fault->kind = kinds[i].kind;
            return FERRY_OK;
        }
    }
    return ferry_fail(err, FERRY_E_CONFIG, "fault: \"do\" is \"%s\", which is no fault", name);
}

/* What is about the body of the answer. */
static void read_body_part(void *ctx, const struct json *node, struct fault *fault)
{
    bool cut = fault->kind == FAULT_CUT_BODY;
    fault->bytes = json_int64_or(node, "bytes", cut ? -1 : 0);
    fault->at = json_int64_or(node, "at", 0);
    fault->length = json_int64_or(node, "length", 0);
    fault->rate = (double)json_int64_or(node, "rate", 0);
    fault->file = mem_strdup(ctx, json_string_or(node, "file", NULL));
}

static enum ferry_code read_rule(void *ctx, const struct json *node, struct rule *rule,
                                 struct ferry_error *err)
{
    enum ferry_code code = read_kind(node, &rule->fault, err);
    if (code != FERRY_OK) {
        return code;
    }
    const char *method = json_string_or(node, "method", "*");
    rule->method = strcmp(method, "*") == 0 ? NULL : mem_strdup(ctx, method);
    rule->changing = json_bool_or(node, "changing", false);
    int64_t n = json_int64_or(node, "n", 0);
    rule->from = n > 0 ? n : json_int64_or(node, "from", 1);
    rule->count = n > 0 ? 1 : json_int64_or(node, "count", -1);
    struct fault *fault = &rule->fault;
    fault->after_effect = json_bool_or(node, "after_effect", false);
    fault->after_bytes = json_int64_or(node, "after_bytes", -1);
    fault->delay_ms = json_int64_or(node, "delay_ms", 0);
    read_body_part(ctx, node, fault);
    fault->status = (int)json_int64_or(node, "status", 503);
    fault->body = mem_strdup(ctx, json_string_or(node, "body", NULL));
    fault->pid_file = mem_strdup(ctx, json_string_or(node, "pid_file", NULL));
    const struct json *headers = json_get(node, "headers");
    fault->headers = json_is_object(headers) ? json_copy(ctx, headers) : NULL;
    const char *path = json_string_or(node, "path", ".*");
    if (regcomp(&rule->path, path, REG_EXTENDED | REG_NOSUB) != 0) {
        return ferry_fail(err, FERRY_E_CONFIG, "fault: \"%s\" is no expression", path);
    }
    return FERRY_OK;
}

static enum ferry_code replace(struct faults *faults, const struct json *list,
                               struct ferry_error *err)
{
    if (!json_is_array(list)) {
        return ferry_fail(err, FERRY_E_CONFIG, "faults are not a JSON list of rules");
    }
    void *ctx = mem_scope(faults);
    struct rule **rules = mem_array(ctx, struct rule *, json_size(list) + 1);
    size_t count = 0;
    for (const struct json *node = json_first(list); node != NULL; node = json_next(node)) {
        struct rule *rule = mem_new(ctx, struct rule);
        enum ferry_code code = read_rule(ctx, node, rule, err);
        if (code != FERRY_OK) {
            mem_free(ctx);
            return code;
        }
        talloc_set_destructor(rule, release_rule);
        rules[count++] = rule;
    }
    struct rule *array = mem_array(ctx, struct rule, count + 1);
    for (size_t i = 0; i < count; i++) {
        talloc_set_destructor(rules[i], NULL);
        array[i] = *rules[i];
    }
    (void)release_all(faults);
    mem_free(faults->ctx);
    faults->ctx = ctx;
    faults->rules = array;
    faults->count = count;
    return FERRY_OK;
}

enum ferry_code faults_set(struct faults *faults, const struct json *rules, struct ferry_error *err)
{
    enum ferry_code code = replace(faults, rules, err);
    if (code == FERRY_OK) {
        sql_do(faults->practice->sql, "DELETE FROM fault_counts", "");
    }
    return code;
}

enum ferry_code faults_read(struct faults *faults, const char *path, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = NULL;
    size_t size = 0;
    struct json *list = NULL;
    enum ferry_code code = file_read(scope, path, FAULTS_FILE_LIMIT, &text, &size, err);
    if (code == FERRY_OK) {
        code = json_parse(scope, text, size, &list, err);
    }
    if (code == FERRY_OK) {
        code = replace(faults, list, err);
    }
    if (code != FERRY_OK) {
        return ferry_error_prefix(err, "faults of \"%s\"", path);
    }
    for (size_t i = 0; i < faults->count; i++) {
        faults->rules[i].seen = sql_one_int(
            faults->practice->sql, 0, "SELECT n FROM fault_counts WHERE rule = ?", "i", (int64_t)i);
    }
    return FERRY_OK;
}

static bool reads_only(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
           strcmp(method, "OPTIONS") == 0;
}

static bool matches(const struct rule *rule, const char *method, const char *path)
{
    if (rule->method != NULL && strcmp(rule->method, method) != 0) {
        return false;
    }
    return !(rule->changing && reads_only(method)) && regexec(&rule->path, path, 0, NULL, 0) == 0;
}

const struct fault *faults_match(struct faults *faults, const char *method, const char *path)
{
    const struct fault *found = NULL;
    if (faults->count == 0) {
        return NULL;
    }
    sql_begin(faults->practice->sql);
    for (size_t i = 0; i < faults->count; i++) {
        struct rule *rule = &faults->rules[i];
        if (!matches(rule, method, path)) {
            continue;
        }
        rule->seen++;
        sql_do(faults->practice->sql,
               "INSERT INTO fault_counts VALUES (?, ?) ON CONFLICT DO UPDATE SET n = excluded.n",
               "ii", (int64_t)i, rule->seen);
        bool applies =
            rule->seen >= rule->from && (rule->count < 0 || rule->seen < rule->from + rule->count);
        if (applies && found == NULL) {
            found = &rule->fault;
        }
    }
    sql_commit(faults->practice->sql);
    return found;
}

void faults_kill_client(const struct fault *fault)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err;
    char *text = NULL;
    size_t size = 0;
    if (fault->pid_file == NULL ||
        file_read(scope, fault->pid_file, 64, &text, &size, &err) != FERRY_OK) {
        return;
    }
    text[strcspn(text, "\r\n ")] = '\0';
    int64_t pid = 0;
    if (parse_int64(text, 2, INT32_MAX, &pid)) {
        (void)kill((pid_t)pid, SIGKILL);
    }
}
