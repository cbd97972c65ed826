/* The nodes of a manager: managers, brokers, cluster-status. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

/* {"NAME": address} of every network that a test has set, for this kind or for all. */
static void set_networks(struct request *request, struct json *item, const char *own)
{
    struct json *networks = json_set_object(item, "networks");
    struct sqlite3_stmt *query =
        sql_start(request->practice->sql,
                  "SELECT value FROM json_each(coalesce((SELECT value FROM settings WHERE name ="
                  " ?), (SELECT value FROM settings WHERE name = 'networks'), '[\"default\"]'))",
                  "s", own);
    while (sql_next(query)) {
        json_set_string(networks, sql_text(query, 0), "127.0.0.1");
    }
}

/* {"metadata": {...}, "items": [...]}; returns the list to be filled. */
static struct json *start_list(struct request *request, size_t count, struct json **out)
{
    *out = json_object(request);
    struct json *metadata = json_set_object(*out, "metadata");
    struct json *pagination = json_set_object(metadata, "pagination");
    json_set_int(pagination, "total", (int64_t)count);
    json_set_int(pagination, "size", 1000);
    json_set_int(pagination, "offset", 0);
    json_set_null(metadata, "filtered");
    return json_set_array(*out, "items");
}

void handle_managers(struct request *request)
{
    const struct practice *practice = request->practice;
    struct json *out = NULL;
    struct json *items = start_list(request, practice->cluster.count, &out);
    for (size_t i = 0; i < practice->cluster.count; i++) {
        struct json *item = json_push_object(items);
        json_set_int(item, "id", (int64_t)i + 1);
        json_set_string(item, "hostname", cluster_name(practice, request, i));
        json_set_string(item, "private_ip", "127.0.0.1");
        json_set_string(item, "public_ip", "127.0.0.1");
        json_set_string(item, "version", practice->options.version);
        json_set_string(item, "edition", practice->options.premium ? "premium" : "community");
        json_set_string(item, "distribution", "debian");
        json_set_string(item, "distro_release", "bookworm");
        json_set_null(item, "fs_sync_node_id");
        set_networks(request, item, "manager_networks");
        json_set_string(item, "last_seen", practice_now(request->practice, request));
        json_set_int(item, "status_report_frequency", 0);
        json_set_null(item, "ca_cert_content");
    }
    reply_json_node(request, 200, out);
}

void handle_brokers(struct request *request)
{
    const struct practice *practice = request->practice;
    bool several = practice->cluster.count > 1;
    struct json *out = NULL;
    struct json *items = start_list(request, practice->cluster.count, &out);
    for (size_t i = 0; i < practice->cluster.count; i++) {
        struct json *item = json_push_object(items);
        json_set_string(item, "name",
                        several ? mem_printf(request, "rabbitmq-%zu", i + 1) : "rabbitmq");
        json_set_string(item, "host", "127.0.0.1");
        json_set_string(item, "management_host", "127.0.0.1");
        json_set_int(item, "port", 0);
        json_set_string(item, "username", "cloudify");
        json_set_null(item, "password");
        json_set_null(item, "params");
        set_networks(request, item, "broker_networks");
        json_set_bool(item, "is_external", false);
        json_set_null(item, "ca_cert_content");
    }
    reply_json_node(request, 200, out);
}

void handle_db_nodes(struct request *request)
{
    struct practice *practice = request->practice;
    double nodes = practice_number(practice, "db_nodes", (double)practice->cluster.count);
    struct json *out = NULL;
    struct json *items = start_list(request, (size_t)nodes, &out);
    for (size_t i = 0; i < (size_t)nodes; i++) {
        struct json *item = json_push_object(items);
        json_set_string(item, "name", mem_printf(request, "db-%zu", i + 1));
        json_set_string(item, "host", "127.0.0.1");
        json_set_bool(item, "is_external", false);
    }
    reply_json_node(request, 200, out);
}

