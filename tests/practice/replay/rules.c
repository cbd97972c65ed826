#include "practice/replay/rules.h"

#include <string.h>

#include "base/attr.h"

/* Users of the recorded manager; their passwords are not in the archive. */
#define USERS                                                                                      \
    "\"users\": ["                                                                                 \
    "{\"username\": \"alice\", \"password\": \"alice-pass\", \"tenants\": {\"acme\": \"user\"}},"  \
    "{\"username\": \"victor\", \"password\": \"victor-pass\","                                    \
    " \"tenants\": {\"default_tenant\": \"viewer\"}},"                                             \
    "{\"username\": \"mona\", \"password\": \"mona-pass\","                                        \
    " \"tenants\": {\"default_tenant\": \"manager\"}},"                                            \
    "{\"username\": \"nobody_user\", \"password\": \"nobody_user-pass\"},"                         \
    "{\"username\": \"opsadmin\", \"password\": \"opsadmin-pass\", \"role\": \"sys_admin\"}]"
/* Rows that wait for their time hold up everything; only scenarios that want them keep them. */
#define ENDED "UPDATE executions SET status = 'failed' WHERE status = 'scheduled';"
#define UPLOADED(id)                                                                               \
    "INSERT INTO snapshots (tenant, id, created_at, status, error, created_by) VALUES"             \
    " ('default_tenant', '" id "', '2026-11-22T15:19:47.293Z', 'uploaded', '', 'admin');"

#define SCHEDULED(id)                                                                              \
    "INSERT INTO executions (tenant, id, workflow_id, deployment_id, status) VALUES"               \
    " ('default_tenant', '" id "', 'execute_operation', 'dep-host-2', 'scheduled');"
#define STARTED(id)                                                                                \
    "INSERT INTO executions (tenant, id, workflow_id, deployment_id, status) VALUES"               \
    " ('default_tenant', '" id "', 'install', 'dep-slow', 'started');"

/* Every manager has the token of its own tools. */
#define TOKEN                                                                                      \
    "{\"sql\": \"INSERT INTO tokens (id, username, description) VALUES"                            \
    " ('DJ9EHFb5yb', 'admin', 'csys-vm')\"}"
#define PLAIN "{" USERS ", \"settings\": {\"slow\": \"0\"}, \"sql\": \"" ENDED "\"}"
#define WITH(sql) "{" USERS ", \"settings\": {\"slow\": \"0\"}, \"sql\": \"" ENDED sql "\"}"

const struct scenario scenarios[] = {
    {"01-version-status-license.json", false, NULL, PLAIN},
    {"02-auth-failures.json", false, NULL, PLAIN},
    {"03-generic-errors.json", false, NULL, PLAIN},
    {"04-snapshots-list-get.json", false, NULL,
     WITH(UPLOADED("snap-a") UPLOADED("snap-b") UPLOADED("snap-c"))},
    {"05-snapshot-upload.json", false, "bytes", PLAIN},
    {"06-snapshot-create.json", false, NULL, PLAIN},
    {"07-snapshot-download.json", false, NULL, WITH(UPLOADED("gone"))},
    {"08-snapshot-delete.json", false, NULL, WITH(UPLOADED("d1") UPLOADED("d2") UPLOADED("d3"))},
    {"09-restore-errors.json", false, NULL,
     WITH(UPLOADED("r1")
              UPLOADED("rfail") "UPDATE snapshots SET status = 'failed' WHERE id = 'rfail';")},
    {"10-snapshot-status.json", false, NULL, PLAIN},
    {"11-maintenance.json", false, "bytes",
     WITH(SCHEDULED("d6fe121e-f3b7-4092-ab3c-1d0764bc3ef2")
              SCHEDULED("c6245895-cc00-4c0d-ad05-67602d24d125"))},
    {"11b-maintenance-flip-and-queue-deadlock.json", false, NULL,
     WITH(STARTED("c58a48d0-71e8-4b3a-ac36-5ada9fe8618f"))},
    {"12-executions.json", false, NULL, "{" USERS "}"},
    {"13-lists.json", false, NULL, PLAIN},
    {"14-plugins.json", false, "plugin", PLAIN},
    {"15-plugins-updates.json", false, NULL,
     "{" USERS ", \"settings\": {\"pinned.default_tenant/bp-tiny-pinned\": \"1\"}}"},
    {"16-tokens.json", false, NULL, PLAIN},
    {"17-page-size-over-limit.json", false, NULL, PLAIN},
    {"18-races.json", false, NULL, PLAIN},
    {"19-install-new-agents-for-real.json", false, NULL, PLAIN},
    {"20-restore-legacy-good.json", true, "legacy", NULL},
    {"21-restore-legacy-in-maintenance.json", true, "legacy", NULL},
    {"22-restore-failures.json", false, NULL, PLAIN},
    {"23-restore-community-legacy-on-empty-silent-noop.json", true, "community", TOKEN},
    {"24-restore-legacy-with-certificates.json", true, "legacy", "{\"reboot_refused\": true}"},
    {"25-restore-newformat-good.json", true, "new", TOKEN},
    {"26-restore-newformat-twice.json", true, "new", NULL},
    {"27-restore-and-overdue-schedules.json", true, NULL, NULL},
    {"28-client-execution-id.json", false, NULL, PLAIN},
};
const size_t scenarios_count = FERRY_COUNT(scenarios);

struct rule {
    const char *file;   /* beginning of the name; NULL: all */
    const char *method; /* NULL: all */
    const char *path;   /* part of the path; NULL: all */
    const char *note;   /* part of the note; NULL: all */
    const char *why;
};

