/* The subcommands of ferry-practice that need no server, for tests that need nothing else. */
#include <stdio.h>
#include <string.h>

#include "practice/make_archive.h"

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "make-archive") == 0) {
        return make_archive_main(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "describe") == 0) {
        return describe_main(argc - 1, argv + 1);
    }
    fprintf(stderr, "usage: practice_archive_tool make-archive|describe ...\n");
    return 2;
}