/* The services of a node of one kind, in the form of /status; false: one of them is down. */
static bool write_services(struct request *request, struct json *node, const char *kind)
{
    static const char *const services[][2] = {
        {"manager", "Webserver"},     {"manager", "Management Worker"},
        {"manager", "Cloudify API"},  {"manager", "Manager Rest-Service"},
        {"manager", "AMQP-Postgres"}, {"manager", "Cloudify Execution Scheduler"},
        {"db", "PostgreSQL"},         {"broker", "RabbitMQ"},
    };
    struct practice *practice = request->practice;
    struct json *out = json_set_object(node, "services");
    bool kind_down = practice_listed(practice, "services_failing", "", kind);
    bool good = true;
    for (size_t i = 0; i < FERRY_COUNT(services); i++) {
        if (strcmp(services[i][0], kind) == 0) {
            bool down =
                kind_down || practice_listed(practice, "services_failing", "", services[i][1]);
            struct json *service = json_set_object(out, services[i][1]);
            json_set_string(service, "status", down ? "Inactive" : "Active");
            json_set_bool(service, "is_remote", false);
            (void)json_set_object(service, "extra_info");
            good = good && !down;
        }
    }
    return good;
}

/* "OK", "Degraded" or "Fail" by how many nodes answer, or as a test has set it. */
static const char *write_service(struct request *request, struct json *services, const char *name)
{
    struct practice *practice = request->practice;
    struct json *service = json_set_object(services, name);
    struct json *nodes = json_set_object(service, "nodes");
    size_t up = 0;
    for (size_t i = 0; i < practice->cluster.count; i++) {
        struct json *node = json_set_object(nodes, cluster_name(practice, request, i));
        bool works = write_services(request, node, name) && cluster_listens(practice, i);
        up += works ? 1 : 0;
        json_set_string(node, "status", works ? "OK" : "Fail");
        json_set_string(node, "private_ip", "127.0.0.1");
        json_set_string(node, "public_ip", "127.0.0.1");
        json_set_string(node, "version", practice->options.version);
    }
    const char *status = up == practice->cluster.count ? "OK" : up > 0 ? "Degraded" : "Fail";
    json_set_string(service, "status", status);
    json_set_bool(service, "is_external", false);
    return status;
}

/* The worst of the three, where a test does not say otherwise. */
static const char *write_whole(struct request *request, struct json *services)
{
    static const char *const names[] = {"manager", "db", "broker"};
    const char *told = practice_text(request->practice, request, "cluster_status");
    const char *worst = "OK";
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        const char *status = write_service(request, services, names[i]);
        if (strcmp(status, "Fail") == 0 || strcmp(worst, "OK") == 0) {
            worst = status;
        }
    }
    return told == NULL ? worst : told;
}

/* One node has no status reporter, as in contract/01, until a test wants one. 503 during a restore
   up to 6.4 (facts 1.0). */
void handle_cluster_status(struct request *request)
{
    struct practice *practice = request->practice;
    const char *summary = request_param(request, "summary");
    bool short_form = summary != NULL && summary[0] == 't';
    if (practice->version.major < 7 && practice->state.restore_flag &&
        practice->state.restore_node == (int64_t)request->node) {
        reply_error(request, 503, "in_snapshot_restore_error",
                    "The status of the cluster is not available while a snapshot is restored");
        return;
    }
    struct json *out = json_object(request);
    struct json *services = json_object(request);
    const char *status = "Fail";
    if (practice->cluster.count > 1 || practice_text(practice, request, "cluster_status") != NULL ||
        practice_text(practice, request, "services_failing") != NULL) {
        status = write_whole(request, services);
    }
    json_set_string(out, "status", status);
    if (!short_form || practice->cluster.count == 1) {
        json_set_json(out, "services", services);
    }
    reply_json_node(request, short_form && strcmp(status, "Fail") == 0 ? 500 : 200, out);
}

/* The cluster of 4.x; its nodes are not told. */
void handle_cluster(struct request *request)
{
    if (!request->practice->options.premium) {
        handle_premium_only(request);
        return;
    }
    reply_json_text(request, 200,
                    request->practice->cluster.count > 1 ? "{\"initialized\": true}\n"
                                                         : "{\"initialized\": false}\n");
}
