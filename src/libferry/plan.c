/* The plan: what a run would do, as a document that can be kept and run later. */
#include <string.h>

#include "base/digest.h"
#include "base/timelocal.h"
#include "config/config.h"
#include "libferry/internal.h"
#include "states/states.h"

#define PLAN_SCHEMA 1 /* of the document: raised when a member changes its meaning */

/* --- the document --- */

/* Which manager it is, however it is reached. Its nodes tell more than an address does. */
static void identify(struct json *plan, const struct session *session)
{
    static const char *const from_facts[] = {"version", "edition", "nodes"};
    const struct json *facts = json_get(plan, "facts.manager");
    struct json *identity = json_set_object(plan, "identity");

    json_set_string(identity, "url", session->target);
    json_set_json(identity, "urls", json_get(session->options, "manager.nodes"));
    for (size_t i = 0; i < FERRY_COUNT(from_facts); i++) {
        json_set_json(identity, from_facts[i], json_member(facts, from_facts[i]));
    }
}

static void set_digest(struct json *into, const char *key, const struct json *of)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char hex[DIGEST_SHA256_HEX];
    char *text = json_print_canonical(scope, of);

    digest_sha256_hex(text, strlen(text), hex);
    json_set_string(into, key, hex);
}

/* Of each fact, of what would be done, and of all together. */
static void seal(struct json *plan)
{
    struct json *digests = json_set_object(plan, "digests");

    for (const struct json *fact = json_first(json_member(plan, "facts")); fact;
         fact = json_next(fact)) {
        set_digest(digests, json_key(fact), fact);
    }
    set_digest(digests, "options", json_member(plan, "options"));
    set_digest(digests, "steps", json_member(plan, "steps"));
    set_digest(plan, "digest", plan);
}

static enum ferry_code planned_time(struct clock *clock, const char *at, int64_t *ms,
                                    int *offset_minutes, struct ferry_error *err)
{

    if (at) {
        return timelocal_parse(at, ms, offset_minutes, err)
                   ? ferry_error_prefix(err, "the planned time")
                   : FERRY_OK;
    }
    *ms = clock->realtime_ms(clock);
    *offset_minutes = timelocal_offset(*ms);
    return FERRY_OK;
}

enum ferry_code plan_look(const void *ctx, struct session *session, const char *at,
                          struct json **plan, struct ferry_error *err)
{
    struct engine_options options = session->engine;
    struct clock *clock = session->ferry->clock;
    int64_t begin_ms;
    int offset_minutes;

    options.journal = NULL;
    if (planned_time(clock, at, &begin_ms, &offset_minutes, err) ||
        engine_plan(ctx, &options, session->options, session->facts, plan, err)) {
        return err->code;
    }
    json_set_string(*plan, "manager", session->target);
    json_set_string(*plan, "ferry", FERRY_VERSION);
    json_set_int(*plan, "schema", PLAN_SCHEMA);
    ferry_set_time(*plan, "made_at", clock->realtime_ms(clock));
    json_set_json(*plan, "archive", json_get(session->facts, "archive"));
    json_set_json(*plan, "options", session->options);
    identify(*plan, session);
    if (options.workflow != &workflow_backup) {
        plan_forecast(*plan, session, begin_ms, offset_minutes);
    }
    seal(*plan);
    return FERRY_OK;
}

/* --- a plan that was kept --- */

static enum ferry_code again(const char *file, enum ferry_code code, struct ferry_error *err)
{
    ferry_error_hint(err, "make a new plan: ferry plan FILE.yaml -o %s", file);
    return code;
}

/* Is it a plan of this ferry, as it was made? */
static enum ferry_code check_saved(const char *file, const struct json *saved,
                                   struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *version = json_string_or(saved, "ferry", "another version");
    const char *told = json_string_or(saved, "digest", NULL);
    struct json *rest = json_copy(scope, saved);

    if (json_int64_or(saved, "schema", 0) != PLAN_SCHEMA || strcmp(version, FERRY_VERSION) != 0 ||
        !told) {
        ferry_fail(err, FERRY_E_STALE, "%s was made by ferry %s, and this is ferry " FERRY_VERSION,
                   file, version);
        return again(file, FERRY_E_STALE, err);
    }
    json_remove(rest, "digest");
    set_digest(rest, "digest", rest);
    if (strcmp(json_string_or(rest, "digest", ""), told) != 0) {
        ferry_fail(err, FERRY_E_CONFIG,
                   "%s was changed after it was made: its SHA-256 is %.12s..., not %.12s...", file,
                   json_string_or(rest, "digest", ""), told);
        return again(file, FERRY_E_CONFIG, err);
    }
    return FERRY_OK;
}

