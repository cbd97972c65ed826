#include "ferry_test.h"

#include "render.h"
#include "ui/text.h"

void render_begin(struct rendering *rendering, size_t width, bool tty, bool colour)
{
    memset(rendering, 0, sizeof(*rendering));
    rendering->stream =
        (struct ui_stream){.file = open_memstream(&rendering->text, &rendering->size),
                           .width = width,
                           .height = 24,
                           .tty = tty,
                           .colour = colour};
}

void render_end(struct rendering *rendering)
{
    fclose(rendering->stream.file);
}

void render_free(struct rendering *rendering)
{
    free(rendering->text);
}

char *render(void (*show)(const struct ui_stream *, const struct json *), const char *json,
             size_t width, bool colour)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct rendering rendering;
    struct json *document;

    if (json_parse(scope, json, strlen(json), &document, &err) != FERRY_OK)
        fail_msg("%s", err.message);
    render_begin(&rendering, width, false, colour);
    show(&rendering.stream, document);
    render_end(&rendering);
    return rendering.text;
}

void assert_plain(const char *text, size_t width)
{
    while (*text != '\0') {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        size_t length = strcspn(text, "\n");
        char *line = mem_strndup(scope, text, length);

        if (strpbrk(line, "\r\033\b\t") != NULL)
            fail_msg("moves the cursor: %s", line);
        if (width > 0 && ui_width(line) > width)
            fail_msg("wider than %zu: %s", width, line);
        text += length + (text[length] == '\n');
    }
}
