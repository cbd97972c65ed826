/* Whether a premium manager has a licence that is good. */
#ifndef PRACTICE_LICENSE_H
#define PRACTICE_LICENSE_H

#include <stdbool.h>

struct practice;
struct request;

enum license_state { LICENSE_GOOD, LICENSE_NONE, LICENSE_EXPIRED };

/* By the settings no_license, license and license_expires. */
enum license_state license_state(struct practice *practice);
/* True: the route needs a licence, there is no good one, and the reply is filled. */
bool license_refuses(struct request *request);

#endif