static void warn(struct ferry *ferry, const char *step, const char *text)
{
    struct ferry_event event = {.at_ms = ferry->clock->realtime_ms(ferry->clock),
                                .kind = "warning",
                                .run = "",
                                .step = step,
                                .text = text};

    if (ferry->o.on_event) {
        ferry->o.on_event(ferry->o.arg, &event);
    }
}

/* A manager that nobody named: the operator must see which one it is. */
static void tell_active(struct ferry *ferry, const char *profile, const struct json *options)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    warn(ferry, NULL,
         mem_printf(scope,
                    "no manager was named: taken from cfy's active profile '%s', %s; --manager URL "
                    "or --profile NAME names another",
                    profile, json_string_or(options, "manager.url", "?")));
}

enum ferry_code plan_source(const void *ctx, struct ferry *ferry, const struct ferry_source *source,
                            struct json **options, struct json **saved, struct ferry_error *err)
{
    const char *active = NULL;
    struct config_source from = {.active = &active};

    *saved = NULL;
    if (source) {
        from = (struct config_source){.file = source->file,
                                      .settings = source->settings,
                                      .setting_count = source->setting_count,
                                      .workflow = source->workflow,
                                      .active = &active};
    }
    if (config_load(ctx, &from, options, err)) {
        return err->code;
    }
    if (active) {
        tell_active(ferry, active, *options);
    }
    from_name(ferry, *options);
    if (!from.file || !config_is_plan(from.file)) {
        return FERRY_OK;
    }
    return config_plan_read(ctx, from.file, saved, err) ? err->code
                                                        : check_saved(from.file, *saved, err);
}

/* --- for those who run it --- */

enum ferry_code plan_blocked(const struct json *plan, struct ferry_error *err)
{
    const char *code_name = json_string_or(plan, "code", "");
    enum ferry_code code = FERRY_E_REFUSED;
    const struct json *row = json_first(json_get(plan, "findings"));

    while (row && strcmp(json_string_or(row, "kind", ""), "blocker") != 0) {
        row = json_next(row);
    }
    for (int i = 0; i < FERRY_CODE_COUNT; i++) {
        if (strcmp(ferry_code_name((enum ferry_code)i), code_name) == 0) {
            code = (enum ferry_code)i;
        }
    }
    ferry_fail(err, code, "%s", json_string_or(row, "text", "something stands in the way"));
    ferry_error_hint(err, "%s", json_string_or(row, "hint", "ferry plan shows all of it"));
    return code;
}

void plan_warn(struct session *session, const char *step, const char *text)
{
    warn(session->ferry, step, text);
}

/* A run that looks twice tells only what is new the second time. */
static void warn_once(struct session *session, const char *step, const char *text)
{
    if (!session->warned) {
        session->warned = json_array(session);
    }
    for (const struct json *at = json_first(session->warned); at; at = json_next(at)) {
        if (strcmp(json_text(at), text) == 0) {
            return;
        }
    }
    json_push_string(session->warned, text);
    plan_warn(session, step, text);
}

void plan_tell_warnings(struct session *session, const struct json *plan)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *untold = NULL; /* of what cannot be told, the names are enough */

    for (const struct json *row = json_first(json_get(plan, "findings")); row;
         row = json_next(row)) {
        const char *hint = json_string_or(row, "hint", NULL);
        const char *text = json_string_or(row, "text", "");

        if (strcmp(json_string_or(row, "kind", ""), "warning") != 0) {
            continue;
        }
        if (strcmp(json_string_or(row, "verdict", ""), "cannot_tell") == 0) {
            untold = mem_printf(scope, "%s%s%s", untold ? untold : "", untold ? ", " : "",
                                json_string_or(row, "check", "?"));
        } else {
            warn_once(session, json_string_or(row, "step", NULL),
                      hint ? mem_printf(scope, "%s; %s", text, hint) : text);
        }
    }
    if (untold) {
        warn_once(session, NULL,
                  mem_printf(scope, "checks that cannot tell: %s; ferry plan says why", untold));
    }
}

enum ferry_code ferry_plan(struct ferry *ferry, const struct ferry_source *source,
                           const struct ferry_plan_options *options, char **plan,
                           struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error own = {0};
    struct json *config = NULL, *saved = NULL, *document = NULL;
    struct session *session = NULL;
    const char *at = options ? options->at : NULL;
    int64_t begin_ms;
    int offset_minutes;

    err = err ? err : &own;
    if (planned_time(ferry->clock, at, &begin_ms, &offset_minutes, err)) {
        return err->code; /* before an archive is read, which may take minutes */
    }
    if (plan_source(scope, ferry, source, &config, &saved, err) ||
        session_open(scope, ferry, config, NULL, &session, err) ||
        session_local_facts(scope, session, true, err) ||
        plan_look(scope, session, at, &document, err)) {
        return err->code;
    }
    *plan = ferry_text(json_print_canonical(scope, document));
    return FERRY_OK;
}
