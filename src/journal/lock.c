#include "journal/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/timefmt.h"
#include "journal/system.h"

/* The text begins with the sign of life in a fixed width, so that it can be overwritten alone. */
#define ALIVE_NAME "{\"alive_ms\":"
#define ALIVE_OFFSET (sizeof(ALIVE_NAME) - 1)
#define ALIVE_DIGITS 20
#define ALIVE_EVERY_MS 1000
#define LOCK_SIZE_MAX 4096 /* bytes; what we write is below 700 */
#define ALIVE_MS_MAX (INT64_C(1) << 52)

struct journal_lock {
    int fd;
    int64_t written_ms;
    char *owner;
};

static int lock_release(struct journal_lock *lock)
{
    if (lock->fd >= 0) {
        close(lock->fd);
    }
    lock->fd = -1;
    return 0;
}

static char *lock_path(const void *ctx, const char *journal)
{
    return mem_printf(ctx, "%s.lock", journal);
}

/* Ticks since boot at which this process began (field 22 of proc_pid_stat(5)); with the pid and
   the boot id it names a process for good. */
static int64_t start_ticks(const void *ctx)
{
    char *text = NULL;
    const char *at;
    int64_t ticks = 0;

    if (file_read(ctx, "/proc/self/stat", LOCK_SIZE_MAX, &text, NULL, NULL) != FERRY_OK) {
        return 0;
    }
    at = strrchr(text, ')'); /* the name before it may hold blanks */
    for (int field = 2; at != NULL && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    if (at == NULL) {
        return 0;
    }
    at++;
    if (!parse_int64(mem_strndup(ctx, at, strcspn(at, " ")), 0, INT64_MAX, &ticks)) {
        return 0;
    }
    return ticks;
}

static char *boot_id(const void *ctx)
{
    char *text = NULL;

    if (file_read(ctx, "/proc/sys/kernel/random/boot_id", 64, &text, NULL, NULL) != FERRY_OK) {
        return mem_strdup(ctx, "");
    }
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static char *owner_json(const void *ctx, const struct journal_lock_options *options)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *owner = json_object(scope);
    char host[256];

    if (gethostname(host, sizeof(host)) != 0) {
        host[0] = '\0';
    }
    host[sizeof(host) - 1] = '\0';
    json_set_string(owner, "host", host);
    json_set_string(owner, "boot_id", boot_id(scope));
    json_set_int(owner, "pid", getpid());
    json_set_int(owner, "start_ticks", start_ticks(scope));
    json_set_string(owner, "command", options->owner == NULL ? "ferry" : options->owner);
    json_set_string(owner, "version", FERRY_VERSION);
    json_set_string(owner, "since", timefmt_utc(scope, options->now_ms));
    return json_print(ctx, owner);
}

/* Who holds the lock, as an object below ctx; NULL where the file does not say. */
static struct json *read_owner(const void *ctx, const char *path)
{
    struct json *owner = NULL;
    char *text = NULL;
    size_t size;

    if (file_read(ctx, path, LOCK_SIZE_MAX, &text, &size, NULL) != FERRY_OK) {
        return NULL;
    }
    if (json_parse(ctx, text, size, &owner, NULL) != FERRY_OK) {
        return NULL;
    }
    return owner;
}

static enum ferry_code busy(const char *path, const char *journal, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *owner = read_owner(scope, path);
    int64_t pid = json_int64_or(owner, "pid", 0);
    const char *host = json_string_or(owner, "host", "?");

    if (pid == 0) {
        ferry_fail(err, FERRY_E_BUSY, "cannot open the journal \"%s\": another process has it",
                   journal);
        ferry_error_hint(err, "find it with: fuser -v %s", path);
        return FERRY_E_BUSY;
    }
    ferry_fail(err, FERRY_E_BUSY,
               "cannot open the journal \"%s\": %s has it (process %" PRId64 " on %s, since %s)",
               journal, json_string_or(owner, "command", "ferry"), pid, host,
               json_string_or(owner, "since", "?"));
    ferry_error_hint(err,
                     "wait for it, or stop it in order with: kill -INT %" PRId64
                     "; look on with: ferry status",
                     pid);
    return FERRY_E_BUSY;
}

static int write_at(int fd, const char *text, size_t size, off_t at)
{
    while (size > 0) {
        ssize_t done = pwrite(fd, text, size, at);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return errno;
        }
        text += done;
        size -= (size_t)done;
        at += done;
    }
    return 0;
}

/* The old time stays until we have done something; shortening comes last, so that a reader never
   finds an empty file. */
static int write_owner(struct journal_lock *lock, int64_t alive_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text =
        mem_printf(scope, ALIVE_NAME "%*" PRId64 ",%s\n", ALIVE_DIGITS, alive_ms, lock->owner + 1);
    int sys = write_at(lock->fd, text, strlen(text), 0);

    if (sys == 0 && ftruncate(lock->fd, (off_t)strlen(text)) != 0) {
        sys = errno;
    }
    return sys;
}

enum ferry_code journal_lock_take(const void *ctx, const struct journal_lock_options *options,
                                  struct journal_lock **out, int64_t *last_alive_ms,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *path = lock_path(scope, options->journal);
    struct journal_lock *lock = mem_new(scope, struct journal_lock);
    int sys;

    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    talloc_set_destructor(lock, lock_release);
    if (lock->fd < 0) {
        return journal_fail_system(path, errno, "lock", err);
    }
    if (!options->disable && flock(lock->fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return busy(path, options->journal, err);
        }
        return journal_fail_system(path, errno, "lock", err);
    }
    *last_alive_ms = journal_lock_read_alive(options->journal);
    lock->owner = owner_json(lock, options);
    sys = write_owner(lock, *last_alive_ms);
    if (sys != 0) {
        return journal_fail_system(path, sys, "write", err);
    }
    *out = mem_move(ctx, lock);
    return FERRY_OK;
}

void journal_lock_alive(struct journal_lock *lock, int64_t now_ms)
{
    char text[ALIVE_DIGITS + 1];

    if (now_ms >= lock->written_ms && now_ms - lock->written_ms < ALIVE_EVERY_MS) {
        return;
    }
    if (snprintf(text, sizeof(text), "%*" PRId64, ALIVE_DIGITS, now_ms) != ALIVE_DIGITS) {
        return;
    }
    if (write_at(lock->fd, text, ALIVE_DIGITS, (off_t)ALIVE_OFFSET) == 0) {
        lock->written_ms = now_ms;
    }
}

const char *journal_lock_owner(const struct journal_lock *lock)
{
    return lock->owner;
}

int64_t journal_lock_read_alive(const char *journal)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *owner = read_owner(scope, lock_path(scope, journal));
    int64_t alive_ms = json_int64_or(owner, "alive_ms", 0);

    return alive_ms > 0 && alive_ms < ALIVE_MS_MAX ? alive_ms : 0;
}
