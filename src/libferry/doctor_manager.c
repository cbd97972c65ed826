/* The configuration, the files that it names, and the manager: one request with one login. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"
#include "base/timefmt.h"
#include "cloudify/reply.h"
#include "cloudify/request.h"
#include "http/transport.h"
#include "libferry/doctor.h"
#include "local/local.h"

#define ASK_MS 30000
#define WAIT_MS 500
#define SKEW_MAX_MS 60000 /* a scheduler's grace, and more than any answer takes */
#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define CERTIFICATE_DAYS 14

/* --- files --- */

static void check_file(struct doctor *doctor, const char *name, const char *path)
{
    struct ferry_error err = {0};
    struct stat info;

    if (session_stat(path, &info, &err)) {
        doctor_stop(doctor, name, &err);
    } else {
        doctor_say(doctor, name, DOCTOR_OK, NULL, "%s, %s", path,
                   timefmt_bytes(doctor->mem, info.st_size));
    }
}

/* The folder that a backup is put into, or the archive of a run that takes its snapshot itself. */
static void check_folder(struct doctor *doctor, const char *path)
{
    static const char name[] = "backup_folder";
    const char *problem = local_folder_problem(doctor->mem, path);
    struct ferry_error err = {0};
    struct statvfs room;

    if (problem) {
        ferry_fail(&err, FERRY_E_IO, "%s", problem);
    } else if (statvfs(path, &room)) {
        ferry_fail_errno(&err, FERRY_E_IO, errno, "cannot use folder \"%s\"", path);
    } else {
        doctor_say(doctor, name, DOCTOR_OK, NULL, "%s, %s free", path,
                   timefmt_bytes(doctor->mem, (int64_t)(room.f_bavail * room.f_frsize)));
        return;
    }
    ferry_error_hint(&err, "make the folder, or name another in backup.directory");
    doctor_stop(doctor, name, &err);
}

/* What the configuration names on this machine. */
static void check_places(struct doctor *doctor, const struct json *options)
{
    const char *file = json_string_or(options, "snapshot.file", NULL);
    const char *folder = json_string_or(options, "backup.directory", NULL);

    if (file && !from_is_meant(options)) {
        check_file(doctor, "archive_file", file);
    }
    if (folder) {
        check_folder(doctor, folder);
    }
    for (const struct json *at = json_first(json_get(options, "plugins.upload")); at;
         at = json_next(at)) {
        if (json_is_string(at)) {
            check_file(doctor, "plugin_file", json_text(at));
        }
    }
}

/* --- the manager --- */

static struct http_reply *ask(struct doctor *doctor, struct session *session)
{
    struct ferry *ferry = doctor->ferry;
    struct transport *transport = session->transport;
    struct http_request *request = http_request_new(doctor->mem, HTTP_GET, "");
    struct cloudify_caller caller = {
        .who = HTTP_AS_BEFORE, .tenant = json_string_or(session->options, "manager.tenant", NULL)};
    struct http_reply *reply = NULL;
    uint64_t ticket;

    cloudify_ask_version(request, &caller);
    request->timeout_ms = ASK_MS;
    request->wants_certificate = true;
    transport->ops->submit(transport, request, 1);
    while (!transport->ops->finished(transport, doctor->mem, &ticket, &reply)) {
        if (ferry->stop) {
            transport->ops->abort_all(transport);
        }
        transport->ops->wait(transport, WAIT_MS);
    }
    return reply;
}

static void check_login(struct doctor *doctor, const struct session *session,
                        const struct http_reply *reply)
{
    const char *user = json_string_or(session->options, "manager.username", "admin");
    const char *version = json_string_or(reply->json, "version", NULL);

    if (reply->status == 200 && version) {
        doctor_say(doctor, "login", DOCTOR_OK, NULL, "%s is let in; the manager is %s %s", user,
                   version, json_string_or(reply->json, "edition", ""));
    } else if (reply->status == 401) {
        doctor->code = doctor->blocked ? doctor->code : FERRY_E_AUTH;
        doctor->blocked = true;
        doctor_say(doctor, "login", DOCTOR_STOPS,
                   "look at manager.username and manager.password; some managers lock an account "
                   "after four wrong passwords",
                   "%s is not let in: %s was tried once and refused", user,
                   reply->token_refused ? "the token" : "what the configuration names");
    } else {
        doctor_say(
            doctor, "login", DOCTOR_STOPS, "check manager.url: protocol, host and port, no path",
            "%s does not answer like a Cloudify manager (HTTP %d)", session->target, reply->status);
    }
}

