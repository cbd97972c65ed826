#include "practice/request.h"

#include <string.h>

#include <microhttpd.h>

#include "base/mem.h"

const char *request_header(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *request_param(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->params_count; i++) {
        if (strcmp(request->params[i].name, name) == 0) {
            return request->params[i].value;
        }
    }
    return NULL;
}

void request_add_param(struct request *request, const char *name, const char *value)
{
    if (request->params_count == request->params_room) {
        request->params_room = request->params_room == 0 ? 16 : request->params_room * 2;
        request->params = mem_resize(request, request->params, struct param, request->params_room);
    }
    struct param *param = &request->params[request->params_count++];
    param->name = mem_strdup(request, name);
    param->value = mem_strdup(request, value == NULL ? "" : value);
}

void request_drop_param(struct request *request, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < request->params_count; i++) {
        if (strcmp(request->params[i].name, name) != 0) {
            request->params[kept++] = request->params[i];
        }
    }
    request->params_count = kept;
}
