#include "engine/state.h"

#include <stdarg.h>

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
