/* Which hosts have got new agents, and which have got more than one: the oracle of "nothing twice".
 */
#ifndef PRACTICE_LEDGER_AGENTS_H
#define PRACTICE_LEDGER_AGENTS_H

#include <stdbool.h>

#include "base/buf.h"

struct practice;

/* A member of the ledger: "agents": {"deployments", "hosts", "new", "doubled", "missing",
   "doubled_in": {"TENANT/DEPLOYMENT": {"hosts", "new", "doubled"}}}. hosts have an agent that can
   be replaced, new ones at least one that was installed by this manager, doubled ones several. */
void ledger_agents_write(struct practice *practice, struct buf *out, bool *first);
/* GET /practice/agents: {"TENANT/DEPLOYMENT": {"hosts", "new", "doubled"}} of all deployments. */
void ledger_agents_write_all(struct practice *practice, struct buf *out);

#endif
