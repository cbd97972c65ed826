/* UTF-8, as far as ferry must know it: what is a whole character and what is none. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes (1 to 4) of the character that text begins with, or 0 when those bytes are no UTF-8:
   cut off, overlong, a surrogate, over U+10FFFF (RFC 3629). A NUL byte counts as a character. */
size_t utf8_sequence(const char *text, size_t length);
/* The length without a character that was cut in half at the end. */
size_t utf8_whole(const char *text, size_t length);
/* Makes text fit to be shown: bytes that are no UTF-8, and NULs, become question marks. */
void utf8_mend(char *text, size_t length);

#endif
