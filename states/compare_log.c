#include "states/compare_log.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define LOG_PAGE 500
#define LOG_MAX                                                                                    \
    ((int64_t)20 * LOG_PAGE) /* lines; a restore of thousands of things writes as many */
#define LOG_QUOTED 3
static const char MARK[] = "Error restoring";

bool compare_log_wanted(const struct state_context *context)
{
    return strcmp(states_archive_format(context), "new") == 0 &&
           json_string_or(context->facts, "restore.execution_id", NULL) != NULL;
}

bool compare_log_at(const struct state_unit *unit)
{
    return states_at(unit, "log");
}

void compare_log_begin(struct state_verdict *verdict, const void *mem)
{
    struct json *log = json_set_object(state_data(verdict, mem), "log");

    json_set_int(log, "offset", 0);
    json_set_int(log, "errors", 0);
    json_set_array(log, "first");
    json_set_bool(log, "typed", false);
    json_set_bool(log, "unread", false);
    states_next(verdict, mem, "log");
}

/* With logs by the option of newer managers, or by the types that older clients send. */
void compare_log_ask(const struct state_context *context, const struct state_unit *unit,
                     struct http_request *request)
{
    static const char *const types[] = {"cloudify_event", "cloudify_log"};
    struct cloudify_caller caller = states_reader(context);
    bool typed = json_bool_or(unit->data, "log.typed", false);
    const struct cloudify_pair pairs[] = {
        {"execution_id", json_string_or(context->facts, "restore.execution_id", "")},
        {"include_logs", "true"}};

    caller.tenant = CLOUDIFY_DEFAULT_TENANT; /* of the restore's execution */
    cloudify_ask_list(
        request, &caller,
        &(struct cloudify_list){.resource = "events",
                                .sort = "reported_timestamp",
                                .filter = typed ? "type" : NULL,
                                .values = typed ? types : NULL,
                                .value_count = typed ? 2 : 0,
                                .pairs = pairs,
                                .pair_count = typed ? 1 : 2,
                                .size = LOG_PAGE,
                                .offset = json_int64_or(unit->data, "log.offset", 0)});
}

static struct json *log_of(const struct state_unit *unit, struct state_verdict *verdict,
                           const void *mem)
{
    struct json *log = json_set_object(state_data(verdict, mem), "log");
    struct json *first = json_set_array(log, "first");
    const struct json *before = json_get(unit->data, "log.first");

    for (const struct json *at = json_first(before); at != NULL; at = json_next(at)) {
        json_push_string(first, json_text(at));
    }
    return log;
}

static void read_page(const struct state_unit *unit, const struct json *items,
                      struct state_verdict *verdict, const void *mem)
{
    struct json *log = log_of(unit, verdict, mem);
    struct json *first = (struct json *)(uintptr_t)json_get(log, "first");
    int64_t errors = json_int64_or(unit->data, "log.errors", 0);

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *message = cloudify_text(row, "message", "");

        if (strstr(message, MARK) == NULL) {
            continue;
        }
        if (errors++ < LOG_QUOTED) {
            json_push_string(first, cloudify_first_line(mem, strstr(message, MARK)));
        }
    }
    json_set_int(log, "errors", errors);
    json_set_int(log, "offset",
                 json_int64_or(unit->data, "log.offset", 0) + (int64_t)json_size(items));
}

static bool is_over(const struct state_verdict *verdict, const struct json *document)
{
    int64_t offset = json_int64_or(verdict->data, "log.offset", 0);

    return json_size(cloudify_items(document)) == 0 || offset >= cloudify_total(document) ||
           offset >= LOG_MAX;
}

static void keep(struct state_verdict *verdict, const void *mem)
{
    struct json *compare = json_set_object(state_facts(verdict, mem), "compare");
    struct json *errors = json_set_object(compare, "errors");

    json_set_int(errors, "count", json_int64_or(verdict->data, "log.errors", 0));
    json_set_json(errors, "first", json_get(verdict->data, "log.first"));
}

bool compare_log_judge(const struct state_unit *unit, const struct http_reply *reply,
                       struct state_verdict *verdict, int64_t *errors, const void *mem)
{
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    *errors = 0;
    if (answer.kind == CLOUDIFY_REFUSED || answer.kind == CLOUDIFY_MISSING ||
        answer.kind == CLOUDIFY_FORBIDDEN) {
        bool typed = json_bool_or(unit->data, "log.typed", false);

        json_set_bool(log_of(unit, verdict, mem), typed ? "unread" : "typed", true);
        if (!typed) {
            states_next(verdict, mem, "log");
        }
        return typed;
    }
    if (!states_read(unit, 1, reply, &answer, verdict, mem)) {
        return false;
    }
    if (cloudify_items(answer.document) == NULL) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "an answer without a list in it");
        return false;
    }
    read_page(unit, cloudify_items(answer.document), verdict, mem);
    if (!is_over(verdict, answer.document)) {
        states_next(verdict, mem, "log");
        return false;
    }
    keep(verdict, mem);
    *errors = json_int64_or(verdict->data, "log.errors", 0);
    return true;
}

const char *compare_log_words(const struct state_verdict *verdict, const void *mem)
{
    const struct json *first = json_get(verdict->data, "log.first");
    int64_t errors = json_int64_or(verdict->data, "log.errors", 0);
    struct buf text;

    if (json_bool_or(verdict->data, "log.unread", false)) {
        return "the manager did not show the restore's log";
    }
    buf_init(&text, mem, 4096);
    for (const struct json *at = json_first(first); at != NULL; at = json_next(at)) {
        (void)buf_printf(&text, "%s%s", text.len == 0 ? "" : "; ", json_text(at));
    }
    if (errors > LOG_QUOTED) {
        (void)buf_printf(&text, " and %lld more", (long long)(errors - LOG_QUOTED));
    }
    return buf_text(&text);
}
