/* A reply that goes into a file: see reply_file in http/message.h. */
#ifndef HTTP_SINK_H
#define HTTP_SINK_H

#include "http/message.h"

/* Bytes are written by so many: what a kill can lose. Measured on loopback (1 GiB, seconds of CPU
   of the whole process): 16 KiB 0.62, 64 KiB 0.46, 256 KiB 0.42, 1 MiB 0.43. */
#define HTTP_SINK_BUFFER ((size_t)256 * 1024)

struct http_sink;

/* Opens the file and cuts it to the request's offset. Below ctx, which closes it. NULL: *why (below
   ctx) says what is wrong with it. */
struct http_sink *http_sink_open(const void *ctx, const struct http_request *request,
                                 const char **why);
/* Decides by status and headers of the answer, before its first byte, whether the body goes into
   the file. False: the answer cannot be used (*why, below the sink). */
bool http_sink_begin(struct http_sink *sink, const struct http_reply *reply, int status,
                     const char **why);
/* Is the body written to the file? */
bool http_sink_takes(const struct http_sink *sink);
/* False: it cannot be written (*why). */
bool http_sink_write(struct http_sink *sink, const void *data, size_t size, const char **why);
/* Writes what is held back still, and closes; says in the reply what is in the file now. */
bool http_sink_end(struct http_sink *sink, struct http_reply *reply, const char **why);
/* Bytes of the file that are there or on their way to it. */
int64_t http_sink_bytes(const struct http_sink *sink);

#endif
