#include "ui/html.h"

#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "ui/text.h"

#define PAGE_MAX ((size_t)256 << 20)

void html_init(struct html *html, void *mem)
{
    *html = (struct html){.mem = mem};
    buf_init(&html->out, mem, PAGE_MAX);
}

void html_raw(struct html *html, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = mem_vprintf(html->mem, format, args);
    va_end(args);
    (void)buf_puts(&html->out, text);
    mem_free(text);
}

static const char *entity(char letter)
{
    switch (letter) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(struct html *html, const char *text)
{
    char *safe = ui_safe(html->mem, text);
    const char *from = safe;

    for (const char *at = safe; *at != '\0'; at++) {
        const char *as = entity(*at);

        if (as != NULL) {
            (void)buf_append(&html->out, from, (size_t)(at - from));
            (void)buf_puts(&html->out, as);
            from = at + 1;
        }
    }
    (void)buf_puts(&html->out, from);
    mem_free(safe);
}

void html_sentence(struct html *html, const char *text)
{
    const char *space;

    while ((space = strstr(text, " --")) != NULL) {
        const char *option = space + 1;
        size_t length = strcspn(option, " ");

        html_text(html, mem_strndup(html->mem, text, (size_t)(option - text)));
        html_raw(html, "<span class=\"o\">");
        html_text(html, mem_strndup(html->mem, option, length));
        html_raw(html, "</span>");
        text = option + length;
    }
    html_text(html, text);
}

void html_name(struct html *html, const char *text)
{
    html_raw(html, "<bdi>");
    html_text(html, text);
    html_raw(html, "</bdi>");
}

void html_element(struct html *html, const char *tag, const char *text)
{
    size_t length = strcspn(tag, " ");

    (void)buf_puts(&html->out, "<");
    (void)buf_puts(&html->out, tag);
    (void)buf_puts(&html->out, ">");
    html_text(html, text);
    (void)buf_puts(&html->out, "</");
    (void)buf_append(&html->out, tag, length);
    (void)buf_puts(&html->out, ">");
}
