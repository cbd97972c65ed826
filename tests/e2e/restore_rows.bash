# The rows of restore_table.sh: ways in which a restore goes well or badly, in the words of
# cloudify-facts. A row is a line of the list and a function row_NAME, which runs in a folder of its
# own; it says with "here" which managers can have it, and ends with a run whose outcome is judged.
# shellcheck shell=bash
# shellcheck disable=SC2154 # version, legacy, made_options, practice_options, base: restore_table.sh

# name | sections and numbers of the facts
rows='
good | 2.1, 2.3, 10.2, 6 no. 1 to 6, 19
one_password_for_both | 6 no. 1
after_password_wrong | 6 no. 1, 1.0
after_password_wrong_then_right | 6 no. 1, 1.0
after_password_missing | 6 no. 1
token_and_password | 6 no. 33
token_alone | 6 no. 33
maintenance_on_already | 6 no. 9
maintenance_never_reached | 6 no. 8, 10.5 no. 1
busy_at_the_restore | 10.5 no. 1
pending_restore_left | 10.5 no. 1
newer_snapshot | 6 no. 13, 2.4
newer_snapshot_by_url | 2.4, 10.3
older_snapshot_by_url | 2.4
not_empty | 6 no. 11, 2.4
not_empty_late | 6 no. 11, 10.3
not_bootstrap_admin | 6 no. 11, 10.3
networks_missing | 6 no. 12, 2.4
networks_missing_late | 2.4
community_legacy | 10.3, 10.5 no. 3
community_legacy_by_url | 10.3, 10.5 no. 3
not_a_zip | 10.3, 10.5 no. 4
not_a_zip_by_url | 10.3, 10.5 no. 4, 2.6
cut_archive | 6 no. 18, 10.5 no. 4
cut_archive_by_url | 10.3, 10.5 no. 4, 2.6
without_metadata | 10.3, 10.5 no. 4
without_metadata_by_url | 10.3, 10.5 no. 4, 2.6
restored_before | 10.2, 10.5 no. 2
restored_before_forced | 10.2, 10.5 no. 2
database_error | 2.1
plugins_fail | 2.1
entities_fail | 6 no. 26, 2.5
row_lost | 6 no. 6, 10.2 a
flag_left_behind | 6 no. 5, 2.6
worker_killed_in_database | 2.6, 2.10
worker_killed_after_rows | 2.6, 2.10
worker_killed_after_end | 2.6, 2.10
archive_late | 6 no. 28, 2.9
redelivered | 6 no. 30, 2.10
certificates | 6 no. 27, 2.2
certificates_reboot_refused | 6 no. 27, 10.2
certificates_flag_survives | 6 no. 27, 2.2, 2.6
certificates_no_reboot | 6 no. 27, 2.2
temperamental | 6 no. 4
account_lock | 1.0
rate_limit | 6 no. 29
ssl_required | 1.0
licence_missing | 6 no. 14
newer_manager | 9 no. 3
manager_before_4_5 | 1.2
answer_lost | 10.5 no. 2
upload_cut | 6 no. 15
upload_504 | 6 no. 15
snapshot_failed | 6 no. 16
scheduled | 6 no. 25, 2.8, 10.2 d
queued | 6 no. 25, 2.8
cluster | 2.9
cluster_other_down | 2.9
'

row_good() { go; }

row_one_password_for_both() {
  here legacy || return 0
  made_as --admin-password admin
  set_after ''
  restored_password=admin go
}

row_after_password_wrong() {
  here legacy || return 0
  printf wrong >old.pw
  practice_options+=(--account-lock)
  go
  [[ $(manager version | jq -r .version) == "$version" ]] || broken "the account is locked"
}

row_after_password_wrong_then_right() {
  here legacy || return 0
  printf wrong >old.pw
  practice_options+=(--account-lock)
  go
  printf oldpw >old.pw
  again
}

row_after_password_missing() {
  here legacy || return 0
  set_after ''
  practice_options+=(--account-lock)
  go
  set_after 'username: admin, password: {file: old.pw}'
  again --set manager.after_restore.password.file=old.pw
}

# token: one of the target's admin.
token() {
  local body=()
  if ! below 6.4.0; then body=(-H 'Content-Type: application/json' -d '{}'); fi
  curl_ -f -u admin:admin -H 'Tenant: default_tenant' "${body[@]}" "$url/api/v3.1/tokens" |
    jq -r .value >token
  chmod 600 token
  credential='token: {file: token}'
}

