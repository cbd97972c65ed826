/* Without a licence a premium manager refuses every snapshot request (facts 6 no. 14). */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/preflight.h"

#define NAME "licence"
#define SOON_MS (30 * 24 * STATES_HOUR_MS)
#define UPLOAD "upload the licence first: cfy license upload FILE"

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)units, (void)n;
    if (!preflight_can_ask(context, verdicts)) {
        return false;
    }
    if (strcmp(json_string_or(context->facts, "manager.edition", ""), "premium") != 0) {
        preflight_say(context, mem, NAME, STATE_CHECK_OK, NULL,
                      "a community manager needs no licence");
        verdicts->answer = STATE_DONE;
        return false;
    }
    cloudify_ask_license(states_request(request, mem), &caller);
    return true;
}

static void check(const struct state_context *context, const struct json *licence, const void *mem)
{
    const char *until = cloudify_text(licence, "expiration_date", NULL);
    const char *edition = cloudify_text(licence, "license_edition", "?");
    bool expired = json_bool_or(licence, "expired", false);
    int64_t until_ms = 0;
    bool ends = until != NULL && timefmt_parse_utc(until, &until_ms);

    if (expired || (ends && until_ms < context->now_ms)) {
        bool trial = json_bool_or(licence, "trial", false);

        preflight_say(context, mem, NAME, trial ? STATE_CHECK_STOPS : STATE_CHECK_WARNING,
                      "upload a new one: cfy license upload FILE",
                      "the manager's licence has expired%s%.10s%s", until == NULL ? "" : " (",
                      until == NULL ? "" : until, until == NULL ? "" : ")");
    } else if (ends && until_ms - context->now_ms < SOON_MS) {
        preflight_say(context, mem, NAME, STATE_CHECK_WARNING,
                      "have the next one at hand: cfy license upload FILE",
                      "the manager's licence (%s) ends in %lld days, on %.10s", edition,
                      (long long)((until_ms - context->now_ms) / (24 * STATES_HOUR_MS)), until);
    } else {
        preflight_say(context, mem, NAME, STATE_CHECK_OK, NULL, "licence %s, %s%.10s", edition,
                      until == NULL ? "without an end" : "until ", until == NULL ? "" : until);
    }
}

static void judge(const struct state_context *context, const struct state_unit *units, size_t n,
                  const struct http_reply *reply, struct state_verdict *verdict, const void *mem)
{
    const struct json *licence;
    struct cloudify_answer answer;

    (void)units, (void)n;
    cloudify_read(reply, &answer);
    if (cloudify_is_error(&answer, "missing_cloudify_license") ||
        cloudify_is_error(&answer, "expired_cloudify_license")) {
        verdict->answer = STATE_DONE;
        preflight_say(context, mem, NAME, STATE_CHECK_STOPS, UPLOAD,
                      "the manager refuses requests: %s", cloudify_describe(mem, &answer));
        return;
    }
    if (!preflight_read(context, NAME, reply, &answer, verdict, mem)) {
        return;
    }
    licence = json_first(cloudify_items(answer.document));
    if (licence == NULL) {
        preflight_say(context, mem, NAME, STATE_CHECK_STOPS, UPLOAD,
                      "the manager is premium and has no licence: it refuses snapshots");
    } else {
        check(context, licence, mem);
    }
}

const struct ferry_state preflight_licence = {
    .name = "preflight_licence",
    .summary = "asks for the licence of a premium manager",
    .plan = {.ask = ask, .judge = judge},
};
