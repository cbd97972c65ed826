/* How the lines of an answer become a reply. Pure: bytes in, a struct http_reply out. */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "http/message.h"

struct http_reply_reader {
    struct http_reply *reply;
    size_t bytes;        /* of header lines so far, of all answers (1xx ones count) */
    int64_t retry_at_ms; /* Retry-After as a date, -1 when absent */
    bool in_body;        /* lines that follow are trailers: they are not believed */
};

void http_reply_reader_init(struct http_reply_reader *reader, struct http_reply *reply);
/* One line as received, with or without its end. A status line starts the answer anew. False when
   all lines together pass HTTP_HEADER_LIMIT. */
bool http_reply_line(struct http_reply_reader *reader, const char *line, size_t length);
/* After the last byte: a Retry-After date becomes a wait (counted from the server's own Date, or
   from realtime_ms when it sent none), and a body that says it is JSON is parsed. */
void http_reply_end(struct http_reply_reader *reader, int64_t realtime_ms);

#endif
