#include "states/plugins_there.h"

#include <string.h>

#include "base/mem.h"
#include "states/common.h"

#define INSTALLING "installing-" /* archive_name up to 5.0.5, until it is installed: facts 4.2 */

static void remember(const char *id, struct state_verdict *verdict, const void *mem)
{
    struct json *facts = state_facts(verdict, mem);
    const struct json *ids = json_get(facts, "plugins_uploaded");

    json_set_bool(ids != NULL ? (struct json *)(uintptr_t)ids
                              : json_set_object(facts, "plugins_uploaded"),
                  id, true);
}

void plugins_uploaded(const char *id, struct state_verdict *verdict, const void *mem)
{
    verdict->answer = STATE_DONE;
    verdict->remote_id = mem_strdup(mem, id);
    verdict->remote_state = "uploaded";
    remember(id, verdict, mem);
}

bool plugins_is_installing(const struct json *row)
{
    return strncmp(cloudify_text(row, "archive_name", ""), INSTALLING, strlen(INSTALLING)) == 0;
}

static void add_row(struct plugins_there *there, const struct json *plugin, const struct json *row,
                    const struct json *before, const void *mem)
{
    json_push_json(there->there, plugin);
    there->id = cloudify_text(row, "id", "?");
    there->installing = there->installing || plugins_is_installing(row);
    if (!states_holds(before, plugins_name(plugin, mem))) {
        json_push_json(there->added, plugin);
        json_push_string(there->added_ids, there->id);
    }
}

struct plugins_there plugins_look(const struct state_context *context,
                                  const struct state_unit *unit, const struct plugins_file *file,
                                  const struct json *rows, const void *mem)
{
    struct plugins_there there = {.file = file,
                                  .rows = rows,
                                  .there = json_array(mem),
                                  .missing = json_array(mem),
                                  .added = json_array(mem),
                                  .added_ids = json_array(mem),
                                  .conflict = json_bool_or(unit->data, "conflict", false)};
    struct plugins_row_query query = {
        .tenant = json_string_or(context->options, "manager.tenant", CLOUDIFY_DEFAULT_TENANT),
        .loose = there.conflict};

    for (const struct json *at = json_first(file->plugins); at != NULL; at = json_next(at)) {
        query.plugin = at;
        const struct json *row = plugins_find_row(rows, &query);

        if (row == NULL) {
            json_push_json(there.missing, at);
        } else {
            add_row(&there, at, row, json_get(unit->data, "there"), mem);
        }
    }
    return there;
}

/* A global plugin goes beside no other of its kind, in whatever tenant that is. */
static void judge_global(const struct plugins_there *there, struct state_verdict *verdict,
                         const void *mem)
{
    for (const struct json *at = json_first(there->missing); at != NULL; at = json_next(at)) {
        const struct json *other = plugins_find_anywhere(there->rows, at);

        if (other != NULL) {
            state_say(verdict, mem, STATE_FAILED,
                      "%s is there in tenant %s: the manager takes no global one beside it",
                      plugins_name(at, mem), cloudify_text(other, "tenant_name", "?"));
            verdict->hint = "make that one global on the manager (cfy plugins set-visibility), or "
                            "choose plugins.visibility: tenant in a new run";
            return;
        }
    }
}

void plugins_judge_before(const struct plugins_there *there, struct state_verdict *verdict,
                          const void *mem)
{
    struct json *before = json_set_array(state_data(verdict, mem), "there");

    for (const struct json *at = json_first(there->there); at != NULL; at = json_next(at)) {
        json_push_string(before, plugins_name(at, mem));
    }
    verdict->answer = STATE_ABSENT;
    if (json_size(there->missing) == 0) {
        verdict->remote_id = mem_strdup(mem, there->id);
        verdict->remote_state = "there already";
        state_say(verdict, mem, STATE_DONE, "%s: already there, not sent",
                  plugins_names(there->there, mem));
    } else if (strcmp(there->file->visibility, "global") == 0) {
        judge_global(there, verdict, mem);
    }
}

static void judge_all_there(const struct plugins_there *there, struct state_verdict *verdict,
                            const void *mem)
{
    bool others = json_size(there->added) < json_size(there->there);

    verdict->answer = STATE_DONE;
    verdict->remote_id = mem_strdup(mem, there->id);
    verdict->remote_state = there->conflict ? "there already" : "uploaded";
    if (there->file->caravan && json_size(there->added) > 0) {
        verdict->remote_state = "uploaded";
        state_say(verdict, mem, STATE_DONE, "added: %s%s", plugins_names(there->added, mem),
                  others ? "; the others were there already" : "");
    } else if (there->conflict) {
        state_say(verdict, mem, STATE_DONE, "%s: already there, the manager says",
                  plugins_names(there->there, mem));
    }
}

/* It was sent and taken, and is not all there. */
static void judge_lack(const struct plugins_there *there, struct state_verdict *verdict,
                       const void *mem)
{
    state_say(verdict, mem, STATE_FAILED, "the manager did not add %s; it added %s",
              plugins_names(there->missing, mem),
              json_size(there->added) == 0 ? "nothing" : plugins_names(there->added, mem));
    verdict->hint = there->file->caravan
                        ? "a plugin of the caravan that is there already may stand in the way: "
                          "upload the missing ones alone, or: ferry retry RUN --failed"
                        : "look at the manager's log (an installation that failed takes its plugin "
                          "away); then: ferry retry RUN --failed";
}

static void judge_open(const struct plugins_there *there, struct state_verdict *verdict,
                       const void *mem)
{
    verdict->answer = STATE_ABSENT;
    if (json_size(there->added) > 0) { /* of a caravan: the manager may be at work */
        state_say(verdict, mem, STATE_CANNOT_TELL, "%zu of %zu plugins are there, not yet %s",
                  json_size(there->there), json_size(there->file->plugins),
                  plugins_names(there->missing, mem));
    } else if (there->conflict) {
        state_say(verdict, mem, STATE_FAILED,
                  "the manager says that %s is there already, and does not list it",
                  plugins_names(there->missing, mem));
        verdict->hint = "look for it in all tenants (cfy plugins list -a); then: ferry retry RUN "
                        "--failed";
    }
}

void plugins_judge_after(const struct plugins_there *there, bool sure,
                         struct state_verdict *verdict, const void *mem)
{
    /* 409 is an answer: of a caravan, that it went no further */
    bool answered = sure || (there->conflict && there->file->caravan);

    if (there->installing) {
        state_say(verdict, mem, STATE_RUNNING, "the manager installs it");
        verdict->remote_id = mem_strdup(mem, there->id);
        return;
    }
    if (json_size(there->missing) == 0) {
        judge_all_there(there, verdict, mem);
    } else if (answered) {
        judge_lack(there, verdict, mem);
    } else {
        judge_open(there, verdict, mem);
    }
    for (const struct json *at = json_first(there->added_ids); at != NULL; at = json_next(at)) {
        remember(json_text(at), verdict, mem);
    }
}
