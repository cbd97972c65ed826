#include "cloudify/version.h"

#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* Where the flag file of the restore lies on the manager: facts 1.1, 2.6. */
#define FLAG_PATH_6 "/opt/manager/snapshot_status/snapshot_restoring"
#define FLAG_PATH_7 "/tmp/cloudify/snapshot_restoring"

#define CAP_VALUE(name, condition, source) .name = (condition),
#define ROW(v)                                                                                     \
    {                                                                                              \
        .from = (v), .quiet_ms = (v) >= CLOUDIFY_V(6, 2, 0) ? 30000 : 60000, .poll_ms = 5000,      \
        .tokens = (v) >= CLOUDIFY_V(6, 4, 0) ? CLOUDIFY_TOKENS_ROWS : CLOUDIFY_TOKENS_ONE,         \
        .flag_path = (v) >= CLOUDIFY_V(7, 0, 2)   ? FLAG_PATH_7                                    \
                     : (v) >= CLOUDIFY_V(5, 0, 5) ? FLAG_PATH_6                                    \
                                                  : NULL,                                          \
        CLOUDIFY_CAPS(CAP_VALUE, v)                                                                \
    }

/* Each version at which a line of the list changes its value; a test looks for forgotten ones. */
static const struct cloudify_caps rows[] = {
    ROW(CLOUDIFY_V(4, 5, 0)), ROW(CLOUDIFY_V(4, 6, 0)), ROW(CLOUDIFY_V(5, 0, 0)),
    ROW(CLOUDIFY_V(5, 0, 5)), ROW(CLOUDIFY_V(5, 1, 0)), ROW(CLOUDIFY_V(5, 1, 1)),
    ROW(CLOUDIFY_V(5, 1, 3)), ROW(CLOUDIFY_V(5, 2, 0)), ROW(CLOUDIFY_V(5, 2, 7)),
    ROW(CLOUDIFY_V(5, 3, 0)), ROW(CLOUDIFY_V(6, 0, 0)), ROW(CLOUDIFY_V(6, 2, 0)),
    ROW(CLOUDIFY_V(6, 3, 0)), ROW(CLOUDIFY_V(6, 4, 0)), ROW(CLOUDIFY_V(6, 4, 2)),
    ROW(CLOUDIFY_V(7, 0, 0)), ROW(CLOUDIFY_V(7, 0, 2)),
};

#define NUMBER_MAX 999 /* a part of a version; three digits keep CLOUDIFY_V unambiguous */

static bool read_number(const char **at, int *out)
{
    const char *p = *at;
    int value = 0;

    if (*p < '0' || *p > '9') {
        return false;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (*p - '0');
        if (value > NUMBER_MAX) {
            return false;
        }
    }
    *at = p;
    *out = value;
    return true;
}

static bool read_suffix(const char *p, char out[CLOUDIFY_VERSION_SUFFIX_MAX])
{
    p += strspn(p, ".-+~_"); /* "-.dev1" is how agents write ".dev1" */
    size_t length = strlen(p);
    if (length >= CLOUDIFY_VERSION_SUFFIX_MAX) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (p[i] <= ' ' || p[i] > '~') {
            return false;
        }
    }
    memcpy(out, p, length + 1);
    return true;
}

bool cloudify_version_parse(const char *text, struct cloudify_version *out)
{
    struct cloudify_version version = {0};
    const char *p = text;

    if (p == NULL || !read_number(&p, &version.major) || *p++ != '.' ||
        !read_number(&p, &version.minor)) {
        return false;
    }
    if (p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
        p++;
        if (!read_number(&p, &version.service)) {
            return false;
        }
    }
    if (!read_suffix(p, version.suffix)) {
        return false;
    }
    *out = version;
    return true;
}

static int version_number(const struct cloudify_version *version)
{
    return CLOUDIFY_V(version->major, version->minor, version->service);
}

int cloudify_version_compare(const struct cloudify_version *a, const struct cloudify_version *b)
{
    return version_number(a) - version_number(b);
}

bool cloudify_version_compare_text(const char *a, const char *b, int *out)
{
    struct cloudify_version left;
    struct cloudify_version right;

    if (!cloudify_version_parse(a, &left) || !cloudify_version_parse(b, &right)) {
        return false;
    }
    *out = cloudify_version_compare(&left, &right);
    return true;
}

