#!/usr/bin/env bats
# An upgrade that begins on the old manager: from the agents there to the new manager, in one file.
# shellcheck disable=SC2154,SC2030,SC2031 # variables of helper.bash
load helper

setup() {
  world
  mkdir kept
}

# two_managers [OPTION...]: the old one, with these options, holds a.zip; the new one, of the version
# in $new, is empty. Sets old_url beside url.
two_managers() {
  : >old.ready
  "$FERRY_PRACTICE" --listen 127.0.0.1:0 --data old --time-scale 0 --content a.zip --premium \
    "$@" >old.ready 2>>practice.err 3>&- &
  printf '%s\n' "$!" >>pids
  until_true 20 grep -q '^ready ' old.ready
  old_url=$(sed -n 's/^ready //p' old.ready)
  practice --premium ${new:+--manager-version "$new"}
  cat >upgrade.yaml <<END
manager:
  url: $url
  username: admin
  password: {file: new.pw}
  after_restore: {username: admin, password: {file: old.pw}}
from: {url: "$old_url", username: admin, password: {file: old.pw}${with:+, $with}}
backup: {directory: kept, poll: 10ms}
snapshot: {id: snap}
restore: {quiet: 10ms, poll: 10ms, timeout: 60s}
maintenance: {poll: 10ms}
agents: {poll: 10ms}
plugins: {poll: 10ms}
limits: {requests_per_second: 5000, settle: 250ms}
END
}
of_old() {
  local url=$old_url
  "$@"
}

