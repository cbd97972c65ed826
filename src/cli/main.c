/* The program ferry. */
#include <locale.h>
#include <signal.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
    struct cli_io io;

    (void)setlocale(LC_CTYPE, "");  /* how wide names are, and nothing else */
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that goes away is a write error, told as one */
    cli_io_system(&io);
    return cli_main(argc, argv, &io);
}
