/* plugins-updates: initiate, finalize, list. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/exec_rows.h"
#include "practice/exec_start.h"
#include "practice/ledger.h"
#include "practice/list.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"
#include "practice/workflow.h"

#define UPDATE_ACTIVE "state IN ('updating', 'executing_workflow', 'finalizing')"

void handle_update_list(struct request *request)
{
    list_reply(request, &list_updates, NULL);
}

void handle_update_get(struct request *request)
{
    list_reply_one(request, &list_updates, request->args[0]);
}

struct update {
    const char *id, *blueprint, *execution, *temp;
    struct json *target;    /* {package_name: new version} */
    const char *per_tenant; /* JSON, or NULL */
    bool all_tenants, force, fails;
};

static bool read_lists(struct request *request)
{
    static const char *const lists[] = {"plugin_names", "to_latest", "to_minor"};
    for (size_t i = 0; i < FERRY_COUNT(lists); i++) {
        const struct json *node = json_get(request->json, lists[i]);
        if (node != NULL && !json_is_array(node)) {
            reply_error(request, 400, "bad_parameters_error",
                        "%s parameter is expected to be of type list but is of type %s", lists[i],
                        python_type(node));
            return false;
        }
    }
    static const char *const flags[] = {"all_to_latest", "all_to_minor",
                                        "force",         "auto_correct_types",
                                        "all_tenants",   "reevaluate_active_statuses"};
    for (size_t i = 0; i < FERRY_COUNT(flags); i++) {
        const struct json *node = json_get(request->json, flags[i]);
        if (node != NULL && !json_is_bool(node)) {
            reply_error(request, 400, "bad_parameters_error", "%s must be <true/false>, got %s",
                        flags[i], json_print(request, node));
            return false;
        }
    }
    return true;
}

static bool lists_name(const struct json *list, const char *name)
{
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        if (json_text(at) != NULL && strcmp(json_text(at), name) == 0) {
            return true;
        }
    }
    return false;
}

/* The newest installed version of a package that the tenant sees; NULL: none newer. */
static const char *newer_version(struct request *request, const char *name, const char *current,
                                 bool same_major)
{
    struct version best = {0, 0, 0};
    struct version used = {0, 0, 0};
    const char *found = NULL;
    if (!version_parse(current, &used)) {
        return NULL;
    }
    best = used;
    struct sqlite3_stmt *query =
        sql_start(request->practice->sql,
                  "SELECT package_version FROM plugins WHERE package_name = ?"
                  " AND (tenant = ? OR visibility = 'global')",
                  "ss", name, request->tenant);
    while (sql_next(query)) {
        struct version candidate = {0, 0, 0};
        if (version_parse(sql_text(query, 0), &candidate) && version_compare(candidate, best) > 0 &&
            (!same_major || candidate.major == used.major)) {
            best = candidate;
            found = mem_strdup(request, sql_text(query, 0));
        }
    }
    return found;
}

struct used {
    const char *name, *version;
};

static void choose_versions(struct request *request, struct update *update)
{
    const struct json *body = request->json;
    const struct json *names = json_get(body, "plugin_names");
    struct used *used = NULL;
    size_t count = 0;
    struct sqlite3_stmt *query =
        sql_start(request->practice->sql,
                  "SELECT package_name, package_version FROM used_plugins WHERE tenant = ?"
                  " AND blueprint = ? AND package_version IS NOT NULL",
                  "ss", request->tenant, update->blueprint);
    while (sql_next(query)) {
        used = mem_resize(request, used, struct used, count + 1);
        used[count++] = (struct used){mem_strdup(request, sql_text(query, 0)),
                                      mem_strdup(request, sql_text(query, 1))};
    }
    update->target = json_object(request);
    const char *pinned = mem_printf(request, "pinned.%s/%s", request->tenant, update->blueprint);
    if (sql_one_int(request->practice->sql, 0, "SELECT 1 FROM settings WHERE name = ?", "s",
                    pinned) != 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool minor = json_bool_or(body, "all_to_minor", false) ||
                     lists_name(json_get(body, "to_minor"), used[i].name);
        if (json_size(names) > 0 && !lists_name(names, used[i].name)) {
            continue;
        }
        const char *version = newer_version(request, used[i].name, used[i].version, minor);
        if (version != NULL) {
            json_set_string(update->target, used[i].name, version);
        }
    }
}

