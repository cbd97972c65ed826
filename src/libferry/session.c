/* What a run needs before its first turn: secrets, a connection behind the gate, local facts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/log.h"
#include "base/secret.h"
#include "cloudify/archive.h"
#include "config/config.h"
#include "config/secrets.h"
#include "engine/limits.h"
#include "http/client.h"
#include "http/trust.h"
#include "libferry/internal.h"
#include "local/local.h"
#include "states/states.h"

/* --- telling --- */

static void on_event(void *arg, const struct engine_event *event)
{
    struct ferry *ferry = arg;
    struct ferry_event out = {.id = event->id,
                              .at_ms = event->at_ms,
                              .kind = event->kind,
                              .run = ferry->run ? ferry->run : "",
                              .step = event->step,
                              .unit = event->unit,
                              .text = event->text,
                              .data = event->data,
                              .done = event->done,
                              .total = event->total,
                              .measure = event->measure};

    if (ferry->o.on_event) {
        ferry->o.on_event(ferry->o.arg, &out);
    }
    follow_event(ferry, event);
}

static void on_point(void *arg, enum engine_point point)
{
    struct ferry *ferry = arg;

    ferry->on_point(ferry->point_arg, point);
}

static void on_log(void *arg, enum log_level level, const char *line)
{
    struct ferry *ferry = arg;

    (void)level;
    ferry->o.on_log(ferry->o.arg, line);
}

/* --- the connection --- */

static bool never(void *arg, const char *intent_id)
{
    (void)arg;
    (void)intent_id;
    return false;
}

static bool permitted(void *arg, const char *intent_id)
{
#ifdef FERRY_MUTANT_INTENT_COMMIT
    (void)arg;
    return intent_id != NULL;
#else
    return journal_intent_is_open(arg, intent_id);
#endif
}

/* The secret that KEY.what says the place of; NULL when it says none. */
static enum ferry_code read_secret(const void *ctx, const struct json *user, const char *key,
                                   const char *what, const struct secret **out,
                                   struct ferry_error *err)
{
    const struct json *reference = json_get(user, what);
    struct secret *secret = NULL;

    if (!json_is_object(reference)) {
        return FERRY_OK;
    }
    if (config_secret_read(ctx, what, reference, &secret, err)) {
        return ferry_error_prefix(err, "%s.%s", key, what);
    }
    *out = secret;
    return FERRY_OK;
}

/* The login that stands at path in the options; key: what the operator calls it. */
static enum ferry_code login(const void *ctx, const struct json *options, const char *path,
                             const char *key, struct http_login *out, struct ferry_error *err)
{
    const struct json *user = json_get(options, path);

    if (!json_is_object(user)) {
        return FERRY_OK;
    }
    out->username = json_string_or(user, "username", "admin");
    if (read_secret(ctx, user, key, "password", &out->password, err)) {
        return err->code;
    }
    return read_secret(ctx, user, key, "token", &out->token, err);
}

/* The file that a key names, looked at now: the message names the key. */
static enum ferry_code ca_file(const struct json *options, const char *path, const char *key,
                               const char **out, struct ferry_error *err)
{
    *out = json_string_or(options, path, NULL);
    return *out && http_trust_check(*out, err) ? ferry_error_prefix(err, "%s", key) : FERRY_OK;
}

/* The URLs of all nodes where the manager has several; their texts are those of the options. */
static size_t all_nodes(const void *ctx, const struct json *nodes, const char *const **out)
{
    const struct json *node = json_first(nodes);
    const char **urls = mem_array(ctx, const char *, json_size(nodes));
    size_t count = 0;

    for (; node; node = json_next(node)) {
        urls[count++] = json_text(node);
    }
    *out = urls;
    return count;
}

/* The manager that the snapshot comes from, where the options name it: *used says so. */
static enum ferry_code old_manager(const void *ctx, const struct json *options,
                                   struct http_client_options *old, bool *used,
                                   struct ferry_error *err)
{
    *used = json_is_object(json_get(options, "old_manager"));
    if (!*used) {
        return FERRY_OK;
    }
    old->url = json_string_or(options, "old_manager.url", "");
    old->node_count = all_nodes(ctx, json_get(options, "old_manager.nodes"), &old->nodes);
    if (ca_file(options, "old_manager.ca", "from.ca", &old->ca_file, err)) {
        return err->code;
    }
    return login(ctx, options, "old_manager", "from", &old->before, err);
}

