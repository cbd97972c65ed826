/* Workflows as time-driven steps, and the two rules that depend on what runs. */
#ifndef PRACTICE_WORKFLOW_H
#define PRACTICE_WORKFLOW_H

#include <stdbool.h>
#include <stdint.h>

struct job;
struct practice;

/* Gives an execution of status pending to the workers: its first step is planned from from_ms. */
void workflow_launch(struct practice *practice, const char *id, int64_t from_ms);
/* Gives the workers what they had left pending for the setting never_start and need no more. */
void workflow_relaunch(struct practice *practice);
/* Carries out one step of a job. */
void workflow_step(struct practice *practice, const struct job *job);
/* Starts queued executions that nothing stands in the way of; not in maintenance. */
void workflow_dequeue(struct practice *practice, int64_t now_ms);
/* activating becomes activated as soon as no execution of any tenant is before its end: done at
   the next request of any kind, as the real manager does. */
void workflow_flip_maintenance(struct practice *practice);
/* A number from /practice/set: settings "seconds.WORKFLOW" make a plain workflow last longer. */
int64_t workflow_plain_ms(struct practice *practice, const char *workflow);

/* Steps of the kinds; each plans its own next step. */
void workflow_agents_step(struct practice *practice, const struct job *job);
void workflow_update_step(struct practice *practice, const struct job *job);
/* An execution that was cancelled: where it is one of an update, that is broken off. */
void workflow_update_cancelled(struct practice *practice, const char *execution);
/* An execution that was cancelled: its snapshot is failed, and a killed one stays creating. */
void workflow_create_cancelled(struct practice *practice, const char *execution);
void workflow_create_step(struct practice *practice, const struct job *job);

#endif
