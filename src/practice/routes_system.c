/* What a manager says about itself. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "practice/jtext.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

static const char *edition(const struct request *request)
{
    return request->practice->options.premium ? "premium" : "community";
}

void handle_version(struct request *request)
{
    struct json *out = json_object(request);
    json_set_string(out, "edition", edition(request));
    json_set_string(out, "version", request->practice->options.version);
    json_set_null(out, "build");
    json_set_null(out, "date");
    json_set_null(out, "commit");
    json_set_string(out, "distribution", "debian");
    json_set_string(out, "distro_release", "bookworm");
    reply_json_node(request, 200, out);
}

/* 4.x: the REST service runs, or there would be no answer. */
static void list_services(struct json *out, const char *const *names, size_t count)
{
    json_set_string(out, "status", "running");
    struct json *services = json_set_array(out, "services");
    for (size_t i = 0; i < count; i++) {
        struct json *service = json_push_object(services);
        json_set_string(service, "display_name", names[i]);
        struct json *instance = json_push_object(json_set_array(service, "instances"));
        json_set_string(instance, "state", "running");
    }
}

void handle_status(struct request *request)
{
    static const char *const services[] = {"Webserver",
                                           "Management Worker",
                                           "Manager Rest-Service",
                                           "Cloudify API",
                                           "Cloudify Execution Scheduler",
                                           "AMQP-Postgres",
                                           "PostgreSQL",
                                           "RabbitMQ"};
    bool down = request->practice->state.services_down;
    const char *summary = request_param(request, "summary");
    struct json *out = json_object(request);
    if (!request->practice->profile->status_by_name) {
        list_services(out, services, FERRY_COUNT(services));
        reply_json_node(request, 200, out);
        return;
    }
    json_set_string(out, "status", down ? "Fail" : "OK");
    struct json *all = json_set_object(out, "services");
    for (size_t i = 0; i < FERRY_COUNT(services); i++) {
        if (summary != NULL && strcmp(summary, "true") == 0) {
            break;
        }
        struct json *service = json_set_object(all, services[i]);
        json_set_string(service, "status", down ? "Inactive" : "Active");
        json_set_bool(service, "is_remote", false);
        (void)json_set_object(service, "extra_info");
    }
    reply_json_node(request, 200, out);
}

void handle_ok(struct request *request)
{
    bool down = request->practice->state.services_down;
    reply_json_text(request, down ? 500 : 200, down ? "\"FAIL\"\n" : "\"OK\"\n");
}

void handle_premium_only(struct request *request)
{
    reply_error(request, 404, "missing_premium_package_error",
                "This feature exists only in the premium edition of Cloudify.\nPlease contact "
                "sales for additional info.");
}

void handle_license(struct request *request)
{
    if (!request->practice->options.premium) {
        handle_premium_only(request);
        return;
    }
    if (practice_switch(request->practice, "no_license")) {
        reply_json_text(request, 200,
                        "{\"metadata\": {\"pagination\": {\"total\": 0, \"size\": 1000,"
                        " \"offset\": 0}, \"filtered\": null}, \"items\": []}\n");
        return;
    }
    reply_json_text(request, 200,
                    "{\"metadata\": {\"pagination\": {\"total\": 1, \"size\": 1000, \"offset\": 0},"
                    " \"filtered\": null}, \"items\": [{\"customer_id\": \"practice\","
                    " \"expiration_date\": null, \"license_edition\": \"Premium\","
                    " \"trial\": false, \"cloudify_version\": null, \"capabilities\": null,"
                    " \"expired\": false}]}\n");
}

/* Any licence is good. */
void handle_license_upload(struct request *request)
{
    if (request->practice->options.premium) {
        sql_do(request->practice->sql, "DELETE FROM settings WHERE name = 'no_license'", "");
    }
    handle_license(request);
}

static void reply_tenant(struct request *request, int status, const char *name)
{
    struct json *out = json_object(request);
    json_set_string(out, "name", name);
    json_set_int(out, "groups", 0);
    json_set_int(out, "users",
                 sql_one_int(request->practice->sql, 0,
                             "SELECT count(*) FROM user_tenants WHERE tenant = ?", "s", name));
    reply_json_node(request, status, out);
}

void handle_tenant_get(struct request *request)
{
    const char *name = request->args[0];
    if (!request->practice->options.premium) {
        handle_premium_only(request);
    } else if (sql_one_int(request->practice->sql, 0, "SELECT 1 FROM tenants WHERE name = ?", "s",
                           name) == 0) {
        reply_not_found(request, "Tenant", name);
    } else {
        reply_tenant(request, 200, name);
    }
}

void handle_tenant_create(struct request *request)
{
    const char *name = request->args[0];
    if (!request->practice->options.premium) {
        handle_premium_only(request);
        return;
    }
    if (!request->is_admin) {
        reply_error(request, 403, "forbidden_error",
                    "User `%s` is not permitted to perform the action tenant_create",
                    request->user);
        return;
    }
    if (sql_do(request->practice->sql, "INSERT OR IGNORE INTO tenants (name) VALUES (?)", "s",
               name) == 0) {
        reply_error(request, 409, "conflict_error", "<Tenant name=`%s`> already exists", name);
        return;
    }
    reply_tenant(request, 201, name);
}

