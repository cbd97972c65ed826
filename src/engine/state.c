#include "engine/state.h"

#include <stdarg.h>
#include <string.h>

struct state_verdict *state_say(struct state_verdict *verdict, const void *mem,
                                enum state_answer answer, const char *format, ...)
{
    va_list args;

    verdict->answer = answer;
    if (format) {
        va_start(args, format);
        verdict->reason = mem_vprintf(mem, format, args);
        va_end(args);
    }
    return verdict;
}

struct json *state_data(struct state_verdict *verdict, const void *mem)
{
    if (!verdict->data) {
        verdict->data = json_object(mem);
    }
    return verdict->data;
}

struct json *state_facts(struct state_verdict *verdict, const void *mem)
{
    if (!verdict->facts) {
        verdict->facts = json_object(mem);
    }
    return verdict->facts;
}

static const struct ferry_state *find(const struct ferry_state *const *states, size_t count,
                                      const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(states[i]->name, name) == 0) {
            return states[i];
        }
    }
    return NULL;
}

const struct ferry_state *workflow_state(const struct workflow *workflow, const char *name)
{
    const struct ferry_state *found = find(workflow->states, workflow->count, name);

    return found ? found : find(workflow->undo, workflow->undo_count, name);
}
