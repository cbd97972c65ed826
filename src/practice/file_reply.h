/* A file as nginx serves it: whole or in part, with its validators. */
#ifndef PRACTICE_FILE_REPLY_H
#define PRACTICE_FILE_REPLY_H

#include <time.h>

struct request;

/* "Sun, 22 Nov 2026 15:19:59 GMT", owned by ctx. */
char *http_date(const void *ctx, time_t time);

/* Answers with the file at path, to be stored as name: 200, 206, 304, 404, 412 or 416, by the
   headers Range, If-Range, If-None-Match and If-Match. snapshot: whose archive it is, so that the
   ledger counts it and the settings about downloads hold; NULL for other files. */
void file_reply(struct request *request, const char *path, const char *name, const char *snapshot);

#endif
