/* A content as JSON: descriptions to start a manager with, and counts to look at an archive by. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "practice/content_build.h"

static enum ferry_code take_member(struct content_build *build, enum content_kind kind, void *item,
                                   const struct json *member, struct ferry_error *err)
{
    const char *key = json_key(member);
    const struct content_field *field = content_field_find(kind, key);
    if (field != NULL) {
        content_set_json(build, item, field, member);
        return FERRY_OK;
    }
    if (kind == CONTENT_BLUEPRINTS && strcmp(key, "plugins") == 0) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct json *plan = json_object(scope);
        json_set_json(plan, "deployment_plugins_to_install", member);
        content_set_plan(build, item, plan);
        return FERRY_OK;
    }
    if (kind == CONTENT_USERS && strcmp(key, "tenants") == 0) {
        for (const struct json *t = json_first(member); t != NULL; t = json_next(t)) {
            const char *role = json_text(t);
            if (json_key(t) != NULL) {
                content_user_join(build, item, json_key(t), role == NULL ? "user" : role);
            }
        }
        return FERRY_OK;
    }
    return ferry_fail(err, FERRY_E_CONFIG, "\"%s\" is no key of %s", key,
                      content_list_of(kind)->name);
}

static enum ferry_code take_entry(struct content_build *build, enum content_kind kind,
                                  const struct json *entry, struct ferry_error *err)
{
    void *item = content_add(build, kind);
    if (json_is_string(entry)) { /* only a name: "tenants": ["a", "b"] */
        content_set_json(build, item, &content_list_of(kind)->fields[0], entry);
    }
    for (const struct json *m = json_first(entry); m != NULL; m = json_next(m)) {
        enum ferry_code code = take_member(build, kind, item, m, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
    const struct content_field *tenant = content_field_find(kind, "tenant");
    if (tenant != NULL && json_get(entry, "tenant") == NULL) {
        content_set(build, item, tenant, "default_tenant");
    }
    if (kind == CONTENT_AGENTS) {
        ((struct content_agent *)item)->in_table = true;
    }
    return FERRY_OK;
}

static bool kind_named(const char *name, enum content_kind *kind)
{
    for (int k = 0; k < CONTENT_KINDS; k++) {
        if (strcmp(content_list_of((enum content_kind)k)->name, name) == 0) {
            *kind = (enum content_kind)k;
            return true;
        }
    }
    return false;
}

static enum ferry_code take_lists(struct content_build *build, const struct json *description,
                                  struct ferry_error *err)
{
    for (const struct json *m = json_first(description); m != NULL; m = json_next(m)) {
        enum content_kind kind = CONTENT_TENANTS;
        if (!kind_named(json_key(m), &kind)) {
            if (strcmp(json_key(m), "version") == 0 || strcmp(json_key(m), "admin_password") == 0) {
                continue;
            }
            return ferry_fail(err, FERRY_E_CONFIG, "\"%s\" is no key of a content", json_key(m));
        }
        for (const struct json *e = json_first(m); e != NULL; e = json_next(e)) {
            enum ferry_code code = take_entry(build, kind, e, err);
            if (code != FERRY_OK) {
                return code;
            }
        }
    }
    return FERRY_OK;
}

enum ferry_code content_from_json(const void *ctx, const struct json *description,
                                  struct content **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct content_build *build = content_build_new(scope);
    struct content *content = content_build_content(build);
    if (!json_is_object(description)) {
        return ferry_fail(err, FERRY_E_CONFIG, "a content is described by a JSON object");
    }
    content->snapshot_version =
        content_keep(build, json_string_or(description, "version", "7.1.0"));
    content->admin_password =
        content_keep(build, json_string_or(description, "admin_password", NULL));
    enum ferry_code code = take_lists(build, description, err);
    if (code == FERRY_OK) {
        code = content_finish(build, err);
    }
    if (code == FERRY_OK) {
        *out = mem_move(ctx, content);
    }
    return code;
}

static size_t count_in(const struct content *content, enum content_kind kind, const char *tenant)
{
    const struct content_list *list = content_list_of(kind);
    const struct content_field *field = content_field_find(kind, "tenant");
    const char *items = NULL;
    size_t count = 0, found = 0;
    memcpy(&items, (const char *)content + list->items_at, sizeof(items));
    memcpy(&count, (const char *)content + list->count_at, sizeof(count));
    if (tenant == NULL) {
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        const char *of = NULL;
        memcpy(&of, items + i * list->item_size + field->offset, sizeof(of));
        found += strcmp(of, tenant) == 0;
    }
    return found;
}

static void describe_counts(struct json *out, const struct content *content, const char *tenant)
{
    for (int k = 0; k < CONTENT_KINDS; k++) {
        enum content_kind kind = (enum content_kind)k;
        if (tenant == NULL || content_field_find(kind, "tenant") != NULL) {
            json_set_int(out, content_list_of(kind)->name,
                         (int64_t)count_in(content, kind, tenant));
        }
    }
    size_t agents_in_table = 0, hosts = 0;
    for (size_t i = 0; i < content->agents_count; i++) {
        agents_in_table += content->agents[i].in_table &&
                           (tenant == NULL || strcmp(content->agents[i].tenant, tenant) == 0);
    }
    for (size_t i = 0; i < content->deployments_count; i++) {
        const struct content_deployment *deployment = &content->deployments[i];
        hosts += deployment->can_install_new_agents &&
                 (tenant == NULL || strcmp(deployment->tenant, tenant) == 0);
    }
    json_set_int(out, "agents_in_table", (int64_t)agents_in_table);
    json_set_int(out, "deployments_for_new_agents", (int64_t)hosts);
}

struct json *content_describe(const void *ctx, const struct content *content)
{
    static const char *const layouts[] = {"none", "legacy", "new"};
    struct json *out = json_object(ctx);
    json_set_string(out, "layout", layouts[content->layout]);
    json_set_string(out, "snapshot_version", content->snapshot_version);
    json_set_bool(out, "has_revisions", content_has_revisions(content));
    json_set_int(out, "tenants_passed_over", (int64_t)content->tenants_passed_over);
    describe_counts(json_set_object(out, "total"), content, NULL);
    struct json *tenants = json_set_object(out, "tenants");
    for (size_t i = 0; i < content->tenants_count; i++) {
        const char *name = content->tenants[i].name;
        describe_counts(json_set_object(tenants, name), content, name);
    }
    return out;
}
