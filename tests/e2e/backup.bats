#!/usr/bin/env bats
# ferry backup against a manager that holds something: the snapshot, the download with everything
# that can befall it, the proof, and what is removed afterwards.
# shellcheck disable=SC2154 # variables of helper.bash
load helper

setup() {
  world
  mkdir kept
}

# backup_yaml [LINE...]: further lines are added at the end; those of backup: come from $with.
backup_yaml() {
  cat >backup.yaml <<END
manager: {url: "$url", username: admin, password: {file: old.pw}}
backup: {directory: kept, name: "{manager}-{time}", poll: 10ms${with:+, $with}}
limits: {requests_per_second: 5000, settle: 250ms}
END
  if [[ $# -gt 0 ]]; then printf '%s\n' "$@" >>backup.yaml; fi
}

# old_manager [OPTION...]: a manager that holds a.zip; its snapshots have 3 MB.
old_manager() {
  [[ -e a.zip ]] || made --tenants 2 --deployments 4 --agents 3
  practice --content a.zip --premium "$@"
  tell '{"create_payload": 3000000}'
  backup_yaml
}

# One backup of the ledger's one snapshot, byte by byte, with its record.
one_backup() {
  local zip
  zip=$(echo kept/*.zip)
  [[ -f $zip && $(stat -c %a "$zip" "$zip.json" "$zip.sha256" | sort -u) == 600 ]]
  (cd kept && sha256sum --quiet -c -- *.sha256)
  [[ $(find kept -name '*.part') == '' ]]
  is '.made_by == "ferry" and .proven_at != null and .counts.deployments == 4' "$zip.json"
  ledger '.snapshots_created | length == 1 and all(.[]; . == 1)'
  "$FERRY" inspect --deep --json "$zip" >inspected.json 2>/dev/null
  is '.usable' inspected.json
}

@test "a backup is made, brought here, proven and recorded" {
  old_manager
  ferry 0 plan backup.yaml --requests
  grep -q 'PUT /api/v3.1/snapshots/.*changes the manager' out
  grep -q 'POST /backups/.*changes this machine' out
  [[ $(changing_requests) -eq 0 && $(ls kept) == '' ]]
  ferry 0 backup backup.yaml
  one_backup
  status "$(step_state check_archive 'done') and .workflow == \"backup\" and (.backup.sha256 | length) == 64"
  ledger '.downloads | to_entries | length == 1 and (.[0].value | length) == 1'
  run ! grep -rq oldpw kept out err status.json
}

@test "managers of each version are sent what they know, in both formats" {
  local version
  for version in 4.6.0 5.0.5 6.4.2 7.0.5 7.1.0; do
    rm -rf manager journal.db* kept a.zip
    mkdir kept
    made --tenants 2 --deployments 4 --agents 3 --manager-version "$version"
    old_manager --manager-version "$version"
    ferry 0 backup backup.yaml
    one_backup
    is "(.manager_version | startswith(\"$version\")) and .format == \"legacy\"" kept/*.zip.json
    practice_ends
  done
  rm -rf manager journal.db* kept
  mkdir kept
  old_manager --manager-version 7.1.0
  with='options: {legacy: false}' backup_yaml
  ferry 0 backup backup.yaml
  one_backup
  is '.format == "new"' kept/*.zip.json
  with='options: {metrics: true}' backup_yaml
  ferry 2 backup backup.yaml
  says 'manager 7.1.0.* does not know backup.options.metrics'
}

# The manager has been asked what runs, by the plan and then by the run, over and over.
asked_again_and_again() { [[ $(requests | grep -c '/executions') -ge 5 ]]; }

@test "what runs is refused by name, waited for, or queued behind" {
  local execution
  made --tenants 1 --deployments 4 --agents 0 --running 1
  old_manager
  execution=$(manager 'executions?status=started&_all_tenants=true' | jq -r '.items[0].id')
  with='busy: refuse' backup_yaml
  ferry 5 backup backup.yaml
  says 'no snapshot is made while something runs: .*\(started\), since 20'
  ledger '.snapshots_created == {}'
  backup_yaml
  start backup backup.yaml
  until_true 10 asked_again_and_again
  curl_ -f -u admin:oldpw -H 'Tenant: default_tenant' -H 'Content-Type: application/json' \
    -d '{"action": "kill"}' "$url/api/v3.1/executions/$execution" >/dev/null
  ended 0
  one_backup
}

@test "a snapshot that fails is deleted and its reason told; a retry makes another" {
  old_manager
  tell '{"create_disk_full": true}'
  ferry 1 backup backup.yaml
  says 'could not make the snapshot: .*No space left on device'
  ledger '.snapshots_created == {} and (.snapshots_deleted | length == 1)'
  tell '{"create_disk_full": false}'
  ferry 0 retry backup-1 --failed
  ferry 0 resume
  one_backup
}

@test "a download that is cut goes on where it was, whatever cuts it" {
  old_manager
  faults '[{"method":"GET","path":"/archive$","n":1,"do":"cut_body","bytes":1000000},
    {"method":"GET","path":"/archive$","n":2,"do":"answer","status":502},
    {"method":"GET","path":"/archive$","n":3,"do":"cut_body","bytes":500000},
    {"method":"GET","path":"/archive$","n":4,"do":"drop_before"}]'
  ferry 0 backup backup.yaml
  one_backup
  # each byte was sent once
  ledger '.downloads | to_entries[0].value
    | (map(.sent) | add) == (map(.size) | max) and (map(.status) | .[0] == 200 and all(.[1:][]; . == 206))'
}

@test "a download that is killed goes on; each byte is fetched once and a buffer a kill" {
  old_manager
  faults '[{"method":"GET","path":"/archive$","from":1,"count":3,"do":"kill_client_body",
    "bytes":900000,"pid_file":"'"$PWD"'/client.pid"}]'
  local code=137 kills=0 what=(backup backup.yaml)
  while [[ $code -eq 137 ]]; do
    code=0
    # the number of the shell becomes that of ferry
    bash -c 'echo $$ >client.pid; exec "$@"' - "$FERRY" -q "${what[@]}" >out 2>err 3>&- || code=$?
    what=(resume)
    kills=$((kills + (code == 137)))
  done
  [[ $code -eq 0 && $kills -eq 3 ]]
  one_backup
  ledger '.downloads | to_entries[0].value | length == 4'
}

@test "a manager without ranges is begun anew with, and it is said" {
  old_manager
  tell '{"ranges": "off"}'
  faults '[{"method":"GET","path":"/archive$","n":1,"do":"cut_body","bytes":1000000}]'
  ferry 0 backup backup.yaml
  one_backup
  "$FERRY" events >told
  grep -q 'begun anew: the manager began anew' told
}

@test "an archive that changes between two ranges is noticed and begun anew" {
  old_manager
  faults '[{"method":"GET","path":"/archive$","n":1,"do":"cut_body","bytes":1000000},
    {"method":"HEAD","path":"/archive$","n":2,"do":"replace_file"}]'
  # the other bytes are no archive: the proof finds that, twice
  ferry 5 backup backup.yaml
  says 'the download is damaged, the second one too'
  "$FERRY" events >told
  grep -q 'begun anew: the archive on the manager has changed' told
  [[ $(ls kept) == *.part && $(find kept -name '*.zip' -o -name '*.json') == '' ]]
}

@test "a damaged download is fetched once more; damaged again it fails and older ones stay" {
  old_manager
  ferry 0 backup backup.yaml
  sha256sum kept/*.zip >older
  sleep 1 # names have seconds
  faults '[{"method":"GET","path":"/archive$","n":1,"do":"corrupt","at":2000000}]'
  ferry 0 backup backup.yaml
  "$FERRY" events >told
  grep -q 'the download is damaged (.*): it is fetched once more' told
  [[ $(find kept -name '*.zip' | wc -l) -eq 2 ]]
  sleep 1
  faults '[{"method":"GET","path":"/archive$","do":"corrupt","at":2000000}]'
  ferry 5 backup backup.yaml
  says 'the download is damaged, the second one too: .*'
  sha256sum --quiet -c older
  [[ $(find kept -name '*.zip' | wc -l) -eq 2 ]]
  faults '[]'
  ferry 0 retry backup-3 --failed
  ferry 0 resume
  [[ $(find kept -name '*.zip' | wc -l) -eq 3 ]]
}

@test "the folder is looked at before anything is made" {
  old_manager
  rmdir kept
  ferry 1 backup backup.yaml
  says 'cannot use folder .*kept.*No such file'
  hints 'make the folder'
  mkdir kept
  sed -i 's/{manager}-{time}/fixed/' backup.yaml
  echo precious >kept/fixed.zip
  ferry 5 backup backup.yaml
  says 'fixed.zip" exists, and is never written over'
  [[ $(<kept/fixed.zip) == precious ]]
  ledger '.snapshots_created == {}'
}

@test "old backups go by the rules, one that ferry did not make stays, and the manager's copy can go" {
  old_manager
  echo 'of somebody else' >kept/other.zip
  with='delete_after: true' backup_yaml 'keep: {daily: 1}'
  ferry 0 backup backup.yaml
  ledger '.snapshots_deleted | length == 1'
  sleep 1
  ferry 0 plan backup.yaml
  grep -q 'as things stand 0 of 1 backups would be removed' out err
  ferry 0 backup backup.yaml
  [[ $(find kept -name '*.zip' | wc -l) -eq 2 && -e kept/other.zip ]] # that and the newest
  [[ $(find kept -name '*.json' | wc -l) -eq 1 ]]
  ledger '.snapshots_deleted | length == 2'
  manager snapshots | jq -e '.items == []'
  "$FERRY" events >told
  grep -q 'prune .*unit_done: removed' told
}
