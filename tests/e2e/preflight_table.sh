#!/usr/bin/env bash
# Every check of a plan, with a manager (or an archive, or a configuration) that fails it, as a table.
#
#   FERRY=... FERRY_PRACTICE=... FERRY_MAKE_WAGON=... preflight_table.sh [--write] [CHECK...]
#
# A row is a line of the list and a function row_NAME, which says what is wrong. Its line in
# preflight_table.txt: check, what is wrong, verdict, evidence, next step. The lines must be those of
# the file; --write puts them there. Besides, whatever the row is: the plan holds every check of the
# table once and in order, each with evidence and, unless it is ok, a next step; and neither manager
# has seen a request that changes anything.
# shellcheck disable=SC2317 # rows are called by name
set -euo pipefail
# shellcheck source=tests/e2e/profiles.bash
source "$(dirname "$0")/profiles.bash"
golden=$BATS_TEST_DIRNAME/preflight_table.txt
width=2 # rows at once
write=
if [[ ${1:-} == --write ]]; then
  write=yes
  shift
fi
for tool in jq openssl; do
  type -P "$tool" >/dev/null || skip "$tool is not installed"
done

# function | check | what is wrong
rows='
old_version | manager_version | a manager 4.3.4
newer_version | manager_version | a manager 7.9.0
community_legacy | archive_format | a dump of a community manager, for 7.1.0
new_format_for_old | archive_format | an archive of the new format, for 6.4.2
newer_archive | archive_version | an archive of 7.0.5, for 6.4.2
untested_source | tested_source | an archive of 5.0.5, for 7.0.5
tenants_to_community | edition | an archive with two tenants, for a community manager
premium_to_community | edition | a premium old manager, for a community manager
no_licence | licence | a premium manager without a licence
expired_trial | licence | a premium manager whose trial has expired
licence_ends | licence | a premium manager whose licence ends in nine days
not_an_admin | bootstrap_admin | a user without the role
another_admin | bootstrap_admin | an administrator of another name
no_after_login | after_restore_login | no login for after the restore
token_alone | after_restore_login | a token and no password
account_lock | account_lock | a manager that locks accounts
account_lock_soon | account_lock | a manager that locks accounts after two wrong passwords
full_manager | empty_blueprints | a manager that holds blueprints
full_manager_forced | empty_blueprints | the same with restore.force
restored_before | empty_blueprints | a manager that has had this archive of the new format
plugins_there | empty_plugins | a manager that holds plugins
networks_missing | networks | a manager without the network of the agents
cluster | cluster_nodes | a cluster of two managers
service_down | services | a manager whose RabbitMQ is down
cluster_degraded | services | a cluster that is degraded
maintenance_on | maintenance | a manager in maintenance
flag_left | restore_flag | a manager with the flag of a restore
work_open | open_executions | a manager with work under way
restore_pending | open_executions | a manager with a restore that was left pending
name_taken | snapshot_id | a manager with a snapshot of that name
any_disk | manager_disk | any manager
full_disk | local_disk | a journal on a file system without room
clock_ahead | clock | a manager whose clock is an hour ahead
certificate_ends | tls | a manager whose certificate ends in ten days
too_fast | rate_limit | a manager 7.0.5, asked 50 times a second
delivers_twice | redelivery | a manager 6.4.0
hosts_stand | hosts_started | an archive with two hosts that are stopped
no_old | old_manager | no old manager in the configuration
old_is_dead | old_manager | an old manager that does not answer
old_is_another | old_manager | an old manager of another version
old_refuses | old_manager | an old manager that refuses the password
broker_is_dead | old_broker | a broker that does not answer
agents_failed | old_agents | an old manager with two failed agents
never_validated | old_validation | an old manager on which validate_agents was never run
validation_failed | old_validation | an old manager on which validate_agents failed
python_2 | plugins_python | plugins for Python 2, for 7.0.5
compiled_for_36 | plugins_python | plugins compiled for Python 3.6, for 7.0.5
for_centos | plugins_platform | plugins made on CentOS, for Debian
moves | plugin_moves | two versions of a plugin in the archive
unseen | plugin_moves | an archive that the manager fetches itself
'

