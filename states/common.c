#include "states/common.h"

#include <string.h>

#include "base/attr.h"
#include "base/mem.h"

const char *states_option(const struct state_context *context, const char *path)
{
    return json_string_or(context->options, path, NULL);
}

int64_t states_number(const struct state_context *context, const char *path, int64_t fallback)
{
    return json_int64_or(context->options, path, fallback);
}

const char *states_snapshot_id(const struct state_context *context)
{
    return json_string_or(context->options, "snapshot.id", "");
}

const char *states_archive_format(const struct state_context *context)
{
    return json_string_or(context->facts, "archive.format", "");
}

int64_t states_archive_count(const struct state_context *context, const char *name)
{
    return json_int64_or(json_get(context->facts, "archive"), name, -1);
}

enum http_site states_site(const struct state_context *context)
{
    bool has_old = json_is_object(json_get(context->options, "old_manager"));

    return context->site == HTTP_SITE_OLD && has_old ? HTTP_SITE_OLD : HTTP_SITE_NEW;
}

const char *states_group(const struct state_context *context)
{
    return states_site(context) == HTTP_SITE_OLD ? "old_manager" : "manager";
}

const char *states_manager_option(const struct state_context *context, const char *name,
                                  const char *fallback)
{
    return json_string_or(json_get(context->options, states_group(context)), name, fallback);
}

const char *states_manager_fact(const struct state_context *context, const char *name,
                                const char *fallback)
{
    return json_string_or(json_get(context->facts, states_group(context)), name, fallback);
}

const struct cloudify_caps *states_caps(const struct state_context *context)
{
    const struct cloudify_caps *caps =
        cloudify_caps_for(states_manager_fact(context, "version", CLOUDIFY_NEWEST_KNOWN));

    return caps == NULL ? cloudify_caps_for(CLOUDIFY_NEWEST_KNOWN) : caps;
}

bool states_manager_is_known(const struct state_context *context)
{
    return states_manager_fact(context, "version", NULL) != NULL;
}

bool states_asks_old_agents(const struct state_context *context)
{
    return json_bool_or(context->options, "old_manager.validate_agents", true);
}

bool states_have_after(const struct state_context *context)
{
    return json_is_object(json_get(context->options, "manager.after_restore"));
}

bool states_holds(const struct json *texts, const char *text)
{
    for (const struct json *at = json_first(texts); at != NULL; at = json_next(at)) {
        if (json_text(at) != NULL && strcmp(json_text(at), text) == 0) {
            return true;
        }
    }
    return false;
}

static enum http_credential credential(const struct state_context *context)
{
    bool after = states_site(context) == HTTP_SITE_NEW &&
                 strcmp(json_string_or(context->facts, "credential", "before"), "after") == 0;

    return after ? HTTP_AS_AFTER : HTTP_AS_BEFORE;
}

struct cloudify_caller states_writer(const struct state_context *context)
{
    return (struct cloudify_caller){
        .who = credential(context),
        .tenant = states_manager_option(context, "tenant", CLOUDIFY_DEFAULT_TENANT),
        .site = states_site(context)};
}

struct cloudify_caller states_reader(const struct state_context *context)
{
    struct cloudify_caller caller = states_writer(context);

    caller.bypass = states_caps(context)->bypass_maintenance;
    return caller;
}

struct http_request *states_request(struct http_request **request, const void *mem)
{
    *request = http_request_new(mem, HTTP_GET, "/");
    return *request;
}

void states_ask_open(struct http_request *request, const struct cloudify_caller *caller)
{
    static const char *const open[] = {CLOUDIFY_OPEN_STATUSES};

    cloudify_ask_list(request, caller,
                      &(struct cloudify_list){.resource = "executions",
                                              .include = "id,status,workflow_id,deployment_id,"
                                                         "created_at,started_at",
                                              .filter = "status",
                                              .values = open,
                                              .value_count = FERRY_COUNT(open),
                                              .all_tenants = true,
                                              .system_workflows = true,
                                              .size = 100});
}

const char *states_tenant_of(const void *mem, const char *key, const char **name)
{
    const char *slash = strchr(key, '/');

    if (slash == NULL) {
        *name = key;
        return CLOUDIFY_DEFAULT_TENANT;
    }
    *name = slash + 1;
    return mem_strndup(mem, key, (size_t)(slash - key));
}

/* --- the cursor --- */

const char *states_cursor(const struct state_unit *unit)
{
    return json_string_or(unit->data, "ask", "");
}

bool states_at(const struct state_unit *unit, const char *ask)
{
    return strcmp(states_cursor(unit), ask) == 0;
}

