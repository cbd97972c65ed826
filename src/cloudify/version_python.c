/* On which Python a manager runs plugins. */
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "cloudify/version.h"

/*
 * From the packages of the management worker (cloudify-manager, packaging/cloudify-mgmtworker.spec
 * in the branches of these versions): "python >= 2.7" up to 5.0.5; "python3 >= 3.6", which is 3.6
 * of the system, from 5.1.0 on; in 7.0.0 to 7.0.2 a 3.11 of its own with 3.10 and 3.6 for plugins
 * beside it, from 7.0.4 on without 3.6. The last one of a row runs what names none of the others
 * (cloudify-common, cloudify/plugin_installer.py: version_for_plugin).
 */
static const struct {
    int from;
    const char *names; /* for people */
    int pythons[4];    /* major * 1000 + minor; 0 ends the row */
} rows[] = {
    {0, "2.7", {2007}},
    {CLOUDIFY_V(5, 1, 0), "3.6", {3006}},
    {CLOUDIFY_V(7, 0, 0), "3.6, 3.10 and 3.11", {3006, 3010, 3011}},
    {CLOUDIFY_V(7, 0, 4), "3.10 and 3.11", {3010, 3011}},
};

static size_t row_of(const char *manager)
{
    struct cloudify_version version;
    size_t row = FERRY_COUNT(rows) - 1;

    if (cloudify_version_parse(manager, &version)) {
        while (row > 0 &&
               CLOUDIFY_V(version.major, version.minor, version.service) < rows[row].from) {
            row--;
        }
    }
    return row;
}

const char *cloudify_python_names(const char *manager)
{
    return rows[row_of(manager)].names;
}

/* "py36", "py311", "cp36", "py3.10", "3.6": 3006, 3011 ...; "py3": 3000, any minor; 0: no tag. */
static int number_of(const char *tag)
{
    const char *digits = tag + strcspn(tag, "0123456789");
    char *end = NULL;
    long minor;

    if (digits[0] == '\0') {
        return 0;
    }
    minor = strtol(digits[1] == '.' ? digits + 2 : digits + 1, &end, 10);
    return minor < 0 || minor > 999 ? 0 : (digits[0] - '0') * 1000 + (int)minor;
}

static bool names_minor(const char *tag)
{
    const char *digits = tag + strcspn(tag, "0123456789");

    return digits[0] != '\0' && digits[1] != '\0';
}

static enum cloudify_python fit_one(const char *manager, const char *tag)
{
    const int *pythons = rows[row_of(manager)].pythons;
    int wanted = number_of(tag);
    enum cloudify_python fit = wanted == 0 ? CLOUDIFY_PYTHON_FITS : CLOUDIFY_PYTHON_LACKS;

    for (size_t i = 0; i < FERRY_COUNT(rows[0].pythons) && pythons[i] != 0; i++) {
        if (pythons[i] == wanted || (pythons[i] / 1000 == wanted / 1000 && !names_minor(tag))) {
            return CLOUDIFY_PYTHON_FITS;
        }
        if (pythons[i] / 1000 == wanted / 1000) {
            fit = CLOUDIFY_PYTHON_OTHER;
        }
    }
    return fit;
}

enum cloudify_python cloudify_python_fit(const char *manager, const char *tag)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *further = strstr(tag, ".py"); /* "py2.py3": either will do */
    enum cloudify_python first =
        fit_one(manager, further == NULL ? tag : mem_strndup(scope, tag, (size_t)(further - tag)));
    enum cloudify_python second =
        further == NULL ? first : cloudify_python_fit(manager, further + 1);

    return first < second ? first : second;
}