static void on_reading(void *arg, int64_t done, int64_t total)
{
    struct session *session = arg;
    struct ferry *ferry = session->ferry;
    struct ferry_event event = {.at_ms = ferry->clock->realtime_ms(ferry->clock),
                                .kind = "progress",
                                .run = ferry->run ? ferry->run : "",
                                .step = "check_archive",
                                .unit = "check_archive",
                                .done = done,
                                .total = total,
                                .measure = "bytes"};
    int64_t now_ms = ferry->clock->now_ms(ferry->clock);

    if (ferry->o.on_event && now_ms - session->told_ms >= ENGINE_PROGRESS_MS) {
        session->told_ms = now_ms;
        ferry->o.on_event(ferry->o.arg, &event);
    }
}

/* A backup has a folder on this machine, which answers requests too. */
static struct transport *with_folder(const void *ctx, struct session *session,
                                     struct transport *transport)
{
    const char *folder = json_string_or(session->options, "backup.directory", NULL);
    struct local_options local = {.folder = folder,
                                  .keep = json_get(session->options, "keep"),
                                  .manager = session->target,
                                  .clock = session->ferry->clock,
                                  .stop = &session->ferry->stop,
                                  .on_progress = on_reading,
                                  .arg = session};

    return folder ? local_transport(ctx, transport, &local) : transport;
}

static enum ferry_code connect_to(const void *ctx, struct session *session, struct ferry_error *err)
{
    struct ferry *ferry = session->ferry;
    const struct json *options = session->options;
    struct http_client_options http = {
        .url = session->target, .user_agent = "ferry/" FERRY_VERSION, .clock = ferry->clock};
    struct http_client_options old = {0};
    struct transport *transport;
    bool has_old;

    http.node_count = all_nodes(ctx, json_get(options, "manager.nodes"), &http.nodes);
    http.max_connections = (int)json_int64_or(options, "limits.in_flight", LIMITS_IN_FLIGHT);
    if (ferry->o.on_log) {
        http.log = log_new(ctx, LOG_DEBUG, ferry->clock, on_log, ferry);
    }
    if (ca_file(options, "manager.ca", "manager.ca", &http.ca_file, err) ||
        ca_file(options, "manager.after_restore_ca", "manager.after_restore.ca",
                &http.after_ca_file, err) ||
        login(ctx, options, "manager", "manager", &http.before, err) ||
        login(ctx, options, "manager.after_restore", "manager.after_restore", &http.after, err) ||
        old_manager(ctx, options, &old, &has_old, err)) {
        return err->code;
    }
    http.old = has_old ? &old : NULL;
    if (http_client_new(ctx, &http, &transport, err)) {
        return err->code;
    }
    transport = with_folder(ctx, session, transport);
    session->transport =
        transport_gate(ctx, transport, session->journal ? permitted : never, session->journal);
    return FERRY_OK;
}

enum ferry_code session_open(const void *ctx, struct ferry *ferry, struct json *options,
                             struct journal *journal, struct session **out, struct ferry_error *err)
{
    struct session *session = mem_new(ctx, struct session);

    session->ferry = ferry;
    session->options = options;
    session->journal = journal;
    session->target = json_string_or(options, "manager.url", "");
    if (connect_to(session, session, err)) {
        return err->code;
    }
    session->engine =
        (struct engine_options){.journal = journal,
                                .transport = session->transport,
                                .clock = ferry->clock,
                                .rng = ferry->rng,
                                .workflow = workflow_named(config_workflow_name(options)),
                                .stop = &ferry->stop,
                                .on_event = on_event,
                                .on_point = ferry->on_point ? on_point : NULL,
                                .provide = session_provide,
                                .arg = ferry,
                                .step_arg = session};
    if (from_is_meant(options)) {
        session->engine.permit = from_permit;
    }
    *out = session;
    return FERRY_OK;
}

enum ferry_code session_workflow(const struct run_row *run, const struct workflow **out,
                                 struct ferry_error *err)
{
    *out = workflow_named(run->workflow);
    if (*out == NULL) {
        ferry_fail(err, FERRY_E_JOURNAL, "this ferry does not know the workflow \"%s\" of run %s",
                   run->workflow, run->name);
        ferry_error_hint(err, "use the ferry that began it: version %s", run->ferry_version);
        return err->code;
    }
    return FERRY_OK;
}

/* --- what lies on this machine --- */

enum ferry_code session_stat(const char *path, struct stat *out, struct ferry_error *err)
{
    if (stat(path, out)) {
        ferry_fail_errno(err, errno == ENOENT ? FERRY_E_NOT_FOUND : FERRY_E_IO, errno,
                         "cannot read \"%s\"", path);
    } else if (!S_ISREG(out->st_mode)) {
        ferry_fail(err, FERRY_E_CONFIG, "\"%s\" is not a file", path);
    } else {
        return FERRY_OK;
    }
    ferry_error_hint(err, "look at snapshot.file (--snapshot) and plugins.upload");
    return err->code;
}

