/* The folder as a whole: what the policy keeps, and what it would have removed. */
#include <string.h>

#include "backup/catalog.h"
#include "base/error.h"
#include "base/mem.h"
#include "local/job.h"

struct judged {
    struct catalog *catalog;
    struct retention_verdict *verdicts;
};

static enum ferry_code judge(struct local_job *job, struct judged *out, struct ferry_error *err)
{
    const struct local_options *options = job->options;
    struct retention_policy policy = retention_policy_of(options->keep);

    policy.manager = options->manager;
    if (catalog_read(job, options->folder, &out->catalog, err) != FERRY_OK) {
        return err->code;
    }
    out->verdicts = mem_array(job, struct retention_verdict, out->catalog->count + 1);
    catalog_judge(job, out->catalog, &policy, options->clock->realtime_ms(options->clock),
                  out->verdicts);
    return FERRY_OK;
}

void local_list(struct local_job *job)
{
    struct json *document = json_object(job);
    struct ferry_error err = {0};
    struct judged judged;
    int64_t backups = 0;

    if (judge(job, &judged, &err) != FERRY_OK) {
        local_error(job, &err);
        return;
    }
    struct json *remove = json_set_array(document, "remove");

    for (size_t i = 0; i < judged.catalog->count; i++) {
        const struct catalog_entry *entry = &judged.catalog->entries[i];

        backups += entry->record != NULL ? 1 : 0;
        if (!judged.verdicts[i].keep) {
            struct json *row = json_push_object(remove);

            json_set_string(row, "name", entry->name);
            json_set_string(row, "why", judged.verdicts[i].why);
            json_set_int(row, "size", entry->size);
        }
    }
    json_set_int(document, "backups", backups);
    local_say(job, 200, document);
}

const char *local_kept(struct local_job *job, struct ferry_error *err)
{
    struct judged judged;

    if (judge(job, &judged, err) != FERRY_OK) {
        return err->message;
    }
    for (size_t i = 0; i < judged.catalog->count; i++) {
        const struct catalog_entry *entry = &judged.catalog->entries[i];

        if (strcmp(entry->name, job->name) != 0 || entry->kind != CATALOG_ARCHIVE) {
            continue;
        }
        if (entry->record == NULL) {
            return mem_printf(job, "ferry did not make it%s%s", entry->problem == NULL ? "" : ": ",
                              entry->problem == NULL ? "" : entry->problem);
        }
        return judged.verdicts[i].keep ? judged.verdicts[i].why : NULL;
    }
    return NULL; /* only what stood beside it, or nothing at all */
}
