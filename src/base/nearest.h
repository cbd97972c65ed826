/* "Did you mean": the word of a list that a misspelt one is most like. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* The nearest of count words by edits (insert, delete, replace, swap two neighbours), or NULL when
   none is near: more than a third of its letters, at least one, would have to change. Then it is
   the first that begins with word, if that has three letters. */
const char *nearest_word(const char *word, const char *const *words, size_t count);

#endif
