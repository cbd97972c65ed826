#include "cli/io.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/parse.h"

#define WIDTH_GUESS 80
#define WIDTH_LEAST 20
#define WIDTH_MOST 1000

static bool is_set(const char *variable)
{
    const char *text = getenv(variable);

    return text != NULL && text[0] != '\0';
}

static size_t width_of(const struct ui_stream *stream)
{
    struct winsize size = {0};
    int64_t columns = WIDTH_GUESS;

    if (isatty(fileno(stream->file)) == 0) {
        return 0;
    }
    if (ioctl(fileno(stream->file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        columns = size.ws_col;
    } else {
        (void)parse_int64(getenv("COLUMNS"), WIDTH_LEAST, WIDTH_MOST, &columns);
    }
    return columns < WIDTH_LEAST ? WIDTH_LEAST : (size_t)columns;
}

static void refresh(struct cli_io *io)
{
    io->out.width = width_of(&io->out);
    io->err.width = width_of(&io->err);
}

static struct ui_stream stream_of(FILE *file)
{
    const char *term = getenv("TERM");
    bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    bool tty = isatty(fileno(file)) == 1;

    return (struct ui_stream){
        .file = file, .tty = tty && !dumb, .colour = tty && !dumb && !is_set("NO_COLOR")};
}

void cli_io_system(struct cli_io *io)
{
    io->out = stream_of(stdout);
    io->err = stream_of(stderr);
    io->refresh = refresh;
    refresh(io);
}
