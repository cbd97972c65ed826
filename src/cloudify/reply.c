#include "cloudify/reply.h"

#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/mem.h"

#define LINE_MAX_BYTES 300

static bool same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

/* A 4xx of the manager itself. */
static enum cloudify_kind kind_of_refusal(const struct http_reply *reply, const char *error_code)
{
    switch (reply->status) {
    case 403:
        return CLOUDIFY_FORBIDDEN;
    case 404: /* an answer to HEAD has no body to say more */
        return same(error_code, "not_found_error") || reply->body_size == 0 ? CLOUDIFY_MISSING
                                                                            : CLOUDIFY_REFUSED;
    case 408:
    case 429:
        return CLOUDIFY_BUSY;
    case 409:
        return CLOUDIFY_CONFLICT;
    default:
        return CLOUDIFY_REFUSED;
    }
}

static enum cloudify_kind kind_of(const struct http_reply *reply, const char *error_code)
{
    int status = reply->status;

    if (reply->token_refused) {
        return CLOUDIFY_WEATHER;
    }
    if (reply->outcome != HTTP_ANSWERED || status >= 500) {
        if (status != 503 || reply->outcome != HTTP_ANSWERED || error_code == NULL) {
            return CLOUDIFY_WEATHER;
        }
        return same(error_code, "maintenance_mode_active") ||
                       same(error_code, "entering_maintenance_mode")
                   ? CLOUDIFY_MAINTENANCE
                   : CLOUDIFY_BUSY;
    }
    if (status == 304) {
        return CLOUDIFY_ALREADY;
    }
    if (status == 401) {
        return CLOUDIFY_DENIED;
    }
    if (status >= 300 && status <= 399) {
        return CLOUDIFY_STRANGE;
    }
    if (http_reply_is_foreign(reply)) {
        return CLOUDIFY_STRANGE;
    }
    return status <= 299 ? CLOUDIFY_FINE : kind_of_refusal(reply, error_code);
}

void cloudify_read(const struct http_reply *reply, struct cloudify_answer *out)
{
    const char *error_code = json_string_or(reply->json, "error_code", NULL);
    const char *message = json_string_or(reply->json, "message", NULL);

    out->kind = kind_of(reply, error_code);
    out->status = reply->outcome == HTTP_ANSWERED ? reply->status : 0;
    out->error_code = error_code == NULL ? "" : error_code;
    if (message == NULL) {
        message = reply->outcome == HTTP_ANSWERED ? NULL : reply->error;
    }
    if (reply->token_refused) {
        message = "the manager refuses the token; from now on the password is used";
    }
    out->message = message == NULL ? "" : message;
    out->document = out->kind == CLOUDIFY_FINE ? reply->json : NULL;
}

bool cloudify_is_error(const struct cloudify_answer *answer, const char *error_code)
{
    return strcmp(answer->error_code, error_code) == 0;
}

/* One line of at most LINE_MAX_BYTES of a text of the manager, which may hold anything. */
static char *one_line(const void *ctx, const char *text, size_t length)
{
    char *line = mem_strndup(ctx, text, length < LINE_MAX_BYTES ? length : LINE_MAX_BYTES);

    for (char *at = line; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 127) {
            *at = ' ';
        }
    }
    /* never half of a UTF-8 character at the cut */
    size_t n = strlen(line);

    if (length > LINE_MAX_BYTES) {
        while (n > 0 && ((unsigned char)line[n - 1] & 0xc0) == 0x80) {
            n--;
        }
        if (n > 0 && (unsigned char)line[n - 1] >= 0xc0) {
            n--;
        }
        line[n] = '\0';
    }
    return line;
}

char *cloudify_describe(const void *ctx, const struct cloudify_answer *answer)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *line = one_line(scope, answer->message, strlen(answer->message));

    if (answer->status == 0) {
        return mem_printf(ctx, "no answer: %s", line[0] == '\0' ? "the connection was lost" : line);
    }
    if (answer->error_code[0] == '\0') {
        return answer->kind == CLOUDIFY_STRANGE || answer->kind == CLOUDIFY_WEATHER
                   ? mem_printf(ctx, "HTTP %d, not in the manager's words", answer->status)
                   : mem_printf(ctx, "HTTP %d %s", answer->status, line);
    }
    const char *code = one_line(scope, answer->error_code, strlen(answer->error_code));

    return mem_printf(ctx, "HTTP %d %s: %s", answer->status, code, line);
}

char *cloudify_first_line(const void *ctx, const char *text)
{
    return one_line(ctx, text, strcspn(text, "\r\n"));
}

char *cloudify_last_line(const void *ctx, const char *error)
{
    const char *end = error == NULL ? "" : error + strlen(error);
    const char *start;

    if (error == NULL) {
        return mem_strdup(ctx, "");
    }
    while (end > error && strchr(" \r\n\t^~", end[-1]) != NULL) {
        end--;
    }
    for (start = end; start > error && start[-1] != '\n'; start--) {
    }
    while (start < end && *start == ' ') {
        start++;
    }
    return one_line(ctx, start, (size_t)(end - start));
}

const struct json *cloudify_items(const struct json *document)
{
    const struct json *items = json_get(document, "items");

    return json_is_array(items) ? items : NULL;
}