static void check_skew(struct doctor *doctor, const struct http_reply *reply)
{
    struct clock *clock = doctor->ferry->clock;
    int64_t ahead_ms = reply->date_ms - clock->realtime_ms(clock);
    int64_t size_ms = ahead_ms < 0 ? -ahead_ms : ahead_ms;

    if (reply->date_ms < 0) {
        doctor_say(doctor, "clock_skew", DOCTOR_CANNOT_TELL, NULL, "the answer has no date");
        return;
    }
    doctor_say(doctor, "clock_skew", size_ms > SKEW_MAX_MS ? DOCTOR_WARNING : DOCTOR_OK,
               size_ms > SKEW_MAX_MS ? "let both machines keep their clocks by NTP" : NULL,
               "the manager's clock is %s %s ours (to a second)",
               timefmt_duration(doctor->mem, size_ms), ahead_ms < 0 ? "behind" : "ahead of");
}

static void check_certificate(struct doctor *doctor, const struct http_reply *reply)
{
    struct clock *clock = doctor->ferry->clock;
    int64_t left_ms = reply->cert_until_ms - clock->realtime_ms(clock);

    if (reply->cert_until_ms < 0) {
        return; /* no TLS: the connection says so */
    }
    doctor_say(doctor, "certificate",
               left_ms < CERTIFICATE_DAYS * DAY_MS ? DOCTOR_WARNING : DOCTOR_OK,
               left_ms < CERTIFICATE_DAYS * DAY_MS ? "renew the manager's certificate" : NULL,
               "verified; it holds until %s", timefmt_utc(doctor->mem, reply->cert_until_ms));
}

static void check_manager(struct doctor *doctor, struct session *session)
{
    char *what =
        mem_printf(doctor->mem, "asking %s once, GET /api/v3.1/version as %s", session->target,
                   json_string_or(session->options, "manager.username", "admin"));
    struct http_reply *reply;
    bool tls = strncmp(session->target, "https:", 6) == 0;

    session_tell_reading(doctor->ferry, what);
    reply = ask(doctor, session);
    if (reply->outcome != HTTP_ANSWERED) {
        struct ferry_error err = {.code = reply->code};

        ferry_fail(&err, reply->code != FERRY_OK ? reply->code : FERRY_E_UNREACHABLE, "%s",
                   reply->error ? reply->error : "no answer");
        ferry_error_hint(&err, "look at manager.url and manager.ca, and whether the manager runs");
        doctor_stop(doctor, "connection", &err);
        return;
    }
    doctor_say(doctor, "connection", tls ? DOCTOR_OK : DOCTOR_WARNING,
               tls ? NULL : "passwords and the archive go over the net in the clear: use https",
               "%s answers in %" PRId64 " ms%s", session->target, reply->took_ms,
               tls ? "" : ", without TLS");
    check_certificate(doctor, reply);
    check_login(doctor, session, reply);
    check_skew(doctor, reply);
}

/* --- all of it --- */

void doctor_manager(struct doctor *doctor, const struct ferry_source *source)
{
    struct ferry_error err = {0};
    struct json *options = NULL, *saved = NULL;
    struct session *session = NULL;

    if (!source || (!source->file && source->setting_count == 0)) {
        doctor_say(doctor, "configuration", DOCTOR_CANNOT_TELL,
                   "ferry doctor FILE.yaml looks at its keys, its secrets and the manager, too",
                   "no file was given: configuration and manager were not looked at");
        return;
    }
    if (plan_source(doctor->mem, doctor->ferry, source, &options, &saved, &err)) {
        doctor_stop(doctor, "configuration", &err);
        return;
    }
    doctor_say(doctor, "configuration", DOCTOR_OK, NULL, "%s: every key is known and in range",
               source->file ? source->file : "the command line");
    check_places(doctor, options);
    if (session_open(doctor->mem, doctor->ferry, options, NULL, &session, &err)) {
        doctor_stop(doctor, "credentials", &err);
        return;
    }
    doctor_say(doctor, "credentials", DOCTOR_OK, NULL,
               "every password, token and certificate that it names can be read%s",
               json_is_object(json_get(options, "manager.after_restore"))
                   ? "; that of after_restore cannot be tried before the restore"
                   : "");
    check_manager(doctor, session);
}
