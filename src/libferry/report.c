/* The report: one document with all that the journal knows of a run. Never changes a byte of it. */
#include "libferry/report.h"

#include <string.h>

#include "base/timefmt.h"

#define PAGE 1000
#define FAILURES_SHOWN 2000

static void take_failure(struct report *report, const struct step_row *step,
                         const struct unit_row *row, struct json *list)
{
    struct json *unit;

    (void)report;
    if (json_size(list) >= FAILURES_SHOWN) {
        return;
    }
    unit = json_push_object(list);
    json_set_string(unit, "step", step->name);
    json_set_string(unit, "unit", row->key);
    json_set_string(unit, "state", unit_state_name(row->state));
    json_set_string(unit, "reason", row->error);
    json_set_string(unit, "hint", row->hint);
    json_set_int(unit, "attempt", row->attempt);
    json_set_string(unit, "execution", row->remote_id);
    ferry_set_time(unit, "since", row->intent_at_ms);
    ferry_set_time(unit, "ended_at", row->ended_at_ms);
}

static void take_unit(struct report *report, struct report_step *step, const struct unit_row *row,
                      struct json *failures)
{
    struct report_unit *unit = &step->units[step->count++];

    *unit = (struct report_unit){.key = mem_strdup(report->mem, row->key),
                                 .state = row->state,
                                 .intent_at_ms = row->intent_at_ms,
                                 .ended_at_ms = row->ended_at_ms,
                                 .http = row->http};
    memcpy(unit->intent_id, row->intent_id, sizeof unit->intent_id);
    if (row->state == UNIT_FAILED || row->state == UNIT_UNKNOWN) {
        take_failure(report, step->row, row, failures);
    }
}

/* Places are by seq, which has no gaps. */
static enum ferry_code read_units(struct report *report, struct report_step *step,
                                  struct json *failures, struct ferry_error *err)
{
    int64_t after = -1;
    size_t count;

    do {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct unit_row *rows;

        if (journal_units(
                report->journal, scope,
                &(struct unit_query){report->run->run, step->row->step, UNITS_ALL, after, PAGE},
                &rows, &count, err)) {
            return err->code;
        }
        step->units =
            mem_resize(report->mem, step->units, struct report_unit, step->count + count + 1);
        for (size_t i = 0; i < count; i++) {
            take_unit(report, step, &rows[i], failures);
            after = rows[i].seq;
        }
    } while (count == PAGE);
    return FERRY_OK;
}

static enum ferry_code read_steps(struct report *report, struct ferry_error *err)
{
    struct json *failures = json_set_array(report->document, "failures");
    struct step_row *rows;
    int64_t all = 0;

    if (journal_steps(report->journal, report->mem, report->run->run, &rows, &report->step_count,
                      err)) {
        return err->code;
    }
    report->steps = mem_array(report->mem, struct report_step, report->step_count);
    for (size_t i = 0; i < report->step_count; i++) {
        report->steps[i].row = &rows[i];
        all += rows[i].n_failed + rows[i].n_unknown;
        if (read_units(report, &report->steps[i], failures, err)) {
            return err->code;
        }
    }
    json_set_int(report->document, "failures_in_all", all);
    return FERRY_OK;
}

/* Begins with what ferry_status tells. */
static enum ferry_code begin(struct report *report, struct ferry_error *err)
{
    char *status = NULL;
    enum ferry_code code = ferry_describe_run(report->journal, report->run, &status, err);

    if (!code) {
        code = json_parse(report->mem, status, strlen(status), &report->document, err);
    }
    ferry_text_free(status);
    if (!code) {
        json_remove(report->document, "stuck"); /* failures has them all */
        json_set_int(report->document, "report", 1);
        json_set_string(report->document, "made_by", "ferry " FERRY_VERSION);
        ferry_set_time(report->document, "made_at", report->now_ms);
    }
    return code;
}

static enum ferry_code make(struct report *report, char **out, struct ferry_error *err)
{
    if (begin(report, err) || read_steps(report, err) || report_events(report, err)) {
        return err->code;
    }
    report_fanout(report);
    *out = ferry_text(json_print(report->mem, report->document));
    return FERRY_OK;
}

enum ferry_code ferry_report(struct ferry *ferry, const char *run, char **out,
                             struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct report report = {.mem = scope, .now_ms = ferry->clock->realtime_ms(ferry->clock)};
    struct ferry_error own = {0};
    struct run_row row;
    enum ferry_code code;

    err = err ? err : &own;
    *out = NULL;
    if (ferry_open_journal(scope, ferry, JOURNAL_READ, &report.journal, err)) {
        return err->code;
    }
    code = ferry_find_run(report.journal, scope, run, &row, err);
    if (!code) {
        report.run = &row;
        code = make(&report, out, err);
    }
    journal_close(report.journal);
    return code;
}
