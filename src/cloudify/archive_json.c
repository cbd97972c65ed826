#include "cloudify/archive_json.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cloudify/archive.h"

#define KEY_MAX 1024 /* bytes of a key that are kept; ids have at most 256 */

enum state {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* right after '[' */
    EXPECT_KEY,
    EXPECT_KEY_OR_END, /* right after '{' */
    EXPECT_COLON,
    EXPECT_COMMA_OR_END,
    IN_STRING,
    IN_ESCAPE,
    IN_UNICODE,
    IN_WORD, /* a number, true, false, null */
    AT_END
};

struct archive_json {
    struct archive_json_sink sink;
    enum state state;
    size_t depth;
    bool is_key;                            /* the string being read is a key */
    bool skipped;                           /* the text being read is too deep to be told */
    bool cut;                               /* the text being read was too long */
    struct buf text;                        /* of the string or word being read */
    unsigned unicode;                       /* the digits of a \u escape so far */
    unsigned digits;                        /* of it */
    unsigned high;                          /* a high surrogate that waits for its low one */
    bool is_object[ARCHIVE_JSON_DEPTH_MAX]; /* of each container around */
    char keys[ARCHIVE_JSON_KEYS][KEY_MAX + 1];
};

struct archive_json *archive_json_new(const void *ctx, const struct archive_json_sink *sink)
{
    struct archive_json *json = mem_new(ctx, struct archive_json);

    json->sink = *sink;
    json->state = EXPECT_VALUE;
    buf_init(&json->text, json, CLOUDIFY_ARCHIVE_VALUE_MAX);
    return json;
}

void archive_json_deepen(struct archive_json *json, size_t deepest)
{
    json->sink.deepest = deepest;
}

const char *archive_json_key(const struct archive_json *json, size_t level)
{
    return level >= 1 && level <= ARCHIVE_JSON_KEYS && level <= json->depth ? json->keys[level - 1]
                                                                            : "";
}

static enum ferry_code bad(struct ferry_error *err, const char *why)
{
    return ferry_fail(err, FERRY_E_ARCHIVE, "not valid JSON: %s", why);
}

static enum ferry_code tell(struct archive_json *json, enum archive_json_event event,
                            struct ferry_error *err)
{
    if (json->depth > json->sink.deepest) {
        return FERRY_OK;
    }
    struct archive_json_value value = {
        .event = event, .depth = json->depth, .text = buf_text(&json->text), .cut = json->cut};

    return json->sink.take(json->sink.arg, json, &value, err);
}

static void text_start(struct archive_json *json)
{
    buf_clear(&json->text);
    json->cut = false;
    json->skipped = false;
    json->high = 0;
}

static void text_add(struct archive_json *json, const char *data, size_t size)
{
    size_t room = CLOUDIFY_ARCHIVE_VALUE_MAX - json->text.len;

    if (json->skipped) {
        return;
    }
    if (size > room) {
        json->cut = true;
        size = room;
    }
    if (size > 0 && !buf_append(&json->text, data, size)) {
        json->cut = true;
    }
}

static void value_done(struct archive_json *json)
{
    json->state = json->depth == 0 ? AT_END : EXPECT_COMMA_OR_END;
}

static enum ferry_code open_container(struct archive_json *json, bool is_object,
                                      struct ferry_error *err)
{
    text_start(json);
    enum ferry_code code = tell(json, is_object ? ARCHIVE_JSON_OBJECT : ARCHIVE_JSON_ARRAY, err);
    if (code != FERRY_OK) {
        return code;
    }
    if (json->depth == ARCHIVE_JSON_DEPTH_MAX) {
        return bad(err, "too deep");
    }
    if (json->depth < ARCHIVE_JSON_KEYS) {
        json->keys[json->depth][0] = '\0';
    }
    json->is_object[json->depth++] = is_object;
    json->state = is_object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
    return FERRY_OK;
}

