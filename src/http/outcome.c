#include "http/outcome.h"

#include <curl/curl.h>
#include <string.h>

#define CURL_TOO_LARGE 100 /* CURLE_TOO_LARGE, since curl 8.6 */

/* The codes that say something other than "the peer or the way to it failed". */
static enum ferry_code code_of_curl(CURLcode curl_code, int64_t request_bytes)
{
    switch ((int)curl_code) {
    case CURLE_OK:
        return FERRY_OK;
    case CURLE_UNSUPPORTED_PROTOCOL: /* also: an answer that is no HTTP/1 at all */
    case CURLE_URL_MALFORMAT:
        return request_bytes > 0 ? FERRY_E_PROTOCOL : FERRY_E_CONFIG;
    case CURLE_PEER_FAILED_VERIFICATION: /* operator's to settle: CA, name, date */
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
        return FERRY_E_CONFIG;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP3:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR: /* our own call-backs refuse only what passes a limit */
    case CURLE_FILESIZE_EXCEEDED:
        return FERRY_E_PROTOCOL;
    case CURLE_READ_ERROR:
        return FERRY_E_IO;
    case CURLE_OUT_OF_MEMORY: /* how curl 7.88 names a header line over its limit of 100 kB */
    case CURL_TOO_LARGE:
        return request_bytes > 0 ? FERRY_E_PROTOCOL : FERRY_E_FAILED;
    case CURLE_FAILED_INIT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_SSL_ENGINE_NOTFOUND:
        return FERRY_E_FAILED;
    default:
        return FERRY_E_UNREACHABLE;
    }
}

enum http_outcome http_outcome_of_curl(int curl_code, int64_t request_bytes, int status,
                                       enum ferry_code *code)
{
    *code = code_of_curl((CURLcode)curl_code, request_bytes);
    if (request_bytes <= 0) {
        if (*code == FERRY_OK) {
            *code = FERRY_E_FAILED;
        }
        return HTTP_NOT_SENT;
    }
    if (curl_code != CURLE_OK) {
        return HTTP_UNKNOWN;
    }
    if (status < 200) { /* 101: a change of protocol that nobody asked for */
        *code = FERRY_E_PROTOCOL;
        return HTTP_UNKNOWN;
    }
    return HTTP_ANSWERED;
}

enum http_effect http_effect_of(const struct http_reply *reply)
{
    int status = reply->status;

    if (reply->outcome == HTTP_NOT_SENT) {
        return HTTP_EFFECT_NO;
    }
    if (reply->outcome != HTTP_ANSWERED) {
        return HTTP_EFFECT_MAYBE;
    }
    if (status >= 200 && status <= 299) { /* a page of something in between is not a success */
        return http_reply_is_foreign(reply) ? HTTP_EFFECT_MAYBE : HTTP_EFFECT_YES;
    }
    switch (status) {
    case 304:
        return HTTP_EFFECT_ALREADY;
    case 307: /* by their definition (RFC 9110, 15.4.8) the request was not acted on */
    case 308:
        return HTTP_EFFECT_NO;
    case 408: /* the peer never had the whole request */
    case 429:
        return HTTP_EFFECT_LATER;
    case 503:
        return json_string_or(reply->json, "error_code", NULL) != NULL ? HTTP_EFFECT_LATER
                                                                       : HTTP_EFFECT_MAYBE;
    default:
        return status >= 400 && status <= 499 ? HTTP_EFFECT_NO : HTTP_EFFECT_MAYBE;
    }
}

bool http_node_failed(const struct http_reply *reply)
{
    if (reply->outcome == HTTP_ANSWERED) {
        return reply->status == 502 && reply->json == NULL;
    }
    if (reply->outcome != HTTP_NOT_SENT) {
        return false;
    }
    return reply->code == FERRY_E_UNREACHABLE || reply->sys == CURLE_PEER_FAILED_VERIFICATION ||
           reply->sys == CURLE_SSL_ISSUER_ERROR || reply->sys == CURLE_SSL_CIPHER;
}

bool http_reply_is_foreign(const struct http_reply *reply)
{
    if (reply->outcome != HTTP_ANSWERED || reply->json != NULL || reply->status == 204 ||
        reply->status == 304) {
        return false;
    }
    if (reply->body_size > 0) {
        return true;
    }
    /* No body (HEAD, or an empty success): only a type that the manager never uses tells. */
    return reply->content_type != NULL && strcmp(reply->content_type, "text/html") == 0;
}
