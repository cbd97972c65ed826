/* Which plugins of a file a manager has, by its list, and what that says of an upload. */
#ifndef STATES_PLUGINS_THERE_H
#define STATES_PLUGINS_THERE_H

#include "engine/state.h"
#include "states/plugins_files.h"

struct plugins_there {
    const struct plugins_file *file;
    const struct json *rows; /* of the manager */
    struct json *there;      /* the file's plugins that the manager has */
    struct json *missing;    /* and those that it has not */
    struct json *added;      /* of those there, what was not there before the file was sent */
    struct json *added_ids;
    const char *id; /* of the last one that is there, or NULL */
    bool installing;
    bool conflict; /* the manager has refused the file with 409 */
};

/* data.there: what was there before; data.conflict: a 409 came. All borrowed, below mem. */
struct plugins_there plugins_look(const struct state_context *context,
                                  const struct state_unit *unit, const struct plugins_file *file,
                                  const struct json *rows, const void *mem);
/* Nothing was sent: DONE when all are there, FAILED where a global one is impossible, or ABSENT.
   What is there goes into data.there. */
void plugins_judge_before(const struct plugins_there *there, struct state_verdict *verdict,
                          const void *mem);
/* After the request: sure when the manager has said that it took effect. */
void plugins_judge_after(const struct plugins_there *there, bool sure,
                         struct state_verdict *verdict, const void *mem);

/* DONE, and the id goes into the facts of the run. */
void plugins_uploaded(const char *id, struct state_verdict *verdict, const void *mem);
/* A row of a manager that installs what is uploaded (up to 5.0.5) and has not done so yet. */
bool plugins_is_installing(const struct json *row);

#endif
