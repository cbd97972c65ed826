#include "cli/io.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/parse.h"

#define WIDTH_GUESS 80
#define WIDTH_LEAST 20
#define WIDTH_MOST 1000
#define HEIGHT_GUESS 24

static bool is_set(const char *variable)
{
    const char *text = getenv(variable);

    return text != NULL && text[0] != '\0';
}

/* Rows and columns; 0 columns for what is no terminal. */
static void measure(struct ui_stream *stream)
{
    struct winsize size = {0};
    int64_t columns = WIDTH_GUESS;

    stream->width = 0;
    if (isatty(fileno(stream->file)) == 0) {
        return;
    }
    if (ioctl(fileno(stream->file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        columns = size.ws_col;
    } else {
        (void)parse_int64(getenv("COLUMNS"), WIDTH_LEAST, WIDTH_MOST, &columns);
    }
    stream->width = columns < WIDTH_LEAST ? WIDTH_LEAST : (size_t)columns;
    stream->height = size.ws_row > 0 ? size.ws_row : HEIGHT_GUESS;
}

/* May it be drawn upon? Not by who has been put into the background: the shell writes there. */
static bool is_ours(const struct ui_stream *stream)
{
    pid_t front = tcgetpgrp(fileno(stream->file));

    return isatty(fileno(stream->file)) == 1 && (front < 0 || front == getpgrp());
}

static bool is_plain(void)
{
    const char *term = getenv("TERM");

    return term == NULL || strcmp(term, "dumb") == 0 || is_set("NO_COLOR");
}

static void look(struct ui_stream *stream)
{
    measure(stream);
    stream->tty = !is_plain() && is_ours(stream);
}

static void refresh(struct cli_io *io)
{
    look(&io->out);
    look(&io->err);
}

static struct ui_stream stream_of(FILE *file)
{
    return (struct ui_stream){.file = file, .colour = !is_plain() && isatty(fileno(file)) == 1};
}

void cli_io_system(struct cli_io *io)
{
    io->out = stream_of(stdout);
    io->err = stream_of(stderr);
    io->refresh = refresh;
    refresh(io);
}
