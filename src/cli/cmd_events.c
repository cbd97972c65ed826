#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "cli/cli.h"
#include "cli/wait.h"

#define PAGE 1000 /* events read at once */

struct reader {
    struct invocation *invocation;
    struct ferry *ferry;
    const char *run;
    int64_t after;
    bool lines; /* print each event as it comes, not all in one document */
    struct json *all;
};

static void take(struct reader *reader, const struct json *page)
{
    const struct ui_stream *out = &reader->invocation->io->out;
    const struct json *events = json_member(page, "events");

    if (!reader->invocation->json) {
        ui_events(out, page);
        return;
    }
    for (const struct json *event = json_first(events); event != NULL; event = json_next(event)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        if (reader->lines) {
            ui_json(out, json_print(scope, event));
        } else {
            json_push_json(reader->all, event);
        }
    }
}

/* Nobody reads any more, or the disk is full: that is told once, at the end. */
static bool is_unread(const struct reader *reader)
{
    FILE *file = reader->invocation->io->out.file;

    return fflush(file) != 0 || ferror(file) != 0;
}

/* Everything that is there now, page by page. */
static enum ferry_code read_on(struct reader *reader, struct ferry_error *err)
{
    size_t count;

    do {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct json *page = NULL;
        char *text = NULL;
        enum ferry_code code =
            ferry_events(reader->ferry, reader->run, reader->after, PAGE, &text, err);

        if (code == FERRY_OK) {
            code = json_parse(scope, text, strlen(text), &page, err);
        }
        ferry_text_free(text);
        if (code != FERRY_OK) {
            return code;
        }
        count = json_size(json_member(page, "events"));
        reader->after = json_int64_or(page, "last", reader->after);
        take(reader, page);
    } while (count == PAGE && !is_unread(reader));
    return FERRY_OK;
}

static enum ferry_code is_running(struct reader *reader, bool *running, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *status = NULL;
    char *text = NULL;
    enum ferry_code code = ferry_status(reader->ferry, reader->run, &text, err);

    if (code == FERRY_OK) {
        code = json_parse(scope, text, strlen(text), &status, err);
    }
    *running = code == FERRY_OK && cli_is_running(status);
    ferry_text_free(text);
    return code;
}

/* The state is asked for first: what came before the run stood still is read after that. */
static enum ferry_code follow(struct reader *reader, struct ferry_error *err)
{
    enum ferry_code code;
    bool running;

    do {
        code = is_running(reader, &running, err);
        if (code == FERRY_OK) {
            code = read_on(reader, err);
        }
        if (code == FERRY_OK && running && !is_unread(reader)) {
            cli_wait();
        }
    } while (code == FERRY_OK && running && !is_unread(reader));
    reader->invocation->printed = true;
    return code;
}

static enum ferry_code print_all(struct reader *reader)
{
    struct json *document;

    if (!reader->invocation->json) {
        return FERRY_OK;
    }
    document = json_object(reader->invocation->mem);
    json_set_json(document, "events", reader->all);
    json_set_int(document, "last", reader->after);
    ui_json(&reader->invocation->io->out, json_print(reader->invocation->mem, document));
    return FERRY_OK;
}

static enum ferry_code events(struct invocation *invocation, struct ferry_error *err)
{
    struct reader reader = {.invocation = invocation,
                            .run = invocation->word_count > 0 ? invocation->words[0] : NULL,
                            .lines = invocation->arguments.counts[OPTION_FOLLOW] > 0,
                            .all = json_array(invocation->mem)};
    enum ferry_code code = cli_open(invocation, &reader.ferry, err);

    (void)parse_int64(invocation->arguments.values[OPTION_AFTER], 0, INT64_MAX, &reader.after);
    if (code != FERRY_OK) {
        return code;
    }
    if (reader.lines) {
        return follow(&reader, err);
    }
    code = read_on(&reader, err);
    return code == FERRY_OK ? print_all(&reader) : code;
}

const struct command cli_events = {
    .name = "events",
    .usage = "[RUN]",
    .summary = "Lists what happened in a run, oldest first",
    .details = "With --follow and --json: one JSON object a line.\n",
    .groups = GROUP_COMMON | GROUP_EVENTS,
    .most_words = 1,
    .run = events,
};
