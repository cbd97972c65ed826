#include "local/local.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "local/follow.h"
#include "local/job.h"

struct local {
    struct transport transport;
    struct transport *inner;
    struct local_options options;
    struct local_job *queued, **last_queued;
    struct local_job *answered, **last_answered;
    size_t count; /* of both lists */
    struct local_follow follow;
};

static struct local *local_of(struct transport *transport)
{
    return (struct local *)transport; /* the first member */
}

/* ---- answers ---- */

void local_say(struct local_job *job, int status, const struct json *document)
{
    char *text = json_print(job, document);

    http_reply_fill(job->reply, status, "application/json", text, strlen(text));
}

void local_refuse(struct local_job *job, int status, const char *format, ...)
{
    struct json *document = json_object(job);
    va_list args;

    va_start(args, format);
    json_set_string(document, "message", mem_vprintf(job, format, args));
    va_end(args);
    json_set_string(document, "error_code", status == 404 ? "not_found_error" : "local_error");
    local_say(job, status, document);
}

void local_failed(struct local_job *job, const char *what, const char *path, int sys)
{
    local_refuse(job, sys == ENOSPC || sys == EDQUOT ? 507 : 500, "cannot %s \"%s\": %s", what,
                 path, strerror(sys));
}

void local_error(struct local_job *job, const struct ferry_error *err)
{
    if (err->code == FERRY_E_STOPPED) {
        job->reply->outcome = HTTP_UNKNOWN;
        job->reply->code = FERRY_E_STOPPED;
        job->reply->error = "stopped";
        job->reply->body = "";
    } else if (err->code == FERRY_E_NOT_FOUND) {
        local_refuse(job, 404, "%s", err->message);
    } else if (err->code == FERRY_E_ARCHIVE) {
        local_refuse(job, 422, "%s", err->message);
    } else {
        local_refuse(job, 500, "%s", err->message);
    }
}

bool local_tell(struct local_job *job, int64_t done, int64_t total)
{
    const struct local_options *options = job->options;

    job->done = done;
    job->total = total;
    if (options->on_progress != NULL) {
        options->on_progress(options->arg, done, total);
    }
    return options->stop == NULL || *options->stop < 2;
}

/* ---- requests ---- */

static bool is_name(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && length < 250 && name[0] != '.' && strcmp(name + length - 4, ".zip") == 0 &&
           strpbrk(name, "/%\\") == NULL;
}

/* "/backups/NAME[/TAIL][?size=N]"; *tail is "" when there is none. */
static bool read_path(struct local_job *job, const char **tail)
{
    static const char root[] = "/backups/";
    const char *path = job->request->path;
    const char *query = strchr(path, '?');
    const char *name = path + sizeof root - 1;
    size_t length;

    if (strncmp(path, root, sizeof root - 1) != 0) {
        return false; /* also "/backups" itself, see serve */
    }
    length = strcspn(name, "/?");
    job->name = mem_strndup(job, name, length);
    *tail = name[length] == '/'
                ? mem_strndup(job, name + length + 1, strcspn(name + length + 1, "?"))
                : "";
    job->size = -1;
    if (query != NULL && strncmp(query, "?size=", 6) == 0 &&
        !parse_int64(query + 6, 0, INT64_MAX, &job->size)) {
        return false;
    }
    return is_name(job->name);
}

static const struct {
    enum http_method method;
    const char *tail;
    void (*serve)(struct local_job *job);
} routes[] = {
    {HTTP_GET, "", local_look},
    {HTTP_GET, "check", local_check},
    {HTTP_POST, "", local_finish},
    {HTTP_DELETE, "", local_remove},
    {HTTP_DELETE, "part", local_remove_part},
};

static void serve(struct local_job *job)
{
    const struct http_request *request = job->request;
    const char *tail;

    if (request->method == HTTP_GET && strcmp(request->path, "/backups") == 0) {
        local_list(job);
        return;
    }
    if (!read_path(job, &tail)) {
        local_refuse(job, 400, "\"%s\" names no archive", request->path);
        return;
    }
    job->path = mem_printf(job, "%s/%s", job->options->folder, job->name);
    job->part = mem_printf(job, "%s.part", job->path);
    if (request->body != NULL &&
        json_parse(job, request->body, (size_t)request->body_size, &job->body, NULL) != FERRY_OK) {
        local_refuse(job, 400, "the body is no JSON");
        return;
    }
    for (size_t i = 0; i < FERRY_COUNT(routes); i++) {
        if (routes[i].method == request->method && strcmp(routes[i].tail, tail) == 0) {
            routes[i].serve(job);
            return;
        }
    }
    local_refuse(job, 405, "%s %s is not known here", http_method_name(request->method),
                 request->path);
}

