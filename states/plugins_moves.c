#include "states/plugins_moves.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "states/common.h"
#include "states/plugins_files.h"

#define MOVES_SHOWN 50 /* packages; fleets have 5 to 30 */

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

int plugins_version_order(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        if (is_digit(*a) && is_digit(*b)) {
            while (*a == '0') {
                a++;
            }
            while (*b == '0') {
                b++;
            }
            size_t a_digits = strspn(a, "0123456789");
            size_t b_digits = strspn(b, "0123456789");
            int order =
                a_digits == b_digits ? strncmp(a, b, a_digits) : (a_digits < b_digits ? -1 : 1);

            if (order != 0) {
                return order;
            }
            a += a_digits;
            b += b_digits;
        } else if (*a != *b) {
            return *a < *b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return (*a != '\0') - (*b != '\0');
}

static bool same_major(const char *a, const char *b)
{
    size_t length = strcspn(a, ".");

    return length == strcspn(b, ".") && strncmp(a, b, length) == 0;
}

enum wish { WISH_NONE, WISH_LATEST, WISH_MINOR };

static enum wish wish_for(const struct state_context *context, const char *package)
{
    const struct json *names = json_get(context->options, "plugins.names");
    const struct json *to = json_get(context->options, "plugins.to");

    if (json_size(names) > 0 && !states_holds(names, package)) {
        return WISH_NONE;
    }
    if (!json_is_object(to)) {
        return json_text(to) != NULL && strcmp(json_text(to), "minor") == 0 ? WISH_MINOR
                                                                            : WISH_LATEST;
    }
    if (states_holds(json_member(to, "latest"), package)) {
        return WISH_LATEST;
    }
    return states_holds(json_member(to, "minor"), package) ? WISH_MINOR : WISH_NONE;
}

static void offer(struct json *offers, const char *package, const char *version)
{
    const struct json *list = json_member(offers, package);

    if (list == NULL) {
        list = json_set_array(offers, package);
    }
    if (!states_holds(list, version)) {
        json_push_string((struct json *)(uintptr_t)list, version);
    }
}

struct json *plugins_offers(const struct state_context *context, const void *mem)
{
    const struct json *rows = json_get(context->facts, "archive.plugin_list");
    struct json *offers = json_object(mem);
    struct plugins_file file;

    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        offer(offers, json_string_or(row, "package_name", ""),
              json_string_or(row, "package_version", ""));
    }
    for (size_t i = 0; plugins_file_at(context, i, &file, mem); i++) {
        for (const struct json *at = json_first(file.plugins); at != NULL; at = json_next(at)) {
            offer(offers, json_string_or(at, "package", ""), json_string_or(at, "version", ""));
        }
    }
    return offers;
}

static const char *target_of(const struct json *versions, const char *from, enum wish wish)
{
    const char *best = from;

    for (const struct json *at = json_first(versions); at != NULL; at = json_next(at)) {
        const char *version = json_text(at);

        if (plugins_version_order(version, best) > 0 &&
            (wish == WISH_LATEST || same_major(version, from))) {
            best = version;
        }
    }
    return best;
}

const char *plugins_move_to(const struct state_context *context, const struct json *offers,
                            const char *package, const char *from)
{
    enum wish wish = wish_for(context, package);
    const char *to = wish == WISH_NONE ? from : target_of(json_member(offers, package), from, wish);

    return strcmp(to, from) == 0 ? NULL : to;
}

/* A manager ignores a name that it does not know, and the update then does nothing (facts 10.1). */
static void warn_unknown(const struct state_context *context, const char *path,
                         const struct json *offers, const void *mem)
{
    const struct json *names = json_get(context->options, path);

    for (const struct json *at = json_first(names); at != NULL; at = json_next(at)) {
        if (json_text(at) != NULL && json_member(offers, json_text(at)) == NULL) {
            state_plan_warning(
                context->plan,
                mem_printf(mem, "%s names %s, which neither the snapshot nor plugins.upload has",
                           path, json_text(at)),
                "check its spelling: a manager ignores names that it does not know");
        }
    }
}

void plugins_moves_plan(const struct state_context *context, const void *mem)
{
    static const char *const paths[] = {"plugins.names", "plugins.to.latest", "plugins.to.minor"};
    const struct json *rows = json_get(context->facts, "archive.plugin_list");
    struct json *offers = plugins_offers(context, mem);
    struct json *told = json_object(mem);

    /* a snapshot in the new format tells no packages: then nobody knows */
    for (size_t i = 0; i < FERRY_COUNT(paths) && json_size(rows) > 0; i++) {
        warn_unknown(context, paths[i], offers, mem);
    }
    for (const struct json *row = json_first(rows); row != NULL && json_size(told) < MOVES_SHOWN;
         row = json_next(row)) {
        const char *package = json_string_or(row, "package_name", "");
        const char *from = json_string_or(row, "package_version", "");
        const char *to = plugins_move_to(context, offers, package, from);
        const char *text = mem_printf(mem,
                                      "blueprints with %s %s move to %s, unless they name a "
                                      "version",
                                      package, from, to == NULL ? from : to);

        if (to != NULL && json_member(told, text) == NULL) {
            state_plan_note(context->plan, text);
            json_set_bool(told, text, true);
        }
    }
}
