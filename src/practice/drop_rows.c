#include "practice/drop_rows.h"

#include <string.h>

#include "base/mem.h"
#include "practice/copy_rows.h"

/* What points at a row that goes: a column, and the tables whose rows it may point at. */
static const struct {
    const char *column, *table; /* the table pointed at */
    const char *only;           /* the table that has the column so; NULL: any */
} links[] = {
    {"_deployment_fk", "deployments", NULL},
    {"_source_deployment", "deployments", NULL},
    {"_target_deployment", "deployments", NULL},
    {"_labeled_model_fk", "deployments", "deployments_labels"},
    {"deployment_id", "deployments", "deployment_groups_deployments"},
    {"_node_fk", "nodes", NULL},
    {"_node_instance_fk", "node_instances", NULL},
    {"_execution_fk", "executions", NULL},
    {"_tasks_graph_fk", "tasks_graphs", NULL},
    {"_deployment_update_fk", "deployment_updates", NULL},
};

/* The numbers of the rows of a table that go. */
struct gone {
    const char *table;
    char **numbers;
    size_t count;
};

struct drop_rows {
    const char *tenant, *deployment;
    char *tenant_number;
    struct gone gone[FERRY_COUNT(links)]; /* one for each link, tables repeat */
    char *header_line;                    /* of the open block; NULL: none */
    struct copy_header header;
};

struct drop_rows *drop_rows_new(const void *ctx, const char *tenant, const char *deployment)
{
    struct drop_rows *rows = mem_new(ctx, struct drop_rows);
    rows->tenant = mem_strdup(rows, tenant);
    rows->deployment = mem_strdup(rows, deployment);
    for (size_t i = 0; i < FERRY_COUNT(links); i++) {
        rows->gone[i].table = links[i].table;
    }
    return rows;
}

bool drop_rows_found(const struct drop_rows *rows)
{
    return rows->gone[0].count > 0;
}

static struct gone *gone_of(struct drop_rows *rows, const char *table)
{
    for (size_t i = 0; i < FERRY_COUNT(links); i++) {
        if (strcmp(rows->gone[i].table, table) == 0) {
            return &rows->gone[i];
        }
    }
    return NULL;
}

static bool is_gone(struct drop_rows *rows, const char *table, const char *number)
{
    const struct gone *gone = gone_of(rows, table);
    for (size_t i = 0; gone != NULL && i < gone->count; i++) {
        if (strcmp(gone->numbers[i], number) == 0) {
            return true;
        }
    }
    return false;
}

static const char *field(const struct drop_rows *rows, char **fields, size_t count,
                         const char *column)
{
    for (size_t i = 0; i < rows->header.columns_count && i < count; i++) {
        if (strcmp(rows->header.columns[i], column) == 0) {
            return fields[i];
        }
    }
    return "";
}

static bool goes(struct drop_rows *rows, char **fields, size_t count)
{
    const char *table = rows->header.table;
    if (strcmp(table, "deployments") == 0) {
        return rows->tenant_number != NULL &&
               strcmp(field(rows, fields, count, "id"), rows->deployment) == 0 &&
               strcmp(field(rows, fields, count, "_tenant_id"), rows->tenant_number) == 0;
    }
    for (size_t i = 0; i < FERRY_COUNT(links); i++) {
        if (links[i].only != NULL && strcmp(links[i].only, table) != 0) {
            continue;
        }
        const char *number = field(rows, fields, count, links[i].column);
        if (*number != '\0' && is_gone(rows, links[i].table, number)) {
            return true;
        }
    }
    return false;
}

static bool row_goes(struct drop_rows *rows, const char *line)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *fields[COPY_COLUMNS_MAX];
    size_t count = copy_row_split(mem_strdup(scope, line), fields, COPY_COLUMNS_MAX);
    if (strcmp(rows->header.table, "tenants") == 0 &&
        strcmp(field(rows, fields, count, "name"), rows->tenant) == 0) {
        rows->tenant_number = mem_strdup(rows, field(rows, fields, count, "id"));
    }
    if (!goes(rows, fields, count)) {
        return false;
    }
    struct gone *gone = gone_of(rows, rows->header.table);
    if (gone != NULL) {
        gone->numbers = mem_resize(rows, gone->numbers, char *, gone->count + 1);
        gone->numbers[gone->count++] = mem_strdup(rows, field(rows, fields, count, "_storage_id"));
    }
    return true;
}

bool drop_rows_line(struct drop_rows *rows, const char *line)
{
    if (rows->header_line == NULL) {
        if (strncmp(line, "COPY ", 5) == 0) {
            rows->header_line = mem_strdup(rows, line);
            if (!copy_header_parse(rows->header_line, &rows->header)) {
                mem_free(rows->header_line);
                rows->header_line = NULL;
            }
        }
        return false;
    }
    if (strcmp(line, "\\.") == 0) {
        mem_free(rows->header_line);
        rows->header_line = NULL;
        return false;
    }
    return row_goes(rows, line);
}
