#!/usr/bin/env bats
# ferry cancel of a backup: what the run made goes, on the manager and here; what it did not make
# stays, and so does a proven backup.
# shellcheck disable=SC2154 # variables of helper.bash
load helper

setup() {
  world
  mkdir kept
  echo theirs >kept/theirs.zip
  made --tenants 1 --deployments 2 --agents 1
  practice --content a.zip --premium
  tell '{"create_payload": 3000000}'
  cat >backup.yaml <<END
manager: {url: "$url", username: admin, password: {file: old.pw}}
backup: {directory: kept, poll: 10ms}
limits: {requests_per_second: 5000, settle: 250ms}
END
  curl_ -f -u admin:oldpw -H 'Tenant: default_tenant' -H 'Content-Type: application/json' -X PUT \
    -d '{"include_credentials": true, "legacy": true}' "$url/api/v3.1/snapshots/theirs" >/dev/null
  until_true 10 theirs_is_made
}
theirs_is_made() { manager snapshots | jq -e '.items[0].status == "created"' >/dev/null; }
only_theirs() {
  [[ $(manager snapshots | jq -r '[.items[].id] | join(" ")') == theirs && $(ls kept) == theirs.zip ]]
}
stops_before() { ferry 3 backup backup.yaml --stop-before "$1"; }

@test "before the download: the snapshot is deleted on the manager" {
  stops_before download
  ferry 0 cancel backup-1 --json
  is '.state == "cancelled" and .remains == []' out
  only_theirs
  ledger '.snapshots_deleted | length == 1'
}

has_part() { [[ -s $(echo kept/*.part) ]]; }

@test "in the middle of the download: what came of it is removed too" {
  faults '[{"method":"GET","path":"/archive$","do":"cut_body","bytes":1000000},
    {"method":"HEAD","path":"/archive$","from":2,"count":1000,"do":"answer","status":502}]'
  start backup backup.yaml
  until_true 20 has_part
  kill -INT "$ferry_pid"
  ended 3
  ferry 0 cancel backup-1
  only_theirs
  "$FERRY" events >told
  grep -q 'undo_download .*the unfinished .*\.part is removed' told
}

# slow: the same manager, on which snapshots take a minute.
slow() {
  practice_ends
  practice --premium --time-scale 1
  tell '{"settings": {"seconds.create_snapshot": "60"}}'
}
is_being_made() { manager snapshots | jq -e 'any(.items[]; .status == "creating")' >/dev/null; }

@test "while the snapshot is made: its execution is cancelled, and only that" {
  slow
  start backup backup.yaml
  until_true 20 is_being_made
  kill -INT "$ferry_pid"
  ended 3
  ferry 0 cancel backup-1
  only_theirs
  manager 'executions?_include_system_workflows=true&workflow_id=create_snapshot' |
    jq -e '[.items[].status] | sort == ["cancelled", "terminated"]'
}

@test "the answer was lost: a snapshot that stands on the manager is found by its name" {
  faults '[{"method":"PUT","path":"/snapshots/","do":"kill_client_after","pid_file":"'"$PWD"'/client.pid"}]'
  bash -c 'echo $$ >client.pid; exec "$@"' - "$FERRY" -q backup backup.yaml >out 2>err 3>&- || true
  faults '[]'
  [[ $(manager snapshots | jq '.items | length') -eq 2 ]]
  ferry 0 cancel backup-1
  only_theirs
}

@test "a proven backup stays, and so does its snapshot where nobody asked to delete it" {
  stops_before prune
  ferry 0 cancel backup-1
  [[ $(manager snapshots | jq '.items | length') -eq 2 ]]
  [[ $(find kept -name '*.zip' | wc -l) -eq 2 ]]
  status '[.steps[] | select(.name == "undo_snapshot")][0].error | test("stays on the manager")'
}

@test "--leave leaves all as it is, and says what that is" {
  stops_before download
  ferry 0 cancel backup-1 --leave --json
  is '.remains | length == 1 and (.[0] | test("cfy snapshots delete"))' out
  [[ $(manager snapshots | jq '.items | length') -eq 2 ]]
}
