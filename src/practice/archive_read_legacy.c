/*
 * A legacy archive: the dump of the data base by column names, so that a version's order does not
 * matter, with the pickled columns of managers before 6.4 left alone.
 */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "practice/archive_read.h"
#include "practice/copy_rows.h"
#include "practice/legacy.h"
#include "practice/zip_read.h"

/* What happens with a column. */
enum target { SKIP, FIELD, SELF, TENANT, CREATOR, PARENT, OTHER, THIRD, PLAN, ADMIN };

struct column {
    const char *name;
    enum target target;
    const char *member; /* FIELD: the member; NULL otherwise */
};

/* Columns whose name is not the member's. */
static const struct column user_columns[] = {
    {"id", ADMIN, NULL}, {"username", FIELD, "username"}, {"password", FIELD, "password_hash"}};
static const struct column tenant_columns[] = {{"id", SELF, NULL}};
static const struct column blueprint_columns[] = {{"plan", PLAN, NULL}};
static const struct column deployment_columns[] = {{"_blueprint_fk", PARENT, NULL}};
static const struct column node_columns[] = {{"_deployment_fk", PARENT, NULL},
                                             {"number_of_instances", FIELD, "instances"}};
static const struct column instance_columns[] = {{"_node_fk", PARENT, NULL}};
static const struct column agent_columns[] = {{"_node_instance_fk", PARENT, NULL},
                                              {"id", SKIP, NULL}};
static const struct column execution_columns[] = {{"_deployment_fk", PARENT, NULL},
                                                  {"workflow_id", FIELD, "workflow"},
                                                  {"blueprint_id", FIELD, "blueprint"},
                                                  {"is_system_workflow", FIELD, "is_system"}};
static const struct column schedule_columns[] = {{"_deployment_fk", PARENT, NULL},
                                                 {"workflow_id", FIELD, "workflow"}};
static const struct column secret_columns[] = {{"id", FIELD, "key"}};
static const struct column token_columns[] = {{"_user_fk", PARENT, NULL},
                                              {"expiration_date", FIELD, "expires_at"}};
static const struct column group_columns[] = {{"id", SELF, NULL}};
static const struct column site_columns[] = {{"id", SKIP, NULL}};
static const struct column update_columns[] = {{"_original_blueprint_fk", PARENT, NULL},
                                               {"_temp_blueprint_fk", OTHER, NULL},
                                               {"_execution_fk", THIRD, NULL}};

struct table {
    const char *name;
    enum content_kind kind;
    const struct column *columns;
    size_t columns_count;
};

#define TABLE(name, kind, columns)                                                                 \
    {                                                                                              \
        name, kind, columns, FERRY_COUNT(columns)                                                  \
    }

static const struct table tables[] = {
    TABLE("tenants", CONTENT_TENANTS, tenant_columns),
    TABLE("users", CONTENT_USERS, user_columns),
    TABLE("blueprints", CONTENT_BLUEPRINTS, blueprint_columns),
    TABLE("deployments", CONTENT_DEPLOYMENTS, deployment_columns),
    TABLE("nodes", CONTENT_NODES, node_columns),
    TABLE("node_instances", CONTENT_INSTANCES, instance_columns),
    TABLE("agents", CONTENT_AGENTS, agent_columns),
    {"plugins", CONTENT_PLUGINS, NULL, 0},
    TABLE("executions", CONTENT_EXECUTIONS, execution_columns),
    TABLE("execution_schedules", CONTENT_SCHEDULES, schedule_columns),
    TABLE("secrets", CONTENT_SECRETS, secret_columns),
    TABLE("tokens", CONTENT_TOKENS, token_columns),
    TABLE("plugins_updates", CONTENT_UPDATES, update_columns),
    TABLE("groups", CONTENT_GROUPS, group_columns),
    TABLE("sites", CONTENT_SITES, site_columns),
};

/* A column of the block being read. */
struct bound {
    enum target target;
    const struct content_field *field;
};

struct block {
    const char *name;
    const struct table *table; /* NULL: rows are passed over, or a join table */
    enum { BLOCK_OTHER, BLOCK_TABLE, BLOCK_ROLES, BLOCK_MEMBERS } form;
    struct bound bounds[COPY_COLUMNS_MAX];
    struct copy_header header;
    char *header_line;
};