/* {"tenant": ["deployment", ...]}: those of the blueprint, of all tenants where asked. */
static void list_deployments_of(struct request *request, struct update *update)
{
    struct json *out = json_object(request);
    struct json *list = NULL;
    const char *last = "";
    struct sqlite3_stmt *query =
        sql_start(request->practice->sql,
                  "SELECT tenant, id FROM deployments WHERE blueprint_id = ?1"
                  " AND (tenant = ?2 OR ?3) ORDER BY tenant, seq",
                  "ssi", update->blueprint, request->tenant, (int64_t)update->all_tenants);
    while (sql_next(query)) {
        if (strcmp(last, sql_text(query, 0)) != 0) {
            last = mem_strdup(request, sql_text(query, 0));
            list = json_set_array(out, last);
        }
        json_push_string(list, sql_text(query, 1));
    }
    update->per_tenant = json_print(request, out);
    update->fails =
        update->all_tenants &&
        sql_one_int(request->practice->sql, 0, "SELECT count(*) FROM blueprints WHERE id = ?", "s",
                    update->blueprint) > 1;
}

/* "plugins-update-20261122T143539.726178-BLUEPRINT", hidden until the update ends. */
static void make_temp_blueprint(struct request *request, struct update *update)
{
    struct practice *practice = request->practice;
    const char *now = practice_now(practice, request);
    char digits[32];
    size_t length = 0;
    for (const char *at = now; *at != '\0' && *at != 'Z' && length + 4 < sizeof digits; at++) {
        if (*at != '-' && *at != ':') {
            digits[length++] = *at;
        }
    }
    digits[length] = '\0';
    update->temp = practice->profile->update_stops
                       ? practice_uuid(practice, request)
                       : mem_printf(request, "plugins-update-%s%03u-%s", digits,
                                    (unsigned)rng_below(practice->rng, 1000), update->blueprint);
    sql_do(practice->sql,
           "INSERT OR IGNORE INTO blueprints (tenant, id, created_at, updated_at, main_file_name,"
           " visibility, state, created_by, is_hidden)"
           " SELECT tenant, ?1, ?2, ?2, main_file_name, visibility, 'uploaded', created_by, 1"
           " FROM blueprints WHERE tenant = ?3 AND id = ?4",
           "ssss", update->temp, now, request->tenant, update->blueprint);
}

static void insert_execution(struct request *request, struct update *update, bool changes)
{
    struct practice *practice = request->practice;
    struct json *parameters = json_object(request);
    json_set_string(parameters, "update_id", update->id);
    json_set_null(parameters, "deployments_to_update");
    json_set_null(parameters, "deployments_per_tenant");
    json_set_string(parameters, "temp_blueprint_id", update->temp);
    json_set_bool(parameters, "force", update->force);
    json_set_bool(parameters, "auto_correct_types",
                  json_bool_or(request->json, "auto_correct_types", false));
    json_set_bool(parameters, "reevaluate_active_statuses",
                  json_bool_or(request->json, "reevaluate_active_statuses", false));
    struct exec_row row = {
        .id = update->execution,
        .tenant = request->tenant,
        .workflow = "update_plugin",
        .status = changes ? "pending" : "terminated",
        .parameters = json_print(request, parameters),
        .user = request->user,
        .visibility = "tenant",
        .created_at = practice_now(practice, request),
        .is_system = true,
        .allow_custom = changes,
    };
    (void)exec_insert(practice, &row);
    if (changes) {
        workflow_launch(practice, row.id, practice_now_ms(practice));
    }
}

static void insert_update(struct request *request, const struct update *update, bool changes)
{
    struct practice *practice = request->practice;
    const char *target = update->fails ? "fail" : json_print(request, update->target);
    sql_do(practice->sql,
           "INSERT INTO plugins_updates (tenant, id, blueprint_id, temp_blueprint_id,"
           " execution_id, state, created_at, created_by, forced, all_tenants,"
           " deployments_per_tenant, target) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
           "ssssssssiiss", request->tenant, update->id, update->blueprint, update->temp,
           update->execution, changes ? "executing_workflow" : "no_changes_required",
           practice_now(practice, request), request->user, (int64_t)update->force,
           (int64_t)update->all_tenants, update->per_tenant, target);
    ledger_count(practice, changes ? LEDGER_UPDATES : LEDGER_UPDATES_EMPTY,
                 mem_printf(request, "%s/%s", request->tenant, update->blueprint), "");
}

