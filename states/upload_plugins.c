/*
 * upload_plugins: one unit a file of plugins.upload.
 *
 * Whether a plugin is there is seen by package, version, distribution and platform in the
 * manager's list: before the file is sent ("already there" is what was wanted, and nothing is
 * sent), and after an answer that was lost. A 409 names an id that does not exist (contract/14), so
 * the list decides then, too. Where the manager takes an id (>= 6.4.2) ours is sent, which refuses
 * a late repetition. A caravan answers with the wrong plugins (facts 4.2): what it added is the
 * difference of the lists before and after.
 */
#include <string.h>

#include "base/mem.h"
#include "states/common.h"
#include "states/plugins_files.h"
#include "states/plugins_files_plan.h"
#include "states/plugins_there.h"
#include "states/states.h"

#define SILENCE_MS (400 * STATES_SECOND_MS) /* facts 1.0: nginx waits 330 s for the manager */
#define INSTALL_MS (30 * STATES_MINUTE_MS)

static bool is_keyed(const struct state_context *context, const struct plugins_file *file)
{
    return states_caps(context)->client_plugin_id && !file->caravan;
}

static bool any_caravan(const struct state_context *context)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct plugins_file file;

    for (size_t i = 0; plugins_file_at(context, i, &file, scope); i++) {
        if (file.caravan) {
            return true;
        }
    }
    return false;
}

static void timing(const struct state_context *context, struct state_timing *timing)
{
    if (states_caps(context)->client_plugin_id && !any_caravan(context)) {
        timing->settle_ms = 90 * STATES_SECOND_MS; /* a late repetition is refused by its id */
    }
    /* one at a time: what was added is told from what was there before */
    timing->concurrency = 1;
    timing->upload_stall_ms = SILENCE_MS;
    timing->quiet_ms = 0;
    timing->deadline_ms = INSTALL_MS;
}

static bool ask_expand(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem)
{
    struct plugins_file file;

    (void)units, (void)n, (void)request;
    for (size_t i = 0; plugins_file_at(context, i, &file, mem); i++) {
        if (!context->planning) {
            state_sink_add(context->sink, file.key);
        }
    }
    if (plugins_file_count(context) == 0) {
        state_say(verdicts, mem, STATE_SKIP, "plugins.upload names no file");
    } else {
        verdicts->answer = STATE_DONE;
    }
    return false;
}

/* A plan has no units: the first file stands for all of them. */
static struct plugins_file file_of(const struct state_context *context,
                                   const struct state_unit *unit, const void *mem)
{
    struct plugins_file file = plugins_file_of(context, unit->key, mem);

    if (context->planning) {
        (void)plugins_file_at(context, 0, &file, mem);
    }
    return file;
}

/* --- probe --- */

/* Nobody knows what the file holds: only our id tells, or being the only new one. */
static bool ask_blindly(const struct state_context *context, const struct state_unit *unit,
                        struct http_request **request, struct state_verdict *verdict,
                        const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    if (!states_caps(context)->client_plugin_id) {
        cloudify_ask_list(
            states_request(request, mem), &caller,
            &(struct cloudify_list){
                .resource = "plugins", .include = "id", .sort = "id", .size = CLOUDIFY_PAGE});
        return true;
    }
    if (!context->repeat) {
        verdict->answer = STATE_ABSENT; /* the id is new: nobody can have used it */
        return false;
    }
    cloudify_ask_plugin(states_request(request, mem), &caller, unit->id);
    return true;
}

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct plugins_file file = file_of(context, units, mem);
    struct cloudify_caller caller = states_reader(context);

    (void)n;
    if (file.plugins == NULL) {
        return ask_blindly(context, units, request, verdicts, mem);
    }
    plugins_ask_rows(states_request(request, mem), &caller, &file, mem);
    return true;
}

static void judge_blindly(const struct state_context *context, const struct state_unit *unit,
                          const struct cloudify_answer *answer, struct state_verdict *verdict,
                          const void *mem)
{
    const struct json *items = cloudify_items(answer->document);
    const struct json *known = json_get(unit->data, "known");
    struct json *now = NULL;

    verdict->answer = STATE_ABSENT;
    if (states_caps(context)->client_plugin_id) {
        if (answer->kind == CLOUDIFY_FINE) {
            plugins_uploaded(unit->id, verdict, mem);
        }
        return;
    }
    if (items == NULL) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "an answer without a list in it");
        return;
    }
    now = context->repeat ? NULL : json_set_array(state_data(verdict, mem), "known");
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *id = cloudify_text(row, "id", "");

        if (now != NULL) {
            json_push_string(now, id);
        } else if (!states_holds(known, id)) {
            plugins_uploaded(id, verdict, mem);
            return;
        }
    }
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct plugins_file file = file_of(context, units, mem);
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (file.plugins == NULL) {
        judge_blindly(context, units, &answer, verdicts, mem);
        return;
    }
    const struct json *rows = cloudify_items(answer.document);

    if (rows == NULL) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a list in it");
        return;
    }
    struct plugins_there there = plugins_look(context, units, &file, rows, mem);

    if (context->repeat) {
        plugins_judge_after(&there, false, verdicts, mem);
    } else {
        plugins_judge_before(&there, verdicts, mem);
    }
}

