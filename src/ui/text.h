/* Text for a terminal: harmless, measured, cut and wrapped by columns. */
#ifndef UI_TEXT_H
#define UI_TEXT_H

#include <stddef.h>

/* A copy without anything that a terminal would obey: control characters and bytes that are no
   UTF-8 become '?', ends of lines a space. NULL gives "". Below mem. */
char *ui_safe(const void *mem, const char *text);
/* Columns that the text takes; it is safe text. */
size_t ui_width(const char *text);
/* The text, or its beginning and "..." when it is wider than columns. Below mem. */
char *ui_cut(const void *mem, const char *text, size_t columns);
/* Breaks a text with '\n' at spaces so that no line is wider than columns (0: no limit); a longer
   word is broken. Below mem. */
char *ui_wrap(const void *mem, const char *text, size_t columns);

#endif