/* reevaluate_active_statuses: what has no running execution any more gets its end. */
static void reevaluate(struct request *request, const char *blueprint)
{
    sql_do(request->practice->sql,
           "UPDATE plugins_updates SET state = CASE (SELECT e.status FROM executions e"
           " WHERE e.id = execution_id LIMIT 1) WHEN 'terminated' THEN 'successful'"
           " WHEN 'failed' THEN 'failed' WHEN 'cancelled' THEN 'failed' ELSE state END"
           " WHERE tenant = ? AND blueprint_id = ? AND " UPDATE_ACTIVE,
           "ss", request->tenant, blueprint);
}

/* What "force" is for in 5.0: updates whose execution runs no more are out of the way. */
static void fail_ended(struct request *request, const char *blueprint)
{
    sql_do(request->practice->sql,
           "UPDATE plugins_updates SET state = 'failed' WHERE tenant = ? AND blueprint_id = ?"
           " AND " UPDATE_ACTIVE " AND NOT EXISTS (SELECT 1 FROM executions e"
           " WHERE e.id = execution_id AND e." EXEC_ACTIVE ")",
           "ss", request->tenant, blueprint);
}

static bool is_active(struct request *request, const char *blueprint, bool forced)
{
    struct buf ids;
    buf_init(&ids, request, 65536);
    struct sqlite3_stmt *query = sql_start(
        request->practice->sql,
        "SELECT id FROM plugins_updates WHERE tenant = ? AND blueprint_id = ? AND " UPDATE_ACTIVE
        " ORDER BY seq",
        "ss", request->tenant, blueprint);
    while (sql_next(query)) {
        (void)buf_printf(&ids, "%s%s", ids.len == 0 ? "" : ", ", sql_text(query, 0));
    }
    if (ids.len == 0) {
        return false;
    }
    if (forced) {
        reply_error(request, 409, "conflict_error",
                    "There are plugins updates still active; the \"force\" flag was used yet these "
                    "updates have actual executions running update IDs: %s",
                    buf_text(&ids));
        return true;
    }
    reply_error(request, 409, "conflict_error",
                "There are plugins updates still active, update IDs: %s", buf_text(&ids));
    return true;
}

static void initiate(struct request *request)
{
    struct practice *practice = request->practice;
    struct update update = {
        .id = practice_uuid(practice, request),
        .execution = practice_uuid(practice, request),
        .blueprint = request->args[0],
        .all_tenants = json_bool_or(request->json, "all_tenants", false) &&
                       practice->profile->update_all_tenants,
        .force = json_bool_or(request->json, "force", false),
    };
    if (!read_lists(request)) {
        return;
    }
    if (list_find(request, &list_blueprints, update.blueprint) == 0) {
        reply_not_found(request, "Blueprint", update.blueprint);
        return;
    }
    if (json_bool_or(request->json, "reevaluate_active_statuses", false)) {
        reevaluate(request, update.blueprint);
    }
    bool forced = !practice->profile->update_body && update.force;
    if (forced) {
        fail_ended(request, update.blueprint);
    }
    if (is_active(request, update.blueprint, forced)) {
        return;
    }
    choose_versions(request, &update);
    bool changes = json_size(update.target) > 0;
    if (changes) {
        list_deployments_of(request, &update);
        make_temp_blueprint(request, &update);
    }
    insert_execution(request, &update, changes);
    insert_update(request, &update, changes);
    list_write_row(practice, reply_json(request, 200), &list_updates,
                   list_find(request, &list_updates, update.id));
    (void)buf_puts(&request->reply.body, "\n");
}

static void finalize(struct request *request)
{
    const char *id = request->args[0];
    int64_t seq = list_find(request, &list_updates, id);
    if (seq == 0) {
        reply_not_found(request, "PluginsUpdate", id);
        return;
    }
    /* The worker finalizes by itself; a client that does it too is late or wrong. */
    reply_error(request, 400, "illegal_action_error",
                "Cannot finalize plugins update %s, it's not in the executing_workflow state.", id);
}

void handle_update_phase(struct request *request)
{
    const char *phase = request->args[1];
    if (strcmp(phase, "initiate") == 0) {
        initiate(request);
    } else if (strcmp(phase, "finalize") == 0) {
        finalize(request);
    } else {
        reply_empty(request, 204);
    }
}