static enum ferry_code close_container(struct archive_json *json, bool is_object,
                                       struct ferry_error *err)
{
    if (json->depth == 0 || json->is_object[json->depth - 1] != is_object) {
        return bad(err, "a bracket closes what was not open");
    }
    json->depth--;
    text_start(json);
    value_done(json);
    return tell(json, ARCHIVE_JSON_END, err);
}

static void keep_key(struct archive_json *json)
{
    if (json->depth > ARCHIVE_JSON_KEYS) {
        return;
    }
    char *key = json->keys[json->depth - 1];
    size_t size = json->text.len < KEY_MAX ? json->text.len : KEY_MAX;
    memcpy(key, buf_text(&json->text), size);
    key[size] = '\0';
}

static enum ferry_code string_done(struct archive_json *json, struct ferry_error *err)
{
    if (json->cut) {
        json->text.len = utf8_whole(json->text.data, json->text.len);
        json->text.data[json->text.len] = '\0';
    }
    utf8_mend(json->text.data, json->text.len); /* texts go into reports */
    if (json->is_key) {
        keep_key(json);
        json->state = EXPECT_COLON;
        return FERRY_OK;
    }
    value_done(json);
    return tell(json, ARCHIVE_JSON_STRING, err);
}

static void add_code_point(struct archive_json *json, unsigned c)
{
    char out[4];
    size_t size = 1;

    if (c < 0x80) {
        out[0] = (char)c;
    } else if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        size = 2;
    } else if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        size = 3;
    } else {
        out[0] = (char)(0xf0 | c >> 18);
        size = 4;
    }
    for (size_t i = 1; i < size; i++) {
        out[i] = (char)(0x80 | (c >> (6 * (size - 1 - i)) & 0x3f));
    }
    text_add(json, out, size);
}

static void unicode_done(struct archive_json *json)
{
    unsigned c = json->unicode;

    if (c >= 0xd800 && c < 0xdc00) {
        json->high = c; /* its second half follows */
        return;
    }
    if (c >= 0xdc00 && c < 0xe000) {
        c = json->high == 0 ? '?' : 0x10000 + ((json->high - 0xd800) << 10) + (c - 0xdc00);
    }
    json->high = 0;
    add_code_point(json, c);
}

static enum ferry_code in_unicode(struct archive_json *json, char c, struct ferry_error *err)
{
    unsigned digit = 0;

    if (c >= '0' && c <= '9') {
        digit = (unsigned)(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        digit = (unsigned)((c | 0x20) - 'a') + 10;
    } else {
        return bad(err, "bad \\u escape");
    }
    json->unicode = json->unicode << 4 | digit;
    if (++json->digits == 4) {
        unicode_done(json);
        json->state = IN_STRING;
    }
    return FERRY_OK;
}

static enum ferry_code in_escape(struct archive_json *json, char c, struct ferry_error *err)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char *found = c == '\0' ? NULL : strchr(from, c);

    if (c == 'u') {
        json->unicode = 0;
        json->digits = 0;
        json->state = IN_UNICODE;
        return FERRY_OK;
    }
    if (found == NULL) {
        return bad(err, "bad escape");
    }
    text_add(json, &to[found - from], 1);
    json->state = IN_STRING;
    return FERRY_OK;
}

static enum ferry_code word_done(struct archive_json *json, struct ferry_error *err)
{
    const char *text = buf_text(&json->text);
    enum archive_json_event event = ARCHIVE_JSON_NUMBER;

