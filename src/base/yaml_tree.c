#include "base/yaml_tree.h"

#include <string.h>

#include <yaml.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"

struct walk {
    yaml_document_t *document;
    const void *mem;
    size_t nodes;
    struct ferry_error *err;
};

static enum ferry_code refuse(const struct walk *walk, const yaml_node_t *node, const char *what)
{
    return ferry_fail(walk->err, FERRY_E_CONFIG, "line %zu, column %zu: %s",
                      node->start_mark.line + 1, node->start_mark.column + 1, what);
}

/* The text of a scalar below walk->mem; NULL: it holds what no text may hold. */
static char *text_of(const struct walk *walk, const yaml_node_t *node)
{
    const char *value = (const char *)node->data.scalar.value;
    size_t length = node->data.scalar.length;

    for (size_t at = 0; at < length;) {
        size_t step = value[at] == '\0' ? 0 : utf8_sequence(value + at, length - at);

        if (step == 0) {
            return NULL;
        }
        at += step;
    }
    return mem_strndup(walk->mem, value, length);
}

/* Where a value goes: into an object under a key, or to the end of an array. */
struct place {
    struct json *parent;
    const char *key; /* NULL: parent is an array */
};

static void put_json(const struct walk *walk, const struct place *place, const char *word)
{
    struct json *holder = json_object(walk->mem);

    if (strcmp(word, "null") == 0) {
        json_set_null(holder, "v");
    } else {
        json_set_bool(holder, "v", strcmp(word, "true") == 0);
    }
    if (place->key != NULL) {
        json_set_json(place->parent, place->key, json_member(holder, "v"));
    } else {
        json_push_json(place->parent, json_member(holder, "v"));
    }
}

static enum ferry_code put_scalar(const struct walk *walk, const yaml_node_t *node,
                                  const struct place *place)
{
    static const char *const words[][2] = {{"true", "true"},   {"True", "true"}, {"false", "false"},
                                           {"False", "false"}, {"null", "null"}, {"~", "null"},
                                           {"", "null"}};
    const char *text = text_of(walk, node);

    if (text == NULL) {
        return refuse(walk, node, "a text that is not UTF-8, or has a NUL in it");
    }
    for (size_t i = 0; node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && i < FERRY_COUNT(words);
         i++) {
        if (strcmp(text, words[i][0]) == 0) {
            put_json(walk, place, words[i][1]);
            return FERRY_OK;
        }
    }
    if (place->key != NULL) {
        json_set_string(place->parent, place->key, text);
    } else {
        json_push_string(place->parent, text);
    }
    return FERRY_OK;
}

static enum ferry_code put(struct walk *walk, int id, const struct place *place, unsigned depth);

static enum ferry_code put_mapping(struct walk *walk, const yaml_node_t *node, struct json *object,
                                   unsigned depth)
{
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
        struct place place = {.parent = object};

        if (key->type != YAML_SCALAR_NODE || (place.key = text_of(walk, key)) == NULL) {
            return refuse(walk, key, "a key must be a single word");
        }
        if (json_member(object, place.key) != NULL) {
            return refuse(walk, key, "a key is given twice");
        }
        if (put(walk, pair->value, &place, depth) != FERRY_OK) {
            return FERRY_E_CONFIG;
        }
    }
    return FERRY_OK;
}

static enum ferry_code put_sequence(struct walk *walk, const yaml_node_t *node, struct json *array,
                                    unsigned depth)
{
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        if (put(walk, *item, &(struct place){.parent = array}, depth) != FERRY_OK) {
            return FERRY_E_CONFIG;
        }
    }
    return FERRY_OK;
}

static enum ferry_code put(struct walk *walk, int id, const struct place *place, unsigned depth)
{
    const yaml_node_t *node = yaml_document_get_node(walk->document, id);

    if (++walk->nodes > YAML_TREE_NODES_MAX || depth >= JSON_DEPTH_MAX) {
        return refuse(walk, node, "too much, or too deep");
    }
    switch (node->type) {
    case YAML_MAPPING_NODE:
        return put_mapping(walk, node,
                           place->key != NULL ? json_set_object(place->parent, place->key)
                                              : json_push_object(place->parent),
                           depth + 1);
    case YAML_SEQUENCE_NODE:
        return put_sequence(walk, node,
                            place->key != NULL ? json_set_array(place->parent, place->key)
                                               : json_push_array(place->parent),
                            depth + 1);
    case YAML_NO_NODE:
    case YAML_SCALAR_NODE:
    default:
        return put_scalar(walk, node, place);
    }
}

static enum ferry_code not_yaml(const yaml_parser_t *parser, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_E_CONFIG, "line %zu, column %zu: not valid YAML: %s",
                      parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                      parser->problem == NULL ? "it cannot be read" : parser->problem);
}

/* Nothing may follow the one document. */
static enum ferry_code check_end(yaml_parser_t *parser, struct ferry_error *err)
{
    yaml_document_t more;
    bool is_end;

    if (yaml_parser_load(parser, &more) == 0) {
        return not_yaml(parser, err);
    }
    is_end = yaml_document_get_root_node(&more) == NULL;
    yaml_document_delete(&more);
    return is_end ? FERRY_OK
                  : ferry_fail(err, FERRY_E_CONFIG, "it holds more than one YAML document");
}

static enum ferry_code convert(yaml_document_t *document, struct json *holder,
                               struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct walk walk = {.document = document, .mem = scope, .err = err};

    if (yaml_document_get_root_node(document) == NULL) {
        json_set_null(holder, "root");
        return FERRY_OK;
    }
    return put(&walk, 1, &(struct place){holder, "root"}, 0); /* libyaml's root is node 1 */
}

enum ferry_code yaml_tree_parse(const void *ctx, const char *text, size_t length, struct json **out,
                                struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *holder = json_object(scope);
    struct ferry_error own = {0};
    yaml_parser_t parser;
    yaml_document_t document;
    enum ferry_code code;

    err = err == NULL ? &own : err;
    if (yaml_parser_initialize(&parser) == 0) {
        mem_exhausted();
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    if (yaml_parser_load(&parser, &document) == 0) {
        code = not_yaml(&parser, err);
    } else {
        code = convert(&document, holder, err);
        yaml_document_delete(&document);
        code = code == FERRY_OK ? check_end(&parser, err) : code;
    }
    yaml_parser_delete(&parser);
    if (code == FERRY_OK) {
        *out = json_copy(ctx, json_member(holder, "root"));
    }
    return code;
}
