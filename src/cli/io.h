/* The streams of a program, and what can be known about them: asked of the system once, here. */
#ifndef CLI_IO_H
#define CLI_IO_H

#include "ui/ui.h"

struct cli_io {
    struct ui_stream out;               /* results */
    struct ui_stream err;               /* progress and errors */
    void (*refresh)(struct cli_io *io); /* asks for sizes anew, and whose the terminal is; NULL:
                                           they stay */
};

/* stdout and stderr of this process. Heeds NO_COLOR, TERM=dumb and COLUMNS. */
void cli_io_system(struct cli_io *io);

#endif
