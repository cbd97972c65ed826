/* What the commands share: the handle, progress and signals, and how a result is printed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "ui/progress.h"

struct session {
    struct ferry *ferry;
    struct ui_progress *progress; /* NULL: a command that only looks */
    struct invocation *invocation;
};

static int free_session(struct session *session)
{
    ferry_free(session->ferry);
    return 0;
}

static void on_event(void *arg, const struct ferry_event *event)
{
    struct session *session = arg;
    struct cli_io *io = session->invocation->io;

    if (session->progress == NULL) {
        if (strcmp(event->kind, "warning") == 0 && !session->invocation->quiet) {
            ui_line(&io->err, UI_CARE, 0, "warning: %s", event->text);
        }
        return;
    }
    if (io->refresh != NULL) {
        io->refresh(io);
    }
    if (cli_signals_continued()) {
        ui_progress_forget(session->progress);
    }
    ui_progress_stopping(session->progress, cli_signals_count());
    ui_progress_event(session->progress, event);
}

static void on_log(void *arg, const char *line)
{
    struct session *session = arg;

    if (session->progress != NULL) {
        ui_progress_log(session->progress, line);
    } else {
        ui_line(&session->invocation->io->err, UI_DIM, 0, "%s", line);
    }
}

static enum ferry_code open_session(struct invocation *invocation, struct session **out,
                                    struct ferry_error *err)
{
    struct session *session = mem_new(invocation->mem, struct session);
    struct ferry_options options = {
        .journal = invocation->arguments.values[OPTION_JOURNAL],
        .command = mem_printf(invocation->mem, "ferry %s", invocation->command->name),
        .on_event = on_event,
        .on_log = invocation->arguments.counts[OPTION_VERBOSE] > 1 ? on_log : NULL,
        .arg = session,
    };
    enum ferry_code code = ferry_new(&options, &session->ferry, err);

    session->invocation = invocation;
    if (code != FERRY_OK) {
        return code;
    }
    talloc_set_destructor(session, free_session);
    *out = session;
    return FERRY_OK;
}

enum ferry_code cli_open(struct invocation *invocation, struct ferry **ferry,
                         struct ferry_error *err)
{
    struct session *session;
    enum ferry_code code = open_session(invocation, &session, err);

    if (code == FERRY_OK) {
        *ferry = session->ferry;
    }
    return code;
}

/* The names of all states, for --stop-before, and of those of one workflow, for "[4/10]". */
static enum ferry_code name_steps(struct invocation *invocation,
                                  struct ui_progress_options *options, struct ferry_error *err)
{
    struct json *document;
    char *text = NULL;
    const struct json *workflows;
    const char **names;
    size_t *ends;
    size_t count = 0;
    enum ferry_code code = ferry_workflows(&text, err);

    if (code == FERRY_OK) {
        code = cli_document(invocation, text, &document, err);
    }
    ferry_text_free(text);
    if (code != FERRY_OK) {
        return code;
    }
    workflows = json_member(document, "workflows");
    for (const struct json *at = json_first(workflows); at != NULL; at = json_next(at)) {
        count += json_size(json_member(at, "states"));
    }
    names = mem_array(invocation->mem, const char *, count + 1);
    ends = mem_array(invocation->mem, size_t, json_size(workflows) + 1);
    for (const struct json *at = json_first(workflows); at != NULL; at = json_next(at)) {
        const struct json *state = json_first(json_member(at, "states"));

        for (; state != NULL; state = json_next(state)) {
            names[options->step_count++] = json_string_or(state, "name", "");
        }
        ends[options->end_count++] = options->step_count;
    }
    options->steps = names;
    options->ends = ends;
    return FERRY_OK;
}

/* A state that no workflow has would be passed by in silence. */
static enum ferry_code check_stop_before(const struct invocation *invocation,
                                         const struct ui_progress_options *options,
                                         struct ferry_error *err)
{
    const char *name = invocation->arguments.values[OPTION_STOP_BEFORE];
    const char *near;

    if (name == NULL) {
        return FERRY_OK;
    }
    for (size_t at = 0; at < options->step_count; at++) {
        if (strcmp(options->steps[at], name) == 0) {
            return FERRY_OK;
        }
    }
    near = nearest_word(name, options->steps, options->step_count);
    ferry_fail(err, FERRY_E_USAGE, "--stop-before: no state is called '%s'", name);
    if (near != NULL) {
        ferry_error_hint(err, "did you mean %s?", near);
    } else {
        ferry_error_hint(err, "ferry plan shows the names of the states");
    }
    return FERRY_E_USAGE;
}

enum ferry_code cli_open_run(struct invocation *invocation, struct ferry **ferry,
                             struct ferry_error *err)
{
    struct ui_progress_options options = {.quiet = invocation->quiet,
                                          .verbose = invocation->verbose};
    struct session *session;
    enum ferry_code code = name_steps(invocation, &options, err);

    if (code == FERRY_OK) {
        code = check_stop_before(invocation, &options, err);
    }
    if (code == FERRY_OK) {
        code = open_session(invocation, &session, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    session->progress = ui_progress_new(session, &invocation->io->err, &options);
    invocation->session = session;
    cli_signals_watch();
    /* The view says by itself that the run will stop. */
    cli_signals_begin(session->ferry, invocation->io->err.tty && !invocation->quiet
                                          ? -1
                                          : fileno(invocation->io->err.file));
    *ferry = session->ferry;
    return FERRY_OK;
}

void cli_close_run(struct invocation *invocation)
{
    ui_progress_end(invocation->session->progress, true);
    cli_signals_end();
}

struct ferry_source cli_source(const struct invocation *invocation, size_t index)
{
    return (struct ferry_source){
        .file = index < invocation->word_count ? invocation->words[index] : NULL,
        .settings = invocation->arguments.settings,
        .setting_count = invocation->arguments.setting_count,
    };
}

enum ferry_code cli_document(struct invocation *invocation, const char *text, struct json **out,
                             struct ferry_error *err)
{
    enum ferry_code code = json_parse(invocation->mem, text, strlen(text), out, err);

    return code == FERRY_OK ? FERRY_OK : ferry_error_prefix(err, "libferry's answer");
}

void cli_print_error_json(struct invocation *invocation, const struct json *base,
                          const struct ferry_error *err)
{
    struct json *document =
        json_is_object(base) ? json_copy(invocation->mem, base) : json_object(invocation->mem);

    json_set_string(document, "code", ferry_code_name(err->code));
    json_set_int(document, "exit", ferry_code_exit(err->code));
    json_set_string(document, "error",
                    err->message[0] != '\0' ? err->message : ferry_code_text(err->code));
    json_set_string(document, "hint", err->hint[0] != '\0' ? err->hint : NULL);
    ui_json(&invocation->io->out, json_print(invocation->mem, document));
}

enum ferry_code cli_result(struct invocation *invocation, char *text,
                           void (*show)(const struct ui_stream *stream, const struct json *node),
                           enum ferry_code code, struct ferry_error *err)
{
    struct ferry_error unread = {0};
    struct json *document = NULL;

    if (text == NULL) {
        return code;
    }
    if (invocation->json && code == FERRY_OK) {
        ui_json(&invocation->io->out, text);
        invocation->printed = true;
    } else if (cli_document(invocation, text, &document, &unread) != FERRY_OK) {
        if (code == FERRY_OK) {
            *err = unread;
            code = unread.code;
        }
    } else if (invocation->json) {
        err->code = code;
        cli_print_error_json(invocation, document, err);
        invocation->printed = true;
    } else {
        show(&invocation->io->out, document);
    }
    ferry_text_free(text);
    return code;
}
