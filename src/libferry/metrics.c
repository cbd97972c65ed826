/* How a run stands, and when the last backup succeeded, as a text file for Prometheus. */
#include <string.h>

#include "backup/catalog.h"
#include "base/file.h"
#include "base/prometheus.h"
#include "base/timefmt.h"
#include "libferry/internal.h"

#define METRICS_MAX (1 << 20) /* bytes; an upgrade has 10 KB */

struct sheet {
    struct buf text;
    struct prometheus_label labels[3]; /* workflow, manager, and one more */
};

static void one(struct sheet *sheet, const char *name, const char *help, int64_t value)
{
    prometheus_gauge(&sheet->text, name, help);
    prometheus_int(&sheet->text, name, sheet->labels, 2, value);
}

/* A moment or a length of time; 0: not known, and then it is left out. */
static void seconds(struct sheet *sheet, const char *name, const char *help, int64_t value_ms)
{
    if (value_ms > 0) {
        prometheus_gauge(&sheet->text, name, help);
        prometheus_seconds(&sheet->text, name, sheet->labels, 2, value_ms);
    }
}

/* 1 for the state that it is in, 0 for the others. */
static void states(struct sheet *sheet, enum run_state now)
{
    static const char name[] = "ferry_run_state";

    prometheus_gauge(&sheet->text, name, "1 for the state that the run is in");
    for (int state = RUN_RUNNING; state <= RUN_DONE; state++) {
        sheet->labels[2] =
            (struct prometheus_label){"state", run_state_name((enum run_state)state)};
        prometheus_int(&sheet->text, name, sheet->labels, 3, state == (int)now ? 1 : 0);
    }
}

static void run_itself(struct sheet *sheet, const struct run_row *run)
{
    static const char info[] = "ferry_run_info";

    prometheus_gauge(&sheet->text, info, "the name of the run");
    sheet->labels[2] = (struct prometheus_label){"run", run->name};
    prometheus_int(&sheet->text, info, sheet->labels, 3, 1);
    states(sheet, run->state);
    seconds(sheet, "ferry_run_start_timestamp_seconds", "when the run was made",
            run->created_at_ms);
    if (!run_is_live(run->state)) {
        seconds(sheet, "ferry_run_duration_seconds", "from its beginning to its end",
                run->updated_at_ms - run->created_at_ms);
    }
}

/* One family after the other, each with a sample for each step. */
static void steps(struct sheet *sheet, const struct step_row *rows, size_t count)
{
    static const char state[] = "ferry_step_state", units[] = "ferry_step_units";
    static const char expected[] = "ferry_step_units_expected";
    struct prometheus_label labels[4] = {sheet->labels[0], sheet->labels[1]};

    prometheus_gauge(&sheet->text, state, "1 with the state that the step is in");
    for (size_t i = 0; i < count; i++) {
        labels[2] = (struct prometheus_label){"step", rows[i].name};
        labels[3] = (struct prometheus_label){"state", step_state_name(rows[i].state)};
        prometheus_int(&sheet->text, state, labels, 4, 1);
    }
    prometheus_gauge(&sheet->text, units, "units of the step by what became of them");
    for (size_t i = 0; i < count; i++) {
        const struct {
            const char *name;
            int64_t value;
        } of[] = {{"done", rows[i].n_done},
                  {"skipped", rows[i].n_skipped},
                  {"failed", rows[i].n_failed},
                  {"running", rows[i].n_open},
                  {"unknown", rows[i].n_unknown}};

        labels[2] = (struct prometheus_label){"step", rows[i].name};
        for (size_t k = 0; k < FERRY_COUNT(of); k++) {
            labels[3] = (struct prometheus_label){"state", of[k].name};
            prometheus_int(&sheet->text, units, labels, 4, of[k].value);
        }
    }
    prometheus_gauge(&sheet->text, expected, "units of the step in all, as far as they are named");
    for (size_t i = 0; i < count; i++) {
        labels[2] = (struct prometheus_label){"step", rows[i].name};
        prometheus_int(&sheet->text, expected, labels, 3, rows[i].n_total);
    }
}

