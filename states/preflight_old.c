/*
 * The manager that the snapshot comes from. New agents are installed by way of its broker (facts
 * 3.2 no. 3), so it must live until the last agent has moved; and what is dead there now will fail
 * then. Questions: version, brokers, a knock at the first of them, agents, validations, and whether
 * it is in maintenance, by which the forecast knows what its schedules will do.
 *
 * A manager that refuses our password is asked no more: three further questions could lock it.
 */
#include "states/preflight_old.h"

#include <string.h>

#include "base/mem.h"

#define OLD "old_manager"
#define BROKER "old_broker"
#define BROKER_PORT "5671" /* RabbitMQ with TLS, as agents use it (contract/01: brokers) */

struct cloudify_caller preflight_old_caller(const struct state_context *context)
{
    const struct cloudify_caps *caps = preflight_old_caps(context);

    return (struct cloudify_caller){
        .who = HTTP_AS_BEFORE,
        .tenant = json_string_or(context->options, "old_manager.tenant", CLOUDIFY_DEFAULT_TENANT),
        .bypass = caps != NULL && caps->bypass_maintenance,
        .site = HTTP_SITE_OLD};
}

const struct cloudify_caps *preflight_old_caps(const struct state_context *context)
{
    const char *version = json_string_or(context->facts, "old_manager.version", NULL);

    return version == NULL ? NULL : cloudify_caps_for(version);
}

static const char *old_url(const struct state_context *context)
{
    return json_string_or(context->options, "old_manager.url", "?");
}

/* --- where its broker is --- */

/* "https://host:443" as "host"; a host of IPv6 stays in its brackets. */
static const char *host_of(const char *url, const void *mem)
{
    const char *host = strstr(url, "://");
    size_t length;

    host = host == NULL ? url : host + 3;
    length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    return mem_strndup(mem, host, length);
}

static const char *with_port(const char *address, const void *mem)
{
    const char *after = address[0] == '[' ? strchr(address, ']') : address;

    if (after != NULL && strchr(after, ':') != NULL) {
        return address;
    }
    return mem_printf(mem, "%s:" BROKER_PORT, address);
}

static const char *broker_of(const struct state_context *context, const struct state_unit *unit,
                             const void *mem)
{
    const char *given = json_string_or(context->options, "old_manager.broker", NULL);
    const char *told = json_string_or(unit->data, "broker", NULL);

    return with_port(given != NULL  ? given
                     : told != NULL ? told
                                    : host_of(old_url(context), mem),
                     mem);
}

/* The manager's own broker is named by an address that holds on that machine alone. */
static const char *told_broker(const struct json *brokers)
{
    const char *host = cloudify_text(json_first(brokers), "host", NULL);
    bool is_own = host == NULL || strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
                  strcmp(host, "::1") == 0;

    return is_own ? NULL : host;
}

/* --- asking --- */

static bool not_configured(const struct state_context *context, struct state_verdict *verdict,
                           const void *mem)
{
    static const char next[] = "give from (url, username, password) while that manager still runs";

    if (json_is_object(json_get(context->options, "old_manager"))) {
        return false;
    }
    verdict->answer = STATE_DONE;
    preflight_say(context, mem, OLD, STATE_CHECK_CANNOT_TELL, next,
                  "no old manager is configured: nobody has asked it");
    preflight_say(context, mem, BROKER, STATE_CHECK_CANNOT_TELL, next,
                  "no old manager is configured: nobody has knocked at its broker");
    preflight_no_agents(context, mem, "no old manager is configured", next);
    return true;
}

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = preflight_old_caller(context);

    (void)n;
    if (!preflight_can_ask(context, verdicts) || not_configured(context, verdicts, mem)) {
        return false;
    }
    states_request(request, mem);
    if (states_at(units, "brokers")) {
        cloudify_ask_list(*request, &caller, &(struct cloudify_list){.resource = "brokers"});
    } else if (states_at(units, "knock")) {
        (*request)->site = HTTP_SITE_OLD;
        (*request)->knock = mem_strdup(*request, broker_of(context, units, mem));
    } else if (states_at(units, "agents")) {
        preflight_ask_agents(context, *request);
    } else if (states_at(units, "validation")) {
        preflight_ask_validation(context, *request);
    } else if (states_at(units, "mode")) {
        cloudify_ask_maintenance(*request, &caller);
    } else {
        cloudify_ask_version(*request, &caller);
    }
    return true;
}

/* --- who it is --- */

/* A snapshot that is to be taken there cannot be done without it; what else it could tell can. */
static void unreached(const struct state_context *context, enum ferry_code code, const char *why,
                      const void *mem)
{
    static const char next[] = "it must run until the last agent has moved: start it, or mend "
                               "from.url, from.username and from.password";

    if (preflight_to_come(context)) {
        state_plan_stops(context->plan, OLD, code,
                         mem_printf(mem, "the old manager cannot be asked: %s", why), next);
        return;
    }
    preflight_say(context, mem, OLD, STATE_CHECK_WARNING, next,
                  "the old manager cannot be asked: %s", why);
    preflight_no_agents(context, mem, "the old manager cannot be asked", next);
}

