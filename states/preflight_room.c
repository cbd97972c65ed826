/* Disks, and how much a manager serves. No question: no manager tells how full its disk is. */
#include "base/mem.h"
#include "base/timefmt.h"
#include "states/preflight.h"

#define RATE_OF_7 10       /* requests a second that nginx serves (facts 1.0) */
#define RATE_RECOMMENDED 5 /* the same place */

static void check_rate(const struct state_context *context, const void *mem)
{
    double rate = json_double_or(context->options, "limits.requests_per_second", RATE_RECOMMENDED);
    const char *next = "set limits.requests_per_second to 5 or less";

    if (!states_caps(context)->rate_limited) {
        preflight_say(context, mem, "rate_limit", STATE_CHECK_OK, NULL,
                      "managers before 7.0 set no limit; ferry asks at most %g times a second",
                      rate);
    } else if (rate <= RATE_RECOMMENDED) {
        preflight_say(context, mem, "rate_limit", STATE_CHECK_OK, NULL,
                      "the manager serves %d requests a second, ferry sends at most %g", RATE_OF_7,
                      rate);
    } else {
        preflight_say(context, mem, "rate_limit", STATE_CHECK_WARNING, next,
                      "the manager serves %d requests a second to all its clients together, and "
                      "ferry may send %g",
                      RATE_OF_7, rate);
    }
}

/* The archive lies in the file server's folder and is unpacked into /tmp (facts 2.1). Wagons do not
   grow by that, a dump does: the one that was measured to 13 times its size (facts 5.3). */
#define UNPACKED_TIMES 13

static void check_manager(const struct state_context *context, const void *mem)
{
    int64_t size = json_int64_or(context->facts, "archive.size", -1);

    if (size < 0) {
        preflight_say_unseen(context, mem, "manager_disk");
        return;
    }
    preflight_say(context, mem, "manager_disk", STATE_CHECK_CANNOT_TELL,
                  mem_printf(mem,
                             "df -h /opt/manager/resources /tmp on the manager: %s and %s must be "
                             "free",
                             timefmt_bytes(mem, size), timefmt_bytes(mem, size * UNPACKED_TIMES)),
                  "managers do not tell how full their disks are; the archive takes %s, unpacked "
                  "up to %s",
                  timefmt_bytes(mem, size), timefmt_bytes(mem, size * UNPACKED_TIMES));
}

/* Measured: a run over 3,000 deployments leaves a journal of 1.0 MB, 320 bytes for each. Three
   times that for tries that fail, and 16 MiB for the write-ahead log and all that is there once. A
   journal that finds no room stops the run, which goes on when there is some: no reason to refuse
   it. */
#define JOURNAL_PER_DEPLOYMENT ((int64_t)1000)
#define JOURNAL_LEAST ((int64_t)16 * 1024 * 1024)

static void check_local(const struct state_context *context, const void *mem)
{
    const char *folder = json_string_or(context->facts, "local.journal_folder", "?");
    int64_t free_bytes = json_int64_or(context->facts, "local.journal_free", -1);
    int64_t deployments = states_archive_count(context, "deployments");
    int64_t wanted = JOURNAL_LEAST + (deployments > 0 ? deployments * JOURNAL_PER_DEPLOYMENT : 0);

    if (free_bytes < 0) {
        preflight_say(context, mem, "local_disk", STATE_CHECK_CANNOT_TELL,
                      mem_printf(mem, "see that %s is free there", timefmt_bytes(mem, wanted)),
                      "how much is free in %s cannot be found out", folder);
    } else if (free_bytes < wanted) {
        preflight_say(context, mem, "local_disk", STATE_CHECK_WARNING,
                      "make room, or put the journal elsewhere (--journal FILE)",
                      "%s is free in %s; the journal may grow to %s",
                      timefmt_bytes(mem, free_bytes), folder, timefmt_bytes(mem, wanted));
    } else {
        preflight_say(context, mem, "local_disk", STATE_CHECK_OK, NULL,
                      "%s or more is free in %s, the journal wants at most %s",
                      timefmt_bytes(mem, free_bytes), folder, timefmt_bytes(mem, wanted));
    }
}

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    (void)units, (void)n, (void)request;
    if (preflight_can_ask(context, verdicts)) {
        check_manager(context, mem);
        check_local(context, mem);
        check_rate(context, mem);
        verdicts->answer = STATE_DONE;
    }
    return false;
}

const struct ferry_state preflight_room = {
    .name = "preflight_room",
    .summary = "looks at disks and at the rate of requests",
    .plan = {.ask = ask},
};