# --- what a row may set ---

options=() old_options=() made=(--deployments 4 --agents 2 --plugins 2)
manager_lines='' after='after_restore: {username: admin, password: {file: old.pw}}'
credential='password: {file: new.pw}' user=admin snapshot='{file: a.zip, id: snap}' rate=5 more=''
old_credential='password: {file: old.pw}'

set_options() { options=("$@"); }
archive() { made+=("$@"); }
setting() { settings=$1; }
# old [OPTION...]: an old manager that holds the archive.
old() { wants_old=yes old_options=("$@"); }

make_archive() { "$FERRY_PRACTICE" make-archive a.zip --admin-password oldpw "${made[@]}" >made.out; }
start_old() {
  : >old.ready
  "$FERRY_PRACTICE" --listen 127.0.0.1:0 --data old --time-scale 0 --content a.zip \
    --manager-version "$old_version" "${old_options[@]}" >old.ready 2>>practice.err 3>&- &
  printf '%s\n' "$!" >>pids
  until_true 20 grep -q '^ready ' old.ready
  old_url=$(sed -n 's/^ready //p' old.ready)
}
old_yaml() {
  if [[ -z $old_url ]]; then return; fi
  printf 'from: {url: "%s", username: admin, %s%s}\n' "$old_url" "$old_credential" \
    "${broker:+, broker: \"$broker\"}"
}
write_plan_yaml() {
  cat >upgrade.yaml <<END
manager:
  url: $url
  username: $user
  $credential
  $after
$manager_lines
snapshot: $snapshot
limits: {requests_per_second: $rate}
$(old_yaml)
$more
END
}

# --- the rows ---

