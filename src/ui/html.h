/*
 * Writing HTML. Every text of a manager, an archive or a person goes through html_text, which makes
 * it harmless: no markup, no control character, nothing that turns the direction of what follows.
 * The result is well-formed XML too, so a test can read it.
 */
#ifndef UI_HTML_H
#define UI_HTML_H

#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"

struct html {
    void *mem;
    struct buf out;
    unsigned ids; /* given so far */
};

void html_init(struct html *html, void *mem);
/* Markup of our own; no text of others may be among the arguments, numbers only. */
void html_raw(struct html *html, const char *format, ...) FERRY_PRINTF(2, 3);
/* Text of anybody, also good inside an attribute's quotes. NULL: nothing. */
void html_text(struct html *html, const char *text);
/* The same for a sentence: its options (--failed) are not broken at the end of a line. */
void html_sentence(struct html *html, const char *text);
/* A name of others: isolated from the direction of what stands around it. */
void html_name(struct html *html, const char *text);
/* <tag>text</tag>; tag may have attributes: "td class=\"n\"". */
void html_element(struct html *html, const char *tag, const char *text);

#endif
