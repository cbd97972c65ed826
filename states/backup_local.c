#include "states/backup_local.h"

#include <string.h>

#include "base/mem.h"
#include "states/backup_names.h"

struct http_request *backup_local(struct http_request **request, const void *mem,
                                  enum http_method method, const char *name, const char *tail)
{
    *request = http_request_new(mem, method, mem_printf(mem, "/backups/%s%s", name, tail));
    (*request)->site = HTTP_SITE_LOCAL;
    return *request;
}

const char *backup_fact(const struct state_context *context, const void *mem, const char *name)
{
    if (context->planning && strcmp(name, "name") == 0) {
        return backup_file_name(context, mem);
    }
    if (context->planning && strcmp(name, "snapshot") == 0) {
        return backup_snapshot_id(context, "SNAPSHOT", mem);
    }
    return json_string_or(json_get(context->facts, "backup"), name, "");
}

bool backup_folder_is_bad(const struct json *document, struct state_verdict *verdict,
                          const void *mem)
{
    const char *folder = json_string_or(document, "folder", NULL);
    const char *part = json_string_or(document, "part_problem", NULL);

    if (folder == NULL && part == NULL) {
        return false;
    }
    state_say(verdict, mem, STATE_FOREIGN, "%s", folder != NULL ? folder : part);
    states_fail(verdict, FERRY_E_IO,
                folder != NULL ? "backup.directory must be there and writable; then: ferry resume"
                               : "move it out of the way, then: ferry resume");
    return true;
}

bool backup_is_ours(const struct state_context *context, const struct json *document,
                    const void *mem)
{
    return strcmp(json_string_or(document, "record.run", ""), context->run_id) == 0 &&
           strcmp(json_string_or(document, "record.snapshot", "?"),
                  backup_fact(context, mem, "snapshot")) == 0;
}

void backup_say_taken(const struct state_context *context, struct state_verdict *verdict,
                      const void *mem)
{
    state_say(verdict, mem, STATE_FOREIGN, "\"%s/%s\" exists, and is never written over",
              json_string_or(context->options, "backup.directory", ""),
              backup_fact(context, mem, "name"));
    states_fail(verdict, FERRY_E_REFUSED,
                "move it elsewhere, then: ferry resume; {time} in backup.name avoids it");
}

bool backup_has_place(const struct state_context *context, const void *mem)
{
    return states_option(context, "backup.directory") != NULL &&
           backup_fact(context, mem, "name")[0] != '\0';
}

bool backup_goes_by_url(const struct state_context *context, struct state_verdict *verdict,
                        const void *mem)
{
    if (states_option(context, "snapshot.url") == NULL) {
        return false;
    }
    state_say(verdict, mem, STATE_SKIP, "the new manager fetches the archive itself");
    return true;
}
