/*
 * A program of your own around libferry: plans an upgrade, carries it out, or goes on with it,
 * and tells every event that is in the journal. Build it with what was installed:
 *
 *     cc -std=c11 embed.c $(pkg-config --cflags --libs ferry) -o embed
 *     ./embed upgrade.yaml plan      # prints the plan, changes nothing
 *     ./embed upgrade.yaml run
 *     ./embed upgrade.yaml resume    # after Ctrl-C or a kill
 *
 * Its exit codes are those of ferry.
 */
#include <ferry/ferry.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct ferry *handle; /* for the signal handler alone */

static void on_signal(int number)
{
    (void)number;
    ferry_stop(handle); /* the one call that a signal handler may make */
}

static void on_event(void *arg, const struct ferry_event *event)
{
    FILE *out = arg;

    if (event->id != 0) { /* stored in the journal; 0: progress, many a second */
        (void)fprintf(out, "%s %s %s\n", event->kind, event->step ? event->step : "-",
                      event->text ? event->text : "");
    }
}

static int complain(enum ferry_code code, const struct ferry_error *error)
{
    if (code != FERRY_OK && error->message[0] != '\0') {
        (void)fprintf(stderr, "embed: %s\n", error->message);
    }
    if (error->hint[0] != '\0') {
        (void)fprintf(stderr, "next: %s\n", error->hint);
    }
    return ferry_code_exit(code);
}

/* Prints what a call gave and says how it ended. Documents are freed with ferry_text_free. */
static int end(enum ferry_code code, char *document, const struct ferry_error *error)
{
    if (document != NULL) {
        (void)puts(document);
    }
    ferry_text_free(document);
    return complain(code, error);
}

int main(int argc, char **argv)
{
    struct ferry_source source = {.file = argc > 1 ? argv[1] : NULL};
    struct ferry_options options = {.command = "embed", .on_event = on_event, .arg = stderr};
    struct ferry_error error = {0};
    const char *what = argc == 3 ? argv[2] : "";
    char *document = NULL;
    enum ferry_code code;
    int status;

    if (ferry_new(&options, &handle, &error) != FERRY_OK) {
        return complain(error.code, &error);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGINT, on_signal);
    if (strcmp(what, "plan") == 0) {
        code = ferry_plan(handle, &source, NULL, &document, &error);
    } else if (strcmp(what, "run") == 0) {
        code = ferry_run(handle, &source, NULL, &document, &error);
    } else if (strcmp(what, "resume") == 0) {
        code = ferry_resume(handle, NULL, NULL, NULL, &document, &error);
    } else {
        (void)fputs("usage: embed FILE.yaml plan|run|resume\n", stderr);
        code = FERRY_E_USAGE;
    }
    status = end(code, document, &error);
    ferry_free(handle);
    return status;
}
