#include "cli/units.h"

#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"

#define PAGE 1000 /* units read and printed at once */

struct format {
    const char *name;
    void (*begin)(const struct ui_stream *stream, const struct json *page); /* of all; or NULL */
    void (*page)(const struct ui_stream *stream, const struct json *page, bool first);
    void (*end)(const struct ui_stream *stream);
};

static const struct format formats[] = {
    {"table", NULL, ui_units_table, NULL},
    {"json", ui_units_json_begin, ui_units_json, ui_units_json_end},
    {"csv", ui_units_csv_begin, ui_units_csv, NULL},
};

static enum ferry_code find_format(const struct invocation *invocation, const struct format **out,
                                   struct ferry_error *err)
{
    const char *name = invocation->arguments.values[OPTION_FORMAT];
    const char *names[FERRY_COUNT(formats)];
    const char *near;

    if (name == NULL) {
        name = invocation->json ? "json" : "table";
    }
    for (size_t at = 0; at < FERRY_COUNT(formats); at++) {
        names[at] = formats[at].name;
        if (strcmp(formats[at].name, name) == 0) {
            *out = &formats[at];
            return FERRY_OK;
        }
    }
    ferry_fail(err, FERRY_E_USAGE, "--format is table, json or csv, not '%s'", name);
    near = nearest_word(name, names, FERRY_COUNT(formats));
    if (near != NULL) {
        ferry_error_hint(err, "did you mean %s?", near);
    }
    return FERRY_E_USAGE;
}

/* One page; *cursor (below the invocation) becomes the next one, NULL after the last. */
static enum ferry_code print_page(struct invocation *invocation, struct ferry *ferry,
                                  const struct format *format, char **cursor,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct ui_stream *out = &invocation->io->out;
    const char *run = invocation->word_count > 0 ? invocation->words[0] : NULL;
    struct ferry_units_query query = {
        .step = invocation->arguments.values[OPTION_STEP], .cursor = *cursor, .limit = PAGE};
    bool first = *cursor == NULL;
    struct json *page = NULL;
    char *text = NULL;
    enum ferry_code code = ferry_units(ferry, run, &query, &text, err);

    if (code == FERRY_OK) {
        code = json_parse(scope, text, strlen(text), &page, err);
    }
    ferry_text_free(text);
    if (code != FERRY_OK) {
        return code;
    }
    if (first && format->begin != NULL) {
        format->begin(out, page);
    }
    invocation->printed = true;
    format->page(out, page, first);
    mem_free(*cursor);
    *cursor = mem_strdup(invocation->mem, json_string_or(page, "next", NULL));
    return FERRY_OK;
}

enum ferry_code cli_units(struct invocation *invocation, struct ferry *ferry,
                          struct ferry_error *err)
{
    const struct ui_stream *out = &invocation->io->out;
    const struct format *format = NULL;
    char *cursor = NULL;
    enum ferry_code code = find_format(invocation, &format, err);

    if (code != FERRY_OK) {
        return code;
    }
    do {
        code = print_page(invocation, ferry, format, &cursor, err);
    } while (code == FERRY_OK && cursor != NULL && ferror(out->file) == 0);
    if (code == FERRY_OK && format->end != NULL) {
        format->end(out);
    }
    return code;
}
