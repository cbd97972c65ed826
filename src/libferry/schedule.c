/* What has backups taken each night: files for systemd and for cron. */
#include <stdlib.h>

#include "backup/timer.h"
#include "config/config.h"
#include "libferry/internal.h"

static enum ferry_code gather(const void *ctx, const struct ferry *ferry,
                              const struct ferry_source *source, struct timer_facts *facts,
                              struct ferry_error *err)
{
    struct config_source from = {.workflow = "backup"};
    struct json *options;
    char *file, *journal;

    if (!source || !source->file) {
        ferry_fail(err, FERRY_E_USAGE, "a schedule wants the file of the backups");
        ferry_error_hint(err, "ferry backup --print-timer /etc/ferry/backup.yaml");
        return err->code;
    }
    from.file = source->file;
    from.settings = source->settings;
    from.setting_count = source->setting_count;
    file = realpath(source->file, NULL);
    journal = ferry->journal_path[0] == '/' ? NULL : realpath(".", NULL);
    facts->file = mem_strdup(ctx, file ? file : source->file);
    facts->journal = journal ? mem_printf(ctx, "%s/%s", journal, ferry->journal_path)
                             : mem_strdup(ctx, ferry->journal_path);
    free(file);
    free(journal);
    if (config_load(ctx, &from, &options, err)) {
        return err->code;
    }
    facts->manager = json_string_or(options, "manager.url", "");
    facts->directory = json_string_or(options, "backup.directory", "");
    facts->metrics = json_string_or(options, "metrics.file", NULL);
    facts->password_file = json_string_or(options, "manager.password.file", NULL);
    facts->token_file = json_string_or(options, "manager.token.file", NULL);
    return FERRY_OK;
}

enum ferry_code ferry_schedule(struct ferry *ferry, const struct ferry_source *source,
                               const struct ferry_schedule_query *query, char **name, char **text,
                               struct ferry_error *err)
{
    static const char *const ends[] = {
        [FERRY_SYSTEMD_SERVICE] = ".service", [FERRY_SYSTEMD_TIMER] = ".timer", [FERRY_CRON] = ""};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct timer_facts facts = {.program = query->program, .user = query->user};
    struct ferry_error own = {0};
    char *made;

    err = err ? err : &own;
    if (gather(scope, ferry, source, &facts, err)) {
        return err->code;
    }
    made = query->kind == FERRY_CRON            ? timer_cron(scope, &facts)
           : query->kind == FERRY_SYSTEMD_TIMER ? timer_timer(scope, &facts)
                                                : timer_service(scope, &facts);
    *name = ferry_text(mem_printf(scope, "%s%s", timer_name(scope, facts.file), ends[query->kind]));
    *text = ferry_text(made);
    return FERRY_OK;
}
