#include "ui/screen.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ui/text.h"

#define BEGIN "\033[?2026h"
#define END "\033[?2026l"

struct ui_screen {
    const struct ui_stream *stream;
    void *shown_mem; /* of the lines that are shown */
    char **shown;    /* with their colours */
    size_t *widths;
    size_t count;
    size_t width; /* of the terminal when they were drawn */
};

struct ui_screen *ui_screen_new(const void *mem, const struct ui_stream *stream)
{
    struct ui_screen *screen = mem_new(mem, struct ui_screen);

    screen->stream = stream;
    return screen;
}

/* All at once, past the stream's buffer: a frame in parts would be seen in parts. */
static void write_all(const struct ui_stream *stream, const char *text, size_t length)
{
    int fd = fileno(stream->file);

    (void)fflush(stream->file);
    if (fd < 0) { /* a stream in memory */
        (void)fwrite(text, 1, length, stream->file);
        (void)fflush(stream->file);
        return;
    }
    while (length > 0) {
        ssize_t written = write(fd, text, length);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return; /* nobody is left to tell; the result says so in its turn */
        }
        text += written;
        length -= (size_t)written;
    }
}

/* Rows that the block takes now: a terminal that has become narrower has broken its lines. */
static size_t rows(const struct ui_screen *screen)
{
    size_t width = screen->stream->width;
    size_t sum = 0;

    for (size_t at = 0; at < screen->count; at++) {
        sum +=
            width > 0 && screen->widths[at] > width ? (screen->widths[at] + width - 1) / width : 1;
    }
    return sum;
}

static void keep(struct ui_screen *screen, char **texts, const struct live_line *lines,
                 size_t count, void *mem)
{
    mem_free(screen->shown_mem);
    screen->shown_mem = mem;
    screen->shown = texts;
    screen->widths = mem_array(mem, size_t, count + 1);
    for (size_t at = 0; at < count; at++) {
        screen->widths[at] = ui_width(lines[at].text);
    }
    screen->count = count;
    screen->width = screen->stream->width;
}

void ui_screen_forget(struct ui_screen *screen)
{
    mem_free(screen->shown_mem);
    screen->shown_mem = NULL;
    screen->count = 0;
}

static bool is_same(const struct ui_screen *screen, char **texts, size_t count)
{
    bool same = screen->count == count && screen->width == screen->stream->width;

    for (size_t at = 0; same && at < count; at++) {
        same = strcmp(screen->shown[at], texts[at]) == 0;
    }
    return same;
}

static char *frame(const void *mem, const struct ui_screen *screen, char **texts, size_t count,
                   const char *above)
{
    bool anew = above != NULL || screen->width != screen->stream->width;
    char *text = mem_strdup(mem, BEGIN);

    if (screen->count > 0) {
        text = mem_printf(mem, "%s\r\033[%zuA", text, rows(screen));
    }
    if (anew) {
        text = mem_printf(mem, "%s\033[J%s", text, above == NULL ? "" : above);
    }
    for (size_t at = 0; at < count; at++) {
        bool same = !anew && at < screen->count && strcmp(screen->shown[at], texts[at]) == 0;

        text =
            same ? mem_printf(mem, "%s\n", text) : mem_printf(mem, "%s%s\033[K\n", text, texts[at]);
    }
    /* What an earlier block, or a key that was pressed, has left below. */
    return mem_printf(mem, "%s\033[J%s", text, END);
}

void ui_screen_draw(struct ui_screen *screen, const struct live_line *lines, size_t count,
                    const char *above)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    void *mem = mem_scope(screen);
    char **texts = mem_array(mem, char *, count + 1);
    char *text;

    for (size_t at = 0; at < count; at++) {
        bool plain = lines[at].colour == UI_PLAIN;

        texts[at] = plain ? mem_strdup(mem, lines[at].text)
                          : mem_printf(mem, "%s%s%s", ui_begin(screen->stream, lines[at].colour),
                                       lines[at].text, ui_end(screen->stream, lines[at].colour));
    }
    if (above == NULL && is_same(screen, texts, count)) {
        mem_free(mem);
        return;
    }
    text = frame(scope, screen, texts, count, above);
    write_all(screen->stream, text, strlen(text));
    keep(screen, texts, lines, count, mem);
}

void ui_screen_end(struct ui_screen *screen, const struct live_line *lines, size_t count,
                   const char *above)
{
    if (screen->count > 0 || count > 0 || above != NULL) {
        ui_screen_draw(screen, lines, count, above == NULL ? "" : above);
    }
    ui_screen_forget(screen);
}
