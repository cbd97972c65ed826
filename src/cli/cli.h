/* The command line: a client of libferry like any other. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/io.h"
#include "cli/options.h"
#include "ferry/ferry.h"

struct session;

/* One use of a command. */
struct invocation {
    void *mem; /* of this use */
    struct cli_io *io;
    const struct command *command;
    struct cli_arguments arguments;
    const char *const *words; /* behind the command's name */
    size_t word_count;
    bool json, quiet, verbose;
    bool printed;            /* the JSON document is out */
    struct session *session; /* of cli_open_run */
};

struct command {
    const char *name;
    const char *usage;   /* what follows the name: "[FILE.yaml]" */
    const char *summary; /* one line */
    const char *details; /* more for --help, lines of at most 80 columns, or NULL */
    unsigned groups;     /* of options, see cli/options.h */
    size_t least_words, most_words;
    /* Does it and prints the result. The code decides the exit; err is printed by the caller. */
    enum ferry_code (*run)(struct invocation *invocation, struct ferry_error *err);
};

/* One file a command; cli/commands.c lists them. */
extern const struct command cli_doctor, cli_inspect, cli_plan, cli_run, cli_resume, cli_status,
    cli_report, cli_watch_page, cli_events, cli_runs, cli_resolve, cli_retry, cli_cancel,
    cli_backup, cli_backups, cli_completion, cli_version, cli_help;
extern const struct command *const cli_commands[];
extern const size_t cli_command_count;

/* Runs one command line and returns the exit code of the program. Leaves the streams flushed. */
int cli_main(int argc, char *const *argv, struct cli_io *io);

const struct command *cli_command_find(const char *name);
enum ferry_code cli_unknown_command(const char *name, struct ferry_error *err);
/* Help of everything (NULL) or of one command. */
void cli_print_help(const struct ui_stream *stream, const struct command *command);
/* "-o, --output PLAN.json". Below mem. */
char *cli_option_title(const void *mem, const struct cli_option_row *row);

/* --- for the commands --- */

/* A handle with the options of the command line, freed with the invocation. */
enum ferry_code cli_open(struct invocation *invocation, struct ferry **ferry,
                         struct ferry_error *err) FERRY_CHECK;
/* The same, with progress on the stream for errors and signals that stop the run. */
enum ferry_code cli_open_run(struct invocation *invocation, struct ferry **ferry,
                             struct ferry_error *err) FERRY_CHECK;
/* The end of what cli_open_run began. */
void cli_close_run(struct invocation *invocation);
/* The source of a run: the word at index (or none) and the settings. */
struct ferry_source cli_source(const struct invocation *invocation, size_t index);

/* Prints a document of the library (may be NULL) by `show`, or as JSON; takes its text over.
   With --json an error goes into it: exactly one document is printed. Returns code. */
enum ferry_code cli_result(struct invocation *invocation, char *text,
                           void (*show)(const struct ui_stream *stream, const struct json *node),
                           enum ferry_code code, struct ferry_error *err);
/* Prints {"code", "exit", "error", "hint"}, as ferry_status has them, set in base (may be NULL). */
void cli_print_error_json(struct invocation *invocation, const struct json *base,
                          const struct ferry_error *err);
/* Parses a document of the library, below the invocation. */
enum ferry_code cli_document(struct invocation *invocation, const char *text, struct json **out,
                             struct ferry_error *err) FERRY_CHECK;

#endif
