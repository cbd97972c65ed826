/* Who asks, and may they: maintenance mode, credentials, tenant and permission, in this order. */
#ifndef PRACTICE_AUTH_H
#define PRACTICE_AUTH_H

#include <stdbool.h>

struct practice;
struct request;

/* Does all that stands before the handler of request->route. False: the reply is filled. */
bool auth_passes(struct request *request);
/* May a role in a tenant ("manager", "user", "operations", "viewer") do this? sys_admins are not
   asked. */
bool auth_role_may(const char *role, const char *action);

#endif