void states_next(struct state_verdict *verdict, const void *mem, const char *ask)
{
    verdict->answer = STATE_AGAIN;
    json_set_string(state_data(verdict, mem), "ask", ask);
}

struct state_verdict *states_round_over(struct state_verdict *verdict,
                                        const struct state_unit *unit, const void *mem)
{
    if (states_cursor(unit)[0] != '\0') {
        json_set_null(state_data(verdict, mem), "ask");
    }
    return verdict;
}

void states_fail(struct state_verdict *verdict, enum ferry_code code, const char *hint)
{
    verdict->code = code;
    verdict->hint = hint;
}

/* --- answers --- */

static const char PASSWORD_HINT[] =
    "check manager.username and manager.password or manager.token (after the restore: "
    "manager.after_restore; on the old manager: from), then: ferry resume";
static const char PERMISSION_HINT[] =
    "check manager.tenant, and that manager.username is an administrator (sys_admin); on the old "
    "manager: from.tenant and from.username";

/* The third wrong password in a row blocks the run: one more may lock the account. */
static void denied(const struct state_unit *unit, const struct cloudify_answer *answer,
                   struct state_verdict *verdict, const void *mem)
{
    int64_t denials = json_int64_or(unit->data, "denied", 0) + 1;
    const char *text = cloudify_describe(mem, answer);

    if (denials < STATES_DENIALS_MAX) {
        json_set_int(state_data(verdict, mem), "denied", denials);
        state_say(verdict, mem, STATE_CANNOT_TELL, "the manager refuses the password: %s", text);
        verdict->wait_ms = 5 * STATES_SECOND_MS;
        return;
    }
    json_set_null(state_data(verdict, mem), "denied");
    state_say(verdict, mem, STATE_FOREIGN, "the manager refused the password %d times: %s",
              STATES_DENIALS_MAX, text);
    states_fail(verdict, FERRY_E_AUTH, PASSWORD_HINT);
}

static void read_one(const struct state_unit *unit, const struct http_reply *reply,
                     const struct cloudify_answer *answer, struct state_verdict *verdict,
                     const void *mem)
{
    states_round_over(verdict, unit, mem);
    if (reply->token_refused) { /* that was no try of the password, which comes next */
        state_say(verdict, mem, STATE_CANNOT_TELL, "%s", answer->message);
        verdict->wait_ms = 0;
    } else if (answer->kind == CLOUDIFY_DENIED) {
        denied(unit, answer, verdict, mem);
    } else if (answer->kind == CLOUDIFY_FORBIDDEN) {
        state_say(verdict, mem, STATE_FOREIGN, "the manager does not permit it: %s",
                  cloudify_describe(mem, answer));
        states_fail(verdict, FERRY_E_AUTH, PERMISSION_HINT);
    } else {
        state_say(verdict, mem, STATE_CANNOT_TELL, "%s", cloudify_describe(mem, answer));
    }
}

bool states_read(const struct state_unit *units, size_t n, const struct http_reply *reply,
                 struct cloudify_answer *answer, struct state_verdict *verdicts, const void *mem)
{
    cloudify_read(reply, answer);
    bool fine = answer->kind == CLOUDIFY_FINE || answer->kind == CLOUDIFY_MISSING;

    for (size_t i = 0; i < n; i++) {
        if (!fine) {
            read_one(&units[i], reply, answer, &verdicts[i], mem);
        } else if (json_int64_or(units[i].data, "denied", 0) > 0) {
            json_set_null(state_data(&verdicts[i], mem), "denied");
        }
    }
    return fine;
}

/* A 4xx (also of a proxy in between) never had an effect; 307 and 308 neither (RFC 9110). */
static bool is_refusal(const struct cloudify_answer *answer)
{
    return answer->kind == CLOUDIFY_MISSING || answer->kind == CLOUDIFY_REFUSED ||
           (answer->kind == CLOUDIFY_STRANGE && ((answer->status >= 400 && answer->status <= 499) ||
                                                 answer->status == 307 || answer->status == 308));
}

bool states_acted(const struct http_reply *reply, struct cloudify_answer *answer,
                  struct state_verdict *verdict, const void *mem)
{
    cloudify_read(reply, answer);
    if (answer->kind == CLOUDIFY_FINE || answer->kind == CLOUDIFY_ALREADY) {
        return true;
    }
    const char *text = cloudify_describe(mem, answer);