#define NOT_PRACTISED "the route is not practised"

static const struct rule left_out[] = {
    {NULL, NULL, "/permissions", NULL, NOT_PRACTISED},
    {NULL, NULL, "/summary/", NULL, NOT_PRACTISED},
    {NULL, NULL, "/log-bundles", NULL, NOT_PRACTISED},
    {NULL, NULL, "/contacts", NULL, NOT_PRACTISED},
    {NULL, NULL, "/workflows", NULL, NOT_PRACTISED},
    {NULL, NULL, "/yaml", NULL, NOT_PRACTISED},
    {NULL, "PUT", "/blueprints/", NULL, NOT_PRACTISED},
    {NULL, "DELETE", "/executions", NULL, NOT_PRACTISED},
    {NULL, "PUT", "/deployments/", NULL, NOT_PRACTISED},
    {"01", NULL, NULL, "a service (mgmtworker) is down", "needs a broken service"},
    {"01", NULL, NULL, "same moment", "needs a broken service"},
    {"05", NULL, NULL, "after a client that declared", "needs the cut upload before it"},
    {"05", NULL, "url1", NULL, "needs a file server"},
    {"05", NULL, "url2", NULL, "needs a file server"},
    {"05", NULL, "url3", NULL, "needs a file server"},
    {"17", NULL, "(", NULL, "the recorder cut the path"},
    {"18", NULL, NULL, NULL, "recorded after a race of six requests"},
    {"27", NULL, NULL, NULL, "needs schedules that were just made"},
    {"28", NULL, NULL, "one of 12 at once", "recorded in a race"},
    {"28", NULL, NULL, "the 12 answers", "recorded in a race"},
};

static bool begins(const char *text, const char *with)
{
    return with == NULL || strncmp(text, with, strlen(with)) == 0;
}

static bool has(const char *text, const char *part)
{
    return part == NULL || strstr(text, part) != NULL;
}

const char *rule_left_out(const struct scenario *scenario, const struct json *exchange)
{
    const struct json *request = json_get(exchange, "request");
    if (!json_is_object(request)) {
        return "a comment, or an answer without its request";
    }
    if (json_get(exchange, "response.status") == NULL) {
        return "no answer recorded";
    }
    const char *method = json_string_or(request, "method", "");
    const char *path = json_string_or(request, "path", "");
    const char *note = json_string_or(exchange, "note", "");
    for (size_t i = 0; i < FERRY_COUNT(left_out); i++) {
        const struct rule *rule = &left_out[i];
        if (begins(scenario->file, rule->file) &&
            (rule->method == NULL || strcmp(rule->method, method) == 0) && has(path, rule->path) &&
            has(note, rule->note)) {
            return rule->why;
        }
    }
    return NULL;
}

static const struct {
    const char *comment, *set;
} by_hand[] = {
    {"a normal workflow", "{\"sql\": \"" STARTED("by-hand") "\"}"},
    {"ordinary workflow 28c93b65", "{\"sql\": \"" STARTED("by-hand") "\"}"},
    {"flag file created by hand", "{\"flag\": true}"},
    {"--- activating with running executions",
     "{\"sql\": \"" STARTED("84bb1f94-b4c2-4f88-af15-6c13f9f400d6") "\"}"},
    {"--- deactivate while activating",
     "{\"sql\": \"DELETE FROM executions WHERE workflow_id = 'install';" STARTED(
         "c80fe48b-ecff-40cf-9ac5-d628720a3b2b") "\"}"},
    {"--- queued executions resume at deactivate",
     "{\"sql\": \"DELETE FROM executions WHERE status NOT IN ('terminated', 'failed')\","
     " \"maintenance\": \"activated\"}"},
    {"--- a QUEUED execution never starts",
     "{\"sql\": \"" STARTED("3276cf45-8c6b-4df0-962d-2fbf86bd658c") "\"}"},
    {"DB: a create_snapshot execution is 'started'",
     "{\"sql\": \"INSERT INTO executions (tenant, id, workflow_id, status, is_system, blocking)"
     " VALUES ('default_tenant', 'fake-sys-1', 'create_snapshot', 'started', 1, 1)\"}"},
    {"that other system workflow has now gone",
     "{\"sql\": \"DELETE FROM executions WHERE id = 'fake-sys-1'\"}"},
    {"1500 executions",
     "{\"sql\": \"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
     " INSERT INTO executions (tenant, id, workflow_id, status) SELECT 'default_tenant',"
     " printf('bulk-%05d', i), 'bulk', 'terminated' FROM n\"}"},
    {"flag file was left behind", "{\"flag\": false}"},
};

const char *rule_for_comment(const char *comment)
{
    for (size_t i = 0; i < FERRY_COUNT(by_hand); i++) {
        if (strstr(comment, by_hand[i].comment) != NULL) {
            return by_hand[i].set;
        }
    }
    return NULL;
}

const char *rule_for_note(const struct scenario *scenario, const char *note)
{
    if (strcmp(note, "after the other workflow was killed") == 0) {
        return "{\"sql\": \"UPDATE executions SET status = 'cancelled' WHERE id = 'by-hand'\"}";
    }
    if (strncmp(note, "the running one has ended", 25) == 0) {
        return "{\"sql\": \"DELETE FROM executions WHERE status = 'started'\"}";
    }
    if (strncmp(scenario->file, "10", 2) == 0 && strcmp(note, "POST") == 0) {
        return "{\"flag\": false}";
    }
    return NULL;
}
