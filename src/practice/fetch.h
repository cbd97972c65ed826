/* A small HTTP client for snapshot_archive_url and plugin_archive_url: libcurl, nothing of ferry.
 */
#ifndef PRACTICE_FETCH_H
#define PRACTICE_FETCH_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the body of url to fd while everything else waits, as one worker of the real manager
   does. False: why says what went wrong, in the words of python's requests. */
bool fetch_into(const char *url, int fd, char *why, size_t why_size);

#endif
