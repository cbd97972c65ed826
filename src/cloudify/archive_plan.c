#include "cloudify/archive_plan.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cloudify/pickle.h"

#define TABLE_SIZE 32768 /* a power of two, over CLOUDIFY_ARCHIVE_USES_MAX */
#define TEXT_MAX 256     /* of a package's name or version; ids have as many */

enum source { SOURCE_NONE, SOURCE_JSON, SOURCE_PICKLE, SOURCE_UNREADABLE };

struct archive_plan {
    struct cloudify_archive *archive;
    enum source source;
    struct archive_json *json; /* SOURCE_JSON from a dump */
    struct buf bytes;          /* SOURCE_PICKLE */
    int half;                  /* a hexadecimal digit that waits for the second; -1: none */
    size_t skipped;            /* of "\x" */
    bool complete;             /* the object of the plan has ended */
    char package[TEXT_MAX + 1], version[TEXT_MAX + 1]; /* of the plugin being read */
    const struct cloudify_archive_use *uses[CLOUDIFY_ARCHIVE_USES_OF_ONE_MAX]; /* of this one */
    size_t use_count;
    bool full;
    uint16_t table[TABLE_SIZE]; /* of all uses: 1 + place in the archive's list, 0: free */
};

struct archive_plan *archive_plan_new(const void *ctx, struct cloudify_archive *archive)
{
    struct archive_plan *plan = mem_new(ctx, struct archive_plan);

    plan->archive = archive;
    plan->half = -1;
    buf_init(&plan->bytes, plan, PICKLE_SIZE_MAX);
    return plan;
}

static uint32_t hash_text(uint32_t hash, const char *text) /* FNV-1a */
{
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    }
    return (hash ^ '/') * 16777619U;
}

static bool is_use(const struct cloudify_archive_use *one, const char *package, const char *version)
{
    return strcmp(one->package, package) == 0 &&
           strcmp(one->version == NULL ? "" : one->version, version) == 0;
}

/* The one of this package and version ("": none) in the archive; NULL: there are too many. */
static const struct cloudify_archive_use *intern(struct archive_plan *plan, const char *package,
                                                 const char *version)
{
    struct cloudify_archive *archive = plan->archive;
    uint32_t at = hash_text(hash_text(2166136261U, package), version) % TABLE_SIZE;

    while (plan->table[at] != 0) {
        if (is_use(archive->uses[plan->table[at] - 1], package, version)) {
            return archive->uses[plan->table[at] - 1];
        }
        at = (at + 1) % TABLE_SIZE;
    }
    if (archive->use_count == CLOUDIFY_ARCHIVE_USES_MAX) {
        return NULL;
    }
    archive->uses =
        mem_resize(archive, archive->uses, struct cloudify_archive_use *, archive->use_count + 1);
    struct cloudify_archive_use *made = mem_new(archive, struct cloudify_archive_use);
    made->package = mem_strdup(made, package);
    made->version = version[0] == '\0' ? NULL : mem_strdup(made, version);
    archive->uses[archive->use_count++] = made;
    plan->table[at] = (uint16_t)archive->use_count;
    return made;
}

static void use(struct archive_plan *plan, const char *package, const char *version)
{
    if (package[0] == '\0') {
        return;
    }
    const struct cloudify_archive_use *found = intern(plan, package, version);

    for (size_t i = 0; i < plan->use_count; i++) {
        if (plan->uses[i] == found) {
            return;
        }
    }
    if (found == NULL || plan->use_count == CLOUDIFY_ARCHIVE_USES_OF_ONE_MAX) {
        plan->full = true;
        return;
    }
    plan->uses[plan->use_count++] = found;
}

/* --- JSON --- */

