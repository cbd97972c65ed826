#include "ui/ui.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/text.h"

const char *ui_begin(const struct ui_stream *stream, enum ui_colour colour)
{
    static const char *const sequences[] = {
        [UI_PLAIN] = "",        [UI_GOOD] = "\033[32m", [UI_BAD] = "\033[31m",
        [UI_CARE] = "\033[33m", [UI_DIM] = "\033[2m",   [UI_STRONG] = "\033[1m"};

    return stream->colour ? sequences[colour] : "";
}

const char *ui_end(const struct ui_stream *stream, enum ui_colour colour)
{
    return stream->colour && colour != UI_PLAIN ? "\033[0m" : "";
}

void ui_line(const struct ui_stream *stream, enum ui_colour colour, size_t indent,
             const char *format, ...)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t room = stream->width > indent + 2 ? stream->width - indent : 0;
    size_t margin = indent;
    va_list args;
    char *text;

    va_start(args, format);
    text = mem_vprintf(scope, format, args);
    va_end(args);
    text = ui_wrap(scope, ui_safe(scope, text), room > 2 ? room - 2 : 0);
    while (text != NULL) {
        char *end = strchr(text, '\n');

        if (end != NULL) {
            *end = '\0';
        }
        (void)fprintf(stream->file, "%*s%s%s%s\n", (int)margin, "", ui_begin(stream, colour), text,
                      ui_end(stream, colour));
        margin = indent + 2;
        text = end == NULL ? NULL : end + 1;
    }
}

void ui_error(const struct ui_stream *stream, const struct ferry_error *error)
{
    const char *message = error->message[0] != '\0' ? error->message : ferry_code_text(error->code);

    ui_line(stream, UI_BAD, 0, "ferry: %s", message);
    if (error->hint[0] != '\0') {
        ui_line(stream, UI_PLAIN, 2, "next: %s", error->hint);
    }
}

void ui_json(const struct ui_stream *stream, const char *text)
{
    (void)fprintf(stream->file, "%s\n", text);
}

void ui_signal_note(int fd, int signals)
{
    static const char first[] = "\nstopping after what is in flight; press again to stop now\n";
    static const char second[] = "\nstopping now; what was cut is looked up by the next resume\n";
    const char *text = signals == 1 ? first : second;
    ssize_t written = write(fd, text, strlen(text));

    (void)written; /* nobody is left to tell */
}

enum ui_colour ui_state_colour(const char *state)
{
    static const struct {
        const char *state;
        enum ui_colour colour;
    } colours[] = {{"done", UI_GOOD},     {"failed", UI_BAD},  {"unknown", UI_BAD},
                   {"blocked", UI_CARE},  {"paused", UI_CARE}, {"skipped", UI_DIM},
                   {"waiting", UI_DIM},   {"pending", UI_DIM}, {"cancelled", UI_DIM},
                   {"running", UI_STRONG}};

    for (size_t at = 0; state != NULL && at < FERRY_COUNT(colours); at++) {
        if (strcmp(colours[at].state, state) == 0) {
            return colours[at].colour;
        }
    }
    return UI_PLAIN;
}

char *ui_time(const void *mem, const struct json *object, const char *path)
{
    const char *text = json_string_or(object, path, NULL);
    int64_t ms = json_int64_or(object, path, 0);
    char *shown;

    if (text != NULL && !timefmt_parse_utc(text, &ms)) {
        return ui_safe(mem, text);
    }
    if (ms == 0) {
        return mem_strdup(mem, "");
    }
    shown = timefmt_utc(mem, ms);
    shown[10] = ' ';
    shown[19] = '\0';
    return shown;
}
