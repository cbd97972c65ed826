#include "practice/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parse.h"
#include "practice/jtext.h"
#include "practice/practice.h"

#define SETTINGS_FILE_LIMIT ((size_t)4 << 20)

enum type { SWITCH, NUMBER, TEXT, LIST };

static const char *const type_names[] = {"switch", "number", "text", "list"};

static const struct {
    const char *name;
    enum type type;
    const char *help;
} settings[] = {
    /* the restore */
    {"temperamental", SWITCH,
     "up to 6.1: a request within 30 s (from 5.2 on 60 s) after the restore's POST, or less than 5 "
     "s after another, ends the restore in a deadlock"},
    {"restore_fails", TEXT,
     "a legacy restore fails with this error while the data base is replaced, after the salt was"},
    {"plugins_fail", SWITCH,
     "up to 5.0.5: a plugin cannot be installed again, which fails the restore unless "
     "ignore_plugin_failure was asked for"},
    {"entities_fail", NUMBER,
     "so many deployments get lost in a restore of the new format, each with a log line"},
    {"row_lost", SWITCH, "the execution of a legacy restore does not come back"},
    {"flag_leaks", SWITCH, "the flag stays up after a good restore"},
    {"flag_survives_reboot", SWITCH,
     "up to 6.4: the flag stays up after the reboot of restore_certificates"},
    {"reboot_refused", SWITCH,
     "shutdown is refused, so restore_certificates does not reboot (contract/24)"},
    {"reboot_ms", NUMBER,
     "how long the reboot of restore_certificates takes, scaled; default 90000"},
    {"worker_dies", TEXT,
     "the worker is killed in a legacy restore: in_database, after_rows or after_end"},
    {"redelivered", SWITCH,
     "from 5.0.5 on: the broker delivers a restore once more when it has ended"},
    {"file_late_ms", NUMBER, "a restore sooner than that after the upload fails: no such file"},
    {"sync_ms", NUMBER,
     "how long an uploaded archive takes to the other nodes, scaled; default 3000"},
    /* archives on their way out */
    {"ranges", TEXT,
     "\"off\": Range is ignored, as by other storage than the manager's disk; \"on\": it works; "
     "default by version"},
    {"no_etag", SWITCH, "archives come without ETag and Last-Modified"},
    {"download_rate", NUMBER, "bytes of an archive a second, for each answer; 0: no limit"},
    {"create_payload", NUMBER,
     "bytes of a member that cannot be compressed in every snapshot made from now on"},
    {"create_partial", SWITCH,
     "while a snapshot is creating a part of its archive can be downloaded already"},
    {"create_disk_full", SWITCH,
     "no space for snapshots: they are failed, up to 5.0.5 by an execution that is terminated"},
    {"networks", LIST, "of the manager and the broker; default [\"default\"]"},
    /* the manager */
    {"distributed", SWITCH, "7.0 with its services apart: legacy snapshots cannot be restored"},
    {"upload_loses_file", SWITCH,
     "up to 6.4: the next upload leaves its row without the file, and 500"},
    {"cluster_status", TEXT, "what cluster-status says of the whole: OK, Degraded or Fail"},
    {"services_failing", LIST,
     "services that are down: names of /status (\"RabbitMQ\"), and \"manager\", \"db\" and "
     "\"broker\" of cluster-status"},
    {"manager_networks", LIST, "of the manager alone; default as networks"},
    {"broker_networks", LIST, "of the broker alone; default as networks"},
    {"db_nodes", NUMBER, "how many the data base has; default as --nodes"},
    {"license", TEXT, "of a premium manager: \"none\", \"expired\" or \"trial\""},
    {"license_expires", TEXT, "when it ends, RFC 3339; it is expired when that is past"},
    {"license_trial", SWITCH, "it is one of a trial"},
    {"license_edition", TEXT, "default \"Premium\""},
    {"license_capabilities", LIST, "its features"},
    {"date_offset_ms", NUMBER, "how far the clock of the header Date is ahead; may be negative"},
    {"default_page_size", NUMBER, "of lists without _size; default 1000"},
    {"schedules_run", SWITCH,
     "schedules start their executions when they are due; without it only when maintenance or a "
     "restore ends"},
    {"no_license", SWITCH, "a premium manager without a licence, until one is put"},
    {"account_lock", SWITCH, "four failed logins in a row lock a user"},
    {"failed_logins_allowed", NUMBER, "how many lock a user, instead of four"},
    {"latency_ms", NUMBER, "every answer comes so much later; other requests are served meanwhile"},
    {"rate_limit", NUMBER, "requests a second, as nginx limits them (7.0: 10); 0 is none"},
    {"rate_burst", NUMBER, "requests above the rate that are still served; default 30"},
    {"rate_delay", NUMBER, "of those, how many are served at once; default 20"},
    /* executions */
    {"never_start", LIST,
     "deployments (\"TENANT/ID\", \"ID\" or \"*\") whose executions stay pending"},
    {"memory_for", NUMBER,
     "with so many executions running, POST /executions answers 503 insufficient_memory_error"},
    {"max_concurrent_workflows", NUMBER,
     "from 6.4 on: more are not taken from the queue; default 20"},
    /* agents */
    {"dead_hosts", LIST, "hosts (\"TENANT/INSTANCE\" or \"INSTANCE\") whose agent never answers"},
    {"dead_share", NUMBER,
     "that share of all hosts is dead, always the same ones; 0.01 is one in a hundred"},
    {"alive_hosts", LIST, "hosts that answer, whatever else says that they are dead"},
    {"dead_revived", SWITCH, "hosts that the archive says are dead are alive again"},
    {"agents_reconnect_ms", NUMBER,
     "so long after a restore, scaled, no agent answers yet (35 to 50 s on real managers)"},
    {"agent_install_fails", LIST,
     "hosts whose new agent does not start: \"New agent did not start and connect\""},
    /* plugins */
    {"update_fails", LIST,
     "blueprints (\"TENANT/ID\", \"ID\" or \"*\") whose plugins update fails half way"},
    {"upload_breaks", LIST, "packages whose upload answers invalid_plugin_error"},
};