# Every effect once, on both managers: agents asked, one snapshot, maintenance on, one archive that
# came once, and the upgrade with it.
carried_from() {
  carried kept/*.zip
  of_old ledger '(.executions.validate_agents | length == 3 and all(.[]; . == 1))
    and (.executions | keys == ["validate_agents"])
    and (.snapshots_created | length == 1 and all(.[]; . == 1)) and .snapshots_deleted == {}
    and .activations == 1 and .deactivations == 0 and .restores == [] and .execution_actions == {}'
  of_old is_in_maintenance
}
is_in_maintenance() { [[ $(manager maintenance | jq -r .status) == activated ]]; }

@test "one file: agents, snapshot, maintenance, download, upgrade; each once on its manager" {
  made --tenants 2 --deployments 4 --agents 3 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  ferry 0 run upgrade.yaml
  carried_from
  grep -q 'maintenance mode is on at the old manager' out
  ferry 0 status
  grep -qF "upgrade_from of $url from $old_url" out
  ferry 0 report
  grep -qF "| Archive taken on | $old_url |" out
  ferry 0 report --html report.html
  grep -qF "$old_url" report.html
  status '.workflow == "upgrade_from" and .from.version == "6.4.2" and (.steps | length) == 16 and .archive.version == "6.4.2"
    and (.remains | length) == 2 and .compare.names.missing == 0'
  (cd kept && sha256sum --quiet -c -- *.sha256)
  is ".manager == \"$old_url\" and .upgrade" kept/*.zip.json
  run ! grep -rq 'oldpw' journal.db kept/*.json out err status.json
}

@test "from each version to the next ones" {
  local old new
  while read -r old new; do
    rm -rf kept old manager journal.db*
    mkdir kept
    made --tenants 2 --deployments 4 --agents 3 --manager-version "$old"
    two_managers --manager-version "$old"
    ferry 0 run upgrade.yaml
    carried_from
    unset port
  done <<<'4.6.0 5.0.5
5.0.5 5.1.4
5.1.0 5.2.7
6.0.1 6.4.2
6.4.2 7.0.5
7.1.0 7.1.0'
}

@test "the plan knows both managers, says what it cannot know yet, and changes neither" {
  made --tenants 2 --deployments 4 --agents 3 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  ferry 0 doctor upgrade.yaml
  grep -q 'backup_folder' out
  ferry 0 plan upgrade.yaml
  grep -q 'yet to be taken on http' out
  grep -q 'leave it alive and in maintenance until the last agent has moved' out
  ferry 0 plan upgrade.yaml --json -o plan.json
  is '[.steps[0:3][].requests[] | .manager] | unique == ["old"]' plan.json
  is '[.steps[5].requests[] | .manager] | unique == [null]' plan.json
  [[ $(changing_requests) -eq 0 && $(of_old changing_requests) -eq 0 && $(ls kept) == '' ]]
  ferry 0 run plan.json
  carried_from
}

@test "killed in every step, it goes on from there" {
  local step
  made --tenants 2 --deployments 4 --agents 3 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  of_old tell '{"create_payload": 3000000}'
  ferry 3 run upgrade.yaml --stop-before create_snapshot
  for step in create_snapshot old_maintenance download check_archive upload maintenance_activate; do
    start resume
    until_true 20 begun "$step" || true # it may be quicker than we are
    kill -KILL "$ferry_pid" 2>/dev/null || true
    wait "$ferry_pid" 2>/dev/null || true
    ferry_pid=
  done
  ferry 0 resume
  carried_from
  of_old ledger '.downloads | to_entries | length == 1'
}
begun() { "$FERRY" status --json | jq -e --arg step "$1" '.steps[] | select(.name == $step) | .state != "waiting"'; }

@test "what the archive shows stops the run before the new manager is touched" {
  made --tenants 2 --deployments 4 --agents 3 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  ferry 3 run upgrade.yaml --stop-before check_archive
  # meanwhile somebody fills the new manager
  curl_ -f -u admin:admin -H 'Tenant: default_tenant' -X PUT -T a.zip \
    "$url/api/v3.1/snapshots/snap/archive" >/dev/null
  local before
  before=$(changing_requests)
  ferry 5 resume
  says 'the snapshot is here, but cannot be restored: a snapshot "snap" is on the manager already'
  status '.state == "blocked" and (.error | test("cannot be restored"))'
  [[ $(changing_requests) -eq $before ]]
  curl_ -f -u admin:admin -H 'Tenant: default_tenant' -H 'Content-Type: application/json' -X DELETE \
    "$url/api/v3.1/snapshots/snap" >/dev/null
  ferry 0 resume
  of_old is_in_maintenance
  ledger '.restores | length == 1'
}

@test "the look before the upload: no manager, a signal, an archive that has gone" {
  made --tenants 1 --deployments 2 --agents 1 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  ferry 3 run upgrade.yaml --stop-before upload
  practice_ends
  ferry 1 resume
  says 'the look before the upload: the manager cannot be asked'
  practice --premium
  tell '{"latency_ms": 200}'
  start resume
  until_true 10 grep -q 'reading the archive' err
  kill -INT "$ferry_pid"
  ended 3
  says 'stopped by a signal in the look before the upload'
  hints 'ferry resume'
  tell '{"latency_ms": 0}'
  mkdir away
  mv kept/*.zip away
  ferry 2 resume
  says 'the archive that this run has brought here is gone: cannot read'
  hints 'put it back there, then: ferry resume'
  [[ $(changing_requests) -eq 0 ]]
  mv away/*.zip kept
  ferry 0 resume
}

@test "one manager by two names is not restored onto itself" {
  made --tenants 1 --deployments 2 --agents 1 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  sed -i "s|^  url: .*|  url: $old_url|; s|new\.pw|old.pw|; s|^restore: {|&force: true, |" upgrade.yaml
  ferry 2 run upgrade.yaml
  says 'from.url and manager.url name the same manager'
  sed -i "1,2s|127\.0\.0\.1|localhost|" upgrade.yaml
  ferry 5 run upgrade.yaml
  says 'the new manager is the old one'
  ferry 0 cancel upgrade_from-1
  of_old ledger '.uploads == {} and .restores == [] and .activations == 1 and .deactivations == 1'
}

@test "an old manager whose snapshot could not be restored is seen before anything is done" {
  made --tenants 1 --deployments 2 --agents 1 --manager-version 7.1.0
  two_managers --manager-version 7.1.0
  practice_ends
  rm -rf manager
  practice --premium --manager-version 6.4.2
  sed -i "s|url: http.*|url: $url|;t" upgrade.yaml
  sed -i "s|^from:.*|from: {url: \"$old_url\", username: admin, password: {file: old.pw}}|" upgrade.yaml
  ferry 5 run upgrade.yaml
  says 'archive_version|newer'
  [[ $(changing_requests) -eq 0 && $(of_old changing_requests) -eq 0 ]]
}

@test "cancelled before the restore, both managers are out of maintenance" {
  made --tenants 2 --deployments 4 --agents 3 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  ferry 3 run upgrade.yaml --stop-before restore
  of_old is_in_maintenance
  is_in_maintenance_new() { [[ $(manager maintenance admin | jq -r .status) == activated ]]; }
  is_in_maintenance_new
  ferry 0 cancel upgrade_from-1
  run ! of_old is_in_maintenance
  run ! is_in_maintenance_new
  of_old ledger '.activations == 1 and .deactivations == 1'
  status '.remains | map(test("maintenance mode")) | any | not'
}

@test "maintenance that does not begin in time is on all the same, and said to be" {
  made --tenants 1 --deployments 2 --agents 1 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  sed -i 's/^maintenance:.*/maintenance: {poll: 10ms, timeout: 200ms}/' upgrade.yaml
  ferry 3 run upgrade.yaml --stop-before old_maintenance
  of_old tell '{"never_start": ["*"]}'
  of_old curl_old '{"deployment_id": "dep-00000", "workflow_id": "validate_agents"}'
  ferry 1 resume
  says 'maintenance did not begin within'
  status '.state == "failed" and (.remains | map(test("on at the old manager")) | any)'
  ferry 0 cancel upgrade_from-1
  status '.remains | map(test("maintenance mode")) | any | not'
}
curl_old() {
  curl_ -f -u admin:oldpw -H 'Tenant: default_tenant' -H 'Content-Type: application/json' \
    -d "$1" "$url/api/v3.1/executions" >/dev/null
}

