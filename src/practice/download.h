/*
 * The body of an answer on its way out, piece by piece: what faults and rates do to it, and how
 * much of it went, for the ledger's "downloads".
 */
#ifndef PRACTICE_DOWNLOAD_H
#define PRACTICE_DOWNLOAD_H

#include <stdbool.h>

struct exchange;
struct MHD_Response;

/* Whether the body of the reply has to go through here: an archive, or a fault in its middle. */
bool download_wanted(const struct exchange *exchange);
/* A response that reads the reply's file or buffer; what it needs is owned by the exchange, and the
   file is closed with it. NULL: out of memory. */
struct MHD_Response *download_response(struct exchange *exchange);
/* The answer is out, or the connection is gone: writes down how much went. */
void download_ended(struct exchange *exchange, bool whole);

#endif
