#include "base/json.h"
#include "cli/cli.h"

static enum ferry_code version(struct invocation *invocation, struct ferry_error *err)
{
    const struct ui_stream *out = &invocation->io->out;

    (void)err;
    if (invocation->json) {
        struct json *document = json_object(invocation->mem);

        json_set_string(document, "version", ferry_version());
        ui_json(out, json_print(invocation->mem, document));
    } else {
        (void)fprintf(out->file, "ferry %s\n", ferry_version());
    }
    return FERRY_OK;
}

const struct command cli_version = {
    .name = "version",
    .usage = "",
    .summary = "Says which ferry this is",
    .groups = GROUP_COMMON,
    .run = version,
};