void handle_license_check(struct request *request)
{
    if (request->practice->options.premium && !practice_switch(request->practice, "no_license")) {
        reply_json_text(request, 200, "\"OK\"\n");
        return;
    }
    reply_invalid(request, 400, "missing_cloudify_license", "No Customer ID found on the manager");
}

/* Ignores _size and _offset; _include is honoured (contract/01, contract/20). */
void handle_tenants(struct request *request)
{
    struct sql *sql = request->practice->sql;
    const char *include = request_param(request, "_include");
    bool only_name = include != NULL && strcmp(include, "name") == 0;
    struct json *out = json_object(request);
    struct json *metadata = json_set_object(out, "metadata");
    struct json *pagination = json_set_object(metadata, "pagination");
    json_set_null(metadata, "filtered");
    struct json *items = json_set_array(out, "items");
    struct sqlite3_stmt *query = sql_start(
        sql,
        "SELECT name, (SELECT count(*) FROM user_tenants u WHERE u.tenant = name) FROM tenants"
        " WHERE ?1 OR name IN (SELECT tenant FROM user_tenants WHERE username = ?2) ORDER BY seq",
        "is", (int64_t)request->is_admin, request->user);
    int64_t total = 0;
    while (sql_next(query)) {
        struct json *tenant = json_push_object(items);
        total++;
        json_set_string(tenant, "name", sql_text(query, 0));
        if (only_name) {
            continue;
        }
        json_set_int(tenant, "groups", 0);
        json_set_int(tenant, "users", sql_int(query, 1));
        json_set_null(tenant, "user_roles");
        json_set_null(tenant, "rabbitmq_username");
        json_set_null(tenant, "rabbitmq_password");
        json_set_null(tenant, "rabbitmq_vhost");
    }
    json_set_int(pagination, "total", total);
    json_set_int(pagination, "size", 1000);
    json_set_int(pagination, "offset", 0);
    reply_json_node(request, 200, out);
}

/* Premium alone; the ids of users are not shown (facts 1.6). */
void handle_users(struct request *request)
{
    if (!request->practice->options.premium) {
        handle_premium_only(request);
        return;
    }
    if (!request->is_admin) {
        reply_error(request, 403, "forbidden_error",
                    "User `%s` is not permitted to perform the action user_list", request->user);
        return;
    }
    struct json *out = json_object(request);
    struct json *items = json_set_array(out, "items");
    struct sqlite3_stmt *query = sql_start(
        request->practice->sql,
        "SELECT username, role, active, (SELECT count(*) FROM user_tenants t WHERE t.username ="
        " u.username) FROM users u ORDER BY seq",
        "");
    while (sql_next(query)) {
        struct json *item = json_push_object(items);
        json_set_string(item, "username", sql_text(query, 0));
        json_set_string(item, "role", sql_text(query, 1));
        json_set_bool(item, "active", sql_int(query, 2) != 0);
        json_set_int(item, "tenants", sql_int(query, 3));
        json_set_int(item, "groups", 0);
        json_set_bool(item, "is_locked", false);
    }
    struct json *metadata = json_set_object(out, "metadata");
    struct json *pagination = json_set_object(metadata, "pagination");
    json_set_int(pagination, "total", (int64_t)json_size(items));
    json_set_int(pagination, "size", 1000);
    json_set_int(pagination, "offset", 0);
    reply_json_node(request, 200, out);
}

void handle_user(struct request *request)
{
    struct sql *sql = request->practice->sql;
    struct json *out = json_object(request);
    json_set_string(out, "username", request->user);
    json_set_int(out, "tenants",
                 request->is_admin
                     ? sql_one_int(sql, 0, "SELECT count(*) FROM tenants", "")
                     : sql_one_int(sql, 0, "SELECT count(*) FROM user_tenants WHERE username = ?",
                                   "s", request->user));
    json_set_null(out, "tenant_roles");
    json_set_int(out, "groups", 0);
    json_set_string(out, "role", request->role);
    (void)json_set_object(out, "group_system_roles");
    json_set_bool(out, "active", true);
    json_set_string(out, "created_at",
                    sql_one_text(request, sql, "SELECT created_at FROM users WHERE username = ?",
                                 "s", request->user));
    json_set_null(out, "first_login_at");
    json_set_null(out, "last_login_at");
    json_set_bool(out, "is_locked", false);
    json_set_bool(out, "show_getting_started", true);
    json_set_null(out, "password_hash");
    reply_json_node(request, 200, out);
}

void handle_config(struct request *request)
{
    reply_json_text(request, 200,
                    "{\"metadata\": {}, \"items\": [{\"name\": \"default_page_size\","
                    " \"value\": 1000, \"schema\": {\"type\": \"number\", \"minimum\": 1},"
                    " \"is_editable\": true, \"admin_only\": false, \"updated_at\": null,"
                    " \"scope\": \"rest\", \"updater_name\": null}],"
                    " \"authorization\": {\"roles\": [], \"permissions\": {}}}\n");
}