row_token_and_password() {
  practice_up
  token
  go
}

row_token_alone() {
  practice_up
  token
  set_after ''
  if [[ $name != *-new ]]; then restored_password=admin; fi
  go
}

row_maintenance_on_already() {
  practice_up
  tell '{"maintenance": "activated"}'
  go
}

# busy: an execution that runs until "free".
busy() {
  tell '{"sql": "INSERT INTO executions (id, tenant, workflow_id, deployment_id, status, error,
    created_by, visibility, created_at, blocking) VALUES (\"busy\", \"default_tenant\", \"scale\",
    \"dep-x\", \"started\", \"\", \"admin\", \"tenant\", strftime(\"%Y-%m-%dT%H:%M:%fZ\", \"now\"), 0)"}'
}
free() { tell '{"sql": "UPDATE executions SET status = \"terminated\" WHERE id = \"busy\""}'; }

row_maintenance_never_reached() {
  practice_up
  busy
  go
}

row_busy_at_the_restore() {
  go --stop-before restore
  busy
  (sleep 1.5 && free) &
  again
}

# The question before the restore is answered as if nothing ran, as when something begins just then.
row_pending_restore_left() {
  go --stop-before restore
  busy
  faults '[{"method": "GET", "path": "/executions", "n": 1, "do": "answer", "status": 200,
    "headers": {"Content-Type": "application/json"},
    "body": "{\"items\": [], \"metadata\": {\"pagination\": {\"total\": 0, \"size\": 1000, \"offset\": 0}}}"}]'
  (sleep 1.5 && free) &
  again
  if [[ $code -eq 0 ]]; then
    ledger '[.execution_actions | to_entries[] | select(.key | test("^kill ")) | .value] == [1]' || broken "the pending restore was not killed"
  fi
}

row_newer_snapshot() {
  made_as --manager-version 9.0.0
  go
}

row_newer_snapshot_by_url() {
  made_as --manager-version 9.0.0
  by_url
}

row_older_snapshot_by_url() {
  here legacy from-5.0.5 || return 0
  made_as --manager-version 4.5.5
  sed_metadata 's/"snapshot_version": *"[^"]*"/"snapshot_version": "3.4.2"/'
  by_url
}

row_not_empty() {
  cp "$base/other.zip" .
  practice_options+=(--content other.zip)
  go
}

# load FILE: what it holds is on the manager at once, as if somebody had worked there.
load() { curl_ -f -H 'Content-Type: application/json' -d "{\"path\": \"$PWD/$1\"}" "$url/practice/load" >/dev/null; }

row_not_empty_late() {
  here legacy || return 0
  cp "$base/other.zip" .
  go --stop-before restore
  load other.zip
  again
}

row_not_bootstrap_admin() {
  here legacy || return 0
  practice_up
  tell '{"users": [{"username": "boss", "password": "admin", "role": "sys_admin"}]}'
  user=boss
  go
}

row_networks_missing() {
  here legacy || return 0
  practice_up
  tell '{"networks": ["other"]}'
  go
}

row_networks_missing_late() {
  here legacy || return 0
  go --stop-before restore
  tell '{"networks": ["other"]}'
  again
}

row_community_legacy() {
  here legacy from-7.0.5 || return 0
  made_as --community --tenants 1
  go
}

row_community_legacy_by_url() {
  here legacy from-7.0.5 || return 0
  made_as --community --tenants 1
  by_url
}

row_not_a_zip() {
  printf 'this is no archive' >a.zip
  go
}
row_not_a_zip_by_url() {
  printf 'this is no archive' >a.zip
  by_url
}
row_cut_archive() {
  truncate -s -3000 a.zip
  go
}
row_cut_archive_by_url() {
  truncate -s -3000 a.zip
  by_url
}
row_without_metadata() {
  zip -qd a.zip metadata.json
  go
}
row_without_metadata_by_url() {
  zip -qd a.zip metadata.json
  by_url
}

row_restored_before() {
  here new || return 0
  made_as --admin-password admin
  practice_options+=(--content a.zip)
  go
}
row_restored_before_forced() {
  here new || return 0
  made_as --admin-password admin
  practice_options+=(--content a.zip)
  go --set restore.force=true
}

row_database_error() {
  here legacy || return 0
  setting '{"restore_fails": "could not open relation"}'
  go
  [[ $(manager version | jq -r .version) == "$version" ]] || broken "the password was not replaced"
}

row_plugins_fail() {
  here legacy before-5.1.0 || return 0
  setting '{"plugins_fail": true}'
  go
}

