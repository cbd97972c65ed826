/*
 * The parts of the man pages that come from the tables, as source for scdoc(1). The pages
 * themselves are src/man/NAME.SECTION.scd, where a line "@PART@" stands for a part.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli/book.h"

#include <stdio.h>

/* "commands", "options", "exits", "environment", "files", "terms", "keys" or "states". False:
   there is no such part. */
bool cli_manual_part(FILE *file, const struct cli_book *book, const char *part);
/* Copies a page with its parts put in. False: a line names a part that there is not. */
bool cli_manual_page(FILE *page, FILE *out, const struct cli_book *book);

#endif
