/* What every file of the engine may call: the end of a run is coming; what a state may know. */
#include "engine/internal.h"

#include <stdio.h>

static void copy_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text ? text : "");
}

void engine_end(struct engine *engine, enum run_state state, enum ferry_code code,
                const char *reason, const char *hint)
{
    if (engine->ending) {
        return;
    }
    engine->ending = true;
    engine->end_state = state;
    engine->end_code = code;
    copy_text(engine->end_reason, sizeof engine->end_reason, reason);
    copy_text(engine->end_hint, sizeof engine->end_hint, hint);
}

/* Units are named by expand, and by the end of one that is divided. */
static struct state_sink *sink_for(struct engine *engine, enum engine_phase phase)
{
    bool fanout = engine->step && (engine->step->state->flags & STATE_FANOUT);

    return phase == PHASE_EXPAND || (phase == PHASE_AWAIT && fanout) ? &engine->sink : NULL;
}

struct state_context engine_context(struct engine *engine, enum engine_phase phase)
{
    return (struct state_context){.options = engine->options,
                                  .facts = engine->facts,
                                  .run_id = engine->run.uuid,
                                  .now_ms = engine_realtime(engine),
                                  .run_started_ms = engine->run.created_at_ms,
                                  .repeat = phase == PHASE_REPROBE,
                                  .site = engine->step ? engine->step->state->site : HTTP_SITE_NEW,
                                  .memo = engine->step ? engine->step->memo : NULL,
                                  .sink = sink_for(engine, phase)};
}
