/* A folder of backups for each test, and a transport behind it that counts, and can have a download
   under way. */
#ifndef TESTS_UNIT_LOCAL_PLACE_H
#define TESTS_UNIT_LOCAL_PLACE_H

#include <signal.h>

#include "local/local.h"
#include "unit/cloudify/archive_fixture.h"

#define NAME "prod.zip"

struct inner {
    struct transport transport;
    int submitted, waited;
    int64_t come, total;      /* bytes of the download, as it tells; total 0: there is none */
    struct http_reply *reply; /* its end */
};

struct place {
    char *folder;
    struct inner inner;
    struct transport *transport;
    struct json *keep;
    volatile sig_atomic_t stop;
    int told;
};

int place_set_up(void **state);
int place_tear_down(void **state);
char *place_path(const struct place *place, const char *name);
void place_put(const struct place *place, const char *name, const void *data, size_t size);
/* One local request, to its answer. */
struct http_reply *place_ask(struct place *place, enum http_method method, const char *request,
                             const char *body);
void place_says(const struct http_reply *reply, int status, const char *part);
/* An archive as NAME.part; *size its bytes. */
const char *place_put_archive(struct place *place, size_t *size);

#endif
