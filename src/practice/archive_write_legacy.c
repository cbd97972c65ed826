#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "practice/archive_write.h"
#include "practice/content_workflows.h"
#include "practice/dump.h"

static void write_dump(struct zip_out *out, const struct make_plan *plan)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char id[UUID_TEXT_SIZE];
    struct dump *dump = dump_new(scope, out, plan_version(plan));
    dump->plan = plan;
    dump->rows = dump_rows;
    dump->workflows = workflows_built_in(dump, plan->version, false);
    dump->plans = mem_array(dump, char *, (size_t)plan->blueprints);
    for (int64_t b = 0; b < plan->blueprints; b++) {
        dump->plans[b] = archive_blueprint_plan(dump, plan, b);
    }
    plan_uuid(plan, PLAN_SNAPSHOT, 0, id);
    dump_write(dump, id);
}

static void write_metadata(struct zip_out *out, const struct make_plan *plan)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int version = plan_version(plan);
    struct json *metadata = json_object(scope);
    json_set_string(metadata, "snapshot_version", plan->version);
    json_set_string(metadata, "schema_revision",
                    version < 50   ? "9516df019579"
                    : version < 51 ? "387fcd049efb"
                    : version < 64 ? "62a8d746d13b"
                                   : "edd6d829a209");
    if (!plan->community) {
        json_set_string(metadata, "stage_schema_revision",
                        version < 50   ? "20171011082922-4_2-UserAppsRoleColumnRemoval.js"
                        : version < 64 ? "20200123095213-5_1-CreateBlueprintUserData.js"
                                       : "20230803110310-drop.js");
        json_set_string(metadata, "composer_schema_revision",
                        version < 64 ? "20170601133017-4_1-init.js" : "20230206110310-x.js");
    }
    zip_out_text(out, "metadata.json", json_print(scope, metadata));
}

static void write_security(struct zip_out *out, const struct make_plan *plan)
{
    static const char *const secrets[] = {"hash_salt", "secret_key", "encoding_alphabet",
                                          "encryption_key"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *security = json_object(scope);
    char secret[33];
    for (size_t i = 0; i < FERRY_COUNT(secrets); i++) {
        plan_secret(plan, 20 + (int64_t)i, secret, sizeof(secret) - 1);
        json_set_string(security, secrets[i], secret);
    }
    json_set_int(security, "encoding_block_size", 24);
    json_set_int(security, "encoding_min_length", 5);
    zip_out_text(out, "rest-security.conf", json_print(scope, security));
    struct json *admin = json_object(scope);
    char hash[80];
    plan_secret(plan, 1, secret, 22);
    (void)snprintf(hash, sizeof(hash), "$pbkdf2-sha256$29000$%s", secret);
    json_set_int(admin, "id", 0);
    json_set_string(admin, "username", plan->admin_name);
    json_set_bool(admin, "active", true);
    json_set_null(admin, "created_at");
    json_set_string(admin, "password", hash);
    json_set_int(admin, "failed_logins_counter", 0);
    zip_out_text(out, "admin_account.json", json_print(scope, admin));
}

/* Something of the size of the broker's certificate that real archives repeat for every agent. */
char *archive_certificate(const void *ctx, const struct make_plan *plan)
{
    struct buf text;
    char line[65];
    buf_init(&text, ctx, 4096);
    (void)buf_puts(&text, "-----BEGIN CERTIFICATE-----\\n");
    for (int64_t i = 0; i < 17; i++) {
        plan_secret(plan, 40 + i, line, sizeof(line) - 1);
        (void)buf_printf(&text, "%s\\n", line);
    }
    (void)buf_puts(&text, "-----END CERTIFICATE-----\\n");
    return mem_strdup(ctx, buf_text(&text));
}

static void write_host_agents(struct zip_out *out, const struct plan_walk *walk, struct buf *text,
                              const char *cert)
{
    char deployment[PLAN_NAME_SIZE], instance[PLAN_NAME_SIZE];
    plan_deployment_name(walk->deployment, deployment);
    (void)buf_printf(text, "\"%s\": {\"vm\": {", deployment);
    const char *comma = "";
    for (int64_t host = 0; host < walk->hosts; host++) {
        if (!plan_host_has_agent(walk->plan, plan_host(walk, host))) {
            continue;
        }
        plan_instance_name(walk, host, instance);
        (void)buf_printf(text,
                         "%s\"%s\": {\"version\": \"%s\", \"broker_config\": {\"broker_ip\": "
                         "[\"127.0.0.1\"], \"broker_ssl_cert\": \"%s\", \"broker_ssl_enabled\": "
                         "true}}",
                         comma, instance, walk->plan->version, cert);
        comma = ", ";
    }
    (void)buf_puts(text, "}}");
    zip_out_put(out, buf_text(text), text->len);
    buf_clear(text);
}

static void write_agents(struct zip_out *out, const struct make_plan *plan)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char tenant[PLAN_NAME_SIZE];
    struct buf text;
    const char *cert = archive_certificate(scope, plan);
    bool first_tenant = true;
    buf_init(&text, scope, (size_t)64 * 1024 * 1024);
    zip_out_begin(out, "agents.json", -1);
    zip_out_put(out, "{", 1);
    for (int64_t t = 0; t < plan->tenants; t++) {
        struct plan_walk walk;
        bool first = true;
        for (plan_walk_tenant(&walk, plan, t); plan_walk_next(&walk) && walk.hosts > 0;) {
            if (first) {
                plan_tenant_name(t, tenant);
                (void)buf_printf(&text, "%s\"%s\": {", first_tenant ? "" : ", ", tenant);
                first = first_tenant = false;
            } else {
                (void)buf_puts(&text, ", ");
            }
            write_host_agents(out, &walk, &text, cert);
        }
        if (!first) {
            zip_out_put(out, "}", 1);
        }
    }
    zip_out_put(out, "}", 1);
    zip_out_end(out);
}

