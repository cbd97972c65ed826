/* What states say to a plan, and what becomes of it in the document. */
#ifndef ENGINE_PLAN_SAYS_H
#define ENGINE_PLAN_SAYS_H

#include "engine/state.h"

/* A check that a state spoke of; its texts live below the plan's mem. */
struct plan_check {
    struct plan_check *next;
    const char *name;
    enum state_check verdict;
    const char *step, *evidence, *advice;
};

struct state_plan {
    const void *mem;       /* for what is kept until the document is made */
    struct json *findings; /* of the whole plan */
    struct plan_check *checks;
    struct json *step; /* of the state that speaks now */
    const char *name;  /* of that state */
    bool blocked;
    enum ferry_code code; /* of the first blocker */
};

/* The checks in the order of the workflow's table, each of them once; below mem. */
struct json *plan_says_checks(const struct state_plan *plan, const struct workflow *workflow,
                              const void *mem);

#endif