/* facts 2.4: what premium managers have, community ones cannot hold. */
static void check_edition(const struct state_context *context, const char *edition, const void *mem)
{
    if (strcmp(edition, "premium") == 0 &&
        strcmp(json_string_or(context->facts, "manager.edition", ""), "community") == 0) {
        preflight_say(context, mem, "edition", STATE_CHECK_STOPS,
                      "restore on a premium manager: from premium to community is not supported",
                      "the old manager is premium, the new one community");
    }
}

static void check_version(const struct state_context *context, const char *version,
                          const char *edition, const void *mem)
{
    const char *made_by = json_string_or(context->facts, "archive.version", NULL);
    int order = 0;

    check_edition(context, edition, mem);
    if (made_by != NULL && cloudify_version_compare_text(version, made_by, &order) && order != 0) {
        preflight_say(context, mem, OLD, STATE_CHECK_WARNING,
                      "is it the right manager, and the right archive?",
                      "the old manager is %s, but the archive was made by %s", version, made_by);
        return;
    }
    preflight_say(context, mem, OLD, STATE_CHECK_OK, NULL, "the old manager answers: %s, %s%s",
                  version, edition, made_by == NULL ? "" : ", as the archive says");
}

static void judge_version(const struct state_context *context, const struct http_reply *reply,
                          struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;
    const char *version = NULL;

    cloudify_read(reply, &answer);
    if (reply->outcome == HTTP_ANSWERED && answer.kind == CLOUDIFY_FINE) {
        version = cloudify_text(answer.document, "version", NULL);
    }
    if (version == NULL) {
        if (reply->outcome != HTTP_ANSWERED) {
            unreached(context, reply->code, reply->error, mem);
        } else {
            unreached(context, answer.kind == CLOUDIFY_DENIED ? FERRY_E_AUTH : FERRY_E_PROTOCOL,
                      cloudify_describe(mem, &answer), mem);
        }
        states_next(verdict, mem, "knock"); /* its broker may live all the same */
        return;
    }
    struct json *old = json_set_object(state_facts(verdict, mem), "old_manager");
    const struct cloudify_caps *caps = cloudify_caps_for(version);
    bool asks_brokers = caps != NULL && caps->cluster_status &&
                        json_string_or(context->options, "old_manager.broker", NULL) == NULL;

    json_set_string(old, "version", version);
    json_set_string(old, "edition", cloudify_text(answer.document, "edition", "?"));
    check_version(context, version, cloudify_text(answer.document, "edition", "?"), mem);
    states_next(verdict, mem, asks_brokers ? "brokers" : "knock");
}

/* --- its broker --- */

static void judge_knock(const struct state_context *context, const struct state_unit *unit,
                        const struct http_reply *reply, struct state_verdict *verdict,
                        const void *mem)
{
    const char *broker = broker_of(context, unit, mem);

    verdict->answer = STATE_DONE;
    if (reply->outcome == HTTP_ANSWERED) {
        preflight_say(context, mem, BROKER, STATE_CHECK_OK, NULL,
                      "%s takes connections from here; what counts is that it does from the new "
                      "manager",
                      broker);
    } else {
        preflight_say(context, mem, BROKER, STATE_CHECK_WARNING,
                      "open the way from the new manager to it, or name it in from.broker: "
                      "new agents are installed by way of it",
                      "the old broker does not answer: %s", reply->error);
    }
    if (preflight_old_caps(context) != NULL) {
        states_next(verdict, mem, "agents");
    }
}

/* Merged over what is known: facts of a plan are objects. */
static void note_mode(const struct cloudify_answer *answer, struct state_verdict *verdict,
                      const void *mem)
{
    if (answer->kind == CLOUDIFY_FINE) {
        json_set_string(json_set_object(state_facts(verdict, mem), "old_manager"), "maintenance",
                        cloudify_text(answer->document, "status", NULL));
    }
}

static void judge(const struct state_context *context, const struct state_unit *units, size_t n,
                  const struct http_reply *reply, struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;

    (void)n;
    cloudify_read(reply, &answer);
    verdict->answer = reply->token_refused ? STATE_AGAIN : STATE_DONE; /* with its password now */
    if (reply->token_refused) {
        return;
    }
    if (states_at(units, "knock")) {
        judge_knock(context, units, reply, verdict, mem);
    } else if (states_at(units, "brokers")) {
        json_set_string(state_data(verdict, mem), "broker",
                        told_broker(cloudify_items(answer.document)));
        states_next(verdict, mem, "knock");
    } else if (states_at(units, "agents")) {
        if (!preflight_judge_agents(context, &answer, verdict, mem)) {
            states_next(verdict, mem, "validation");
        }
    } else if (states_at(units, "validation")) {
        preflight_judge_validation(context, &answer, mem);
        states_next(verdict, mem, "mode");
    } else if (states_at(units, "mode")) {
        note_mode(&answer, verdict, mem);
    } else {
        judge_version(context, reply, verdict, mem);
    }
}

const struct ferry_state preflight_old = {
    .name = "preflight_old",
    .summary = "asks the old manager, its broker and its agents",
    .plan = {.ask = ask, .judge = judge, .judges_silence = true},
};
