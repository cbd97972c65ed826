#include "cli/complete.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/topics.h"

struct offering {
    const void *mem;
    const struct cli_book *book;
    struct complete_offer *offer;
};

static void add(const struct offering *offering, const char *word, const char *end)
{
    struct complete_offer *offer = offering->offer;

    offer->words = mem_printf(offering->mem, "%s%s%s%s", offer->words,
                              offer->words[0] == '\0' ? "" : " ", word, end);
}

static void add_states(const struct offering *offering)
{
    for (size_t at = 0; at < offering->book->state_count; at++) {
        if (!offering->book->states[at].undoes && !offering->book->states[at].again) {
            add(offering, offering->book->states[at].name, "");
        }
    }
}

static void add_keys(const struct offering *offering, const char *end)
{
    for (size_t at = 0; at < offering->book->key_count; at++) {
        add(offering, offering->book->keys[at].name, end);
    }
}

static void add_commands(const struct offering *offering)
{
    for (size_t at = 0; at < cli_command_count; at++) {
        add(offering, cli_commands[at]->name, "");
    }
}

static void add_topics(const struct offering *offering)
{
    for (size_t at = 0; at < cli_topic_count; at++) {
        add(offering, cli_topics[at].name, "");
    }
}

static void add_settings(const struct offering *offering)
{
    offering->offer->open = true;
    add_keys(offering, "=");
}

static void add_key_names(const struct offering *offering)
{
    add_keys(offering, "");
}

static void add_runs(const struct offering *offering)
{
    offering->offer->runs = true;
}

static void add_files(const struct offering *offering)
{
    offering->offer->files = true;
}

static void add_folders(const struct offering *offering)
{
    offering->offer->folders = true;
}

static const struct {
    const char *word;
    void (*add)(const struct offering *offering);
} kinds[] = {
    {"STATE", add_states},     {"KEY=VALUE", add_settings}, {"RUN", add_runs},
    {"COMMAND", add_commands}, {"TOPIC", add_topics},       {"KEY", add_key_names},
    {"FILE", add_files},       {"ARCHIVE", add_files},      {"DIR", add_folders},
    {"FOLDER", add_folders},
};

/* "done|absent|failed" is offered as it stands, a name in capitals by its kind. */
static void take_word(const struct offering *offering, char *word)
{
    if (islower((unsigned char)word[0]) && strchr(word, '|') != NULL) {
        for (char *at = word; *at != '\0'; at++) {
            *at = *at == '|' ? ' ' : *at;
        }
        add(offering, word, "");
        return;
    }
    for (size_t at = 0; at < FERRY_COUNT(kinds); at++) {
        if (strcmp(kinds[at].word, word) == 0) {
            kinds[at].add(offering);
            return;
        }
    }
    if (isupper((unsigned char)word[0]) && strchr(word, '.') != NULL) {
        add_files(offering);
    }
}

static bool has_value(const char *option)
{
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        if (strcmp(cli_options[at].name, option) == 0) {
            return cli_options[at].argument != NULL;
        }
    }
    return false;
}

struct complete_offer complete_offer(const void *mem, const struct cli_book *book,
                                     const char *usage)
{
    struct complete_offer offer = {.words = mem_strdup(mem, "")};
    const struct offering offering = {.mem = mem, .book = book, .offer = &offer};
    bool skip = false; /* the value of an option is no word of the command */

    while (*usage != '\0') {
        size_t length = strcspn(usage, " []");
        char *word = mem_strndup(mem, usage, length);

        if (skip && length > 0) {
            skip = false;
        } else if (strncmp(word, "--", 2) == 0) {
            skip = has_value(word + 2);
        } else if (length > 0) {
            take_word(&offering, word);
        }
        usage += length + (usage[length] != '\0');
    }
    return offer;
}

char *complete_values(const void *mem, const struct cli_key *key)
{
    char *words = mem_strdup(mem, "");

    for (const struct json *value = json_first(key->values); value != NULL;
         value = json_next(value)) {
        words = mem_printf(mem, "%s%s%s", words, words[0] == '\0' ? "" : " ", json_text(value));
    }
    return words;
}