@test "cancelled before the archive is proven, nothing of the run is left on the old manager" {
  made --tenants 2 --deployments 4 --agents 3 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  ferry 3 run upgrade.yaml --stop-before download
  ferry 0 cancel upgrade_from-1
  run ! of_old is_in_maintenance
  of_old ledger '(.snapshots_created | length) == 1 and (.snapshots_deleted | length) == 1
    and .deactivations == 1'
  [[ $(changing_requests) -eq 0 && $(ls kept) == '' ]]
  status '.remains == []'
}

@test "a rehearsal: no validation, no maintenance of the old manager" {
  made --tenants 1 --deployments 2 --agents 1 --manager-version 6.4.2
  with='validate_agents: false, maintenance: false' two_managers --manager-version 6.4.2
  ferry 0 run upgrade.yaml
  carried kept/*.zip
  of_old ledger '.executions == {} and .activations == 0
    and (.snapshots_created | length == 1)'
  status "$(step_state old_maintenance skipped) and $(step_state validate_old_agents skipped)"
}

@test "agents that are silent on the old manager end the run before its snapshot" {
  made --tenants 1 --deployments 4 --agents 4 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  of_old tell '{"dead_share": 1}'
  ferry 1 run upgrade.yaml
  of_old ledger '.snapshots_created == {} and .activations == 0'
  [[ $(changing_requests) -eq 0 ]]
}

@test "a wrong password for the old manager is tried once, and nothing is changed" {
  made --tenants 1 --deployments 2 --agents 1 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  printf wrong >old2.pw
  chmod 600 old2.pw
  sed -i '/^from/s/old\.pw/old2.pw/' upgrade.yaml
  ferry 2 run upgrade.yaml
  says 'the old manager cannot be asked: HTTP 401'
  hints 'from.username and from.password'
  [[ $(of_old requests | grep -c ',401]') -eq 1 ]]
  [[ $(changing_requests) -eq 0 && $(of_old changing_requests) -eq 0 ]]
  sed -i "/^from/s|url: [^,]*|url: http://127.0.0.1:1|" upgrade.yaml
  ferry 1 run upgrade.yaml
  says 'the old manager cannot be asked'
}

@test "the archive travels by address: nothing is brought here" {
  made --tenants 2 --deployments 4 --agents 3 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  # a way of the operator's own by which the new manager gets at the archive without a login
  web_server "location ~ ^/(.+)\.zip\$ { proxy_pass $old_url/api/v3.1/snapshots/\$1/archive;
    proxy_set_header Authorization 'Basic $(printf admin:oldpw | base64)';
    proxy_set_header Tenant default_tenant; }"
  sed -i '/^backup:/d' upgrade.yaml
  sed -i "s|^snapshot:.*|snapshot: {id: snap, url: \"$nginx_url/{snapshot}.zip\"}|" upgrade.yaml
  printf 'backup: {poll: 10ms}\n' >>upgrade.yaml
  ferry 3 run upgrade.yaml --stop-before upload
  ferry 0 cancel upgrade_from-1
  of_old ledger '(.snapshots_deleted | length) == 1 and .deactivations == 1'
  ferry 0 run upgrade.yaml
  of_old ledger '(.snapshots_created | length == 2) and .activations == 2'
  ledger '.uploads == {"snap": 1} and (.restores | length == 1 and .[0].status == "terminated")'
  [[ $(ls kept) == '' ]]
  status "$(step_state download skipped) and $(step_state check_archive skipped)"
}
