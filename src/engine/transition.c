#include "engine/transition.h"

#include <assert.h>

/*
 * Read it by line: a phase, and what each answer leads to. Two lines carry the promises. ACT: every
 * answer that is not a plain yes or no leads to a probe, never to a second request. REPROBE: absent
 * does not lead back to ACT but to the settle window, since a request may still arrive.
 */
static const enum engine_move table[PHASE_COUNT][STATE_ANSWER_COUNT] = {
    [PHASE_PROBE] = {[STATE_NONE] = MOVE_ASK_LATER,
                     [STATE_ABSENT] = MOVE_ACT,
                     [STATE_RUNNING] = MOVE_START,
                     [STATE_DONE] = MOVE_DONE,
                     [STATE_SKIP] = MOVE_SKIP,
                     [STATE_FAILED] = MOVE_FAIL,
                     [STATE_FOREIGN] = MOVE_BLOCK,
                     [STATE_CANNOT_TELL] = MOVE_ASK_LATER,
                     [STATE_AGAIN] = MOVE_ASK_NOW,
                     [STATE_RETRY] = MOVE_OBSTACLE,
                     [STATE_BACK] = MOVE_ASK_LATER,
                     [STATE_UNKNOWN] = MOVE_ASK_LATER,
                     [STATE_SPLIT] = MOVE_ASK_LATER,
                     [STATE_NEXT] = MOVE_ASK_LATER},
    [PHASE_ACT] = {[STATE_NONE] = MOVE_PROBE,
                   [STATE_ABSENT] = MOVE_PROBE,
                   [STATE_RUNNING] = MOVE_START,
                   [STATE_DONE] = MOVE_DONE,
                   [STATE_SKIP] = MOVE_DONE,
                   [STATE_FAILED] = MOVE_FAIL,
                   [STATE_FOREIGN] = MOVE_BLOCK,
                   [STATE_CANNOT_TELL] = MOVE_PROBE,
                   [STATE_AGAIN] = MOVE_PROBE,
                   [STATE_RETRY] = MOVE_OBSTACLE,
                   [STATE_BACK] = MOVE_PROBE,
                   [STATE_UNKNOWN] = MOVE_PROBE,
                   [STATE_SPLIT] = MOVE_PROBE,
                   [STATE_NEXT] = MOVE_PROBE},
    [PHASE_REPROBE] = {[STATE_NONE] = MOVE_ASK_LATER,
                       [STATE_ABSENT] = MOVE_SETTLE,
                       [STATE_RUNNING] = MOVE_START,
                       [STATE_DONE] = MOVE_DONE,
                       [STATE_SKIP] = MOVE_DONE,
                       [STATE_FAILED] = MOVE_FAIL,
                       [STATE_FOREIGN] = MOVE_BLOCK,
                       [STATE_CANNOT_TELL] = MOVE_ASK_LATER,
                       [STATE_AGAIN] = MOVE_ASK_NOW,
                       [STATE_RETRY] = MOVE_ASK_LATER,
                       [STATE_BACK] = MOVE_ASK_LATER,
                       [STATE_UNKNOWN] = MOVE_ASK_LATER,
                       [STATE_SPLIT] = MOVE_ASK_LATER,
                       [STATE_NEXT] = MOVE_NEXT},
    [PHASE_AWAIT] = {[STATE_NONE] = MOVE_WAIT,
                     [STATE_ABSENT] = MOVE_WAIT,
                     [STATE_RUNNING] = MOVE_WAIT,
                     [STATE_DONE] = MOVE_DONE,
                     [STATE_SKIP] = MOVE_SKIP,
                     [STATE_FAILED] = MOVE_FAIL,
                     [STATE_FOREIGN] = MOVE_BLOCK,
                     [STATE_CANNOT_TELL] = MOVE_WAIT,
                     [STATE_AGAIN] = MOVE_ASK_NOW,
                     [STATE_RETRY] = MOVE_WAIT,
                     [STATE_BACK] = MOVE_BACK,
                     [STATE_UNKNOWN] = MOVE_WAIT,
                     [STATE_SPLIT] = MOVE_SPLIT,
                     [STATE_NEXT] = MOVE_NEXT},
    [PHASE_EXPAND] = {[STATE_NONE] = MOVE_ASK_LATER,
                      [STATE_ABSENT] = MOVE_ASK_LATER,
                      [STATE_RUNNING] = MOVE_ASK_LATER,
                      [STATE_DONE] = MOVE_DONE,
                      [STATE_SKIP] = MOVE_SKIP,
                      [STATE_FAILED] = MOVE_FAIL,
                      [STATE_FOREIGN] = MOVE_BLOCK,
                      [STATE_CANNOT_TELL] = MOVE_ASK_LATER,
                      [STATE_AGAIN] = MOVE_ASK_NOW,
                      [STATE_RETRY] = MOVE_ASK_LATER,
                      [STATE_BACK] = MOVE_ASK_LATER,
                      [STATE_UNKNOWN] = MOVE_ASK_LATER,
                      [STATE_SPLIT] = MOVE_ASK_LATER,
                      [STATE_NEXT] = MOVE_ASK_LATER},
    [PHASE_VERIFY] = {[STATE_NONE] = MOVE_ASK_LATER,
                      [STATE_ABSENT] = MOVE_ASK_LATER,
                      [STATE_RUNNING] = MOVE_ASK_LATER,
                      [STATE_DONE] = MOVE_DONE,
                      [STATE_SKIP] = MOVE_DONE,
                      [STATE_FAILED] = MOVE_FAIL,
                      [STATE_FOREIGN] = MOVE_BLOCK,
                      [STATE_CANNOT_TELL] = MOVE_ASK_LATER,
                      [STATE_AGAIN] = MOVE_ASK_NOW,
                      [STATE_RETRY] = MOVE_ASK_LATER,
                      [STATE_BACK] = MOVE_ASK_LATER,
                      [STATE_UNKNOWN] = MOVE_ASK_LATER,
                      [STATE_SPLIT] = MOVE_ASK_LATER,
                      [STATE_NEXT] = MOVE_ASK_LATER},
};

enum engine_move engine_move(enum engine_phase phase, enum state_answer answer)
{
    assert((unsigned)phase < PHASE_COUNT && (unsigned)answer < STATE_ANSWER_COUNT);
#ifdef FERRY_MUTANT_PROBE
    if (phase == PHASE_ACT && answer != STATE_RUNNING && answer != STATE_DONE &&
        answer != STATE_FAILED && answer != STATE_FOREIGN) {
        return MOVE_OBSTACLE;
    }
#endif
    return table[phase][answer];
}
