#include "states/compare_differences.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define NAMES_QUOTED 3 /* in one message */

const char *differences_why_more(const struct state_context *context, enum inventory_kind kind,
                                 const char *name, const struct json *row)
{
    bool is_new = strcmp(states_archive_format(context), "new") == 0;
    const struct json *uploaded = json_get(context->facts, "plugins_uploaded");

    switch (kind) {
    case INVENTORY_TENANTS:
        return strcmp(name, CLOUDIFY_DEFAULT_TENANT) == 0 ? "every manager has it" : NULL;
    case INVENTORY_USERS: /* facts 2.5 */
        return is_new ? "a user of this manager: a restore of the new format keeps them" : NULL;
    case INVENTORY_BLUEPRINTS:
        return strncmp(name, "plugins-update-", 15) == 0
                   ? "a temporary blueprint, left by an update of plugins"
                   : NULL;
    case INVENTORY_PLUGINS:
        return json_member(uploaded, cloudify_text(row, "id", "")) != NULL ? "uploaded by this run"
                                                                           : NULL;
    case INVENTORY_SCHEDULES: /* facts 2.8 */
        return strstr(name, "_restored_") != NULL ? "made by the restore from a scheduled execution"
                                                  : NULL;
    case INVENTORY_DEPLOYMENTS:
    case INVENTORY_SECRETS:
    case INVENTORY_KIND_COUNT:
        break;
    }
    return NULL;
}

void differences_put(struct json *to, const char *kind, const char *tenant, const char *name,
                     const char *is, const char *why)
{
    struct json *row = json_push_object(to);

    json_set_string(row, "kind", kind);
    json_set_string(row, "tenant", tenant);
    json_set_string(row, "name", name);
    json_set_string(row, "is", is);
    json_set_string(row, "why", why);
}

const char *differences_words(const struct state_context *context,
                              const struct state_verdict *verdict, const char *is, const void *mem)
{
    const struct json *names = json_get(verdict->facts, "compare.names");
    int64_t quoted = 0, count;
    struct buf text;

    names = names != NULL ? names : json_get(context->facts, "compare.names");
    count = json_int64_or(names, is, 0);
    buf_init(&text, mem, 4096);
    for (const struct json *row = json_first(json_get(names, "differences"));
         row != NULL && quoted < NAMES_QUOTED; row = json_next(row)) {
        const char *tenant = json_string_or(row, "tenant", "");

        if (strcmp(json_string_or(row, "is", ""), is) != 0 ||
            json_string_or(row, "why", NULL) != NULL) {
            continue;
        }
        (void)buf_printf(&text, "%s%s %s%s%.200s", quoted == 0 ? "" : ", ",
                         json_string_or(row, "kind", ""), tenant, tenant[0] != '\0' ? "/" : "",
                         json_string_or(row, "name", ""));
        quoted++;
    }
    if (quoted > 0 && count > quoted) {
        (void)buf_printf(&text, " and %lld more", (long long)(count - quoted));
    }
    return buf_text(&text);
}