row_entities_fail() {
  here new || return 0
  setting '{"entities_fail": 1}'
  go
}

row_row_lost() {
  here legacy || return 0
  setting '{"row_lost": true}'
  go
}

# Where executions can be looked at in maintenance, ferry finds out; elsewhere it waits to the end.
stuck_flag_timeout() {
  restore_timeout=80s
  if below 5.1.1; then restore_timeout=15s; fi
}

row_flag_left_behind() {
  here legacy from-5.0.5 || return 0
  setting '{"flag_leaks": true}'
  stuck_flag_timeout
  go
}

worker_killed() {
  here legacy || return 0
  setting "{\"worker_dies\": \"$1\"}"
  restore_timeout=12s go
}
row_worker_killed_in_database() { worker_killed in_database; }
row_worker_killed_after_rows() { worker_killed after_rows; }
row_worker_killed_after_end() { worker_killed after_end; }

row_archive_late() {
  setting '{"file_late_ms": 80000}'
  go
}

row_redelivered() {
  here legacy from-5.0.5 || return 0
  setting '{"redelivered": true}'
  go
}

authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
    -addext "subjectAltName=IP:127.0.0.1" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

row_certificates() {
  here legacy || return 0
  authority one
  authority two
  cat one.pem two.pem >both.pem
  ca=$PWD/both.pem
  practice_options+=(--tls-cert one.pem --tls-key one.key
    --restored-tls-cert two.pem --restored-tls-key two.key)
  more_yaml='  ca: one.pem'
  set_after 'username: admin, password: {file: old.pw}, ca: two.pem'
  go --set restore.certificates=true
}
row_certificates_reboot_refused() {
  here legacy || return 0
  setting '{"reboot_refused": true}'
  go --set restore.certificates=true
}
row_certificates_flag_survives() {
  here legacy from-5.0.5 before-7.0.0 || return 0
  setting '{"flag_survives_reboot": true}'
  stuck_flag_timeout
  go --set restore.certificates=true
}
row_certificates_no_reboot() {
  here legacy || return 0
  go --set restore.certificates=true --set restore.no_reboot=true
}

row_temperamental() {
  here before-6.2.0 || return 0
  practice_options+=(--temperamental)
  go
}

row_account_lock() {
  practice_options+=(--account-lock)
  go
  [[ $(manager version "$(cat "$last_password")" | jq -r .version) == "$version" ]] ||
    broken "the account is locked"
}

row_rate_limit() {
  here from-7.0.5 || return 0
  practice_options+=(--rate-limit 10)
  requests_per_second=5 go
}

row_ssl_required() {
  practice_options+=(--ssl-required)
  go
}

row_licence_missing() {
  here premium || return 0
  setting '{"no_license": true}'
  go
}

row_newer_manager() {
  here from-7.0.5 || return 0
  practice_options=("${practice_options[@]/$version/7.9.0}")
  version=7.9.0
  go
}

row_manager_before_4_5() {
  here before-5.0.0 || return 0
  practice_options=("${practice_options[@]/$version/4.4.0}")
  made_as --manager-version 4.3.0
  go
}

row_answer_lost() {
  practice_up
  faults '[{"method": "POST", "path": "/snapshots/snap/restore$", "n": 1, "do": "drop_after"}]'
  go
}

row_upload_cut() {
  practice_up
  faults '[{"method": "PUT", "path": "/archive", "n": 1, "do": "drop_before", "after_bytes": 4096}]'
  go
}

row_upload_504() {
  practice_up
  faults '[{"method": "PUT", "path": "/archive", "n": 1, "do": "answer", "after_effect": true,
    "status": 504}]'
  go
}

row_snapshot_failed() {
  go --stop-before restore
  tell '{"sql": "UPDATE snapshots SET status = \"failed\", error = \"no space left on device\""}'
  again
}

row_scheduled() {
  made_as --scheduled 2
  go
}

row_queued() {
  here legacy || return 0
  made_as --scheduled 2
  unzip -qp a.zip pg_data | sed 's/\tscheduled\t/\tqueued\t/' >pg_data
  zip -qu a.zip pg_data
  go
}

row_cluster() {
  here from-5.0.5 || return 0
  practice_options+=(--nodes 2)
  go
}

row_cluster_other_down() {
  here from-5.0.5 || return 0
  practice_options+=(--nodes 2)
  practice_up
  tell '{"nodes": [{"node": 1, "down": true}]}'
  first_url=$url url=$second_url
  go
}
