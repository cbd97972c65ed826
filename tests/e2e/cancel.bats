#!/usr/bin/env bats
# ferry cancel: before the restore what the run did is undone; after it, what remains is said.
# shellcheck disable=SC2154 # variables of helper.bash
load helper

setup() {
  world
  made --tenants 2 --deployments 3 --agents 3
  practice
}

# switch_ on|off: somebody else switches maintenance.
switch_() {
  local word=activate
  if [[ $1 == off ]]; then word=deactivate; fi
  curl_ -f -u admin:admin -H 'Tenant: default_tenant' -X POST "$url/api/v3.1/maintenance/$word" \
    >/dev/null
}
maintenance() { manager maintenance "${1:-admin}" | jq -r .status; }

@test "before the restore, maintenance is given back as it was found" {
  run_ 3 --stop-before restore
  [[ $(maintenance) == activated ]]
  ferry 0 cancel upgrade-1 --json
  is '.state == "cancelled" and .exit == 0' out
  is '(.remains | length) == 1 and (.remains[0] | test("uploaded snapshot"))' out
  [[ $(maintenance) == deactivated ]]
  ledger '.deactivations == 1 and .restores == []'
  ferry 2 cancel upgrade-1
  says 'has ended: it is cancelled'
  ledger '.deactivations == 1'
}

@test "what was not switched on by the run stays on" {
  switch_ on
  run_ 3 --stop-before restore
  ferry 0 cancel upgrade-1
  [[ $(maintenance) == activated ]]
  ledger '.deactivations == 0'
}

@test "what somebody else has switched on since stays on" {
  run_ 3 --stop-before restore
  sleep 1.1 # the times of the manager tell them apart by milliseconds, those of old ones by seconds
  switch_ off
  switch_ on
  ferry 0 cancel upgrade-1
  [[ $(maintenance) == activated ]]
  ledger '.deactivations == 1' # theirs
  status '[.steps[] | select(.name == "undo_maintenance")][0].error | test("somebody else")'
}

@test "a run that failed before the restore can be undone too" {
  run_ 3 --stop-before verify
  tell '{"networks": ["other"]}'
  ferry 5 resume
  status '.state == "failed"'
  ferry 0 cancel upgrade-1
  [[ $(maintenance) == deactivated ]]
}

@test "--leave ends the run and leaves the manager as it is, also one that is gone" {
  run_ 3 --stop-before restore
  practice_ends
  start cancel upgrade-1
  until_true 20 grep -q 'cannot reach' err
  kill -INT "$ferry_pid"
  ended 3
  status '.state == "paused"'
  ferry 0 cancel upgrade-1 --leave --json
  is '.state == "cancelled" and (.remains | map(test("maintenance mode is on")) | any)' out
}

@test "killed in the middle, a second cancel ends it, and it is undone once" {
  run_ 3 --stop-before restore
  faults '[{"method": "POST", "path": "maintenance/deactivate", "do": "delay", "delay_ms": 3000}]'
  start cancel upgrade-1
  until_true 20 under_way POST maintenance/deactivate
  killed
  status '.state != "cancelled"'
  faults '[]'
  ferry 0 cancel upgrade-1
  [[ $(maintenance) == deactivated ]]
  ledger '.deactivations == 1'
}

@test "without its password nothing is cancelled, and the message says how to leave it" {
  run_ 3 --stop-before restore
  mv new.pw elsewhere
  ferry 2 cancel upgrade-1
  says 'cannot undo what the run did'
  status '.state == "paused"'
  ferry 0 cancel upgrade-1 --set manager.password.file="$PWD/elsewhere"
  [[ $(maintenance) == deactivated ]]
}

@test "after the restore it says honestly what remains" {
  run_ 3 --stop-before maintenance_deactivate
  ferry 0 cancel upgrade-1 --json
  is '.remains | map(test("neither cancelled nor undone")) | any' out
  is '.remains | map(test("maintenance mode is on")) | any' out
  [[ $(maintenance oldpw) == activated ]]
  ledger '.deactivations == 0'
}
