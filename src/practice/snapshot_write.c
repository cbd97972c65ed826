#include "practice/snapshot_write.h"

#include <string.h>

#include "base/mem.h"
#include "practice/practice.h"

char *snapshot_blueprint_yaml(const void *ctx, const char *packages)
{
    return mem_printf(ctx,
                      "tosca_definitions_version: cloudify_dsl_1_3\nimports:\n"
                      "  - cloudify/types/types.yaml\n%snode_templates:\n"
                      "  vm:\n    type: cloudify.nodes.Compute\n",
                      packages == NULL ? "" : packages);
}

static const char *list_of(struct snapshot_writer *writer, const char *query)
{
    return sql_one_text(writer->ctx, writer->practice->sql, query, "");
}

static void set_part(struct snapshot_writer *writer, struct json *out, const char *name,
                     const char *query)
{
    struct json *part = NULL;
    struct ferry_error err;
    const char *text = list_of(writer, query);
    if (text != NULL && json_parse(writer->ctx, text, strlen(text), &part, &err) == FERRY_OK) {
        json_set_json(out, name, part);
    }
}

/* What no real archive has, and another practice manager wants to know. */
static void write_practice(struct snapshot_writer *writer)
{
    struct json *out = json_object(writer->ctx);
    if (writer->order->legacy) {
        json_set_string(out, "admin_password",
                        list_of(writer, "SELECT password FROM users WHERE is_bootstrap LIMIT 1"));
        set_part(writer, out, "tokens",
                 writer->practice->profile->token_rows
                     ? "SELECT json_group_array(json_object('id', id, 'value', 'ctok-' || id || '-'"
                       " || secret, 'user', username)) FROM tokens WHERE secret IS NOT NULL"
                     : "SELECT json_group_array(json_object('id', id, 'value', secret, 'user',"
                       " username)) FROM tokens WHERE secret IS NOT NULL");
    }
    set_part(writer, out, "dead_hosts",
             "SELECT json_group_array(tenant || '/' || id) FROM node_instances WHERE dead");
    if (!writer->practice->profile->availability) { /* their plans are pickles */
        set_part(writer, out, "blueprint_plugins",
                 "SELECT json_group_object(id, json(plugins)) FROM (SELECT t.id AS id,"
                 " (SELECT json_group_array(json_object('package_name', package_name,"
                 " 'package_version', package_version)) FROM used_plugins u WHERE u.tenant ="
                 " t.tenant AND u.blueprint = t.id) AS plugins FROM blueprints t)");
    }
    zip_out_text(writer->out, "practice.json", json_print(writer->ctx, out));
}

enum ferry_code snapshot_write(struct practice *practice, const struct snapshot_order *order,
                               struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct snapshot_writer writer = {.practice = practice,
                                     .order = order,
                                     .out = zip_out_open(scope, order->path, true),
                                     .ctx = scope};
    if (order->legacy) {
        snapshot_write_legacy(&writer);
    } else {
        snapshot_write_items(&writer);
    }
    write_practice(&writer);
    if (order->payload > 0) {
        archive_write_payload(writer.out, order->payload, 1);
    }
    return zip_out_close(writer.out, NULL, NULL, err);
}
