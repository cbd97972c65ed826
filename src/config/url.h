/* Which URLs ferry accepts, and in which one form it keeps them. */
#ifndef CONFIG_URL_H
#define CONFIG_URL_H

#include "base/attr.h"

/*
 * http(s)://host[:port] of a manager: no user, no path but "/", no query. *out (below mem) has
 * scheme and host in lower case and no default port, so that one manager has one name.
 * Returns NULL, or what is wrong with it ("must not have a path").
 */
const char *config_url_manager(const void *mem, const char *text, char **out) FERRY_CHECK;
/* http(s)://host[:port]/anything, without user:password@. The same answers. */
const char *config_url_download(const char *text) FERRY_CHECK;

#endif
