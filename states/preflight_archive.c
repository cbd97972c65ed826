/*
 * What the archive alone tells, held against the manager's version. No question. Of an archive that
 * is yet to be taken on the old manager, that one's version and the options tell the half of it.
 */
#include <string.h>

#include "base/mem.h"
#include "states/preflight.h"

static const char *version(const struct state_context *context)
{
    return json_string_or(context->facts, "manager.version", "?");
}

static const char *made_by(const struct state_context *context)
{
    return json_string_or(context->facts, "archive.version",
                          json_string_or(context->facts, "old_manager.version", "?"));
}

/* What the old manager will make (facts 10.1 and 10.3). */
static const char *format_to_come(const struct state_context *context)
{
    const struct cloudify_caps *caps = cloudify_caps_for(made_by(context));
    const char *edition = json_string_or(context->facts, "old_manager.edition", "");

    if (caps == NULL || !caps->legacy_flag) {
        return "legacy";
    }
    if (!json_bool_or(context->options, "backup.legacy", true)) {
        return "new";
    }
    return strcmp(edition, "community") == 0 ? "community-legacy" : "legacy";
}

static const char *format(const struct state_context *context)
{
    return preflight_unseen(context) ? format_to_come(context) : states_archive_format(context);
}

static bool is_format(const struct state_context *context, const char *name)
{
    return strcmp(format(context), name) == 0;
}

static void check_format(const struct state_context *context, const void *mem)
{
    bool reads_new = states_caps(context)->legacy_flag;

    /* below 7.0 it is an ordinary dump; 7.x takes it for the new format (facts 10.3) */
    if (is_format(context, "community-legacy") && reads_new) {
        preflight_say(context, mem, "archive_format", STATE_CHECK_STOPS,
                      "make the snapshot in the new format, or restore on a manager before 7.0",
                      "a legacy snapshot of a community manager: %s would restore nothing of it "
                      "and still report success",
                      version(context));
    } else if (is_format(context, "new") && !reads_new) {
        preflight_say(context, mem, "archive_format", STATE_CHECK_STOPS,
                      "make the snapshot with --legacy, or restore on a newer manager",
                      "the archive has the format of 7.0, manager %s cannot read it",
                      version(context));
    } else {
        preflight_say(context, mem, "archive_format", STATE_CHECK_OK, NULL,
                      "format %s, which manager %s reads", format(context), version(context));
    }
}

static void check_version(const struct state_context *context, const void *mem)
{
    struct ferry_error err = {0};
    int order = 0;

    if (is_format(context, "new")) { /* which a manager restores without a look at it (facts 2.5) */
        if (cloudify_version_compare_text(made_by(context), version(context), &order) &&
            order > 0) {
            preflight_say(context, mem, "archive_version", STATE_CHECK_STOPS,
                          "restore on a manager of the snapshot's version or a newer one",
                          "the archive was made by %s, which is newer than manager %s",
                          made_by(context), version(context));
            return;
        }
    } else if (cloudify_restore_allowed(version(context), made_by(context), &err) != FERRY_OK) {
        preflight_say(context, mem, "archive_version", STATE_CHECK_STOPS,
                      err.hint[0] == '\0' ? "make the snapshot anew" : err.hint, "%s", err.message);
        return;
    }
    preflight_say(context, mem, "archive_version", STATE_CHECK_OK, NULL,
                  "made by %s, which manager %s takes", made_by(context), version(context));
}

static void check_tested(const struct state_context *context, const void *mem)
{
    const char *hops = cloudify_tested_hops(mem, version(context), made_by(context));

    if (cloudify_restore_tested(version(context), made_by(context))) {
        preflight_say(context, mem, "tested_source", STATE_CHECK_OK, NULL,
                      "the makers tested a restore of %s on %s", made_by(context),
                      version(context));
        return;
    }
    preflight_say(
        context, mem, "tested_source", STATE_CHECK_WARNING,
        hops == NULL ? "try it on a spare manager first: no row of tested versions leads there"
                     : mem_printf(mem,
                                  "try it on a spare manager first, or stop at %s on the way: "
                                  "each of these restores was tested",
                                  hops),
        "a restore of %s on %s was not tested by the makers of Cloudify (tested: %s)",
        made_by(context), version(context), cloudify_tested_sources(mem, version(context)));
}

/* facts 1.6: a community manager has one tenant; what an old one has of them it cannot manage. */
static void check_edition(const struct state_context *context, const void *mem)
{
    const char *edition = json_string_or(context->facts, "manager.edition", "?");
    int64_t tenants = states_archive_count(context, "tenants");
    bool premium = strcmp(edition, "premium") == 0;

    if (!premium && tenants > 1) {
        preflight_say(context, mem, "edition", STATE_CHECK_WARNING,
                      "restore on a premium manager: from premium to community is not supported",
                      "the archive holds %lld tenants, as premium managers have; this one is %s",
                      (long long)tenants, edition);
    } else {
        preflight_say(context, mem, "edition", STATE_CHECK_OK, NULL,
                      "%s manager, %lld tenant%s in the archive", edition, (long long)tenants,
                      tenants == 1 ? "" : "s");
    }
}

/* facts 3.2: a host that is not started fails the new agents of its whole deployment. */
static void check_hosts(const struct state_context *context, const void *mem)
{
    int64_t hosts = states_archive_count(context, "hosts");
    int64_t standing = states_archive_count(context, "hosts_not_started");

    if (standing > 0) {
        preflight_say(context, mem, "hosts_started", STATE_CHECK_WARNING,
                      "start or remove them on the old manager before the snapshot, or leave their "
                      "deployments out (agents.deployments)",
                      "%lld of %lld hosts in the archive are not started: each fails the new "
                      "agents of its deployment",
                      (long long)standing, (long long)hosts);
    } else if (standing < 0) {
        preflight_say(context, mem, "hosts_started", STATE_CHECK_CANNOT_TELL,
                      "look at the node instances on the old manager",
                      "the archive does not tell which hosts are started");
    } else {
        preflight_say(context, mem, "hosts_started", STATE_CHECK_OK, NULL,
                      "all %lld hosts in the archive are started", (long long)hosts);
    }
}

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    static const char *const told[] = {"archive_format", "archive_version", "tested_source"};
    static const char *const seen[] = {"edition", "hosts_started"};
    bool unseen = preflight_unseen(context);
    bool to_come = unseen && preflight_to_come(context) &&
                   json_get(context->facts, "old_manager.version") != NULL;

    (void)units, (void)n, (void)request;
    if (!preflight_can_ask(context, verdicts)) {
        return false;
    }
    verdicts->answer = STATE_DONE;
    for (size_t i = 0; i < FERRY_COUNT(told) && unseen && !to_come; i++) {
        preflight_say_unseen(context, mem, told[i]);
    }
    for (size_t i = 0; i < FERRY_COUNT(seen) && unseen; i++) {
        preflight_say_unseen(context, mem, seen[i]);
    }
    if (to_come || !unseen) {
        check_format(context, mem);
        check_version(context, mem);
        check_tested(context, mem);
    }
    if (!unseen) {
        check_edition(context, mem);
        check_hosts(context, mem);
    }
    return false;
}

const struct ferry_state preflight_archive = {
    .name = "preflight_archive",
    .summary = "holds the archive against the manager's version",
    .plan = {.ask = ask},
};
