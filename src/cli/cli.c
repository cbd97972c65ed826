#include "cli/cli.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

static enum ferry_code check_words(const struct invocation *invocation, struct ferry_error *err)
{
    const struct command *command = invocation->command;

    if (invocation->word_count < command->least_words) {
        ferry_fail(err, FERRY_E_USAGE, "ferry %s wants %s", command->name, command->usage);
    } else if (invocation->word_count > command->most_words) {
        ferry_fail(err, FERRY_E_USAGE, "ferry %s: '%s' is one word too many", command->name,
                   invocation->words[command->most_words]);
    } else {
        return FERRY_OK;
    }
    ferry_error_hint(err, "ferry %s --help shows how it is used", command->name);
    return FERRY_E_USAGE;
}

static enum ferry_code no_command(struct invocation *invocation, struct ferry_error *err)
{
    if (invocation->arguments.counts[OPTION_HELP] > 0) {
        cli_print_help(&invocation->io->out, NULL);
        return FERRY_OK;
    }
    ferry_fail(err, FERRY_E_USAGE, "no command is given");
    ferry_error_hint(err, "ferry --help shows the commands");
    return FERRY_E_USAGE;
}

static enum ferry_code dispatch(struct invocation *invocation, struct ferry_error *err)
{
    struct cli_arguments *arguments = &invocation->arguments;
    enum ferry_code code;

    invocation->json = arguments->counts[OPTION_JSON] > 0;
    invocation->quiet = arguments->counts[OPTION_QUIET] > 0;
    invocation->verbose = arguments->counts[OPTION_VERBOSE] > 0;
    if (arguments->counts[OPTION_VERSION] > 0) {
        invocation->command = &cli_version;
    } else if (arguments->word_count == 0) {
        return no_command(invocation, err);
    } else {
        invocation->command = cli_command_find(arguments->words[0]);
    }
    if (invocation->command == NULL) {
        return cli_unknown_command(arguments->words[0], err);
    }
    if (arguments->word_count > 0) {
        invocation->words = arguments->words + 1;
        invocation->word_count = arguments->word_count - 1;
    }
    if (arguments->counts[OPTION_HELP] > 0) {
        cli_print_help(&invocation->io->out, invocation->command);
        return FERRY_OK;
    }
    code = cli_check_groups(arguments, invocation->command->name, invocation->command->groups, err);
    if (code == FERRY_OK) {
        code = check_words(invocation, err);
    }
    return code == FERRY_OK ? invocation->command->run(invocation, err) : code;
}

/* A parse that failed has not seen every word; a program that asked for JSON still gets it. */
static bool wants_json(int argc, char *const *argv)
{
    for (int at = 1; at < argc && strcmp(argv[at], "--") != 0; at++) {
        if (strcmp(argv[at], "--json") == 0) {
            return true;
        }
    }
    return false;
}

/* A result that could not be written is a failure, unless the command has failed already. */
static enum ferry_code flush(struct cli_io *io, enum ferry_code code)
{
    struct ferry_error err = {0};
    FILE *out = io->out.file;

    errno = 0;
    if (fflush(out) == 0 && ferror(out) == 0) {
        return code;
    }
    (void)ferry_fail_errno(&err, FERRY_E_IO, errno != 0 ? errno : EIO, "cannot write the result");
    ui_error(&io->err, &err);
    return code == FERRY_OK ? FERRY_E_IO : code;
}

int cli_main(int argc, char *const *argv, struct cli_io *io)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct invocation invocation = {.mem = scope, .io = io};
    struct ferry_error err = {0};
    enum ferry_code code = cli_parse(scope, argc, argv, &invocation.arguments, &err);

    if (code == FERRY_OK) {
        code = dispatch(&invocation, &err);
    } else {
        invocation.json = wants_json(argc, argv);
    }
    if (code != FERRY_OK) {
        err.code = code;
        if (invocation.json && !invocation.printed) {
            cli_print_error_json(&invocation, NULL, &err);
        }
        (void)fflush(io->out.file); /* the table stands above the error */
        ui_error(&io->err, &err);
    }
    code = flush(io, code);
    (void)fflush(io->err.file);
    return ferry_code_exit(code);
}
