#include "practice/copy_rows.h"

#include <string.h>

/* A name with or without quotes, perhaps with a schema before it; *at moves behind it. */
static char *take_name(char **at)
{
    char *name = *at + strspn(*at, " ");
    char *end = NULL;
    if (*name == '"') {
        name++;
        end = strchr(name, '"');
        if (end == NULL) {
            return NULL;
        }
        *end++ = '\0';
        *at = end;
    } else {
        end = name + strcspn(name, " ,().\t");
        *at = end;
        if (end == name) {
            return NULL;
        }
    }
    return name;
}

static bool take_columns(char *at, struct copy_header *header)
{
    header->columns_count = 0;
    for (;;) {
        char *name = take_name(&at);
        if (name == NULL || header->columns_count == COPY_COLUMNS_MAX) {
            return false;
        }
        header->columns[header->columns_count++] = name;
        char *end = at;
        at += strspn(at, " ");
        char next = *at;
        *end = '\0';
        at++;
        if (next == ')') {
            return strncmp(at, " FROM stdin", 11) == 0;
        }
        if (next != ',') {
            return false;
        }
    }
}

bool copy_header_parse(char *line, struct copy_header *header)
{
    if (strncmp(line, "COPY ", 5) != 0) {
        return false;
    }
    char *at = line + 5;
    char *name = take_name(&at);
    if (name != NULL && *at == '.') {
        at++;
        name = take_name(&at);
    }
    if (name == NULL) {
        return false;
    }
    char *end = at;
    at += strspn(at, " ");
    if (*at != '(') {
        return false;
    }
    *end = '\0';
    header->table = name;
    return take_columns(at + 1, header);
}

size_t copy_row_split(char *row, char **fields, size_t max)
{
    size_t count = 0;
    for (;;) {
        char *tab = strchr(row, '\t');
        if (count < max) {
            fields[count] = row;
        }
        count++;
        if (tab == NULL) {
            return count;
        }
        *tab = '\0';
        row = tab + 1;
    }
}

static int digit_of(char c, int base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    return value < base ? value : -1;
}

/* Up to max digits of a number; false when there is none. */
static bool take_number(char **at, int base, int max, char *out)
{
    int value = 0, count = 0;
    for (; count < max && digit_of(**at, base) >= 0; count++, (*at)++) {
        value = value * base + digit_of(**at, base);
    }
    *out = (char)(unsigned char)value;
    return count > 0;
}

/* *at stands behind the backslash. */
static char take_escape(char **at)
{
    static const char letters[] = "bfnrtv", values[] = "\b\f\n\r\t\v";
    char number = 0;
    const char *letter = strchr(letters, **at);
    if (**at != '\0' && letter != NULL) {
        (*at)++;
        return values[letter - letters];
    }
    if (take_number(at, 8, 3, &number)) {
        return number;
    }
    if (**at == 'x' && digit_of((*at)[1], 16) >= 0) {
        (*at)++;
        (void)take_number(at, 16, 2, &number);
        return number;
    }
    return *(*at)++;
}

char *copy_field_text(char *field)
{
    if (strcmp(field, "\\N") == 0) {
        return NULL;
    }
    char *from = strchr(field, '\\');
    if (from == NULL) {
        return field;
    }
    char *to = from;
    while (*from != '\0') {
        if (*from == '\\' && from[1] != '\0') {
            from++;
            *to++ = take_escape(&from);
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return field;
}
