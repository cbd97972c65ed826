#include "states/manual.h"

#include <string.h>

#include "base/attr.h"

/* clang-format off */
const struct state_manual state_manuals[] = {
    {"upload",
     "PUT /snapshots/ID/archive with the file, once. Up to 6.4 also DELETE /snapshots/ID, where "
     "an upload of ours was cut and left a part of the file behind.",
     "the snapshot is in the manager's list under our id, and the stored archive has the length of "
     "the file.",
     "Looks for the snapshot. Whole: the step is done. A part of it: that is deleted, and the file "
     "is sent anew. Not there: it waits out limits.settle, since the request may still arrive, and "
     "sends the file again under the same id. A snapshot of this id that was there before our "
     "first request is somebody else's, and stops the run."},
    {"maintenance_activate",
     "POST /maintenance/activate, once. Nobody but ferry can change anything on the manager from "
     "here on.",
     "the manager says activated. It waits for executions that run, are queued or scheduled; which "
     "they are is shown.",
     "Asks for the mode. activated: done; activating: waits on; deactivated: sends it again after "
     "limits.settle."},
    {"verify",
     "nothing; it only asks.",
     "maintenance mode is on, the archive is whole, the manager is empty and its networks are "
     "there, and nothing runs. This is the last gate: until here everything can be undone.",
     "Asks all of it again."},
    {"restore",
     "POST /snapshots/ID/restore, once. Where the manager refuses because the archive has not "
     "reached that node yet, it is told again, up to 15 times; the dead execution that a refusal "
     "leaves is killed first (POST /executions/ID). From here there is no way back.",
     "the manager has accepted it.",
     "Never just sends it again, since a second restore could double what is there. It first looks "
     "whether a restore goes on, whether there is an execution that was not there before, and "
     "whether the content is there already. Only when all of them say no, with the sign of a "
     "running restore down before and after, it is sent again. What cannot be found out is asked: "
     "exit code 4, ferry resolve."},
    {"poll_status",
     "nothing; it only asks, first after a silence of restore.quiet. 401, 404, 5xx and refused "
     "connections are usual meanwhile and prove nothing.",
     "the sign of a running restore is down in two answers, a password works (manager's or "
     "after_restore's), the execution has terminated, and the manager holds as much as the "
     "archive held. With restore.certificates it was also away and is back.",
     "Goes on asking. The silence and the time limit count from when the restore was accepted."},
    {"maintenance_deactivate",
     "POST /maintenance/deactivate, once.",
     "the manager says deactivated. Below 5.1.1, where a manager in maintenance answers nothing "
     "else, also what poll_status wants elsewhere.",
     "Asks for the mode, and sends it again only where maintenance is still on after "
     "limits.settle."},
    {"install_new_agents",
     "POST /executions with install_new_agents: one for each deployment, and where that fails as a "
     "whole, one for each host that has no agent yet. An execution that stays pending and never "
     "began is cancelled (POST /executions/ID). At most agents.concurrency go on at a time.",
     "each execution has terminated, or each of its hosts has an agent of the new manager.",
     "Looks for each execution that was sent, by ferry's own id (from 6.3 on) or by a mark among "
     "its parameters, and follows it. Before any second attempt the agents are asked about, since "
     "a second run would put a second agent on every host."},
    {"validate_agents",
     "POST /executions with validate_agents, one for each deployment; nothing unless "
     "agents.validate is set.",
     "each execution has terminated.",
     "Looks for each execution as install_new_agents does. It changes nothing on the hosts, so it "
     "may be repeated."},
    {"upload_plugins",
     "POST /plugins, one for each file of plugins.upload; none for a plugin that is there already.",
     "each plugin (package, version, distribution, platform) is in the manager's list; up to 5.0.5 "
     "also installed.",
     "Looks into the list. There: done. Not there: the same file again after limits.settle, from "
     "6.4.2 on with an id that lets the manager refuse a late repetition."},
    {"plugins_update",
     "POST /plugins-updates/BLUEPRINT/update/initiate, one for each blueprint of plugins.update.",
     "the update says successful or no_changes_required, and no deployment of the blueprint is on "
     "a temporary blueprint (plugins-update-...).",
     "Looks for an update of the blueprint by our user that was not there before, and follows it; "
     "without one it is sent again after limits.settle. An update is never cancelled: on some "
     "versions that would delete deployments."},
    {"compare",
     "nothing; it only asks.",
     "tenants, blueprints, deployments and plugins are as many as the archive held; in the new "
     "format of archives also nodes, node instances and agents, and the restore's log holds no "
     "error. Fewer of anything fails the run.",
     "Counts again."},
    {"undo_maintenance",
     "POST /maintenance/deactivate, once, and only where this run had switched maintenance on and "
     "nobody has switched it since. Part of ferry cancel before the restore.",
     "the manager says deactivated.",
     "ferry cancel RUN again: asks for the mode, and sends it again only where it is still on "
     "after limits.settle."},
    {"validate_old_agents",
     "on the old manager POST /executions with validate_agents, one for each deployment that has "
     "agents; nothing with from.validate_agents: false.",
     "each execution has terminated. An agent that is silent now cannot install its successor "
     "later; too many of them (agents.max_failures) end the run while nothing has changed yet.",
     "Looks for each execution as install_new_agents does. It changes nothing on the hosts, so it "
     "may be repeated."},
    {"old_maintenance",
     "on the old manager POST /maintenance/activate, once; nothing with from.maintenance: false. "
     "From here on nobody changes it and no schedule runs on both managers. It stays alive: new "
     "agents are installed by way of its message broker.",
     "the old manager says activated. It waits for executions that run, are queued or scheduled; "
     "which they are is shown.",
     "Asks for the mode. activated: done; activating: waits on; deactivated: sends it again after "
     "limits.settle."},
    {"undo_old_maintenance",
     "on the old manager POST /maintenance/deactivate, once, and only where this run had switched "
     "maintenance on and nobody has switched it since. Part of ferry cancel before the restore.",
     "the old manager says deactivated.",
     "ferry cancel RUN again: asks for the mode, and sends it again only where it is still on "
     "after limits.settle."},
    {"create_snapshot",
     "PUT /snapshots/ID, once; the id holds a part that is new for each attempt. Where the snapshot "
     "failed, DELETE /snapshots/ID takes it away.",
     "the snapshot says created.",
     "Looks for the snapshot of that id and follows it; not there: it is asked for again after "
     "limits.settle, and the manager refuses a repetition."},
    {"download",
     "nothing on the manager; it only reads. Here it writes NAME.zip.part in backup.directory.",
     "as many bytes are here as the manager has.",
     "Goes on where the file ends, if length and ETag of the archive on the manager are those that "
     "it began with; else it begins the file anew, and says so."},
    {"check_archive",
     "nothing on the manager. Here NAME.zip.part becomes NAME.zip, and NAME.zip.json and "
     "NAME.zip.sha256 are written beside it.",
     "length, central directory and CRC of every member are right, the archive can be read, and it "
     "was made by this version of the manager in the format that was asked for. A damaged one is "
     "fetched once more, from its first byte; damaged again, the run fails. Older backups are not "
     "touched by that.",
     "Reads the file again, unless it was proven already and has not changed since; a backup that "
     "has its name and a record of this run is done."},
    {"prune",
     "with backup.delete_after DELETE /snapshots/ID of the snapshot that this run made, once. Here "
     "it removes the backups that no rule of keep holds; nothing where no rule is set.",
     "each of them is gone. The newest proven backup of a manager, what is not older than it, and "
     "what ferry did not make are never removed.",
     "Looks whether it is gone, and removes it if not: names and ids are never used again."},
    {"undo_snapshot",
     "DELETE /snapshots/ID of the snapshot that this run made, once, and only where its backup is "
     "not proven here (or backup.delete_after is set). While it is being made, POST /executions/ID "
     "with cancel before that. Part of ferry cancel of a backup.",
     "the snapshot is gone.",
     "ferry cancel RUN again: asks for the snapshot and its execution, and goes on where they are."},
    {"undo_download", "nothing on the manager. Here it removes NAME.zip.part.", "it is gone.",
     "Looks whether it is there, and removes it."},
};
/* clang-format on */
const size_t state_manual_count = FERRY_COUNT(state_manuals);

const struct state_manual *state_manual(const char *state)
{
    for (size_t at = 0; at < state_manual_count; at++) {
        if (strcmp(state_manuals[at].state, state) == 0) {
            return &state_manuals[at];
        }
    }
    return NULL;
}
