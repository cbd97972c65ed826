/* A snapshot archive at a glance, on a terminal or as Markdown for a change ticket. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/text.h"
#include "ui/ui.h"

#define ROWS_SHOWN 40 /* of a table for people; the document has all */
#define COLUMNS_MAX 8

struct page {
    void *mem;
    const struct ui_stream *stream;
    const struct json *report;
    bool markdown;
};

/* --- parts of a page, in both forms --- */

/* In Markdown "|" ends a cell, and what looks like a tag or an image is one. */
static char *cell_text(const struct page *page, const char *text)
{
    const char *safe = ui_safe(page->mem, text);
    size_t at = 0;
    char *out = mem_array(page->mem, char, strlen(safe) * 2 + 1);

    for (; *safe != '\0'; safe++) {
        if (strchr("|<>`*_[]\\", *safe) != NULL) {
            out[at++] = '\\';
        }
        out[at++] = *safe;
    }
    return out;
}

static void heading(const struct page *page, const char *text)
{
    if (page->markdown) {
        (void)fprintf(page->stream->file, "\n### %s\n\n", text);
    } else {
        (void)fputc('\n', page->stream->file);
        ui_line(page->stream, UI_STRONG, 0, "%s", text);
    }
}

/* "name: value"; nothing without a value. */
static void line(const struct page *page, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0') {
        return;
    }
    if (page->markdown) {
        (void)fprintf(page->stream->file, "- **%s**: %s\n", name, cell_text(page, value));
    } else {
        ui_line(page->stream, UI_PLAIN, 0, "%-12s %s", name, value);
    }
}

struct view {
    const char *title;
    const struct ui_column *columns;
    size_t count;
    /* Fills the cells of a row: texts below page->mem, or views. */
    void (*row)(const struct page *page, const struct json *row, const char **cells);
};

static void markdown_row(const struct page *page, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(page->stream->file, "| %s ", cell_text(page, cells[i]));
    }
    (void)fputs("|\n", page->stream->file);
}

static void markdown_head(const struct page *page, const struct view *view)
{
    const char *titles[COLUMNS_MAX];

    for (size_t i = 0; i < view->count; i++) {
        titles[i] = view->columns[i].title;
    }
    markdown_row(page, titles, view->count);
    for (size_t i = 0; i < view->count; i++) {
        (void)fputs(view->columns[i].right ? "| --: " : "| --- ", page->stream->file);
    }
    (void)fputs("|\n", page->stream->file);
}

/* A table of a list of the report; nothing when it is empty. */
static void list(const struct page *page, const char *key, const struct view *view)
{
    const struct json *rows = json_member(page->report, key);
    const char *cells[COLUMNS_MAX];
    size_t shown = 0;
    struct ui_table *table = NULL;

    if (json_size(rows) == 0) {
        return;
    }
    heading(page, view->title);
    if (page->markdown) {
        markdown_head(page, view);
    } else {
        table = ui_table_new(page->mem, page->stream, view->columns, view->count);
    }
    for (const struct json *row = json_first(rows); row != NULL && shown < ROWS_SHOWN;
         row = json_next(row), shown++) {
        memset(cells, 0, sizeof(cells));
        view->row(page, row, cells);
        if (page->markdown) {
            markdown_row(page, cells, view->count);
        } else {
            ui_table_row(table, UI_PLAIN, cells);
        }
    }
    if (table != NULL) {
        ui_table_print(table);
    }
    if (json_size(rows) > shown) {
        (void)fprintf(page->stream->file, "%sand %zu more: --json lists all\n",
                      page->markdown ? "\n" : "", json_size(rows) - shown);
    }
}

/* --- texts --- */

static const char *number(const struct page *page, const struct json *node, const char *key)
{
    int64_t value = json_int64_or(node, key, -1);

    return value < 0 ? "?" : mem_printf(page->mem, "%" PRId64, value);
}

/* "started 90, stopped 2" of {"started": 90, "stopped": 2} */
static const char *tally(const struct page *page, const char *key)
{
    char *text = mem_strdup(page->mem, "");

    for (const struct json *one = json_first(json_member(page->report, key)); one != NULL;
         one = json_next(one)) {
        const char *name = json_key(one);
        text = mem_printf(page->mem, "%s%s%s %s", text, text[0] == '\0' ? "" : ", ",
                          name == NULL || name[0] == '\0' ? "(none)" : name,
                          json_print(page->mem, one));
    }
    return text;
}

/* The texts of a list, as many as are shown. */
static const char *words(const struct page *page, const struct json *texts)
{
    char *out = mem_strdup(page->mem, "");
    size_t shown = 0;

    for (const struct json *one = json_first(texts); one != NULL && shown < ROWS_SHOWN;
         one = json_next(one), shown++) {
        out = mem_printf(page->mem, "%s%s%s", out, shown == 0 ? "" : ", ",
                         json_text(one) == NULL ? "" : json_text(one));
    }
    return json_size(texts) > shown
               ? mem_printf(page->mem, "%s, and %zu more", out, json_size(texts) - shown)
               : out;
}

