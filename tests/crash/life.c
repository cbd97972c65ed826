#include "life.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "libferry/internal.h"

static void say(void *arg, const struct ferry_event *event)
{
    (void)arg;
    fprintf(stderr, "  %s %s %s %s\n", event->kind, event->step ? event->step : "",
            event->unit ? event->unit : "", event->text ? event->text : "");
}

static enum ferry_code carry(const struct life *life, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_options options = {.journal = mem_printf(scope, "%s/journal.db", life->folder),
                                    .command = "crash",
                                    .on_event = life->loud ? say : NULL};
    struct ferry *ferry;
    enum ferry_code code;

    if (ferry_new(&options, &ferry, err)) {
        return err->code;
    }
    ferry->on_point = life->on_point;
    code = ferry_resume(ferry, NULL, NULL, NULL, NULL, err);
    if (code == FERRY_E_NOT_FOUND) {
        ferry_error_clear(err);
        code = ferry_run(ferry, life->source, NULL, NULL, err);
    }
    ferry_free(ferry);
    return code;
}

int life_fork(const struct life *life)
{
    char path[200], number[16];
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct ferry_error err = {0};
        enum ferry_code code;

        snprintf(path, sizeof path, "%s/client.pid", life->folder);
        snprintf(number, sizeof number, "%d\n", (int)getpid());
        if (file_write_atomic(path, number, strlen(number), 0600, &err)) {
            _exit(99);
        }
        code = carry(life, &err);
        if (code && life->loud) {
            fprintf(stderr, "  ended: %s (%s)\n", err.message, ferry_code_name(code));
        }
        _exit(ferry_code_exit(code));
    }
    while (waitpid(pid, &status, 0) < 0) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