    if (strcmp(text, "true") == 0) {
        event = ARCHIVE_JSON_TRUE;
    } else if (strcmp(text, "false") == 0) {
        event = ARCHIVE_JSON_FALSE;
    } else if (strcmp(text, "null") == 0) {
        event = ARCHIVE_JSON_NULL;
    } else if (strspn(text, "+-.0123456789eE") != json->text.len ||
               (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) {
        return bad(err, "an unknown word");
    }
    value_done(json);
    return tell(json, event, err);
}

static enum ferry_code begin_value(struct archive_json *json, char c, struct ferry_error *err)
{
    if (c == '{' || c == '[') {
        return open_container(json, c == '{', err);
    }
    if (c == ']' && json->state == EXPECT_VALUE_OR_END) {
        return close_container(json, false, err);
    }
    text_start(json);
    if (c == '"') {
        json->is_key = false;
        json->skipped = json->depth > json->sink.deepest;
        json->state = IN_STRING;
        return FERRY_OK;
    }
    if (c != '-' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z')) {
        return bad(err, "a value is missing");
    }
    text_add(json, &c, 1);
    json->state = IN_WORD;
    return FERRY_OK;
}

static enum ferry_code between(struct archive_json *json, char c, struct ferry_error *err)
{
    switch (json->state) {
    case EXPECT_VALUE:
    case EXPECT_VALUE_OR_END:
        return begin_value(json, c, err);
    case EXPECT_KEY:
    case EXPECT_KEY_OR_END:
        if (c == '}' && json->state == EXPECT_KEY_OR_END) {
            return close_container(json, true, err);
        }
        if (c != '"') {
            return bad(err, "a key is missing");
        }
        text_start(json);
        json->is_key = true;
        json->skipped = json->depth > json->sink.deepest;
        json->state = IN_STRING;
        return FERRY_OK;
    case EXPECT_COLON:
        json->state = EXPECT_VALUE;
        return c == ':' ? FERRY_OK : bad(err, "a colon is missing");
    case EXPECT_COMMA_OR_END:
        if (c == '}' || c == ']') {
            return close_container(json, c == '}', err);
        }
        json->state = json->is_object[json->depth - 1] ? EXPECT_KEY : EXPECT_VALUE;
        return c == ',' ? FERRY_OK : bad(err, "a comma is missing");
    default:
        return bad(err, "text after the end");
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Takes the run of plain characters at data, and the quote or backslash after it. */
static enum ferry_code in_string(struct archive_json *json, const char *data, size_t size,
                                 size_t *used, struct ferry_error *err)
{
    size_t n = 0;

    while (n < size && data[n] != '"' && data[n] != '\\') {
        n++;
    }
    text_add(json, data, n);
    *used = n;
    if (n == size) {
        return FERRY_OK;
    }
    *used = n + 1;
    if (data[n] == '"') {
        return string_done(json, err);
    }
    json->state = IN_ESCAPE;
    return FERRY_OK;
}

static bool ends_word(char c)
{
    return is_space(c) || c == ',' || c == ']' || c == '}';
}

static enum ferry_code step(struct archive_json *json, const char *data, size_t size, size_t *used,
                            struct ferry_error *err)
{
    *used = 1;
    switch (json->state) {
    case IN_STRING:
        return in_string(json, data, size, used, err);
    case IN_ESCAPE:
        return in_escape(json, *data, err);
    case IN_UNICODE:
        return in_unicode(json, *data, err);
    case IN_WORD:
        if (ends_word(*data)) {
            *used = 0; /* and is read again by its own meaning */
            return word_done(json, err);
        }
        text_add(json, data, 1);
        return FERRY_OK;
    default:
        return is_space(*data) ? FERRY_OK : between(json, *data, err);
    }
}

enum ferry_code archive_json_feed(struct archive_json *json, const char *data, size_t size,
                                  struct ferry_error *err)
{
    while (size > 0) {
        size_t used = 0;
        enum ferry_code code = step(json, data, size, &used, err);
        if (code != FERRY_OK) {
            return code;
        }
        data += used;
        size -= used;
    }
    return FERRY_OK;
}

enum ferry_code archive_json_end(struct archive_json *json, struct ferry_error *err)
{
    if (json->state == IN_WORD && json->depth == 0) {
        enum ferry_code code = word_done(json, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
    return json->state == AT_END ? FERRY_OK : bad(err, "it ends too early");
}
