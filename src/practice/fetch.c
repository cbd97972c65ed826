#include "practice/fetch.h"

#include <stdio.h>
#include <unistd.h>

#include <curl/curl.h>

#define CONNECT_TIMEOUT_S 10L

static size_t put(char *data, size_t one, size_t count, void *arg)
{
    const int *fd = arg;
    size_t size = one * count;
    size_t done = 0;
    while (done < size) {
        ssize_t written = write(*fd, data + done, size - done);
        if (written <= 0) {
            return 0;
        }
        done += (size_t)written;
    }
    return size;
}

bool fetch_into(const char *url, int fd, char *why, size_t why_size)
{
    long status = 0;
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        return false;
    }
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, put);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &fd);
    (void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    CURLcode code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_HTTP_RETURNED_ERROR) {
        (void)snprintf(why, why_size, "%ld Client Error: for url: %s", status, url);
    } else if (code != CURLE_OK) {
        (void)snprintf(why, why_size, "HTTPConnectionPool: Max retries exceeded with url: %s",
                       curl_easy_strerror(code));
    }
    curl_easy_cleanup(curl);
    return code == CURLE_OK;
}