/* Names whose end is the test's own. */
static const struct {
    const char *name, *help;
} open_ended[] = {
    {"seconds.WORKFLOW", "how long a plain workflow takes"},
    {"seconds.migration", "how long a legacy restore replaces the data base"},
    {"seconds.dead_agent", "how long install_new_agents tries a dead agent; default 2760"},
    {"seconds.create_snapshot", "how long a snapshot is being created; default 2.7"},
    {"create.error", "why every snapshot that is made now fails"},
    {"failed_logins.USER", "null unlocks one that account_lock has locked"},
    {"dead.AGENT", "\"1\": never answers"},
    {"slow", "\"0\": quick answers during a restore too"},
    {"pinned.TENANT/BLUEPRINT", "\"1\": its plugins stay (an archive does not tell it)"},
};

/* Keys of POST /practice/set that do something by themselves. */
static const struct {
    const char *name, *help;
} actions[] = {
    {"users", "[{\"username\", \"password\", \"role\", \"tenants\": {\"TENANT\": \"ROLE\"}}]"},
    {"tenants", "[\"NAME\"]"},
    {"admin_password", "of the bootstrap admin"},
    {"settings",
     "{\"NAME\": \"VALUE\"}: any by name, and those with a free end; null takes one back"},
    {"flag", "the flag behind snapshot-status, to take back one that is stuck"},
    {"maintenance", "\"activated\" or \"deactivated\", by force"},
    {"nodes", "[{\"node\": 2, \"down\": true, \"restart\": true}]: refuses connections; restarts "
              "cloudify-restservice (and nginx)"},
    {"freeze", "true: the clock stands still from now on"},
    {"advance_ms", "puts the clock forward; what is due by then happens at once"},
    {"sql", "a script for the store"},
};

