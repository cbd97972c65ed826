#include "cli/timer.h"

#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static const struct kind {
    const char *word, *pair; /* what asks for it */
    const char *folder;
    enum ferry_schedule kind;
} kinds[] = {
    {"service", "systemd", "/etc/systemd/system", FERRY_SYSTEMD_SERVICE},
    {"timer", "systemd", "/etc/systemd/system", FERRY_SYSTEMD_TIMER},
    {"cron", "cron", "/etc/cron.d", FERRY_CRON},
};

static const char *own_path(const void *mem)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

    return length > 0 ? mem_strndup(mem, path, (size_t)length) : "/usr/bin/ferry";
}

static const char *own_user(const void *mem)
{
    const struct passwd *row = getpwuid(geteuid());

    return row != NULL ? mem_strdup(mem, row->pw_name)
                       : mem_printf(mem, "%lu", (unsigned long)geteuid());
}

static bool asks_for(const char *word, const struct kind *kind)
{
    return word[0] == '\0' || strcmp(word, kind->word) == 0 || strcmp(word, kind->pair) == 0;
}

static enum ferry_code print(struct invocation *invocation, struct ferry *ferry,
                             const struct kind *kind, bool alone, struct ferry_error *err)
{
    struct ferry_source source = cli_source(invocation, 0);
    struct ferry_schedule_query query = {.kind = kind->kind,
                                         .program = own_path(invocation->mem),
                                         .user = own_user(invocation->mem)};
    FILE *out = invocation->io->out.file;
    char *name = NULL, *text = NULL;
    enum ferry_code code = ferry_schedule(ferry, &source, &query, &name, &text, err);

    if (code == FERRY_OK) {
        if (!alone) {
            (void)fprintf(out, "# --- %s/%s\n", kind->folder, name);
        }
        (void)fprintf(out, "%s%s", text, alone ? "" : "\n");
    }
    ferry_text_free(name);
    ferry_text_free(text);
    return code;
}

enum ferry_code cli_print_timer(struct invocation *invocation, struct ferry_error *err)
{
    const char *word = invocation->arguments.values[OPTION_PRINT_TIMER];
    size_t asked = 0;
    struct ferry *ferry;
    enum ferry_code code;

    for (size_t at = 0; at < FERRY_COUNT(kinds); at++) {
        asked += asks_for(word, &kinds[at]) ? 1U : 0U;
    }
    if (asked == 0) {
        return ferry_fail(err, FERRY_E_USAGE,
                          "--print-timer is service, timer, systemd or cron, not '%s'", word);
    }
    code = cli_open(invocation, &ferry, err);
    for (size_t at = 0; at < FERRY_COUNT(kinds) && code == FERRY_OK; at++) {
        if (asks_for(word, &kinds[at])) {
            code = print(invocation, ferry, &kinds[at], asked == 1, err);
        }
    }
    return code;
}