static const char *tallied(const struct page *page, const char *count, const char *key)
{
    const char *kinds = tally(page, key);

    return kinds[0] == '\0'
               ? number(page, page->report, count)
               : mem_printf(page->mem, "%s: %s", number(page, page->report, count), kinds);
}

/* --- the lists --- */

static void tenant_row(const struct page *page, const struct json *row, const char **cells)
{
    static const char *const keys[] = {"blueprints", "deployments", "hosts",
                                       "agents",     "plugins",     "secrets"};
    int64_t hidden = json_int64_or(row, "blueprints_hidden", 0);

    cells[0] = json_string_or(row, "name", "");
    for (size_t i = 0; i < FERRY_COUNT(keys); i++) {
        cells[i + 1] = number(page, row, keys[i]);
    }
    if (hidden > 0) {
        cells[1] = mem_printf(page->mem, "%s + %" PRId64 " hidden", cells[1], hidden);
    }
}

static void plugin_row(const struct page *page, const struct json *row, const char **cells)
{
    cells[0] = json_string_or(row, "package_name", "");
    cells[1] = json_string_or(row, "package_version", "");
    cells[2] = words(page, json_member(row, "python"));
    cells[3] = json_string_or(row, "platform", "?");
    cells[4] = json_string_or(row, "tenant_name", "");
    cells[5] = json_string_or(row, "visibility", "");
}

static void blueprint_row(const struct page *page, const struct json *row, const char **cells)
{
    char *used = mem_strdup(page->mem, "");
    bool known = json_bool_or(row, "known", false);

    for (const struct json *one = json_first(json_member(row, "plugins")); one != NULL;
         one = json_next(one)) {
        used = mem_printf(page->mem, "%s%s%s %s", used, used[0] == '\0' ? "" : ", ",
                          json_string_or(one, "package_name", ""),
                          json_string_or(one, "package_version", "(any)"));
    }
    cells[0] = json_string_or(row, "tenant_name", "");
    cells[1] = mem_printf(page->mem, "%s%s", json_string_or(row, "id", ""),
                          json_bool_or(row, "hidden", false) ? " (hidden)" : "");
    cells[2] = number(page, row, "deployments");
    cells[3] = known             ? used
               : used[0] == '\0' ? "cannot tell"
                                 : mem_printf(page->mem, "%s, and what else cannot be told", used);
}

static void execution_row(const struct page *page, const struct json *row, const char **cells)
{
    bool is_schedule = strcmp(json_string_or(row, "kind", ""), "schedule") == 0;

    cells[0] = ui_time(page->mem, row, "at");
    if (cells[0][0] == '\0') {
        cells[0] = is_schedule ? "never again" : "-";
    }
    cells[1] = json_string_or(row, "workflow", "");
    cells[2] = json_string_or(row, "deployment", "");
    cells[3] = json_string_or(row, "tenant_name", "");
    cells[4] =
        !is_schedule ? json_string_or(row, "status", "")
        : json_bool_or(row, "enabled", true)
            ? mem_printf(page->mem, "schedule %s", json_string_or(row, "id", ""))
            : mem_printf(page->mem, "schedule %s, switched off", json_string_or(row, "id", ""));
}

static void active_row(const struct page *page, const struct json *row, const char **cells)
{
    cells[0] = ui_time(page->mem, row, "created_at");
    cells[1] = json_string_or(row, "workflow", "");
    cells[2] = json_string_or(row, "deployment", "");
    cells[3] = json_string_or(row, "tenant_name", "");
    cells[4] = json_string_or(row, "status", "");
}

static void secret_row(const struct page *page, const struct json *row, const char **cells)
{
    (void)page;
    cells[0] = json_string_or(row, "tenant_name", "");
    cells[1] = json_string_or(row, "name", "");
}

