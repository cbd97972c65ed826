/* What a manager says about itself. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "practice/jtext.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

/* What a manager is delivered with. */
#define DEFAULT_PAGE_SIZE 1000
#define FAILED_LOGINS 4
#define CONCURRENT 20

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
static void list_services(struct json *out, const char *const *names, const bool *down,
                          size_t count)
{
    json_set_string(out, "status", "running");
    struct json *services = json_set_array(out, "services");
    for (size_t i = 0; i < count; i++) {
        struct json *service = json_push_object(services);
        json_set_string(service, "display_name", names[i]);
        struct json *instance = json_push_object(json_set_array(service, "instances"));
        json_set_string(instance, "state", down[i] ? "failed" : "running");
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
    bool all_down = request->practice->state.services_down;
    bool any_down = all_down;
    const char *summary = request_param(request, "summary");
    struct json *out = json_object(request);
    bool down[FERRY_COUNT(services)];
    for (size_t i = 0; i < FERRY_COUNT(services); i++) {
        down[i] =
            all_down || practice_listed(request->practice, "services_failing", "", services[i]);
        any_down = any_down || down[i];
    }
    if (!request->practice->profile->status_by_name) {
        list_services(out, services, down, FERRY_COUNT(services));
        reply_json_node(request, 200, out);
        return;
    }
    json_set_string(out, "status", any_down ? "Fail" : "OK");
    struct json *all = json_set_object(out, "services");
    for (size_t i = 0; i < FERRY_COUNT(services); i++) {
        if (summary != NULL && strcmp(summary, "true") == 0) {
            break;
        }
        struct json *service = json_set_object(all, services[i]);
        json_set_string(service, "status", down[i] ? "Inactive" : "Active");
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

static void put_config(struct json *items, const char *name, double value, int64_t least)
{
    struct json *item = json_push_object(items);
    json_set_string(item, "name", name);
    json_set_int(item, "value", (int64_t)value);
    struct json *schema = json_set_object(item, "schema");
    json_set_string(schema, "type", "number");
    json_set_int(schema, "minimum", least);
    json_set_bool(item, "is_editable", true);
    json_set_bool(item, "admin_only", false);
    json_set_null(item, "updated_at");
    json_set_string(item, "scope", "rest");
    json_set_null(item, "updater_name");
}

/* Some of the 55; _include is not looked at (contract/01). */
void handle_config(struct request *request)
{
    struct practice *practice = request->practice;
    struct json *out = json_object(request);
    (void)json_set_object(out, "metadata");
    struct json *items = json_set_array(out, "items");
    put_config(items, "account_lock_period", practice->locks_accounts ? 30 : -1, -1);
    put_config(items, "default_page_size",
               practice_number(practice, "default_page_size", DEFAULT_PAGE_SIZE), 1);
    put_config(items, "failed_logins_before_account_lock",
               practice_number(practice, "failed_logins_allowed", FAILED_LOGINS), 1);
    if (practice->profile->throttles_queue) {
        put_config(items, "max_concurrent_workflows",
                   practice_number(practice, "max_concurrent_workflows", CONCURRENT), 1);
    }
    struct json *authorization = json_set_object(out, "authorization");
    (void)json_set_array(authorization, "roles");
    (void)json_set_object(authorization, "permissions");
    reply_json_node(request, 200, out);
}
