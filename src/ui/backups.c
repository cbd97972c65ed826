#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/text.h"
#include "ui/ui.h"

#define DAYS 10    /* letters of "2026-11-22" */
#define MINUTES 16 /* of "2026-11-22 15:06" */

/* "7 daily, 4 weekly", or what a policy of zeros means. */
static char *policy_text(const void *mem, const struct json *keep)
{
    static const char *const rules[] = {"daily", "weekly", "monthly", "yearly"};
    char *text = NULL;

    for (size_t at = 0; at < FERRY_COUNT(rules); at++) {
        int64_t slots = json_int64_or(keep, rules[at], 0);

        if (slots > 0) {
            text = mem_printf(mem, "%s%s%" PRId64 " %s", text == NULL ? "" : text,
                              text == NULL ? "" : ", ", slots, rules[at]);
        }
    }
    if (text == NULL) {
        return mem_strdup(mem, "no policy: everything is kept");
    }
    return mem_printf(mem, "kept are %s (days of %s)", text,
                      strcmp(json_string_or(keep, "zone", "UTC"), "local") == 0 ? "this machine"
                                                                                : "UTC");
}

static char *verdict_text(const void *mem, const struct json *backup)
{
    const char *problem = json_string_or(backup, "problem", NULL);
    const char *why = json_string_or(backup, "why", "");
    bool ours = json_bool_or(backup, "made_by_ferry", false);

    return mem_printf(mem, "%s: %s%s%s", json_bool_or(backup, "keep", true) ? "keep" : "remove",
                      why, ours && problem != NULL ? "; " : "",
                      ours && problem != NULL ? problem : "");
}

static enum ui_colour colour_of(const struct json *backup)
{
    if (json_bool_or(backup, "made_by_ferry", false) &&
        json_string_or(backup, "problem", NULL) != NULL) {
        return UI_BAD;
    }
    if (!json_bool_or(backup, "keep", true)) {
        return UI_CARE;
    }
    return json_bool_or(backup, "proven", false) ? UI_GOOD : UI_DIM;
}

/* Are they all of one manager? Then its name need not stand in each row. */
static bool several_managers(const struct json *list)
{
    const char *first = NULL;

    for (const struct json *backup = json_first(list); backup != NULL; backup = json_next(backup)) {
        const char *manager = json_string_or(backup, "manager", NULL);

        if (manager != NULL && first != NULL && strcmp(first, manager) != 0) {
            return true;
        }
        first = manager != NULL ? manager : first;
    }
    return false;
}

static void print_rows(const struct ui_stream *stream, const struct json *list)
{
    static const struct ui_column columns[] = {
        {"NAME", false},   {"TAKEN", false},   {"SIZE", true},    {"VERSION", false},
        {"PROVEN", false}, {"MANAGER", false}, {"VERDICT", false}};
    static const struct ui_column narrow[] = {{"NAME", false},   {"TAKEN", false},
                                              {"SIZE", true},    {"VERSION", false},
                                              {"PROVEN", false}, {"VERDICT", false}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    bool wide = several_managers(list);
    struct ui_table *table = wide ? ui_table_new(scope, stream, columns, FERRY_COUNT(columns))
                                  : ui_table_new(scope, stream, narrow, FERRY_COUNT(narrow));

    for (const struct json *backup = json_first(list); backup != NULL; backup = json_next(backup)) {
        bool proven = json_bool_or(backup, "proven", false);
        const char *proven_at = ui_time(scope, backup, "proven_at");
        const char *verdict = verdict_text(scope, backup);
        const char *cells[] = {json_string_or(backup, "name", ""),
                               mem_strndup(scope, ui_time(scope, backup, "taken_at"), MINUTES),
                               timefmt_bytes(scope, json_int64_or(backup, "size", 0)),
                               json_string_or(backup, "manager_version", ""),
                               proven ? mem_strndup(scope, proven_at, DAYS) : "no",
                               wide ? json_string_or(backup, "manager", "") : verdict,
                               verdict};

        ui_table_row(table, colour_of(backup), cells);
    }
    ui_table_print(table);
}

void ui_backups(const struct ui_stream *stream, const struct json *backups)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *list = json_member(backups, "backups");
    const struct json *totals = json_member(backups, "totals");
    int64_t removable = json_int64_or(totals, "removable", 0);

    ui_line(stream, UI_STRONG, 0, "%s: %" PRId64 " backup%s, %s, %" PRId64 " proven; %s",
            json_string_or(backups, "directory", ""), json_int64_or(totals, "backups", 0),
            json_int64_or(totals, "backups", 0) == 1 ? "" : "s",
            timefmt_bytes(scope, json_int64_or(totals, "bytes", 0)),
            json_int64_or(totals, "proven", 0), policy_text(scope, json_member(backups, "keep")));
    print_rows(stream, list);
    if (removable > 0) {
        ui_line(stream, UI_PLAIN, 0, "the next prune removes %" PRId64 " of them, %s", removable,
                timefmt_bytes(scope, json_int64_or(totals, "removable_bytes", 0)));
    }
}
