#include "states/verify_twice.h"

#include <string.h>

#include "base/mem.h"

static const struct json *sample(const struct state_context *context)
{
    return json_get(context->facts, "archive.deployment_sample");
}

bool verify_twice_wanted(const struct state_context *context, int64_t blueprints)
{
    return blueprints > 0 && strcmp(states_archive_format(context), "new") == 0 &&
           json_size(sample(context)) > 0;
}

bool verify_twice_at(const struct state_unit *unit)
{
    return states_at(unit, "deployments");
}

void verify_twice_ask(const struct state_context *context, const struct cloudify_caller *caller,
                      struct http_request *request)
{
    size_t n = 0;
    const char **ids = mem_array(request, const char *, json_size(sample(context)));

    for (const struct json *id = json_first(sample(context)); id != NULL; id = json_next(id)) {
        ids[n++] = json_text(id) == NULL ? "" : json_text(id);
    }
    cloudify_ask_list(request, caller,
                      &(struct cloudify_list){.resource = "deployments",
                                              .include = "id,tenant_name",
                                              .filter = "id",
                                              .values = ids,
                                              .value_count = n,
                                              .all_tenants = true,
                                              .size = 100});
}

const char *verify_twice_wrong(const struct json *document, const void *mem)
{
    const struct json *row = json_first(cloudify_items(document));

    return row == NULL
               ? NULL
               : mem_printf(mem,
                            "the archive has been restored on this manager before: its "
                            "deployment \"%s\" is there (in tenant %s)",
                            cloudify_text(row, "id", "?"), cloudify_text(row, "tenant_name", "?"));
}