enum ferry_code cloudify_caps_find(const char *version, const struct cloudify_caps **out,
                                   struct ferry_error *err)
{
    struct cloudify_version parsed;

    if (!cloudify_version_parse(version, &parsed)) {
        ferry_fail(err, FERRY_E_PROTOCOL, "the manager's version \"%s\" is not a version",
                   version == NULL ? "" : version);
        ferry_error_hint(err, "check that the URL is that of a Cloudify Manager");
        return FERRY_E_PROTOCOL;
    }
    int number = version_number(&parsed);
    if (number < rows[0].from) {
        ferry_fail(err, FERRY_E_REFUSED,
                   "manager %s is not supported: before " CLOUDIFY_OLDEST_SUPPORTED
                   " maintenance mode blocks every snapshot operation",
                   version);
        ferry_error_hint(err,
                         "upgrade to a manager of version " CLOUDIFY_OLDEST_SUPPORTED " or newer");
        return FERRY_E_REFUSED;
    }
    size_t i = FERRY_COUNT(rows) - 1;
    while (number < rows[i].from) {
        i--;
    }
    *out = &rows[i];
    return FERRY_OK;
}

const struct cloudify_caps *cloudify_caps_for(const char *version)
{
    struct ferry_error ignored;
    const struct cloudify_caps *caps = NULL;

    return cloudify_caps_find(version, &caps, &ignored) == FERRY_OK ? caps : NULL;
}

char *cloudify_version_warning(const void *ctx, const char *version)
{
    struct cloudify_version known;
    struct cloudify_version asked;

    if (!cloudify_version_parse(CLOUDIFY_NEWEST_KNOWN, &known) ||
        !cloudify_version_parse(version, &asked)) {
        return NULL;
    }
    known.service = asked.service; /* service releases of the newest known are known */
    if (cloudify_version_compare(&asked, &known) <= 0) {
        return NULL;
    }
    return mem_printf(ctx,
                      "manager %s is newer than all that ferry knows; it is treated "
                      "like " CLOUDIFY_NEWEST_KNOWN,
                      version);
}

enum ferry_code cloudify_restore_allowed(const char *manager, const char *snapshot,
                                         struct ferry_error *err)
{
    struct cloudify_version target;
    struct cloudify_version source;

    if (!cloudify_version_parse(snapshot, &source)) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "the snapshot's version \"%s\" is not a version",
                          snapshot == NULL ? "" : snapshot);
    }
    if (!cloudify_version_parse(manager, &target)) {
        return ferry_fail(err, FERRY_E_PROTOCOL, "the manager's version \"%s\" is not a version",
                          manager == NULL ? "" : manager);
    }
    if (cloudify_version_compare(&source, &target) > 0) {
        ferry_fail(err, FERRY_E_REFUSED,
                   "a manager %s does not restore a snapshot of the newer version %s", manager,
                   snapshot);
        ferry_error_hint(err, "restore it on a manager of version %s or newer", snapshot);
        return FERRY_E_REFUSED;
    }
    if (source.major < 4) { /* 4.x managers alone still take 3.x: facts 2.4 */
        if (target.major < 5) {
            return FERRY_OK;
        }
        ferry_fail(err, FERRY_E_REFUSED,
                   "a manager %s does not restore a snapshot of version %s: before 4.0", manager,
                   snapshot);
        ferry_error_hint(err, "go through a 4.x manager first");
        return FERRY_E_REFUSED;
    }
    return FERRY_OK;
}

struct described {
    const char *name;
    bool value;
    const char *source;
};

bool cloudify_caps_describe(const struct cloudify_caps *caps, size_t index, const char **name,
                            bool *value, const char **source)
{
#define CAP_DESCRIBE(field, condition, text) {#field, caps->field, text},
    const struct described list[] = {CLOUDIFY_CAPS(CAP_DESCRIBE, 0)};

    if (index >= FERRY_COUNT(list)) {
        return false;
    }
    *name = list[index].name;
    *value = list[index].value;
    *source = list[index].source;
    return true;
}
