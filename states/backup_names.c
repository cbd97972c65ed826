#include "states/backup_names.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "states/common.h"

#define NAME_LIMIT 1024
#define HOST_MOST 80 /* of a host's name, so that name, time and endings stay below NAME_MAX */
#define OWN_PART 8   /* digits of the unit's id: one of four billion */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

static void put_host(const char *url, struct buf *out)
{
    const char *host = strstr(url, "://");
    size_t length;

    host = host == NULL ? url : host + 3;
    host += *host == '[' ? 1 : 0; /* an IPv6 address */
    length = strcspn(host, host > url && host[-1] == '[' ? "]" : ":/");
    for (size_t i = 0; i < length && i < HOST_MOST; i++) {
        char letter = strchr(letters, host[i]) == NULL ? '-' : host[i];

        (void)buf_append(out, &letter, 1);
    }
}

/* "2026-11-22T15:06:06.291Z" as "20261122T150606Z", or its date alone. */
static void put_time(int64_t at_ms, bool date_only, struct buf *out)
{
    char *text = timefmt_utc(out->ctx, at_ms);

    for (const char *at = text; *at != '\0' && *at != (date_only ? 'T' : '.'); at++) {
        if (*at != '-' && *at != ':') {
            (void)buf_append(out, at, 1);
        }
    }
    (void)buf_puts(out, date_only ? "" : "Z");
    mem_free(text);
}

char *backup_name(const void *mem, const char *pattern, const char *url, int64_t at_ms)
{
    const char *at = pattern;
    struct buf out;

    buf_init(&out, mem, NAME_LIMIT);
    while (*at != '\0') {
        if (strncmp(at, "{manager}", 9) == 0) {
            put_host(url, &out);
            at += 9;
        } else if (strncmp(at, "{time}", 6) == 0) {
            put_time(at_ms, false, &out);
            at += 6;
        } else if (strncmp(at, "{date}", 6) == 0) {
            put_time(at_ms, true, &out);
            at += 6;
        } else {
            (void)buf_append(&out, at++, 1);
        }
    }
    return mem_strdup(mem, buf_text(&out));
}

static char *expand(const struct state_context *context, const void *mem)
{
    return backup_name(mem, json_string_or(context->options, "backup.name", BACKUP_NAME),
                       states_manager_option(context, "url", "manager"),
                       context->planning ? context->now_ms : context->run_started_ms);
}

char *backup_file_name(const struct state_context *context, const void *mem)
{
    return mem_printf(mem, "%s.zip", expand(context, mem));
}

char *backup_snapshot_id(const struct state_context *context, const char *unit_id, const void *mem)
{
    const char *name = expand(context, mem);
    bool letter_first = (name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z');

    return mem_printf(mem, "%s%s-%.*s", letter_first ? "" : "ferry-", name, OWN_PART, unit_id);
}
