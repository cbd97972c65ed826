/*
 * The one question that all others stand on: /version. Its answer also tells whether we are let in,
 * how far the manager's clock is from ours, and how long its certificate holds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/preflight.h"

#define DAY_MS (24 * STATES_HOUR_MS)
#define CERTIFICATE_SOON_MS (30 * DAY_MS)
/* Schedules are skipped a minute after their time (facts 2.8): half of that. */
#define CLOCK_APART_MS (30 * STATES_SECOND_MS)

static const char *url(const struct state_context *context)
{
    return json_string_or(context->options, "manager.url", "");
}

static bool is_https(const struct state_context *context)
{
    return strncmp(url(context), "https://", 8) == 0;
}

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)units, (void)n, (void)verdicts;
    states_request(request, mem)->wants_certificate = is_https(context);
    cloudify_ask_version(*request, &caller);
    return true;
}

/* --- its clock --- */

/* Rounded up: a Date tells no more, and the same manager is to be described by the same words. */
static const char *whole_seconds(int64_t ms, const void *mem)
{
    return timefmt_duration(mem, (ms + STATES_SECOND_MS - 1) / STATES_SECOND_MS * STATES_SECOND_MS);
}

/* A Date has no fraction, so the manager's time lay in the second from it on. Where in the exchange
   it was taken is not known either: the whole round trip is doubt. */
static void check_clock(const struct state_context *context, const struct http_reply *reply,
                        const void *mem)
{
    int64_t doubt_ms = reply->took_ms / 2 + STATES_SECOND_MS / 2;
    int64_t ahead_ms =
        reply->date_ms + STATES_SECOND_MS / 2 - (context->now_ms - reply->took_ms / 2);
    int64_t apart_ms = llabs(ahead_ms);
    const char *way = ahead_ms < 0 ? "behind" : "ahead of";

    if (reply->date_ms < 0) {
        preflight_say(context, mem, "clock", STATE_CHECK_CANNOT_TELL,
                      "compare the output of date on both machines",
                      "the manager's answers carry no Date");
        return;
    }
    if (apart_ms <= doubt_ms) {
        preflight_say(context, mem, "clock", STATE_CHECK_OK, NULL,
                      "the manager's clock agrees with ours to %s", whole_seconds(doubt_ms, mem));
    } else if (apart_ms - doubt_ms <= CLOCK_APART_MS) {
        preflight_say(context, mem, "clock", STATE_CHECK_OK, NULL,
                      "the manager's clock is %s %s ours, to %s", whole_seconds(apart_ms, mem), way,
                      whole_seconds(doubt_ms, mem));
    } else {
        preflight_say(context, mem, "clock", STATE_CHECK_WARNING,
                      "set both clocks by NTP: schedules, tokens and certificates go by them",
                      "the manager's clock is %s %s ours", whole_seconds(apart_ms, mem), way);
    }
}

/* --- the way to it --- */

static bool is_this_machine(const struct state_context *context)
{
    static const char *const names[] = {"http://127.", "http://localhost", "http://[::1]"};

    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        if (strncmp(url(context), names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void check_tls(const struct state_context *context, const struct http_reply *reply,
                      struct json *manager, const void *mem)
{
    const char *ca = states_option(context, "manager.ca");
    int64_t left_ms = reply->cert_until_ms - context->now_ms;

    if (!is_https(context) && is_this_machine(context)) {
        preflight_say(context, mem, "tls", STATE_CHECK_OK, NULL,
                      "plain http, but it does not leave this machine");
    } else if (!is_https(context)) {
        preflight_say(context, mem, "tls", STATE_CHECK_WARNING,
                      "use https:// and manager.ca, if the manager offers it",
                      "plain http: passwords and the archive can be read on the way");
    } else if (reply->cert_until_ms < 0) {
        preflight_say(context, mem, "tls", STATE_CHECK_CANNOT_TELL,
                      "openssl s_client -connect HOST:443 shows until when it holds",
                      "https, believed by %s; until when the certificate holds is not told",
                      ca == NULL ? "the system's CAs" : ca);
    } else {
        const char *until = timefmt_utc(mem, reply->cert_until_ms);

        json_set_int(manager, "tls_until_ms", reply->cert_until_ms);
        preflight_say(context, mem, "tls",
                      left_ms < CERTIFICATE_SOON_MS ? STATE_CHECK_WARNING : STATE_CHECK_OK,
                      left_ms < CERTIFICATE_SOON_MS
                          ? "renew the manager's certificate before the upgrade"
                          : NULL,
                      "https, believed by %s; the certificate holds until %.10s",
                      ca == NULL ? "the system's CAs" : ca, until);
    }
}

/* --- which manager it is --- */

static void check_version(const struct state_context *context, const char *version,
                          const struct cloudify_answer *answer, const void *mem)
{
    const char *newer = cloudify_version_warning(mem, version);

    preflight_say(context, mem, "manager_version",
                  newer == NULL ? STATE_CHECK_OK : STATE_CHECK_WARNING,
                  newer == NULL ? NULL : "try the upgrade on a spare manager first", "%s",
                  newer != NULL ? newer
                                : mem_printf(mem, "manager %s, %s edition, on %s", version,
                                             cloudify_text(answer->document, "edition", "?"),
                                             cloudify_text(answer->document, "distribution", "?")));
    if (cloudify_caps_for(version)->broker_redelivers_after_30_min) {
        preflight_say(context, mem, "redelivery", STATE_CHECK_WARNING,
                      "update the manager to 6.4.2 first",
                      "this version may run a restore of over 30 minutes a second time");
    } else {
        preflight_say(context, mem, "redelivery", STATE_CHECK_OK, NULL,
                      "the broker of %s does not deliver long workflows again", version);
    }
}

static void note_manager(const struct cloudify_answer *answer, struct json *manager)
{
    json_set_string(manager, "version", cloudify_text(answer->document, "version", NULL));
    json_set_string(manager, "edition", cloudify_text(answer->document, "edition", "?"));
    json_set_string(manager, "distribution", cloudify_text(answer->document, "distribution", NULL));
}

static void judge(const struct state_context *context, const struct state_unit *units, size_t n,
                  const struct http_reply *reply, struct state_verdict *verdict, const void *mem)
{
    const struct cloudify_caps *caps = NULL;
    struct ferry_error err = {0};
    struct cloudify_answer answer;
    const char *version;

    (void)units, (void)n;
    if (!states_plan_read(context, reply, &answer, verdict, mem)) {
        return;
    }
    version = cloudify_text(answer.document, "version", NULL);
    verdict->answer = STATE_DONE;
    if (version == NULL) {
        state_plan_blocker(context->plan, FERRY_E_PROTOCOL,
                           mem_printf(mem,
                                      "%s does not answer like a Cloudify manager: no version "
                                      "(HTTP %d)",
                                      url(context), answer.status),
                           "check manager.url: protocol, host and port, no path");
    } else if (cloudify_caps_find(version, &caps, &err) == FERRY_E_REFUSED) {
        state_plan_check(context->plan, "manager_version", STATE_CHECK_STOPS, err.message,
                         err.hint);
    } else if (caps == NULL) {
        state_plan_blocker(context->plan, err.code, err.message, err.hint);
    } else {
        struct json *manager = json_set_object(state_facts(verdict, mem), "manager");

        note_manager(&answer, manager);
        check_version(context, version, &answer, mem);
        check_clock(context, reply, mem);
        check_tls(context, reply, manager, mem);
    }
}

const struct ferry_state preflight_manager = {
    .name = "preflight_manager",
    .summary = "asks the manager who it is",
    .plan = {.ask = ask, .judge = judge},
};