/* The newest backup run of this manager that is done. */
static void last_success(struct sheet *sheet, const struct run_row *runs, size_t count,
                         const char *manager)
{
    for (size_t i = 0; i < count; i++) { /* the newest first */
        if (strcmp(runs[i].workflow, "backup") == 0 && runs[i].state == RUN_DONE &&
            strcmp(runs[i].target, manager) == 0) {
            seconds(sheet, "ferry_backup_last_success_timestamp_seconds",
                    "when the last backup was proven and done", runs[i].updated_at_ms);
            seconds(sheet, "ferry_backup_last_duration_seconds", "how long the last one took",
                    runs[i].updated_at_ms - runs[i].created_at_ms);
            return;
        }
    }
}

/* What the folder holds, by its records. */
static void folder(const void *ctx, struct sheet *sheet, const char *path, const char *manager)
{
    const struct backup_record *newest = NULL;
    int64_t count = 0, bytes = 0, proven = 0;
    struct catalog *catalog;

    if (catalog_read(ctx, path, &catalog, NULL)) {
        return;
    }
    for (size_t i = 0; i < catalog->count; i++) {
        const struct catalog_entry *entry = &catalog->entries[i];

        if (!entry->record || strcmp(entry->record->manager, manager) != 0) {
            continue;
        }
        count++;
        bytes += entry->size;
        proven += entry->proven ? 1 : 0;
        if (entry->proven && (!newest || entry->record->taken_at_ms > newest->taken_at_ms)) {
            newest = entry->record;
        }
    }
    one(sheet, "ferry_backup_archives", "backups of this manager in the folder", count);
    one(sheet, "ferry_backup_archives_proven", "those of them that are proven", proven);
    one(sheet, "ferry_backup_archives_bytes", "the room that they take", bytes);
    if (newest) {
        seconds(sheet, "ferry_backup_last_snapshot_timestamp_seconds",
                "when the manager took the snapshot of the newest proven backup",
                newest->taken_at_ms);
        one(sheet, "ferry_backup_last_size_bytes", "the size of the newest proven backup",
            newest->size);
    }
}

static void put_run(const void *ctx, struct sheet *sheet, struct journal *journal, const char *name)
{
    struct step_row *rows;
    struct run_row run;
    size_t count;

    if (journal_run_find(journal, ctx, name, &run, NULL) ||
        journal_steps(journal, ctx, run.run, &rows, &count, NULL)) {
        return;
    }
    run_itself(sheet, &run);
    steps(sheet, rows, count);
}

enum ferry_code metrics_write(const struct metrics *metrics, const char *run, bool over,
                              enum ferry_code code, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *directory = json_string_or(metrics->options, "backup.directory", NULL);
    struct sheet sheet = {
        .labels = {{"workflow", metrics->workflow}, {"manager", metrics->manager}}};
    struct run_row *runs;
    size_t count;

    buf_init(&sheet.text, scope, METRICS_MAX);
    seconds(&sheet, "ferry_written_timestamp_seconds", "when this file was written",
            metrics->clock->realtime_ms(metrics->clock));
    if (over) {
        one(&sheet, "ferry_last_exit_code", "how the last attempt ended, as ferry's exit code",
            ferry_code_exit(code));
    }
    if (metrics->journal && run) {
        put_run(scope, &sheet, metrics->journal, run);
    }
    if (directory) {
        if (metrics->journal && !journal_runs(metrics->journal, scope, &runs, &count, NULL)) {
            last_success(&sheet, runs, count, metrics->manager);
        }
        folder(scope, &sheet, directory, metrics->manager);
    }
    return file_write_atomic(metrics->file, sheet.text.data, sheet.text.len, 0644, err);
}