int64_t cloudify_total(const struct json *document)
{
    return json_int64_or(document, "metadata.pagination.total", -1);
}

enum cloudify_maintenance cloudify_maintenance_of(const struct json *document)
{
    const char *status = json_string_or(document, "status", "");

    if (strcmp(status, "deactivated") == 0) {
        return CLOUDIFY_MAINTENANCE_OFF;
    }
    if (strcmp(status, "activating") == 0) {
        return CLOUDIFY_MAINTENANCE_COMING;
    }
    return strcmp(status, "activated") == 0 ? CLOUDIFY_MAINTENANCE_ON
                                            : CLOUDIFY_MAINTENANCE_UNKNOWN;
}

const struct json *cloudify_remaining(const struct json *document)
{
    const struct json *list = json_get(document, "remaining_executions");

    /* POST .../activate wraps the list once more since 5.1.1 (facts 1.2) */
    if (json_is_array(list) && json_is_array(json_at(list, 0))) {
        list = json_at(list, 0);
    }
    return json_is_array(list) ? list : NULL;
}

char *cloudify_execution_names(const void *ctx, const struct json *executions)
{
    enum { SHOWN = 3 };
    struct buf text;
    size_t n = 0;

    buf_init(&text, ctx, 4096);
    for (const struct json *row = json_first(executions); row != NULL; row = json_next(row)) {
        if (n < SHOWN) {
            const char *deployment = cloudify_text(row, "deployment_id", NULL);

            (void)buf_printf(&text, "%s%.64s%s%.64s (%.32s)", n == 0 ? "" : ", ",
                             cloudify_text(row, "workflow_id", "an execution"),
                             deployment == NULL ? "" : " on ", deployment == NULL ? "" : deployment,
                             cloudify_text(row, "status", "?"));
        }
        n++;
    }
    if (n > SHOWN) {
        (void)buf_printf(&text, " and %zu more", n - SHOWN);
    }
    return mem_strdup(ctx, buf_text(&text));
}

static bool starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum cloudify_restore_flag cloudify_restore_flag_of(const struct json *document)
{
    const char *status = json_string_or(document, "status", "");

    if (strcmp(status, "running") == 0 || starts(status, "Snapshot restore in progress")) {
        return CLOUDIFY_RESTORE_RUNNING;
    }
    if (strcmp(status, "not-running") == 0 || starts(status, "No ")) {
        return CLOUDIFY_RESTORE_IDLE;
    }
    return CLOUDIFY_RESTORE_UNKNOWN;
}

struct word {
    const char *text;
    int value;
};

static int look_up(const struct word *words, size_t n, const char *text, int unknown)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i].text, text) == 0) {
            return words[i].value;
        }
    }
    return unknown;
}

enum cloudify_execution cloudify_execution_of(const struct json *execution)
{
    static const struct word words[] = {
        {"pending", CLOUDIFY_EXECUTION_WAITING},
        {"queued", CLOUDIFY_EXECUTION_WAITING},
        {"scheduled", CLOUDIFY_EXECUTION_WAITING},
        {"started", CLOUDIFY_EXECUTION_ACTIVE},
        {"cancelling", CLOUDIFY_EXECUTION_ACTIVE},
        {"force_cancelling", CLOUDIFY_EXECUTION_ACTIVE},
        {"kill_cancelling", CLOUDIFY_EXECUTION_ACTIVE},
        {"terminated", CLOUDIFY_EXECUTION_TERMINATED},
        {"failed", CLOUDIFY_EXECUTION_FAILED},
        {"cancelled", CLOUDIFY_EXECUTION_CANCELLED},
    };

    return (enum cloudify_execution)look_up(words, FERRY_COUNT(words),
                                            json_string_or(execution, "status", ""),
                                            CLOUDIFY_EXECUTION_UNKNOWN);
}

bool cloudify_execution_ended(enum cloudify_execution status)
{
    return status == CLOUDIFY_EXECUTION_TERMINATED || status == CLOUDIFY_EXECUTION_FAILED ||
           status == CLOUDIFY_EXECUTION_CANCELLED;
}

enum cloudify_update cloudify_update_of(const struct json *update)
{
    static const struct word words[] = {
        {"updating", CLOUDIFY_UPDATE_ACTIVE},
        {"executing_workflow", CLOUDIFY_UPDATE_ACTIVE},
        {"finalizing", CLOUDIFY_UPDATE_ACTIVE},
        {"successful", CLOUDIFY_UPDATE_SUCCESSFUL},
        {"no_changes_required", CLOUDIFY_UPDATE_NO_CHANGES},
        {"failed", CLOUDIFY_UPDATE_FAILED},
    };

    return (enum cloudify_update)look_up(
        words, FERRY_COUNT(words), json_string_or(update, "state", ""), CLOUDIFY_UPDATE_UNKNOWN);
}

const char *cloudify_text(const struct json *object, const char *key, const char *fallback)
{
    const char *text = json_text(json_member(object, key));

    return text == NULL || text[0] == '\0' ? fallback : text;
}

const struct json *cloudify_row(const struct json *items, const char *id)
{
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        if (same(json_text(json_member(row, "id")), id)) {
            return row;
        }
    }
    return NULL;
}
