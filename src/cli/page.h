/* Pages of text, 80 columns wide. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stddef.h>
#include <stdio.h>

#define PAGE_COLUMNS 80

/* The text, wrapped, each line indented by so many columns. */
void page_text(FILE *file, size_t indent, const char *text);
/* left, and beside it, from this column on, the wrapped text; below it where left is too long. */
void page_row(FILE *file, size_t column, const char *left, const char *text);

#endif
