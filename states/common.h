/* What the states share: options and facts by name, requests, and the usual readings of answers. */
#ifndef STATES_COMMON_H
#define STATES_COMMON_H

#include "cloudify/reply.h"
#include "cloudify/request.h"
#include "cloudify/version.h"
#include "engine/state.h"

#define STATES_SECOND_MS ((int64_t)1000)
#define STATES_MINUTE_MS ((int64_t)60 * 1000)
#define STATES_HOUR_MS ((int64_t)60 * 60 * 1000)

/* Wrong passwords in a row until we stop: managers may lock an account at the fourth (facts 1.0).
 */
#define STATES_DENIALS_MAX 3

/* --- options and facts --- */

const char *states_option(const struct state_context *context, const char *path);
/* A duration or number; the fallback when it is null ("auto") or absent. */
int64_t states_number(const struct state_context *context, const char *path, int64_t fallback);
const char *states_snapshot_id(const struct state_context *context);
/* The archive's format as the facts say: "legacy", "new", "community-legacy", or "". */
const char *states_archive_format(const struct state_context *context);
/* A count of the archive, -1 when it is not known. */
int64_t states_archive_count(const struct state_context *context, const char *name);
/* Which manager the state is about: the old one only where one is configured. */
enum http_site states_site(const struct state_context *context);
/* What options and facts call the manager that the state is about: "manager" or "old_manager". */
const char *states_group(const struct state_context *context);
/* A text of it: "url", "tenant"; "version", "edition". */
const char *states_manager_option(const struct state_context *context, const char *name,
                                  const char *fallback);
const char *states_manager_fact(const struct state_context *context, const char *name,
                                const char *fallback);
/* Of that manager, as a plan has read it; the newest known while it has not been read. */
const struct cloudify_caps *states_caps(const struct state_context *context);
/* False while no plan has read the manager's version. */
bool states_manager_is_known(const struct state_context *context);
/* Are the old manager's agents asked for a sign of life before its snapshot is taken? */
bool states_asks_old_agents(const struct state_context *context);
/* Is text among the texts of this array? */
bool states_holds(const struct json *texts, const char *text);
bool states_have_after(const struct state_context *context);

/* --- who asks --- */

/* For reading: of the state's manager, in its tenant and credential, past maintenance where that is
 * honoured. */
struct cloudify_caller states_reader(const struct state_context *context);
/* For changes: never past maintenance (but for one: restore_clear.h). */
struct cloudify_caller states_writer(const struct state_context *context);
/* Executions of all tenants, the manager's own too, that have not ended. */
void states_ask_open(struct http_request *request, const struct cloudify_caller *caller);
/* An empty request below mem, put into *request. */
struct http_request *states_request(struct http_request **request, const void *mem);

/* "tenant/name": the tenant is copied below mem, *name points into key. */
const char *states_tenant_of(const void *mem, const char *key, const char **name);

/* --- the cursor of phases with several questions: data.ask --- */

const char *states_cursor(const struct state_unit *unit);
bool states_at(const struct state_unit *unit, const char *ask);
/* AGAIN, with this question next. */
void states_next(struct state_verdict *verdict, const void *mem, const char *ask);
/* An end of the round: the next round begins with the first question. Returns verdict. */
struct state_verdict *states_round_over(struct state_verdict *verdict,
                                        const struct state_unit *unit, const void *mem);

/* --- answers --- */

/*
 * For questions about n units. True: the answer is FINE or MISSING, go on by it. False: it proves
 * nothing or we are not let in, and all verdicts are filled (and their rounds over).
 */
bool states_read(const struct state_unit *units, size_t n, const struct http_reply *reply,
                 struct cloudify_answer *answer, struct state_verdict *verdicts, const void *mem);
/*
 * For changes. True: FINE or ALREADY. False: the verdict is filled by what the answer means for
 * the effect: refused for good, refused for now, or not known.
 */
bool states_acted(const struct http_reply *reply, struct cloudify_answer *answer,
                  struct state_verdict *verdict, const void *mem);
/* For a plan's questions. True: FINE or MISSING. False: a finding was added, the verdict filled. */
bool states_plan_read(const struct state_context *context, const struct http_reply *reply,
                      struct cloudify_answer *answer, struct state_verdict *verdict,
                      const void *mem);
/* Of an answer that refuses to delete a snapshot: while its execution has not quite ended, RETRY
   after the wait; else the verdict stays. */
void states_delete_later(const struct cloudify_answer *answer, int64_t wait_ms,
                         struct state_verdict *verdict, const void *mem);
/* A state that undoes never says FAILED: what was refused for good stands in the way. what: what
   --leave would leave. */
void states_undo_refused(struct state_verdict *verdict, const char *what, const void *mem);
/* FAILED with a class and a hint (static, or below mem). */
void states_fail(struct state_verdict *verdict, enum ferry_code code, const char *hint);

#endif