static const struct table *table_of(const char *name)
{
    for (size_t i = 0; i < FERRY_COUNT(tables); i++) {
        if (strcmp(tables[i].name, name) == 0) {
            return &tables[i];
        }
    }
    return NULL;
}

static struct bound bind(const struct table *table, const char *name)
{
    static const struct column common[] = {
        {"_storage_id", SELF, NULL}, {"_tenant_id", TENANT, NULL}, {"_creator_id", CREATOR, NULL}};
    for (size_t i = 0; i < table->columns_count; i++) {
        const struct column *column = &table->columns[i];
        if (strcmp(column->name, name) == 0) {
            return (struct bound){
                column->target,
                column->member == NULL ? NULL : content_field_find(table->kind, column->member)};
        }
    }
    for (size_t i = 0; i < FERRY_COUNT(common); i++) {
        if (strcmp(common[i].name, name) == 0) {
            return (struct bound){common[i].target, NULL};
        }
    }
    const struct content_field *field = content_field_find(table->kind, name);
    return (struct bound){field == NULL ? SKIP : FIELD, field};
}

static void block_open(struct block *block)
{
    const char *name = block->header.table;
    block->name = name;
    block->table = table_of(name);
    block->form = block->table != NULL                 ? BLOCK_TABLE
                  : strcmp(name, "users_roles") == 0   ? BLOCK_ROLES
                  : strcmp(name, "users_tenants") == 0 ? BLOCK_MEMBERS
                                                       : BLOCK_OTHER;
    for (size_t i = 0; i < block->header.columns_count && block->table != NULL; i++) {
        block->bounds[i] = bind(block->table, block->header.columns[i]);
    }
}

static int64_t number_of(const char *text)
{
    int64_t number = LEGACY_NO_ID;
    if (text != NULL) {
        (void)parse_int64(text, 0, INT64_MAX, &number);
    }
    return number;
}

static void take_plan(struct content_build *build, void *item, const char *text)
{
    struct ferry_error err = {0};
    struct json *plan = NULL;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (text != NULL && text[0] == '{' &&
        json_parse(scope, text, strlen(text), &plan, &err) == FERRY_OK) {
        content_set_plan(build, item, plan);
    }
}

static void take_admin(struct content_user *user, struct legacy_link *link, const char *text)
{
    link->self = number_of(text);
    user->is_admin = link->self == 0; /* a manager's restore hard-codes this id too */
}

static void take_field(struct legacy *legacy, void *item, struct legacy_link *link,
                       const struct bound *bound, char *raw)
{
    const char *text = copy_field_text(raw);
    switch (bound->target) {
    case SKIP:
        break;
    case FIELD:
        content_set(legacy->build, item, bound->field, text);
        break;
    case SELF:
        link->self = number_of(text);
        break;
    case TENANT:
        link->tenant = number_of(text);
        break;
    case CREATOR:
        link->creator = number_of(text);
        break;
    case PARENT:
        link->parent = number_of(text);
        break;
    case OTHER:
        link->other = number_of(text);
        break;
    case THIRD:
        link->third = number_of(text);
        break;
    case PLAN:
        take_plan(legacy->build, item, text);
        break;
    case ADMIN:
        take_admin(item, link, text);
        break;
    }
}

static void take_row(struct legacy *legacy, const struct block *block, char **fields)
{
    void *item = content_add(legacy->build, block->table->kind);
    struct legacy_link *link = legacy_link_add(legacy, block->table->kind);
    for (size_t i = 0; i < block->header.columns_count; i++) {
        if (block->bounds[i].target != SKIP) {
            take_field(legacy, item, link, &block->bounds[i], fields[i]);
        }
    }
}

static void take_join(struct legacy *legacy, const struct block *block, char **fields)
{
    struct legacy_join join = {LEGACY_NO_ID, LEGACY_NO_ID, LEGACY_NO_ID};
    for (size_t i = 0; i < block->header.columns_count; i++) {
        const char *column = block->header.columns[i];
        int64_t number = number_of(copy_field_text(fields[i]));
        if (strcmp(column, "user_id") == 0) {
            join.user = number;
        } else if (strcmp(column, "tenant_id") == 0) {
            join.tenant = number;
        } else if (strcmp(column, "role_id") == 0) {
            join.role = number;
        }
    }
    legacy_join_add(legacy, &join);
}

