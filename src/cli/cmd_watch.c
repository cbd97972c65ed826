#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "cli/cli.h"
#include "cli/web.h"
#include "ui/report.h"

#define TURN_MS 300  /* Ctrl-C is heeded within it */
#define FRESH_MS 700 /* so long an answer is given again, however many look on */

struct watcher {
    struct invocation *invocation;
    struct ferry *ferry;
    const char *run;
    struct clock *clock;
    void *mem; /* of what was read last */
    int64_t read_ms;
    char *text; /* the document, or NULL */
    struct json *report;
    struct ferry_error err;
};

/* The report as it is now, or a moment ago. */
static void look(struct watcher *watcher)
{
    int64_t now_ms = watcher->clock->now_ms(watcher->clock);
    char *text = NULL;

    if (watcher->report != NULL && now_ms - watcher->read_ms < FRESH_MS) {
        return;
    }
    mem_free(watcher->mem);
    watcher->mem = mem_scope(watcher->invocation->mem);
    watcher->report = NULL;
    watcher->read_ms = now_ms;
    if (ferry_report(watcher->ferry, watcher->run, &text, &watcher->err) == FERRY_OK) {
        watcher->text = mem_strdup(watcher->mem, text);
        if (json_parse(watcher->mem, text, strlen(text), &watcher->report, &watcher->err)) {
            watcher->report = NULL;
        }
    }
    ferry_text_free(text);
}

static void make(void *arg, const void *ctx, const char *path, struct web_page *page)
{
    struct watcher *watcher = arg;
    char nonce[UUID_TEXT_SIZE];

    if (strcmp(path, "/") != 0 && strcmp(path, "/fragment") != 0 &&
        strcmp(path, "/report.json") != 0) {
        page->status = 404;
        page->text = mem_strdup(ctx, "there is /, and /report.json\n");
        return;
    }
    look(watcher);
    if (watcher->report == NULL) {
        page->status = 503;
        page->text = mem_printf(ctx, "%s\n", watcher->err.message);
    } else if (strcmp(path, "/report.json") == 0) {
        page->type = "application/json";
        page->text = mem_strdup(ctx, watcher->text);
    } else if (strcmp(path, "/fragment") == 0) {
        page->type = "text/html; charset=utf-8";
        page->text =
            ui_report_html(ctx, watcher->report, &(struct ui_report_options){.fragment = true});
    } else {
        uuid_random(rng_system(), nonce);
        page->type = "text/html; charset=utf-8";
        page->text =
            ui_report_html(ctx, watcher->report, &(struct ui_report_options){.nonce = nonce});
        page->csp = mem_printf(ctx,
                               "default-src 'none'; style-src 'unsafe-inline'; script-src "
                               "'nonce-%s'; connect-src 'self'; base-uri 'none'; form-action "
                               "'none'; frame-ancestors 'none'",
                               nonce);
    }
}

/* Until Ctrl-C: the signals wait until they are asked for, so none can interrupt an answer. */
static void serve(struct web *web)
{
    const struct timespec at_once = {0, 0};
    sigset_t signals, before;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, &before);
    do {
        web_serve(web, TURN_MS);
    } while (sigtimedwait(&signals, NULL, &at_once) < 0);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static enum ferry_code watch(struct invocation *invocation, struct ferry_error *err)
{
    struct watcher watcher = {.invocation = invocation,
                              .run = invocation->word_count > 0 ? invocation->words[0] : NULL,
                              .clock = clock_system()};
    const struct cli_arguments *arguments = &invocation->arguments;
    const struct web_options options = {.listen = arguments->values[OPTION_LISTEN] != NULL
                                                      ? arguments->values[OPTION_LISTEN]
                                                      : "127.0.0.1:0",
                                        .everywhere = arguments->counts[OPTION_PUBLIC] > 0,
                                        .make = make,
                                        .arg = &watcher};
    struct web *web;
    enum ferry_code code = cli_open(invocation, &watcher.ferry, err);

    if (code == FERRY_OK) {
        look(&watcher);
        if (watcher.report == NULL) { /* no journal, no such run: told at once */
            *err = watcher.err;
            return err->code;
        }
        code = web_new(invocation->mem, &options, &web, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    ui_line(&invocation->io->out, UI_PLAIN, 0, "%s (read only; Ctrl-C ends it)", web_url(web));
    (void)fflush(invocation->io->out.file);
    serve(web);
    return FERRY_OK;
}

const struct command cli_watch_page = {
    .name = "watch",
    .usage = "[RUN]",
    .summary = "Shows a run live in a browser, read only, until Ctrl-C",
    .details = "The page of ferry report, renewed every few seconds. It never disturbs the run.\n"
               "Without --listen it takes a free port of 127.0.0.1 and says which.\n",
    .groups = GROUP_COMMON | GROUP_WATCH,
    .most_words = 1,
    .run = watch,
};
