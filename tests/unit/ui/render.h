/* Something printed into memory. */
#ifndef TESTS_UI_RENDER_H
#define TESTS_UI_RENDER_H

#include "base/mem.h"
#include "ui/ui.h"

struct rendering {
    struct ui_stream stream;
    char *text; /* complete after render_end */
    size_t size;
};

void render_begin(struct rendering *rendering, size_t width, bool tty, bool colour);
void render_end(struct rendering *rendering);
void render_free(struct rendering *rendering);
/* A document of the library, printed. The caller frees it. */
char *render(void (*show)(const struct ui_stream *, const struct json *), const char *json,
             size_t width, bool colour);
/* Fails when a line of the text has more columns, or the text a byte that moves a cursor. */
void assert_plain(const char *text, size_t width);

#define assert_has(text, part)                                                                     \
    do {                                                                                           \
        if (strstr((text), (part)) == NULL)                                                        \
            fail_msg("\"%s\" is not in:\n%s", (part), (text));                                     \
    } while (0)
#define assert_lacks(text, part) assert_null(strstr((text), (part)))

#endif