    if (reply->token_refused) { /* a 401 never had an effect */
        state_say(verdict, mem, STATE_RETRY, "%s", answer->message);
        verdict->wait_ms = 0;
    } else if (answer->kind == CLOUDIFY_DENIED) {
        state_say(verdict, mem, STATE_FOREIGN, "the manager refuses the password: %s", text);
        states_fail(verdict, FERRY_E_AUTH, PASSWORD_HINT);
    } else if (answer->kind == CLOUDIFY_FORBIDDEN) {
        state_say(verdict, mem, STATE_FOREIGN, "the manager does not permit it: %s", text);
        states_fail(verdict, FERRY_E_AUTH, PERMISSION_HINT);
    } else if (is_refusal(answer)) {
        state_say(verdict, mem, STATE_FAILED, "the manager refused: %s", text);
        states_fail(verdict, FERRY_E_FAILED, NULL);
    } else if (answer->kind == CLOUDIFY_BUSY || answer->kind == CLOUDIFY_MAINTENANCE) {
        state_say(verdict, mem, STATE_RETRY, "not now: %s", text);
    } else {
        state_say(verdict, mem, STATE_UNKNOWN, "%s", text);
    }
    return false;
}

void states_delete_later(const struct cloudify_answer *answer, int64_t wait_ms,
                         struct state_verdict *verdict, const void *mem)
{
    if (cloudify_is_error(answer, "snapshot_action_error")) {
        state_say(verdict, mem, STATE_RETRY, "%s", cloudify_describe(mem, answer));
        states_fail(verdict, FERRY_OK, NULL);
        verdict->wait_ms = wait_ms;
    }
}

void states_undo_refused(struct state_verdict *verdict, const char *what, const void *mem)
{
    if (verdict->answer == STATE_FAILED) {
        verdict->answer = STATE_FOREIGN;
        states_fail(verdict, FERRY_E_REFUSED,
                    mem_printf(mem,
                               "when the manager takes it: ferry cancel RUN again; to leave %s: "
                               "ferry cancel RUN --leave",
                               what));
    }
}

bool states_plan_read(const struct state_context *context, const struct http_reply *reply,
                      struct cloudify_answer *answer, struct state_verdict *verdict,
                      const void *mem)
{
    cloudify_read(reply, answer);
    if (answer->kind == CLOUDIFY_FINE || answer->kind == CLOUDIFY_MISSING) {
        return true;
    }
    const char *text = cloudify_describe(mem, answer);
    const char *key = states_site(context) == HTTP_SITE_OLD ? "from" : "manager";
    const char *url = states_manager_option(context, "url", "the URL");

    if (reply->token_refused) {
        state_plan_warning(context->plan, answer->message, "make a new token, or leave it out");
        verdict->answer = STATE_AGAIN; /* the same question */
        return false;
    }
    verdict->answer = STATE_DONE;
    if (answer->kind == CLOUDIFY_DENIED) {
        state_plan_blocker(context->plan, FERRY_E_AUTH,
                           mem_printf(mem, "the manager refuses user \"%s\": %s",
                                      states_manager_option(context, "username", ""), text),
                           mem_printf(mem, "check %s.username and %s.password", key, key));
    } else if (answer->kind == CLOUDIFY_FORBIDDEN) {
        state_plan_blocker(context->plan, FERRY_E_AUTH,
                           mem_printf(mem, "user \"%s\" may not do this in tenant \"%s\": %s",
                                      states_manager_option(context, "username", ""),
                                      states_manager_option(context, "tenant", ""), text),
                           PERMISSION_HINT);
    } else if (cloudify_is_error(answer, "SSL_REQUIRED")) {
        state_plan_blocker(context->plan, FERRY_E_CONFIG,
                           mem_printf(mem, "%s speaks https only", url),
                           mem_printf(mem, "write %s.url with https:// and its port", key));
    } else if (answer->kind == CLOUDIFY_STRANGE) {
        state_plan_blocker(
            context->plan, FERRY_E_PROTOCOL,
            mem_printf(mem, "%s does not answer like a Cloudify manager: %s", url, text),
            mem_printf(mem, "check %s.url: protocol, host and port, no path", key));
    } else if (answer->kind == CLOUDIFY_REFUSED || answer->kind == CLOUDIFY_CONFLICT) {
        bool licence = cloudify_is_error(answer, "missing_cloudify_license") ||
                       cloudify_is_error(answer, "expired_cloudify_license");

        state_plan_blocker(context->plan, FERRY_E_REFUSED,
                           mem_printf(mem, "the manager refused a question: %s", text),
                           licence ? "give the manager a license first: cfy license upload FILE"
                                   : NULL);
    } else {
        state_say(verdict, mem, STATE_CANNOT_TELL, "%s", text);
    }
    return false;
}
