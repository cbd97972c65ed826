#include <string.h>

#include "base/mem.h"
#include "ui/plan_parts.h"
#include "ui/text.h"

#define VERDICT_WIDTH 12 /* "cannot tell " */

void plan_hanging(const struct ui_stream *stream, enum ui_colour colour, size_t width,
                  const char *label, const char *words)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t room = stream->width > 2 * width ? stream->width - width : 0;
    char *text = ui_wrap(scope, ui_safe(scope, words), room);

    while (text != NULL) {
        char *end = strchr(text, '\n');

        if (end != NULL) {
            *end = '\0';
        }
        (void)fprintf(stream->file, "%s%-*.*s%s%s\n", ui_begin(stream, colour), (int)width,
                      (int)width, label, text, ui_end(stream, colour));
        label = "";
        text = end == NULL ? NULL : end + 1;
    }
}

void plan_print_row(const struct ui_stream *stream, const struct plan_row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    plan_hanging(stream, plan_weight_colour(row->weight), VERDICT_WIDTH,
                 plan_weight_words(row->weight),
                 row->name == NULL ? row->text : mem_printf(scope, "%s: %s", row->name, row->text));
    if (row->next != NULL) {
        plan_hanging(stream, UI_PLAIN, VERDICT_WIDTH, "", mem_printf(scope, "next: %s", row->next));
    }
}
