#include "cli/page.h"

#include <string.h>

#include "base/mem.h"
#include "ui/text.h"

#define ROW_INDENT 2

void page_text(FILE *file, size_t indent, const char *text)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *at = ui_wrap(scope, text, PAGE_COLUMNS - indent);

    while (*at != '\0') {
        size_t length = strcspn(at, "\n");

        (void)fprintf(file, "%*s%.*s\n", (int)indent, "", (int)length, at);
        at += length + (at[length] == '\n');
    }
}

void page_row(FILE *file, size_t column, const char *left, const char *text)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *at = ui_wrap(scope, text, PAGE_COLUMNS - column);
    size_t room = column - ROW_INDENT;

    if (strlen(left) >= room) {
        (void)fprintf(file, "%*s%s\n", ROW_INDENT, "", left);
        left = "";
    }
    do {
        size_t length = strcspn(at, "\n");

        (void)fprintf(file, "%*s%-*s%.*s\n", ROW_INDENT, "", (int)room, left, (int)length, at);
        left = "";
        at += length + (at[length] == '\n');
    } while (*at != '\0');
}
