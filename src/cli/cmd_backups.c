#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "cli/cli.h"

/* The first word is a folder or a file of the configuration. */
static bool is_file(const char *word)
{
    const char *dot = strrchr(word, '.');
    struct stat info;

    return dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0) &&
           !(stat(word, &info) == 0 && S_ISDIR(info.st_mode));
}

static enum ferry_code backups(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry_source source = cli_source(invocation, 0);
    struct ferry_backups_query query = {
        .name = invocation->word_count > 1 ? invocation->words[1] : NULL,
        .verify = invocation->arguments.counts[OPTION_VERIFY] > 0,
    };
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open_run(invocation, &ferry, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (source.file != NULL && !is_file(source.file)) {
        query.directory = source.file;
        source.file = NULL;
    }
    code = ferry_backups(ferry, &source, &query, &text, err);
    cli_close_run(invocation);
    return cli_result(invocation, text, ui_backups, code, err);
}

const struct command cli_backups = {
    .name = "backups",
    .usage = "[DIR | FILE.yaml] [NAME]",
    .summary = "Lists backups: which are proven, which are kept and why",
    .details = "FILE.yaml brings its folder and its keep.* keys; beside a folder the policy is\n"
               "given by --set keep.daily=7 and so on. Nothing is removed: ferry backup does\n"
               "that. --verify reads the archives again; exit code 5: one of them is damaged.\n",
    .groups = GROUP_COMMON | GROUP_SOURCE | GROUP_BACKUPS,
    .most_words = 2,
    .run = backups,
};
