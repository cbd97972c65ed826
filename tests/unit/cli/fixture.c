#include "ferry_test.h"

#include "fixture.h"

#define WORDS_MAX 32

void run_cli(struct output *output, const char *first, ...)
{
    char *words[WORDS_MAX] = {NULL};
    size_t out_size, err_size;
    struct cli_io io = {0};
    int count = 0;
    va_list args;

    words[count++] = strdup("ferry");
    va_start(args, first);
    for (const char *word = first; word != NULL && count < WORDS_MAX; word = va_arg(args, char *))
        words[count++] = strdup(word);
    va_end(args);
    io.out.file = open_memstream(&output->out, &out_size);
    io.err.file = open_memstream(&output->err, &err_size);
    output->exit = cli_main(count, words, &io);
    fclose(io.out.file);
    fclose(io.err.file);
    for (int at = 0; at < count; at++)
        free(words[at]);
}

void output_free(struct output *output)
{
    free(output->out);
    free(output->err);
}

struct json *output_json(const void *mem, const struct output *output)
{
    struct ferry_error err = {0};
    struct json *document = NULL;

    if (json_parse(mem, output->out, strlen(output->out), &document, &err) != FERRY_OK)
        fail_msg("stdout is no JSON document: %s: %s", err.message, output->out);
    return document;
}
