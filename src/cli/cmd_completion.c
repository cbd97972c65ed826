#include <string.h>

#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/complete.h"

static const struct {
    const char *name;
    void (*print)(FILE *file, const struct cli_book *book);
} shells[] = {{"bash", complete_bash}, {"zsh", complete_zsh}, {"fish", complete_fish}};

static enum ferry_code no_shell(const char *name, struct ferry_error *err)
{
    const char *names[FERRY_COUNT(shells)];
    const char *near;

    for (size_t at = 0; at < FERRY_COUNT(shells); at++) {
        names[at] = shells[at].name;
    }
    near = nearest_word(name, names, FERRY_COUNT(shells));
    ferry_fail(err, FERRY_E_USAGE, "there is no completion for the shell '%s'", name);
    if (near != NULL) {
        ferry_error_hint(err, "did you mean %s?", near);
    } else {
        ferry_error_hint(err, "there is one for bash, zsh and fish");
    }
    return FERRY_E_USAGE;
}

static enum ferry_code completion(struct invocation *invocation, struct ferry_error *err)
{
    const char *name = invocation->words[0];
    struct cli_book book;
    enum ferry_code code;

    for (size_t at = 0; at < FERRY_COUNT(shells); at++) {
        if (strcmp(shells[at].name, name) == 0) {
            code = cli_book_open(invocation->mem, &book, err);
            if (code == FERRY_OK) {
                shells[at].print(invocation->io->out.file, &book);
            }
            return code;
        }
    }
    return no_shell(name, err);
}

const struct command cli_completion = {
    .name = "completion",
    .usage = "bash|zsh|fish",
    .summary = "Prints what lets a shell complete commands, options, keys and runs",
    .details = "A package of ferry has put it where the shell looks. By hand, keep it as the\n"
               "file ferry in ~/.local/share/bash-completion/completions, as _ferry in a folder\n"
               "of $fpath (zsh), or as ferry.fish in ~/.config/fish/completions.\n",
    .groups = GROUP_COMMON,
    .least_words = 1,
    .most_words = 1,
    .run = completion,
};
