#include "cli/book.h"

#include <string.h>

#include "base/mem.h"

/* Takes the text over. */
static enum ferry_code list_of(const void *mem, char *text, const char *name,
                               const struct json **out, struct ferry_error *err)
{
    struct json *document = NULL;
    enum ferry_code code = json_parse(mem, text, strlen(text), &document, err);

    ferry_text_free(text);
    *out = code == FERRY_OK ? json_member(document, name) : NULL;
    return code;
}

/* "upgrade, backup" */
static const char *listed(const void *mem, const struct json *list)
{
    char *text = mem_strdup(mem, "");

    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        text = mem_printf(mem, "%s%s%s", text, text[0] == '\0' ? "" : ", ", json_text(row));
    }
    return text;
}

static void read_keys(const void *mem, struct cli_book *book, const struct json *rows)
{
    book->keys = mem_array(mem, struct cli_key, json_size(rows) + 1);
    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        book->keys[book->key_count++] = (struct cli_key){
            .name = json_string_or(row, "name", ""),
            .type = json_string_or(row, "type", ""),
            .values = json_member(row, "values"),
            .fallback = json_string_or(row, "default", NULL),
            .range = json_string_or(row, "range", NULL),
            .since = json_string_or(row, "since", ""),
            .help = json_string_or(row, "help", ""),
            .workflows = listed(mem, json_member(row, "workflows")),
            .resume = json_bool_or(row, "resume", false),
        };
    }
}

static void read_states(struct cli_book *book, const char *workflow, const struct json *rows)
{
    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        bool again = cli_book_state(book, json_string_or(row, "name", "")) != NULL;

        book->states[book->state_count++] = (struct cli_state){
            .workflow = workflow,
            .name = json_string_or(row, "name", ""),
            .summary = json_string_or(row, "summary", ""),
            .sends = json_string_or(row, "sends", ""),
            .expects = json_string_or(row, "expects", ""),
            .crash = json_string_or(row, "crash", ""),
            .undoes = json_bool_or(row, "undoes", false),
            .again = again,
        };
    }
}

static void read_workflows(const void *mem, struct cli_book *book, const struct json *rows)
{
    size_t count = 0;

    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        count += json_size(json_member(row, "states")) + json_size(json_member(row, "undo"));
    }
    book->states = mem_array(mem, struct cli_state, count + 1);
    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        const char *name = json_string_or(row, "name", "");

        read_states(book, name, json_member(row, "states"));
        read_states(book, name, json_member(row, "undo"));
    }
}

enum ferry_code cli_book_open(const void *mem, struct cli_book *book, struct ferry_error *err)
{
    const struct json *keys = NULL;
    const struct json *workflows = NULL;
    char *text = NULL;
    enum ferry_code code = ferry_keys(&text, err);

    memset(book, 0, sizeof(*book));
    if (code == FERRY_OK) {
        code = list_of(mem, text, "keys", &keys, err);
    }
    if (code == FERRY_OK) {
        code = ferry_workflows(&text, err);
    }
    if (code == FERRY_OK) {
        code = list_of(mem, text, "workflows", &workflows, err);
    }
    read_keys(mem, book, keys);
    read_workflows(mem, book, workflows);
    return code;
}

const struct cli_key *cli_book_key(const struct cli_book *book, const char *name)
{
    for (size_t at = 0; at < book->key_count; at++) {
        if (strcmp(book->keys[at].name, name) == 0) {
            return &book->keys[at];
        }
    }
    return NULL;
}

const struct cli_state *cli_book_state(const struct cli_book *book, const char *name)
{
    for (size_t at = 0; at < book->state_count; at++) {
        if (strcmp(book->states[at].name, name) == 0) {
            return &book->states[at];
        }
    }
    return NULL;
}

bool cli_book_is_group(const struct cli_book *book, const char *name)
{
    size_t length = strlen(name);

    for (size_t at = 0; at < book->key_count; at++) {
        if (strncmp(book->keys[at].name, name, length) == 0 && book->keys[at].name[length] == '.') {
            return true;
        }
    }
    return false;
}

char *cli_book_again(const void *mem, const struct cli_book *book, size_t *at)
{
    const char *workflow = book->states[*at].workflow;
    char *text = NULL;

    for (size_t next = *at; next < book->state_count && book->states[next].again &&
                            strcmp(book->states[next].workflow, workflow) == 0;
         next++) {
        text = text == NULL ? mem_strdup(mem, book->states[next].name)
                            : mem_printf(mem, "%s, %s", text, book->states[next].name);
        *at = next;
    }
    return text;
}