bool practice_switch(struct practice *practice, const char *name)
{
    return sql_one_int(practice->sql, 0, "SELECT value = '1' FROM settings WHERE name = ?", "s",
                       name) != 0;
}

char *practice_text(struct practice *practice, const void *ctx, const char *name)
{
    return sql_one_text(ctx, practice->sql, "SELECT value FROM settings WHERE name = ?", "s", name);
}

/* A number that may be below 0. */
static int64_t signed_number(struct practice *practice, const char *name)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    double number = 0;
    const char *text = practice_text(practice, scope, name);
    return text != NULL && parse_double(text, -1e15, 1e15, &number) ? (int64_t)number : 0;
}

double practice_number(struct practice *practice, const char *name, double fallback)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    double number = 0;
    const char *text = practice_text(practice, scope, name);
    return text != NULL && parse_double(text, 0, 1e15, &number) ? number : fallback;
}

void practice_keep(struct practice *practice, const char *name, const char *value)
{
    if (value == NULL) {
        sql_do(practice->sql, "DELETE FROM settings WHERE name = ?", "s", name);
    } else {
        sql_do(practice->sql, "INSERT OR REPLACE INTO settings VALUES (?, ?)", "ss", name, value);
    }
}

bool practice_listed(struct practice *practice, const char *name, const char *tenant,
                     const char *item)
{
    return sql_one_int(practice->sql, 0,
                       "SELECT 1 FROM settings, json_each(settings.value) l WHERE name = ?1"
                       " AND l.value IN ('*', ?3, ?2 || '/' || ?3) LIMIT 1",
                       "sss", name, tenant, item) != 0;
}

void settings_apply(struct practice *practice)
{
    const struct practice_options *options = &practice->options;
    struct traffic *traffic = &practice->traffic;
    traffic->rate = practice_number(practice, "rate_limit", options->rate_limit);
    traffic->burst = practice_number(practice, "rate_burst", (double)options->rate_burst);
    traffic->delay = practice_number(practice, "rate_delay", (double)options->rate_delay);
    traffic->latency_ms =
        (int64_t)practice_number(practice, "latency_ms", (double)options->latency_ms);
    traffic->date_offset_ms = signed_number(practice, "date_offset_ms");
    traffic->schedules_run = practice_switch(practice, "schedules_run");
    practice->locks_accounts = options->account_lock || practice_switch(practice, "account_lock");
}

/* True: the key is a setting and the value fits, or it is an action. */
static enum ferry_code check_key(const struct json *node, struct ferry_error *err)
{
    const char *name = json_key(node);
    for (size_t i = 0; i < FERRY_COUNT(actions); i++) {
        if (strcmp(actions[i].name, name) == 0) {
            return FERRY_OK;
        }
    }
    for (size_t i = 0; i < FERRY_COUNT(settings); i++) {
        enum type type = settings[i].type;
        if (strcmp(settings[i].name, name) != 0) {
            continue;
        }
        bool fits = json_is_null(node) || (type == SWITCH && json_is_bool(node)) ||
                    (type == NUMBER && json_is_number(node)) ||
                    (type == TEXT && json_is_string(node)) || (type == LIST && json_is_array(node));
        return fits ? FERRY_OK
                    : ferry_fail(err, FERRY_E_CONFIG, "\"%s\" wants a %s, or null to take it back",
                                 name, type_names[type]);
    }
    return ferry_fail(err, FERRY_E_CONFIG,
                      "\"%s\" is nothing that can be set; GET /practice/settings tells what can",
                      name);
}

static void keep(struct practice *practice, const struct json *node)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    for (size_t i = 0; i < FERRY_COUNT(settings); i++) {
        if (strcmp(settings[i].name, json_key(node)) == 0) {
            const char *text = json_is_null(node)     ? NULL
                               : json_is_bool(node)   ? (json_is_true(node) ? "1" : "0")
                               : json_is_string(node) ? json_text(node)
                                                      : json_print(scope, node);
            practice_keep(practice, settings[i].name, text);
        }
    }
}

