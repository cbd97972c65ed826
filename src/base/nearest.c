#include "base/nearest.h"

#include <string.h>

#define LONGEST 63  /* letters; longer words are never a slip of a short one */
#define BEGINNING 3 /* letters; fewer say nothing */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Restricted Damerau-Levenshtein distance over three rows. Both words are at most LONGEST long. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1];
    size_t width = strlen(b);
    size_t at = 0;

    for (size_t j = 0; j <= width; j++) {
        rows[0][j] = j;
    }
    for (; a[at] != '\0'; at++) {
        size_t *before = rows[(at + 2) % 3];
        size_t *last = rows[at % 3];
        size_t *now = rows[(at + 1) % 3];

        now[0] = at + 1;
        for (size_t j = 1; j <= width; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[at] != b[j - 1]));
            if (at > 0 && j > 1 && a[at] == b[j - 2] && a[at - 1] == b[j - 1]) {
                now[j] = least(now[j], before[j - 2] + 1);
            }
        }
    }
    return rows[at % 3][width];
}

static const char *first_that_begins(const char *word, const char *const *words, size_t count)
{
    size_t length = strlen(word);

    for (size_t at = 0; at < count && length >= BEGINNING; at++) {
        if (strlen(words[at]) <= LONGEST && strncmp(word, words[at], length) == 0) {
            return words[at];
        }
    }
    return NULL;
}

const char *nearest_word(const char *word, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t best_distance = 0;

    if (strlen(word) > LONGEST) {
        return NULL;
    }
    for (size_t at = 0; at < count; at++) {
        size_t length = strlen(words[at]);
        size_t allowed = length / 3 > 0 ? length / 3 : 1;
        size_t found;

        if (length > LONGEST) {
            continue;
        }
        found = distance(word, words[at]);
        if (found <= allowed && (best == NULL || found < best_distance)) {
            best = words[at];
            best_distance = found;
        }
    }
    return best != NULL ? best : first_that_begins(word, words, count);
}
