/* ferry-manual: a page of src/man from stdin, with its parts put in, to stdout. Not installed. */
#include "base/mem.h"
#include "cli/manual.h"

int main(void)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct cli_book book;

    if (cli_book_open(scope, &book, &err) != FERRY_OK) {
        (void)fprintf(stderr, "ferry-manual: %s\n", err.message);
        return 1;
    }
    if (!cli_manual_page(stdin, stdout, &book)) {
        (void)fputs("ferry-manual: a line names a part that there is not\n", stderr);
        return 1;
    }
    return fflush(stdout) == 0 && ferror(stdin) == 0 ? 0 : 1;
}
