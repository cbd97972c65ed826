/*
 * With restore.certificates the manager reboots once the restore is over (facts 2.2, 6 no. 27): its
 * flag goes down while the machine is about to go. So the restore has ended only when the manager
 * was away and is back; or when nobody has seen it go for long.
 *
 * data of the unit: away (it was seen away), steady (answers in a row that it was there), ask
 * ("reboot").
 */
#ifndef STATES_POLL_REBOOT_H
#define STATES_POLL_REBOOT_H

#include "states/common.h"

/* Is a reboot still to come? */
bool poll_reboot_awaited(const struct state_context *context, const struct state_unit *unit);
void poll_reboot_begin(struct state_verdict *verdict, const void *mem);
bool poll_reboot_at(const struct state_unit *unit);
/* snapshot-status, or silence instead of it. */
void poll_reboot_judge(const struct state_context *context, const struct state_unit *unit,
                       const struct cloudify_answer *answer, struct state_verdict *verdict,
                       const void *mem);
/* What weather tells on the way: a machine that does not answer at all is one that reboots. */
void poll_reboot_weather(const struct state_unit *unit, const struct cloudify_answer *answer,
                         struct state_verdict *verdict, const void *mem);
/* The flag is up: what was away was a service that the restore had stopped, and the reboot is still
   to come (the flag goes down last, facts 2.2). */
void poll_reboot_not_yet(const struct state_unit *unit, struct state_verdict *verdict,
                         const void *mem);

#endif
