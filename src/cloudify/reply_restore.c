/* The ways in which a restore fails, by what its execution says (facts 2.4, 10.3). */
#include <string.h>

#include "base/attr.h"
#include "cloudify/reply.h"

static const struct {
    const char *text;
    enum cloudify_restore_failure failure;
    const char *hint;
} failures[] = {
    {"Cannot restore a newer manager's snapshot", CLOUDIFY_FAILURE_NEWER,
     "nothing was changed; restore on a manager of the snapshot's version or a newer one"},
    {"Restoring snapshot from version", CLOUDIFY_FAILURE_TOO_OLD,
     "nothing was changed; take the old manager to a version in between first, and make a snapshot "
     "there"},
    {"not authorized to restore", CLOUDIFY_FAILURE_USER,
     "nothing was changed; only the first admin of the manager (user id 0) may restore: set "
     "manager.username to it"},
    {"non-empty manager", CLOUDIFY_FAILURE_NOT_EMPTY,
     "nothing was changed; restore on a fresh manager, or set restore.force: true, which deletes "
     "what the manager holds now"},
    {"do not appear in the provider context", CLOUDIFY_FAILURE_NETWORKS,
     "nothing was changed; agents use networks that the new manager does not have: add them there "
     "by these names, then begin a new run with another --snapshot-id"},
    {"are missing from the manager", CLOUDIFY_FAILURE_NETWORKS,
     "nothing was changed; agents use networks that the new manager does not have: add them there "
     "by these names, then begin a new run with another --snapshot-id"},
    {"cannot be restored on a distributed manager", CLOUDIFY_FAILURE_DISTRIBUTED,
     "nothing was changed; make the snapshot in the new format (legacy: false)"},
    /* before the next line: the archive was there, and no snapshot */
    {"metadata.json", CLOUDIFY_FAILURE_BAD_ARCHIVE,
     "the manager could not read the archive (no zip, or no metadata.json in it): begin a new run "
     "with a good one and another --snapshot-id"},
    {"No such file or directory", CLOUDIFY_FAILURE_NO_FILE,
     "the archive was not there when the restore looked for it: in a cluster wait until its files "
     "are copied, then begin a new run with another --snapshot-id"},
    {"argument of type 'NoneType' is not iterable", CLOUDIFY_FAILURE_BAD_ARCHIVE,
     "the manager could not read the archive (no zip, or no metadata.json in it): begin a new run "
     "with a good one and another --snapshot-id"},
    {"is not a zip file", CLOUDIFY_FAILURE_BAD_ARCHIVE,
     "the manager could not read the archive (no zip, or no metadata.json in it): begin a new run "
     "with a good one and another --snapshot-id"},
    {"BadZipfile", CLOUDIFY_FAILURE_BAD_ARCHIVE,
     "the manager could not read the archive (no zip, or no metadata.json in it): begin a new run "
     "with a good one and another --snapshot-id"},
};

enum cloudify_restore_failure cloudify_restore_failure_of(const char *error, const char **hint)
{
    for (size_t i = 0; error != NULL && i < FERRY_COUNT(failures); i++) {
        if (strstr(error, failures[i].text) != NULL) {
            if (hint != NULL) {
                *hint = failures[i].hint;
            }
            return failures[i].failure;
        }
    }
    if (hint != NULL) {
        *hint = NULL;
    }
    return CLOUDIFY_FAILURE_OTHER;
}