static bool is_list(const char *key)
{
    static const char *const lists[] = {
        "plugins", "plugins_to_install", "deployment_plugins_to_install",
        "workflow_plugins_to_install", "host_agent_plugins_to_install"};

    for (size_t i = 0; i < FERRY_COUNT(lists); i++) {
        if (strcmp(key, lists[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Containers of the plan around a plugin's object in which the value stands or which it is; 0: it
   is elsewhere. The lists stand in the plan itself and in its nodes. */
static size_t plugin_depth(const struct archive_json *json, size_t around, size_t depth)
{
    if (depth < 2) {
        return 0;
    }
    if (is_list(archive_json_key(json, around + 1))) {
        return 2;
    }
    return depth >= 4 && strcmp(archive_json_key(json, around + 1), "nodes") == 0 &&
                   is_list(archive_json_key(json, around + 3))
               ? 4
               : 0;
}

static void copy_text(char *to, const struct archive_json_value *value)
{
    size_t size = value->event == ARCHIVE_JSON_STRING ? strlen(value->text) : 0;

    size = size > TEXT_MAX ? 0 : size; /* nothing that a manager would take */
    memcpy(to, value->text, size);
    to[size] = '\0';
}

void archive_plan_value(struct archive_plan *plan, const struct archive_json *json,
                        const struct archive_json_value *value, size_t around)
{
    size_t depth = value->depth - around;

    if (depth == 0) {
        plan->source = value->event == ARCHIVE_JSON_NULL ? plan->source : SOURCE_JSON;
        plan->complete = value->event == ARCHIVE_JSON_END;
        return;
    }
    size_t plugin = plugin_depth(json, around, depth);
    if (plugin == 0) {
        return;
    }
    if (depth == plugin && value->event == ARCHIVE_JSON_OBJECT) {
        plan->package[0] = '\0';
        plan->version[0] = '\0';
    } else if (depth == plugin && value->event == ARCHIVE_JSON_END) {
        use(plan, plan->package, plan->version);
    } else if (depth == plugin + 1) {
        const char *key = archive_json_key(json, around + plugin + 1);
        if (strcmp(key, "package_name") == 0) {
            copy_text(plan->package, value);
        } else if (strcmp(key, "package_version") == 0) {
            copy_text(plan->version, value);
        }
    }
}

static enum ferry_code take_value(void *arg, const struct archive_json *json,
                                  const struct archive_json_value *value, struct ferry_error *err)
{
    (void)err;
    archive_plan_value(arg, json, value, 0);
    return FERRY_OK;
}

/* --- pickles --- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; /* PostgreSQL writes small letters */
}

static bool take_hex(struct archive_plan *plan, const char *data, size_t size)
{
    char bytes[512];
    size_t count = 0;

    for (size_t i = 0; i < size; i++) {
        int digit = digit_of(data[i]);
        if (digit < 0) {
            return false;
        }
        if (plan->half < 0) {
            plan->half = digit;
            continue;
        }
        bytes[count++] = (char)(plan->half << 4 | digit);
        plan->half = -1;
        if (count == sizeof bytes) {
            if (!buf_append(&plan->bytes, bytes, count)) {
                return false;
            }
            count = 0;
        }
    }
    return count == 0 || buf_append(&plan->bytes, bytes, count);
}

static void copy_pickled(char *to, const struct pickle *pickle, pickle_value value)
{
    size_t size = 0;
    const char *text = pickle_text(pickle, value, &size);

    if (text == NULL || size > TEXT_MAX || memchr(text, '\0', size) != NULL) {
        size = 0;
    } else {
        memcpy(to, text, size);
    }
    to[size] = '\0';
    utf8_mend(to, size);
}

static void use_list(struct archive_plan *plan, struct pickle *pickle, pickle_value list)
{
    uint32_t at = 0;

    for (pickle_value one = pickle_first(pickle, list, &at);
         one != 0 && pickle_steps(pickle) < PICKLE_STEPS_MAX; one = pickle_next(pickle, &at)) {
        copy_pickled(plan->package, pickle, pickle_get(pickle, one, "package_name"));
        copy_pickled(plan->version, pickle, pickle_get(pickle, one, "package_version"));
        use(plan, plan->package, plan->version);
    }
}

static void use_lists(struct archive_plan *plan, struct pickle *pickle, pickle_value dict)
{
    static const char *const lists[] = {
        "plugins", "plugins_to_install", "deployment_plugins_to_install",
        "workflow_plugins_to_install", "host_agent_plugins_to_install"};

    for (size_t i = 0; i < FERRY_COUNT(lists); i++) {
        use_list(plan, pickle, pickle_get(pickle, dict, lists[i]));
    }
}

static bool read_pickle(struct archive_plan *plan)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct pickle *pickle = pickle_read(scope, buf_text(&plan->bytes), plan->bytes.len);
    uint32_t at = 0;

    if (pickle == NULL || plan->half >= 0) {
        return false;
    }
    pickle_value nodes = pickle_get(pickle, pickle_root(pickle), "nodes");
    if (nodes == 0) {
        return false; /* it is something else */
    }
    use_lists(plan, pickle, pickle_root(pickle));
    for (pickle_value node = pickle_first(pickle, nodes, &at);
         node != 0 && pickle_steps(pickle) < PICKLE_STEPS_MAX; node = pickle_next(pickle, &at)) {
        use_lists(plan, pickle, node);
    }
    return pickle_steps(pickle) < PICKLE_STEPS_MAX;
}

/* --- both --- */

static void begin(struct archive_plan *plan, char first)
{
    if (first == '\\') {
        plan->source = SOURCE_PICKLE;
        plan->skipped = 0;
        return;
    }
    const struct archive_json_sink sink = {
        .take = take_value, .arg = plan, .deepest = ARCHIVE_PLAN_DEEPEST};
    plan->source = SOURCE_JSON;
    plan->json = archive_json_new(plan, &sink);
}

void archive_plan_feed(struct archive_plan *plan, const char *data, size_t size)
{
    if (plan->source == SOURCE_NONE && size > 0) {
        begin(plan, *data);
    }
    for (; plan->source == SOURCE_PICKLE && plan->skipped < 2 && size > 0; data++, size--) {
        plan->source = *data == "\\x"[plan->skipped] ? SOURCE_PICKLE : SOURCE_UNREADABLE;
        plan->skipped++;
    }
    if ((plan->source == SOURCE_PICKLE && !take_hex(plan, data, size)) ||
        (plan->source == SOURCE_JSON &&
         archive_json_feed(plan->json, data, size, NULL) != FERRY_OK)) {
        plan->source = SOURCE_UNREADABLE;
    }
}

static bool is_known(struct archive_plan *plan)
{
    switch (plan->source) {
    case SOURCE_NONE:
    case SOURCE_UNREADABLE:
        return false;
    case SOURCE_PICKLE:
        return read_pickle(plan) && !plan->full;
    case SOURCE_JSON:
        return plan->complete && !plan->full &&
               (plan->json == NULL || archive_json_end(plan->json, NULL) == FERRY_OK);
    }
    return false;
}

void archive_plan_end(struct archive_plan *plan, struct cloudify_archive_blueprint *blueprint)
{
    bool known = blueprint != NULL && is_known(plan);

    if (blueprint != NULL) {
        blueprint->known = known;
        blueprint->plugin_count = plan->use_count;
        blueprint->plugins =
            plan->use_count == 0
                ? NULL
                : mem_memdup(plan->archive, plan->uses, plan->use_count * sizeof *plan->uses);
    }
    plan->source = SOURCE_NONE;
    mem_free(plan->json);
    plan->json = NULL;
    buf_clear(&plan->bytes);
    plan->half = -1;
    plan->complete = false;
    plan->full = false;
    plan->use_count = 0;
}

/* --- small columns --- */

static const char **one_text(const void *ctx, const char *text, size_t size)
{
    const char **out = mem_array(ctx, const char *, 1);
    char *copy = mem_strndup(out, text, size);

    utf8_mend(copy, strlen(copy));
    out[0] = copy;
    return out;
}

static const char **json_texts(const void *ctx, const char *value, size_t *count)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *json = NULL;
    const char **out = NULL;

    if (json_parse(scope, value, strlen(value), &json, NULL) != FERRY_OK) {
        return NULL;
    }
    if (json_text(json) != NULL) {
        *count = 1;
        return one_text(ctx, json_text(json), strlen(json_text(json)));
    }
    for (const struct json *item = json_first(json); item != NULL && json_is_array(json);
         item = json_next(item)) {
        if (json_text(item) != NULL) {
            out = mem_resize(ctx, out, const char *, *count + 1);
            out[(*count)++] = mem_strdup(out, json_text(item));
        }
    }
    return out;
}

static const char **pickled_texts(const void *ctx, const struct buf *bytes, size_t *count)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct pickle *pickle = pickle_read(scope, buf_text(bytes), bytes->len);
    const char **out = NULL;
    size_t size = 0;
    uint32_t at = 0;

    if (pickle == NULL) {
        return NULL;
    }
    const char *text = pickle_text(pickle, pickle_root(pickle), &size);
    if (text != NULL) {
        *count = 1;
        return one_text(ctx, text, size);
    }
    for (pickle_value item = pickle_first(pickle, pickle_root(pickle), &at); item != 0;
         item = pickle_next(pickle, &at)) {
        text = pickle_text(pickle, item, &size);
        if (text != NULL) {
            out = mem_resize(ctx, out, const char *, *count + 1);
            char *copy = mem_strndup(out, text, size);
            utf8_mend(copy, strlen(copy));
            out[(*count)++] = copy;
        }
    }
    return out;
}

const char **archive_plan_texts(const void *ctx, const char *value, size_t *count)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    *count = 0;
    if (value == NULL || value[0] == '\0') {
        return NULL;
    }
    if (strncmp(value, "\\x", 2) != 0) {
        return json_texts(ctx, value, count);
    }
    struct archive_plan *plan = archive_plan_new(scope, NULL);
    return take_hex(plan, value + 2, strlen(value + 2)) && plan->half < 0
               ? pickled_texts(ctx, &plan->bytes, count)
               : NULL;
}
