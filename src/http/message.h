/*
 * A request and its reply, as values. Nothing here knows curl, Cloudify or a secret: a request
 * names a credential by its slot, and only the transport can turn the slot into a header.
 */
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE };

/* Whose name a request is sent in. */
enum http_credential {
    HTTP_ANONYMOUS,
    HTTP_AS_BEFORE, /* the user of the manager that is asked, as configured */
    HTTP_AS_AFTER   /* the user that the restored snapshot brings */
};

/* Which manager a request goes to. Without a second one every request is for the new one. */
enum http_site {
    HTTP_SITE_NEW,  /* that which is upgraded to */
    HTTP_SITE_OLD,  /* that which the snapshot comes from */
    HTTP_SITE_LOCAL /* no manager: this machine's own files, see local/local.h */
};
#define HTTP_SITES 2 /* managers */

#define HTTP_HEADERS_MAX 6
/* Replies are JSON lists of at most 1,000 rows; the largest seen row (a deployment with its
   workflows, contract/13) has 12 kB. */
#define HTTP_REPLY_LIMIT ((size_t)32 * 1024 * 1024)
#define HTTP_HEADER_LIMIT ((size_t)64 * 1024)

struct http_header {
    const char *name;
    const char *value;
};

/* A talloc object; all texts live below it. */
struct http_request {
    enum http_method method;
    const char *path; /* "/api/v3.1/..." with its query, already escaped */
    enum http_site site;
    /* "host:port": no request at all, a TCP connection there is opened and closed again; only with
       HTTP_GET. Answered (status 0): it could be opened. NULL: a request like any other. */
    const char *knock;
    /* On a connection of its own, and the reply tells how long the server's certificate holds. */
    bool wants_certificate;
    /* URL of the node that must answer, one of those that the transport was made with (a reply's
       node, say); NULL: whichever node is asked at present. Never goes to another one. */
    const char *node;
    enum http_credential credential;
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    const char *content_type; /* NULL: no body, no header */
    const char *body;         /* text body of body_size bytes, or NULL */
    const char *body_file;    /* a file that is streamed as the body (its size: body_size) */
    int64_t body_size;
    /* For the whole exchange, from the start of the connection. 0: HTTP_TIMEOUT_MS of client.h, but
       no limit for a file with a stall limit. */
    int64_t timeout_ms;
    /* Give up when no byte moved for so long (to 250 ms); 0: only timeout_ms counts. Once a file
       has been sent whole, the first byte of the answer may take HTTP_TIMEOUT_MS all the same:
       nginx hands the file to the manager only then. */
    int64_t stall_ms;
    size_t reply_limit; /* bytes; 0: HTTP_REPLY_LIMIT */
    /*
     * A file that the body of a 200 or 206 is written to as it comes, whatever its size; it is made
     * with mode 0600 and never reached by way of a symbolic link. Only with HTTP_GET. NULL: the
     * body is kept in memory, as those of all other answers are. reply_offset: its first bytes,
     * which are there already, are not asked for again ("Range", with reply_etag "If-Range"). Where
     * the server begins anew all the same (200), so does the file. What the file has behind
     * reply_offset is cut off.
     */
    const char *reply_file;
    int64_t reply_offset;
    const char *reply_etag; /* of what is there already; NULL: not known */
    int64_t reply_size;     /* of the whole file, for progress; 0: not known */
    const char *intent_id;  /* of the committed intent that allows a changing request; else NULL */
};

/* What is certain about a request once its transfer has ended. */
enum http_outcome {
    HTTP_NOT_SENT, /* not one byte of it left: it had no effect */
    HTTP_ANSWERED, /* a whole answer came */
    HTTP_UNKNOWN   /* it left, wholly or in part, and no whole answer came */
};

/* A talloc object; all texts live below it. */
struct http_reply {
    enum http_outcome outcome;
    enum ferry_code code; /* FERRY_OK when answered; else what kind of failure */
    int sys;              /* CURLcode of a failure, else 0 */
    const char *error;    /* text of a failure, never with a credential; else NULL */
    const char *node;     /* URL of the node that was asked, NULL: none was */
    /* A 401 to a token, and the login has a password too: from now on requests carry that, and
       asking again is worth while. */
    bool token_refused;
    int status;               /* HTTP status, 0 when none came */
    const char *content_type; /* lower case, without parameters; NULL when absent */
    const char *body;         /* NUL-ended, never NULL when answered */
    size_t body_size;
    const struct json *json; /* the body when it is well-formed JSON and said to be so, else NULL */
    int64_t content_length;  /* as the header says (HEAD), -1 when absent */
    int64_t retry_after_ms;  /* -1 when absent */
    int64_t date_ms;         /* the server's Date, -1 when absent */
    int64_t cert_until_ms;   /* end of the server's certificate, -1 when not asked or without TLS */
    int64_t sent_bytes;      /* of the body */
    const char *etag;        /* as sent, with its quotes; NULL when absent */
    bool takes_ranges;       /* Accept-Ranges: bytes, or a 206 */
    int64_t range_from;      /* of a 206: its first byte, -1 when absent */
    int64_t range_total;     /* and the size of the whole, -1 when not told */
    int64_t file_bytes;      /* size of reply_file now; -1: nothing of this answer is in it */
    bool file_anew;          /* it was to go on, and began anew */
    bool file_touched;       /* somebody else has written to it meanwhile */
    int64_t took_ms;
};

/* True for every method but GET and HEAD. */
bool http_method_changes(enum http_method method);
const char *http_method_name(enum http_method method);

/* A request below ctx; path is printf-made by the caller and copied. */
struct http_request *http_request_new(const void *ctx, enum http_method method, const char *path);
/* Copies both texts. More than HTTP_HEADERS_MAX headers are a broken promise (assert). */
void http_request_header(struct http_request *request, const char *name, const char *value);
/* Sets a JSON body (printed compactly) and "Content-Type: application/json", exactly so. */
void http_request_json(struct http_request *request, const struct json *body);
/* A hex SHA-256 over method, path and body text (and the site, when it is the old one): what the
   journal keeps of a request. */
void http_request_digest(const struct http_request *request, char out[65]);

/* An empty reply below ctx (outcome unknown, numbers "absent"). */
struct http_reply *http_reply_new(const void *ctx);
/* Makes an answered reply from parts; parses the body when content_type is application/json. */
void http_reply_fill(struct http_reply *reply, int status, const char *content_type,
                     const char *body, size_t body_size);
/* True for an answer that is not the manager's: no JSON where JSON is due (nginx, a captive page).
 */
bool http_reply_is_foreign(const struct http_reply *reply);

#endif
