/*
 * upload_plugins: one unit a file of plugins.upload. Where the manager takes an id for the plugin
 * (>= 6.4.2) ours is sent and asked for; below, the plugins that were there before are remembered.
 * A 409 says that package and version are there already, which is what was wanted; the id that it
 * names does not exist (contract/14).
 */
#include <string.h>

#include "base/mem.h"
#include "states/common.h"
#include "states/states.h"

#define SILENCE_MS (400 * STATES_SECOND_MS) /* facts 1.0: nginx waits 330 s for the manager */

static void timing(const struct state_context *context, struct state_timing *timing)
{
    if (states_caps(context)->client_plugin_id) {
        timing->settle_ms = 90 * STATES_SECOND_MS; /* a late repetition is refused by its id */
    }
    /* one at a time: below 6.4.2 a new plugin is told from the old ones by being the only one */
    timing->concurrency = 1;
    timing->upload_stall_ms = SILENCE_MS;
}

static const struct json *files(const struct state_context *context)
{
    const struct json *list = json_get(context->options, "plugins.upload");

    return json_is_array(list) ? list : NULL;
}

static int64_t size_of(const struct state_context *context, const char *file)
{
    return json_int64_or(json_member(json_get(context->facts, "plugin_files"), file), "size", -1);
}

/* --- plan and expand: no questions --- */

static bool ask_plan(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    int64_t count = (int64_t)json_size(files(context));

    (void)units, (void)n, (void)request;
    verdicts->answer = STATE_DONE;
    if (count == 0) {
        state_plan_skip(context->plan, "plugins.upload names no file");
        return false;
    }
    state_plan_units(context->plan, count);
    state_plan_estimate(context->plan, count * 5 * STATES_SECOND_MS,
                        mem_printf(mem, "%lld files, 5 s each", (long long)count));
    return false;
}

static bool ask_expand(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem)
{
    (void)units, (void)n, (void)request;
    for (const struct json *at = json_first(files(context)); at != NULL; at = json_next(at)) {
        if (json_text(at) != NULL && !context->planning) {
            state_sink_add(context->sink, json_text(at));
        }
    }
    if (json_size(files(context)) == 0) {
        state_say(verdicts, mem, STATE_SKIP, "plugins.upload names no file");
    } else {
        verdicts->answer = STATE_DONE;
    }
    return false;
}

/* --- probe --- */

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n;
    if (!states_caps(context)->client_plugin_id) {
        cloudify_ask_list(
            states_request(request, mem), &caller,
            &(struct cloudify_list){
                .resource = "plugins", .include = "id", .sort = "id", .size = CLOUDIFY_PAGE});
        return true;
    }
    if (!context->repeat) {
        verdicts->answer = STATE_ABSENT; /* the id is new: nobody can have used it */
        return false;
    }
    cloudify_ask_plugin(states_request(request, mem), &caller, units->id);
    return true;
}

static void uploaded(const char *id, struct state_verdict *verdict, const void *mem)
{
    verdict->answer = STATE_DONE;
    verdict->remote_id = mem_strdup(mem, id);
    json_set_bool(json_set_object(state_facts(verdict, mem), "plugins_uploaded"), id, true);
}

static void judge_others(const struct state_context *context, const struct state_unit *unit,
                         const struct json *items, struct state_verdict *verdict, const void *mem)
{
    const struct json *known = json_get(unit->data, "known");
    struct json *now = context->repeat ? NULL : json_set_array(state_data(verdict, mem), "known");

    verdict->answer = STATE_ABSENT;
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *id = cloudify_text(row, "id", "");

        if (now != NULL) {
            json_push_string(now, id);
        } else if (!states_holds(known, id)) {
            uploaded(id, verdict, mem);
            return;
        }
    }
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (states_caps(context)->client_plugin_id) {
        verdicts->answer = STATE_ABSENT;
        if (answer.kind == CLOUDIFY_FINE) {
            uploaded(units->id, verdicts, mem);
        }
    } else if (cloudify_items(answer.document) == NULL) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a list in it");
    } else {
        judge_others(context, units, cloudify_items(answer.document), verdicts, mem);
    }
}

/* --- act --- */

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    bool keyed = states_caps(context)->client_plugin_id;
    const struct json *first = json_first(files(context));
    /* a plan has no units: the first file stands for all of them */
    const char *file = context->planning && first != NULL ? json_text(first) : units->key;
    int64_t size = size_of(context, file);
    struct cloudify_caller caller = states_writer(context);

    (void)n;
    if (size < 0 && !context->planning) {
        state_say(verdicts, mem, STATE_FAILED, "the size of \"%s\" is not known", file);
        states_fail(verdicts, FERRY_E_IO, "is the file there and readable? then begin a new run");
        return false;
    }
    cloudify_post_plugin(states_request(request, mem), &caller, keyed ? units->id : NULL, file,
                         size);
    (*request)->timeout_ms = STATES_HOUR_MS;
    (*request)->stall_ms = SILENCE_MS;
    return true;
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)context, (void)n;
    if (states_acted(reply, &answer, verdicts, mem)) {
        uploaded(cloudify_text(answer.document, "id", units->id), verdicts, mem);
        verdicts->remote_state = "uploaded";
    } else if (answer.kind == CLOUDIFY_CONFLICT) {
        state_say(verdicts, mem, STATE_DONE, "the manager has this package and version already");
        verdicts->remote_state = "there already";
    } else if (cloudify_is_error(&answer, "existing_running_execution_error")) {
        state_say(verdicts, mem, STATE_RETRY, "a snapshot is being made: %s",
                  cloudify_describe(mem, &answer));
    } else if (cloudify_is_error(&answer, "invalid_plugin_error")) {
        verdicts->hint = "a plugin is a zip with one wagon (.wgn) and its plugin.yaml, or the "
                         "wagon alone";
    }
}

const struct ferry_state state_upload_plugins = {
    .name = "upload_plugins",
    .summary = "puts the new plugins on the manager",
    .def = 1,
    .leaves = "the uploaded plugins",
    .flags = STATE_FANOUT | STATE_PROBE_FIRST,
    .timing = timing,
    .plan = {.ask = ask_plan},
    .expand = {.ask = ask_expand},
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
};