int64_t session_modified_ms(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
}

void session_tell_reading(struct ferry *ferry, const char *text)
{
    struct ferry_event event = {.at_ms = ferry->clock->realtime_ms(ferry->clock),
                                .kind = "reading",
                                .run = "",
                                .text = text};

    if (ferry->o.on_event) {
        ferry->o.on_event(ferry->o.arg, &event);
    }
}

bool session_reading_on(void *arg, int64_t done, int64_t total)
{
    struct session_reading *reading = arg;
    struct ferry *ferry = reading->ferry;
    int64_t now_ms = ferry->clock->now_ms(ferry->clock);

    if (now_ms - reading->told_ms >= reading->every_ms) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        reading->told_ms = now_ms;
        session_tell_reading(ferry, mem_printf(scope, "%s: %d %%", reading->what,
                                               total > 0 ? (int)(done * 100 / total) : 0));
    }
    return ferry->stop == 0;
}

static enum ferry_code archive_facts(const void *ctx, struct session *session, const char *path,
                                     bool digest, struct ferry_error *err)
{
    struct session_reading reading = {
        .ferry = session->ferry, .what = "reading the archive", .every_ms = ENGINE_PROGRESS_MS};
    struct cloudify_archive_options options = {.progress = session_reading_on, .arg = &reading};
    char sha256[DIGEST_SHA256_HEX];
    struct json *archive_object;
    struct stat info;
    int64_t size;

    if (session_stat(path, &info, err) ||
        cloudify_archive_read(ctx, path, &options, &session->archive, err) ||
        (digest && cloudify_archive_digest(path, &options, sha256, &size, err))) {
        return err->code;
    }
    archive_object = cloudify_archive_facts(ctx, session->archive, digest ? sha256 : NULL);
    json_set_int(archive_object, "modified_ms", session_modified_ms(&info));
    json_set_json(session->facts, "archive", archive_object);
    return FERRY_OK;
}

/* More is not told: no journal needs it, and a plan is to be the same while a disk fills elsewhere.
 */
#define ROOM_MOST ((int64_t)4 * 1024 * 1024 * 1024)

/* Where the journal will lie, and how much is free there; nothing when that cannot be found out:
   the folder may not be there yet, so the nearest one above it is asked. */
static void journal_room(const void *ctx, const struct ferry *ferry, struct json *facts)
{
    struct json *local = json_set_object(facts, "local");
    char *folder = mem_strdup(ctx, ferry->journal_path);
    struct statvfs info;
    char *slash;

    do {
        slash = strrchr(folder, '/');
        if (slash) {
            *slash = '\0';
        } else {
            folder = mem_strdup(ctx, ".");
        }
    } while (slash && statvfs(*folder ? folder : "/", &info));
    if (slash || !statvfs(folder, &info)) {
        json_set_string(local, "journal_folder", *folder ? folder : "/");
        uint64_t room = (uint64_t)info.f_bavail * (uint64_t)info.f_frsize;

        json_set_int(local, "journal_free", room > ROOM_MOST ? ROOM_MOST : (int64_t)room);
    }
}

/* An archive that this run will take on the old manager itself. */
static bool is_to_come(const struct session *session, const char *file)
{
    struct stat info;

    return session->engine.workflow == &workflow_upgrade_from && stat(file, &info);
}

enum ferry_code session_local_facts(const void *ctx, struct session *session, bool digest,
                                    struct ferry_error *err)
{
    const char *file = json_string_or(session->options, "snapshot.file", NULL);

    session->facts = json_object(ctx);
    session->archive = NULL;
    journal_room(ctx, session->ferry, session->facts);
    if (file && !is_to_come(session, file) && archive_facts(ctx, session, file, digest, err)) {
        return err->code;
    }
    return plugins_facts(ctx, session->ferry, session->options, digest, session->facts, err);
}

enum ferry_code session_check_archive(const struct json *options, const struct json *facts,
                                      struct ferry_error *err)
{
    const char *file = json_string_or(options, "snapshot.file", NULL);
    int64_t size = json_int64_or(facts, "archive.size", -1);
    struct stat info;

    if (!file || size < 0 || stat(file, &info)) {
        return FERRY_OK; /* it may be gone once it is uploaded; the upload itself says so if not */
    }
    if (info.st_size != size ||
        session_modified_ms(&info) != json_int64_or(facts, "archive.modified_ms", 0)) {
        ferry_fail(err, FERRY_E_REFUSED, "\"%s\" is not the file that this run began with", file);
        ferry_error_hint(err, "put the old file back (with its time), or cancel the run and begin "
                              "a new one");
        return err->code;
    }
    return FERRY_OK;
}
