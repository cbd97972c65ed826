/* What libferry can be asked about itself: its workflows and states, and the keys of its file. */
#include "config/manual.h"
#include "libferry/internal.h"
#include "states/manual.h"
#include "states/states.h"

static void describe_state(struct json *list, const struct ferry_state *state, bool undoes)
{
    const struct state_manual *manual = state_manual(state->name);
    struct json *row = json_push_object(list);

    json_set_string(row, "name", state->name);
    json_set_string(row, "summary", state->summary);
    json_set_bool(row, "undoes", undoes);
    json_set_bool(row, "many", state->flags & STATE_FANOUT);
    json_set_string(row, "leaves", state->leaves);
    if (manual) {
        json_set_string(row, "sends", manual->sends);
        json_set_string(row, "expects", manual->expects);
        json_set_string(row, "crash", manual->crash);
    }
}

enum ferry_code ferry_workflows(char **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document = json_object(scope);
    struct json *rows = json_set_array(document, "workflows");

    (void)err;
    for (size_t i = 0; i < workflow_count; i++) {
        const struct workflow *workflow = workflow_list[i];
        struct json *row = json_push_object(rows), *states, *undo;

        json_set_string(row, "name", workflow->name);
        json_set_string(row, "summary", workflow->summary);
        states = json_set_array(row, "states");
        for (size_t k = 0; k < workflow->count; k++) {
            describe_state(states, workflow->states[k], false);
        }
        undo = json_set_array(row, "undo");
        for (size_t k = 0; k < workflow->undo_count; k++) {
            describe_state(undo, workflow->undo[k], true);
        }
    }
    *out = ferry_text(json_print(scope, document));
    return FERRY_OK;
}

enum ferry_code ferry_keys(char **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document = json_object(scope);

    (void)err;
    config_manual(json_set_array(document, "keys"));
    *out = ferry_text(json_print(scope, document));
    return FERRY_OK;
}