static void lists(const struct page *page)
{
    static const struct ui_column tenants[] = {
        {"TENANT", false}, {"BLUEPRINTS", true}, {"DEPLOYMENTS", true}, {"HOSTS", true},
        {"AGENTS", true},  {"PLUGINS", true},    {"SECRETS", true}};
    static const struct ui_column plugins[] = {{"PACKAGE", false}, {"VERSION", false},
                                               {"PYTHON", false},  {"PLATFORM", false},
                                               {"TENANT", false},  {"VISIBILITY", false}};
    static const struct ui_column blueprints[] = {
        {"TENANT", false}, {"BLUEPRINT", false}, {"DEPLOYMENTS", true}, {"PLUGINS", false}};
    static const struct ui_column waiting[] = {{"WHEN (UTC)", false},
                                               {"WORKFLOW", false},
                                               {"DEPLOYMENT", false},
                                               {"TENANT", false},
                                               {"WHAT", false}};
    static const struct ui_column active[] = {{"SINCE (UTC)", false},
                                              {"WORKFLOW", false},
                                              {"DEPLOYMENT", false},
                                              {"TENANT", false},
                                              {"STATUS", false}};
    static const struct ui_column secrets[] = {{"TENANT", false}, {"NAME", false}};

    list(page, "tenant_list", &(struct view){"Tenants", tenants, 7, tenant_row});
    list(page, "plugin_list", &(struct view){"Plugins", plugins, 6, plugin_row});
    list(page, "blueprint_list",
         &(struct view){"Blueprints and the plugins they use", blueprints, 4, blueprint_row});
    list(page, "waiting",
         &(struct view){"Scheduled and queued executions, and schedules", waiting, 5,
                        execution_row});
    list(page, "active", &(struct view){"Executions that were running", active, 5, active_row});
    list(page, "secret_list", &(struct view){"Secrets (names)", secrets, 2, secret_row});
}

/* --- the whole --- */

static const char *age_of(const struct page *page)
{
    const char *made = ui_time(page->mem, page->report, "made_at");

    return mem_printf(page->mem, "%s, of a manager %s%s%s%s",
                      json_string_or(page->report, "format", "?"),
                      json_string_or(page->report, "version", "?"),
                      made[0] == '\0' ? "" : ", made ", made, made[0] == '\0' ? "" : " UTC");
}

static void counts(const struct page *page)
{
    const struct json *report = page->report;

    line(page, "tenants", number(page, report, "tenants"));
    line(page, "users",
         json_size(json_member(report, "user_list")) == 0
             ? number(page, report, "users")
             : mem_printf(page->mem, "%s: %s", number(page, report, "users"),
                          words(page, json_member(report, "user_list"))));
    line(page, "blueprints",
         mem_printf(page->mem, "%s, and %s hidden", number(page, report, "blueprints"),
                    number(page, report, "blueprints_hidden")));
    line(page, "deployments",
         mem_printf(page->mem, "%s, %s of them with hosts", number(page, report, "deployments"),
                    number(page, report, "deployments_with_hosts")));
    line(page, "instances", tallied(page, "node_instances", "instances_by_state"));
    line(page, "hosts",
         mem_printf(page->mem, "%s, %s of them not started", number(page, report, "hosts"),
                    number(page, report, "hosts_not_started")));
    line(page, "agents", tallied(page, "agents", "agents_by_version"));
    line(page, "by method", tally(page, "agents_by_method"));
    line(page, "plugins", number(page, report, "plugins"));
    line(page, "secrets", number(page, report, "secrets"));
    line(page, "executions", tallied(page, "executions", "executions_by_status"));
    line(page, "schedules", number(page, report, "schedules"));
    line(page, "networks", words(page, json_member(report, "networks")));
}

static void show(const struct ui_stream *stream, const struct json *report, bool markdown)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct page page = {.mem = scope, .stream = stream, .report = report, .markdown = markdown};
    bool usable = json_bool_or(report, "usable", false);
    int64_t size = json_int64_or(report, "size", 0);

    if (markdown) {
        (void)fprintf(stream->file, "## Snapshot archive %s\n\n",
                      cell_text(&page, json_string_or(report, "archive", "")));
        line(&page, "verdict", usable ? "usable" : "not usable");
    } else {
        ui_line(stream, usable ? UI_GOOD : UI_BAD, 0, "%s: %s",
                json_string_or(report, "archive", ""), usable ? "usable" : "not usable");
    }
    line(&page, "format", age_of(&page));
    line(&page, "size",
         mem_printf(scope, "%s (%" PRId64 " bytes), %s members%s", timefmt_bytes(scope, size), size,
                    number(&page, report, "members"),
                    json_bool_or(report, "deep", false) ? ", each of them verified" : ""));
    line(&page, "SHA-256", json_string_or(report, "sha256", NULL));
    line(&page, "schema", json_string_or(report, "schema_revision", NULL));
    for (const struct json *one = json_first(json_member(report, "warnings")); one != NULL;
         one = json_next(one)) {
        if (markdown) {
            line(&page, "warning", json_text(one));
        } else {
            ui_line(stream, UI_CARE, 0, "warning: %s", json_text(one));
        }
    }
    if (!markdown) {
        (void)fputc('\n', stream->file);
    }
    counts(&page);
    lists(&page);
}

void ui_inspect(const struct ui_stream *stream, const struct json *report)
{
    show(stream, report, false);
}

void ui_inspect_markdown(const struct ui_stream *stream, const struct json *report)
{
    show(stream, report, true);
}