row_old_version() { set_options --manager-version 4.3.4; }
row_newer_version() { set_options --manager-version 7.9.0; }
row_community_legacy() { archive --community --manager-version 7.0.5; }
row_new_format_for_old() { archive --format new; set_options --manager-version 6.4.2; }
row_newer_archive() { archive --manager-version 7.0.5; set_options --manager-version 6.4.2; }
row_untested_source() { archive --manager-version 5.0.5; set_options --manager-version 7.0.5; }
row_tenants_to_community() { archive --tenants 2; }
row_premium_to_community() { old --premium; }
row_no_licence() { set_options --premium; setting '{"license": "none"}'; }
row_expired_trial() { set_options --premium; setting '{"license": "expired", "license_trial": true}'; }
row_licence_ends() {
  set_options --premium
  setting "{\"license_expires\": \"$(date -u -d '+9 days 12 hours' +%FT%TZ)\"}"
}
row_not_an_admin() { another_user default; }
row_another_admin() { another_user sys_admin; }
another_user() {
  user=eve credential='password: {file: eve.pw}'
  printf evepw >eve.pw
  chmod 600 eve.pw
  before='{"users": [{"username": "eve", "password": "evepw", "role": "'$1'", "tenants": {"default_tenant": "user"}}]}'
}
row_no_after_login() { after=''; }
row_token_alone() {
  after='' credential='token: {file: token}'
  needs_token=yes
}
row_account_lock() { set_options --account-lock; }
row_account_lock_soon() { set_options --account-lock; setting '{"failed_logins_allowed": 2}'; }
row_full_manager() { holds_it=yes credential='password: {file: old.pw}'; }
row_full_manager_forced() { row_full_manager; more='restore: {force: true}'; }
row_restored_before() { row_full_manager_forced; archive --format new; }
row_plugins_there() { row_full_manager; }
row_networks_missing() { setting '{"manager_networks": ["other"], "broker_networks": ["default"]}'; }
row_cluster() { set_options --nodes 2; }
row_service_down() { setting '{"services_failing": ["RabbitMQ"]}'; }
row_cluster_degraded() { set_options --nodes 2; setting '{"cluster_status": "Degraded"}'; }
row_maintenance_on() { before='{"maintenance": "activated"}'; }
row_flag_left() { before='{"flag": true}'; }
execution() {
  before="{\"sql\": \"INSERT INTO executions (tenant, id, workflow_id, deployment_id, status, is_system, created_at) VALUES $1\"}"
}
row_work_open() {
  execution "('default_tenant','e1','install','web','started',0,'2026-11-20T00:00:00.000Z'), ('default_tenant','e2','heal','db','scheduled',0,'2026-11-20T00:00:01.000Z')"
}
row_restore_pending() { execution "('default_tenant','r1','restore_snapshot',NULL,'pending',1,'2026-11-20T00:00:00.000Z')"; }
row_name_taken() { taken=yes; }
row_any_disk() { :; }
row_full_disk() { journal=/proc/ferry.db; }
row_clock_ahead() { setting '{"date_offset_ms": 3600000}'; }
row_certificate_ends() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.pem -days 10 -subj /CN=practice \
    -addext subjectAltName=IP:127.0.0.1 2>openssl.err
  set_options --tls-cert tls.pem --tls-key tls.key
  ca=tls.pem manager_lines='  ca: tls.pem'
}
row_too_fast() { set_options --manager-version 7.0.5; rate=50; }
row_delivers_twice() { set_options --manager-version 6.4.0; }
row_hosts_stand() { archive --stopped-hosts 2; }
row_no_old() { :; }
row_old_is_dead() { old_url=http://127.0.0.1:1; }
row_old_is_another() { old; old_version=6.3.2; }
row_old_refuses() { old; old_credential='password: {file: new.pw}'; }
row_broker_is_dead() { old; broker=127.0.0.1:1; }
row_agents_failed() { archive --agents 4 --failed-agents 2; old; }
row_never_validated() { old; }
row_validation_failed() { old; old_execution=yes; }
row_python_2() {
  archive --manager-version 6.4.1 --plugin-python py27
  set_options --manager-version 7.0.5
}
row_compiled_for_36() {
  archive --manager-version 6.4.1 --plugin-python py36 --plugin-platform linux_x86_64
  set_options --manager-version 7.0.5
}
row_for_centos() { archive --plugin-platform linux_x86_64; }
row_moves() { :; }
row_unseen() { snapshot='{url: "http://files.example/a.zip", id: snap}'; }

# --- a row ---

# What differs from run to run.
plain() {
  sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+Z?)?/DATE/g' -e 's#(https?://)?127\.0\.0\.1:[0-9]{2,}#ADDRESS#g' \
    -e "s#$PWD#FOLDER#g" -e 's/[0-9]+(\.[0-9]+)? ([KMG]iB|B)\b/N \2/g' -e 's/(is) [0-9.]+ (s|min|h)[ 0-9a-z]* (ahead|behind)/\1 N \3/' \
    -e 's/: failed to connect [^|]*server/: (the words of libcurl)/'
}

prepare() {
  make_archive
  if [[ -n $wants_old ]]; then start_old; fi
  if [[ -n $old_execution ]]; then
    curl_ -f -H 'Content-Type: application/json' -d '{"sql": "INSERT INTO executions (tenant, id, workflow_id, deployment_id, status, created_at) VALUES ('"'default_tenant','v1','validate_agents','dep-00000','failed','2026-11-20T00:00:00.000Z'"')"}' \
      "$old_url/practice/set" >/dev/null
  fi
  if [[ -n $holds_it ]]; then options+=(--content a.zip); fi
  practice "${options[@]}"
  url=$(sed -n '1s/^ready //p' ready)
  if [[ -n $settings ]]; then tell "$settings"; fi
  if [[ -n $before ]]; then tell "$before"; fi
  if [[ -n $taken ]]; then
    curl_ -f -u admin:admin -H 'Tenant: default_tenant' -H 'Content-Type: application/octet-stream' -T a.zip \
      "$url/api/v3.1/snapshots/snap/archive" >/dev/null
  fi
  if [[ -n $needs_token ]]; then
    curl_ -f -u admin:admin -H 'Content-Type: application/json' -d '{}' "$url/api/v3.1/tokens" |
      jq -r .value >token
    chmod 600 token
  fi
}