enum ferry_code settings_set(struct practice *practice, const struct json *body,
                             struct ferry_error *err)
{
    if (!json_is_object(body)) {
        return ferry_fail(err, FERRY_E_CONFIG, "what is to be set is no JSON object");
    }
    for (const struct json *at = json_first(body); at != NULL; at = json_next(at)) {
        enum ferry_code code = check_key(at, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
    for (const struct json *at = json_first(body); at != NULL; at = json_next(at)) {
        keep(practice, at);
    }
    const struct json *named = json_get(body, "settings");
    for (const struct json *at = json_first(named); at != NULL; at = json_next(at)) {
        practice_keep(practice, json_key(at), json_is_null(at) ? NULL : json_text(at));
    }
    settings_apply(practice);
    return FERRY_OK;
}

enum ferry_code settings_read(struct practice *practice, const char *path, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = NULL;
    size_t size = 0;
    struct json *body = NULL;
    enum ferry_code code = file_read(scope, path, SETTINGS_FILE_LIMIT, &text, &size, err);
    if (code == FERRY_OK) {
        code = json_parse(scope, text, size, &body, err);
    }
    if (code == FERRY_OK) {
        code = settings_set(practice, body, err);
    }
    return code == FERRY_OK ? code : ferry_error_prefix(err, "settings of \"%s\"", path);
}

static void write_one(struct buf *out, bool *first_row, const char *const *names,
                      const char *const *values)
{
    bool first = true;
    (void)buf_puts(out, *first_row ? "{" : ", {");
    *first_row = false;
    for (; *names != NULL; names++, values++) {
        jtext_key(out, &first, *names);
        jtext_string(out, *values);
    }
    (void)buf_puts(out, "}");
}

void settings_write(struct practice *practice, struct buf *out)
{
    static const char *const names[] = {"name", "help", "type", "value", NULL};
    static const char *const short_names[] = {"name", "help", NULL};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    bool first = true;
    (void)buf_puts(out, "{\"settings\": [");
    for (size_t i = 0; i < FERRY_COUNT(settings); i++) {
        const char *values[] = {settings[i].name, settings[i].help, type_names[settings[i].type],
                                practice_text(practice, scope, settings[i].name)};
        write_one(out, &first, names, values);
    }
    (void)buf_puts(out, "], \"open_ended\": [");
    first = true;
    for (size_t i = 0; i < FERRY_COUNT(open_ended); i++) {
        const char *values[] = {open_ended[i].name, open_ended[i].help};
        write_one(out, &first, short_names, values);
    }
    (void)buf_puts(out, "], \"actions\": [");
    first = true;
    for (size_t i = 0; i < FERRY_COUNT(actions); i++) {
        const char *values[] = {actions[i].name, actions[i].help};
        write_one(out, &first, short_names, values);
    }
    (void)buf_puts(out, "]}\n");
}

int settings_main(void)
{
    (void)printf("POST /practice/set takes a JSON object with any of these keys.\n");
    for (size_t i = 0; i < FERRY_COUNT(settings); i++) {
        (void)printf("  %-24s %-6s  %s\n", settings[i].name, type_names[settings[i].type],
                     settings[i].help);
    }
    (void)printf("Below the key \"settings\", also:\n");
    for (size_t i = 0; i < FERRY_COUNT(open_ended); i++) {
        (void)printf("  %-24s         %s\n", open_ended[i].name, open_ended[i].help);
    }
    (void)printf("And what does something by itself:\n");
    for (size_t i = 0; i < FERRY_COUNT(actions); i++) {
        (void)printf("  %-24s         %s\n", actions[i].name, actions[i].help);
    }
    return 0;
}