static enum ferry_code read_block(struct legacy *legacy, const struct block *block,
                                  struct zip_lines *lines, struct ferry_error *err)
{
    char *fields[COPY_COLUMNS_MAX];
    for (size_t row = 1;; row++) {
        char *line = NULL;
        size_t length = 0;
        enum ferry_code code = zip_lines_next(lines, &line, &length, err);
        if (code != FERRY_OK) {
            return code;
        }
        if (line == NULL) {
            return ferry_fail(err, FERRY_E_ARCHIVE, "pg_data ends inside the table %s",
                              block->name);
        }
        if (strcmp(line, "\\.") == 0) {
            return FERRY_OK;
        }
        if (block->form == BLOCK_OTHER) {
            continue;
        }
        size_t count = copy_row_split(line, fields, COPY_COLUMNS_MAX);
        if (count != block->header.columns_count) {
            return ferry_fail(err, FERRY_E_ARCHIVE,
                              "row %zu of the table %s has %zu fields instead of %zu", row,
                              block->name, count, block->header.columns_count);
        }
        if (block->form == BLOCK_TABLE) {
            take_row(legacy, block, fields);
        } else {
            take_join(legacy, block, fields);
        }
    }
}

/* "DELETE FROM executions WHERE id = '...';": how a dump drops the execution that made it. */
static void take_statement(struct legacy *legacy, const char *line)
{
    static const char *const starts[] = {"DELETE FROM executions WHERE id = '",
                                         "DELETE FROM public.executions WHERE id = '"};
    for (size_t i = 0; i < FERRY_COUNT(starts); i++) {
        size_t length = strlen(starts[i]);
        if (strncmp(line, starts[i], length) == 0) {
            const char *id = line + length;
            legacy_drop_execution(legacy, content_keep_n(legacy->build, id, strcspn(id, "'")));
        }
    }
}

static enum ferry_code read_dump(struct legacy *legacy, const struct zip_member *member,
                                 struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct zip_lines *lines = zip_lines_new(scope, member);
    struct block *block = mem_new(scope, struct block);
    for (;;) {
        char *line = NULL;
        size_t length = 0;
        enum ferry_code code = zip_lines_next(lines, &line, &length, err);
        if (code != FERRY_OK || line == NULL) {
            return code;
        }
        if (strncmp(line, "COPY ", 5) != 0) {
            take_statement(legacy, line);
            continue;
        }
        mem_free(block->header_line);
        block->header_line = mem_strdup(block, line); /* the header outlives its line */
        if (!copy_header_parse(block->header_line, &block->header)) {
            return ferry_fail(err, FERRY_E_ARCHIVE, "pg_data has a COPY that makes no sense");
        }
        block_open(block);
        code = read_block(legacy, block, lines, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
}

static enum ferry_code visit(void *arg, const struct zip_member *member, struct ferry_error *err)
{
    struct legacy *legacy = arg;
    size_t size = 0;
    if (strcmp(member->name, "pg_data") == 0) {
        return read_dump(legacy, member, err);
    }
    if (strcmp(member->name, "agents.json") == 0) {
        return zip_member_read(legacy, member, ARCHIVE_MEMBER_MAX, &legacy->agents, &size, err);
    }
    if (strcmp(member->name, "admin_account.json") == 0) {
        return zip_member_json(legacy, member, 1024 * 1024, &legacy->admin, err);
    }
    return FERRY_OK;
}

enum ferry_code archive_fill_legacy(struct content_build *build, const char *path,
                                    struct ferry_error *err)
{
    struct legacy *legacy = mem_new(build, struct legacy);
    legacy->build = build;
    struct zip_visitor visitor = {visit, legacy};
    enum content_problem problem = CONTENT_FINE;
    enum ferry_code code = zip_walk(path, &visitor, &problem, err);
    if (code == FERRY_OK) {
        legacy_resolve(legacy);
        code = legacy_agents(legacy, err);
    }
    mem_free(legacy);
    return code;
}