broken() { printf '%s\n' "$*" >>broken.txt; }

# What holds for every plan.
check_promises() {
  jq -r '.checks[] | select((.evidence | length) == 0 or (.verdict != "ok" and (.next | length) == 0)) | .name' \
    out.json >wrong
  if [[ -s wrong ]]; then broken "without evidence or a next step: $(tr '\n' ' ' <wrong)"; fi
  jq -r '.checks[].name' out.json >names
  if [[ $changed_before -ne $(changing_requests) ]]; then broken 'a changing request was sent'; fi
  if [[ -n $wants_old ]]; then
    local own=$url
    url=$old_url
    [[ $(changing_requests) -eq ${old_changed:-0} ]] || broken 'a changing request was sent to the old manager'
    url=$own
  fi
}

# one NAME CHECK WHAT: the row in a folder of its own; its line is in "line".
one() {
  BATS_TEST_TMPDIR=$base/$1
  mkdir "$BATS_TEST_TMPDIR"
  world
  trap teardown EXIT
  settings='' before='' taken='' holds_it='' needs_token='' wants_old='' old_execution='' old_url='' broker=''
  old_version=6.4.2 journal=$FERRY_JOURNAL ca=''
  "row_$1"
  prepare
  write_plan_yaml
  changed_before=$(changing_requests)
  FERRY_JOURNAL=$journal timeout 60 "$FERRY" plan upgrade.yaml --json >out.json 2>err 3>&- || true
  jq -e .checks out.json >/dev/null || { cat err; return 1; }
  check_promises
  jq -r --arg name "$2" --arg what "$3" '.checks[] | select(.name == $name)
    | "\(.name) | \($what) | \(.verdict) | \(.evidence) | \(.next // "-")"' out.json | plain >line
}

# --- the table ---

base=$(mktemp -d "${TMPDIR:-/tmp}/ferry-preflight-XXXXXX")
trap 'if [[ -n ${FERRY_KEEP:-} ]]; then printf "kept: %s\n" "$base"; else rm -rf "$base"; fi' EXIT
chosen=" $* "
declare -a order=() running=()
while IFS='|' read -r row check what; do
  row=${row// /} check=${check// /} what=${what# }
  if [[ -z $row || ($chosen != '  ' && $chosen != *" $check "* && $chosen != *" $row "*) ]]; then continue; fi
  while [[ $(jobs -rp | wc -l) -ge $width ]]; do wait -n || true; done
  (one "$row" "$check" "$what") >"$base/$row.log" 2>&1 &
  order+=("$row") running+=($!)
done <<<"$rows"

failed=0
: >"$base/have"
for i in "${!order[@]}"; do
  row=${order[$i]}
  if ! wait "${running[$i]}"; then
    printf 'the row %s did not come to its end:\n' "$row"
    tail -n 20 "$base/$row.log"
    failed=1
  fi
  cmp -s "$base/${order[0]}/names" "$base/$row/names" ||
    printf 'other checks than in the first row\n' >>"$base/$row/broken.txt"
  if [[ -s $base/$row/broken.txt ]]; then
    printf 'broken in %s: %s\n' "$row" "$(tr '\n' ';' <"$base/$row/broken.txt")"
    failed=1
  fi
  if [[ -s $base/$row/line ]]; then cat "$base/$row/line" >>"$base/have"; fi
done

if [[ -n $write ]]; then
  cp "$base/have" "$golden"
elif [[ $chosen != '  ' ]]; then
  cat "$base/have"
else
  # each check of a plan is failed by somebody
  cut -d' ' -f1 "$base/have" | sort -u >"$base/failed"
  if ! diff <(sort "$base/${order[0]}/names") "$base/failed" >&2; then
    printf 'checks that no row fails (<)\n'
    failed=1
  fi
  if ! diff "$golden" "$base/have"; then
    printf 'the table is not that of %s (<); to accept it: preflight_table.sh --write\n' "$golden"
    failed=1
  fi
fi
printf '%d rows\n' "$(wc -l <"$base/have")"
exit "$failed"
