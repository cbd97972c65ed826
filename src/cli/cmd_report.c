#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "ui/report.h"

#define PAGE_MODE 0644 /* to be sent on; it holds no secret */

static void markdown(const struct ui_stream *stream, const struct json *report)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)fputs(ui_report_markdown(scope, report), stream->file);
}

static enum ferry_code write_page(struct invocation *invocation, const char *file,
                                  const struct json *report, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *page = ui_report_html(scope, report, NULL);

    if (strcmp(file, "-") == 0) {
        (void)fputs(page, invocation->io->out.file);
        return FERRY_OK;
    }
    return file_write_atomic(file, page, strlen(page), PAGE_MODE, err);
}

static enum ferry_code report(struct invocation *invocation, struct ferry_error *err)
{
    const char *name = invocation->word_count > 0 ? invocation->words[0] : NULL;
    const char *file = invocation->arguments.values[OPTION_HTML];
    bool quiet =
        file != NULL && !invocation->json && invocation->arguments.counts[OPTION_MARKDOWN] == 0;
    struct json *document;
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open(invocation, &ferry, err);

    if (code == FERRY_OK) {
        code = ferry_report(ferry, name, &text, err);
    }
    if (code == FERRY_OK && file != NULL) {
        code = cli_document(invocation, text, &document, err);
        if (code == FERRY_OK) {
            code = write_page(invocation, file, document, err);
        }
    }
    if (code == FERRY_OK && quiet) {
        ferry_text_free(text);
        return code;
    }
    return cli_result(invocation, text, markdown, code, err);
}

const struct command cli_report = {
    .name = "report",
    .usage = "[RUN]",
    .summary = "Says what a run did and what was proven, to be kept and sent on",
    .details = "From the journal alone. Without options: Markdown, for a ticket. --html writes\n"
               "one page that needs nothing else and has no script; FILE - is the output.\n"
               "--json has each request that changed the manager, with id, times, outcome.\n",
    .groups = GROUP_COMMON | GROUP_REPORT,
    .most_words = 1,
    .run = report,
};