static void write_blueprint(struct zip_out *out, const struct make_plan *plan, const char *tenant,
                            int64_t blueprint)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char name[PLAN_NAME_SIZE];
    size_t size = 0;
    plan_blueprint_name(blueprint, name);
    zip_out_folder(out, mem_printf(scope, "blueprints/%s/%s/", tenant, name));
    zip_out_text(out, mem_printf(scope, "blueprints/%s/%s/blueprint.yaml", tenant, name),
                 archive_blueprint_yaml(scope, plan, blueprint));
    zip_out_folder(out, mem_printf(scope, "uploaded-blueprints/%s/%s/", tenant, name));
    const void *pack = archive_blueprint_pack(scope, plan, blueprint, &size);
    zip_out_file(out, mem_printf(scope, "uploaded-blueprints/%s/%s/%s.tar.gz", tenant, name, name),
                 pack, size);
}

static void write_files(struct zip_out *out, const struct make_plan *plan)
{
    char tenant[PLAN_NAME_SIZE], name[PLAN_NAME_SIZE], member[3 * PLAN_NAME_SIZE];
    struct plan_walk walk;
    for (int64_t t = 0; t < plan->tenants; t++) {
        plan_tenant_name(t, tenant);
        for (int64_t b = 0; b < plan->blueprints; b++) {
            write_blueprint(out, plan, tenant, b);
        }
    }
    for (plan_walk_start(&walk, plan); plan_walk_next(&walk);) {
        plan_tenant_name(walk.tenant, tenant);
        plan_deployment_name(walk.deployment, name);
        (void)snprintf(member, sizeof(member), "deployments/%s/%s/", tenant, name);
        zip_out_folder(out, member);
    }
    for (int64_t p = 0; p < plan->plugins; p++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        char id[UUID_TEXT_SIZE];
        size_t size = 0;
        plan_uuid(plan, PLAN_PLUGIN, p, id);
        zip_out_folder(out, mem_printf(scope, "plugins/%s/", id));
        const void *wagon = archive_wagon(scope, plan, p, &size);
        zip_out_file(out,
                     mem_printf(scope, "plugins/%s/%s", id, archive_wagon_name(scope, plan, p)),
                     wagon, size);
        zip_out_text(out, mem_printf(scope, "plugins/%s/plugin.yaml", id),
                     archive_plugin_yaml(scope, p));
    }
}

void archive_write_manager(struct zip_out *out, const struct make_plan *plan)
{
    static const char *const folders[] = {"blueprints/", "deployments/",
                                          "plugins/",    "snapshot-credentials/",
                                          "ssl/",        "uploaded-blueprints/"};
    for (size_t i = 0; i < FERRY_COUNT(folders); i++) {
        zip_out_folder(out, folders[i]);
    }
    write_metadata(out, plan);
    write_security(out, plan);
}

void archive_write_legacy(struct zip_out *out, const struct make_plan *plan)
{
    archive_write_manager(out, plan);
    write_dump(out, plan);
    zip_out_text(out, "networks.json", "{\"active_networks\": [\"default\"]}");
    write_agents(out, plan);
    write_files(out, plan);
}