/* --- act --- */

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct plugins_file file = file_of(context, units, mem);
    struct cloudify_caller caller = states_writer(context);

    (void)n;
    if (file.size < 0 && !context->planning) {
        state_say(verdicts, mem, STATE_FAILED, "the size of \"%s\" is not known", file.key);
        states_fail(verdicts, FERRY_E_IO, "is the file there and readable? then begin a new run");
        return false;
    }
    cloudify_post_plugin(
        states_request(request, mem), &caller,
        &(struct cloudify_plugin_upload){.id = is_keyed(context, &file) ? units->id : NULL,
                                         .visibility = file.visibility,
                                         .title = file.title,
                                         .file = file.send,
                                         .size = file.size});
    (*request)->timeout_ms = STATES_HOUR_MS;
    (*request)->stall_ms = SILENCE_MS;
    return true;
}

static void judge_refusal(const struct state_unit *unit, const struct plugins_file *file,
                          const struct cloudify_answer *answer, struct state_verdict *verdict,
                          const void *mem)
{
    if (answer->kind == CLOUDIFY_CONFLICT && file->plugins != NULL) {
        /* it may be ours come late, or another's: the list tells what is there */
        json_set_bool(state_data(verdict, mem), "conflict", true);
    } else if (answer->kind == CLOUDIFY_CONFLICT) {
        state_say(verdict, mem, STATE_DONE, "the manager has this package and version already");
        verdict->remote_state = "there already";
    } else if (cloudify_is_error(answer, "existing_running_execution_error")) {
        state_say(verdict, mem, STATE_RETRY, "a snapshot is being made: %s",
                  cloudify_describe(mem, answer));
    } else if (cloudify_is_error(answer, "invalid_plugin_error")) {
        state_say(verdict, mem, STATE_FAILED, "the manager refused \"%s\": %s", unit->key,
                  cloudify_describe(mem, answer));
        verdict->hint = "a plugin is a zip with one wagon (.wgn) and its plugin.yaml, or the "
                        "wagon alone";
    } else if (answer->kind == CLOUDIFY_FORBIDDEN && strcmp(file->visibility, "global") == 0) {
        verdict->hint = "a global plugin needs an administrator: check manager.username, or choose "
                        "plugins.visibility: tenant";
    }
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct plugins_file file = file_of(context, units, mem);
    struct cloudify_answer answer;

    (void)n;
    if (!states_acted(reply, &answer, verdicts, mem)) {
        judge_refusal(units, &file, &answer, verdicts, mem);
    } else if (file.caravan) {
        state_say(verdicts, mem, STATE_RUNNING, "sent; what was added is read from the list");
    } else {
        plugins_uploaded(cloudify_text(answer.document, "id", units->id), verdicts, mem);
        if (states_caps(context)->plugin_upload_installs &&
            plugins_is_installing(answer.document)) {
            state_say(verdicts, mem, STATE_RUNNING, "the manager installs it");
        }
    }
}

/* --- await: caravans, and what older managers install at once --- */

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct plugins_file file = file_of(context, units, mem);
    struct cloudify_caller caller = states_reader(context);

    (void)n, (void)verdicts;
    if (context->planning && !file.caravan && !states_caps(context)->plugin_upload_installs) {
        verdicts->answer = STATE_DONE;
        return false;
    }
    states_request(request, mem);
    if (file.plugins != NULL) {
        plugins_ask_rows(*request, &caller, &file, mem);
    } else {
        cloudify_ask_plugin(*request, &caller, units->remote_id == NULL ? "" : units->remote_id);
    }
    return true;
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct plugins_file file = file_of(context, units, mem);
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    const struct json *rows = cloudify_items(answer.document);

    if (file.plugins == NULL && answer.kind == CLOUDIFY_FINE) {
        verdicts->answer = plugins_is_installing(answer.document) ? STATE_RUNNING : STATE_DONE;
    } else if (file.plugins == NULL) {
        state_say(verdicts, mem, STATE_FAILED, "the manager dropped it: it could not be installed");
        verdicts->hint = "see its execution install_plugin on the manager";
    } else if (rows == NULL) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a list in it");
    } else {
        struct plugins_there there = plugins_look(context, units, &file, rows, mem);

        plugins_judge_after(&there, true, verdicts, mem);
    }
}

const struct ferry_state state_upload_plugins = {
    .name = "upload_plugins",
    .summary = "puts the new plugins on the manager",
    .def = 1,
    .leaves = "the uploaded plugins",
    .flags = STATE_FANOUT | STATE_PROBE_FIRST,
    .timing = timing,
    .plan = {.ask = plugins_files_plan_ask, .judge = plugins_files_plan_judge},
    .expand = {.ask = ask_expand},
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
    .await = {.ask = ask_await, .judge = judge_await},
};