/* ---- the interface ---- */

static void push(struct local_job ***last, struct local_job *job)
{
    job->next = NULL;
    **last = job;
    *last = &job->next;
}

static struct local_job *take(struct local_job **first, struct local_job ***last)
{
    struct local_job *job = *first;

    if (job != NULL) {
        *first = job->next;
        if (*first == NULL) {
            *last = first;
        }
    }
    return job;
}

static void on_submit(struct transport *transport, const struct http_request *request,
                      uint64_t ticket)
{
    struct local *local = local_of(transport);

    if (request->site != HTTP_SITE_LOCAL) {
        local_follow_begin(&local->follow, local, request, ticket);
        local->inner->ops->submit(local->inner, request, ticket);
        return;
    }
    struct local_job *job = mem_new(local, struct local_job);

    job->ticket = ticket;
    job->request = request;
    job->options = &local->options;
    job->follow = &local->follow;
    job->reply = http_reply_new(job);
    push(&local->last_queued, job);
    local->count++;
}

static bool on_finished(struct transport *transport, const void *ctx, uint64_t *ticket,
                        struct http_reply **reply)
{
    struct local *local = local_of(transport);
    struct local_job *job = take(&local->answered, &local->last_answered);

    if (job == NULL) {
        if (!local->inner->ops->finished(local->inner, ctx, ticket, reply)) {
            return false;
        }
        local_follow_end(&local->follow, *ticket, *reply);
        return true;
    }
    local->count--;
    *ticket = job->ticket;
    *reply = mem_move(ctx, job->reply);
    mem_free(job);
    return true;
}

/* One request a turn: what goes on elsewhere is looked at in between. */
static void on_wait(struct transport *transport, int64_t max_ms)
{
    struct local *local = local_of(transport);
    struct local_job *job = take(&local->queued, &local->last_queued);

    local_follow_wait(&local->follow, local->inner, local->count > 0 ? 0 : max_ms);
    if (job != NULL) {
        int64_t start_ms = local->options.clock->now_ms(local->options.clock);

        serve(job);
        job->reply->took_ms = local->options.clock->now_ms(local->options.clock) - start_ms;
        push(&local->last_answered, job);
    }
}

static bool on_progress(struct transport *transport, uint64_t ticket, int64_t *sent, int64_t *total)
{
    struct local *local = local_of(transport);

    for (const struct local_job *job = local->queued; job != NULL; job = job->next) {
        if (job->ticket == ticket) {
            return false;
        }
    }
    return local->inner->ops->progress(local->inner, ticket, sent, total);
}

static void on_abort(struct transport *transport)
{
    struct local *local = local_of(transport);
    struct local_job *job;

    while ((job = take(&local->queued, &local->last_queued)) != NULL) {
        job->reply->outcome = HTTP_NOT_SENT;
        job->reply->code = FERRY_E_STOPPED;
        job->reply->error = "stopped";
        job->reply->body = "";
        push(&local->last_answered, job);
    }
    local->inner->ops->abort_all(local->inner);
}

static size_t on_in_flight(struct transport *transport)
{
    struct local *local = local_of(transport);

    return local->count + local->inner->ops->in_flight(local->inner);
}

static const struct transport_ops local_ops = {
    .submit = on_submit,
    .finished = on_finished,
    .wait = on_wait,
    .progress = on_progress,
    .abort_all = on_abort,
    .in_flight = on_in_flight,
};

struct transport *local_transport(const void *ctx, struct transport *inner,
                                  const struct local_options *options)
{
    struct local *local = mem_new(ctx, struct local);

    local->transport.ops = &local_ops;
    local->inner = inner;
    local->options = *options;
    local->last_queued = &local->queued;
    local->last_answered = &local->answered;
    return &local->transport;
}
