/* Which restores the makers tested, and by which versions an untested one can be taken apart. */
#include <limits.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cloudify/version.h"

static int number_of(const struct cloudify_version *version)
{
    return CLOUDIFY_V(version->major, version->minor, version->service);
}

/* Which sources the makers' system tests restored on which target: facts 2.4. */
static const struct {
    int target_from;
    int target_until; /* exclusive */
    int source_from;
    int source_until; /* inclusive */
} tested[] = {
    {CLOUDIFY_V(5, 2, 0), CLOUDIFY_V(6, 1, 0), CLOUDIFY_V(5, 0, 5), INT_MAX},
    {CLOUDIFY_V(6, 4, 0), CLOUDIFY_V(7, 0, 0), CLOUDIFY_V(5, 1, 0), CLOUDIFY_V(6, 2, 0)},
    {CLOUDIFY_V(7, 0, 0), INT_MAX, CLOUDIFY_V(5, 1, 0), CLOUDIFY_V(5, 1, 1)},
    {CLOUDIFY_V(7, 0, 0), INT_MAX, CLOUDIFY_V(5, 1, 4), CLOUDIFY_V(5, 1, 4)},
    {CLOUDIFY_V(7, 0, 0), INT_MAX, CLOUDIFY_V(5, 2, 0), CLOUDIFY_V(5, 2, 0)},
    {CLOUDIFY_V(7, 0, 0), INT_MAX, CLOUDIFY_V(5, 2, 7), CLOUDIFY_V(5, 2, 7)},
    {CLOUDIFY_V(7, 0, 0), INT_MAX, CLOUDIFY_V(6, 1, 0), CLOUDIFY_V(6, 4, 1)},
    {CLOUDIFY_V(7, 1, 0), INT_MAX, CLOUDIFY_V(7, 1, 0), CLOUDIFY_V(7, 1, 0)}, /* facts 10.2 */
};

bool cloudify_restore_tested(const char *manager, const char *snapshot)
{
    struct cloudify_version target;
    struct cloudify_version source;

    if (!cloudify_version_parse(manager, &target) || !cloudify_version_parse(snapshot, &source)) {
        return false;
    }
    int to = number_of(&target);
    int from = number_of(&source);
    for (size_t i = 0; i < FERRY_COUNT(tested); i++) {
        if (to >= tested[i].target_from && to < tested[i].target_until && from <= to &&
            from >= tested[i].source_from && from <= tested[i].source_until) {
            return true;
        }
    }
    return false;
}

static void put_version(struct buf *text, int number)
{
    (void)buf_printf(text, "%d.%d.%d", number / 1000000, number / 1000 % 1000, number % 1000);
}

const char *cloudify_tested_sources(const void *ctx, const char *manager)
{
    struct cloudify_version target;
    struct buf text;

    buf_init(&text, ctx, 512);
    if (!cloudify_version_parse(manager, &target)) {
        return "none";
    }
    for (size_t i = 0; i < FERRY_COUNT(tested); i++) {
        if (number_of(&target) < tested[i].target_from ||
            number_of(&target) >= tested[i].target_until) {
            continue;
        }
        (void)buf_puts(&text, text.len == 0 ? "" : ", ");
        put_version(&text, tested[i].source_from);
        if (tested[i].source_until == INT_MAX) {
            (void)buf_puts(&text, " and newer");
        } else if (tested[i].source_until != tested[i].source_from) {
            (void)buf_puts(&text, " to ");
            put_version(&text, tested[i].source_until);
        }
    }
    return text.len == 0 ? "none" : buf_text(&text);
}

/* Managers that one can stop at: the last service release of each line (facts, head). */
static const char *const stops[] = {"5.0.5", "5.1.4", "5.2.7", "6.0.1", "6.2.0", "6.4.1", "7.0.5"};

const char *cloudify_tested_hops(const void *ctx, const char *manager, const char *snapshot)
{
    for (size_t i = FERRY_COUNT(stops); i-- > 0;) { /* the newest that does it in one stop */
        if (cloudify_restore_tested(stops[i], snapshot) &&
            cloudify_restore_tested(manager, stops[i])) {
            return stops[i];
        }
    }
    for (size_t i = FERRY_COUNT(stops); i-- > 0;) {
        for (size_t k = FERRY_COUNT(stops); k-- > 0;) {
            if (cloudify_restore_tested(stops[i], snapshot) &&
                cloudify_restore_tested(stops[k], stops[i]) &&
                cloudify_restore_tested(manager, stops[k])) {
                return mem_printf(ctx, "%s and %s", stops[i], stops[k]);
            }
        }
    }
    return NULL;
}
