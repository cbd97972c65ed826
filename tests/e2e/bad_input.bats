#!/usr/bin/env bats
# Bad input gets a clear message, the next step, its exit code, and nothing is lost: the archive, the
# manager and the journal are afterwards what they were before.
# shellcheck disable=SC2154,SC2016 # variables of helper.bash; words of ferry's own
load helper

setup() { world; }

# refused CODE MESSAGE HINT [OPTION...]: plan and run end with this code, say this, and leave
# archive, manager and journal alone.
refused() {
  local code=$1 message=$2 hint=$3 sum
  shift 3
  sum=$(sha256sum a.zip)
  ferry "$code" plan upgrade.yaml "${at_manager[@]}" "$@"
  says "$message"
  hints "$hint"
  ferry "$code" run upgrade.yaml "${at_manager[@]}" "$@"
  says "$message"
  hints "$hint"
  [[ $(sha256sum a.zip) == "$sum" ]]
  ferry 0 runs --json
  is '.runs == []' out
}
# The same with a practice manager, of which nothing was asked that changes it.
refused_here() {
  at_manager=(--manager "$url")
  effects >before.json
  refused "$@"
  effects | diff before.json -
  ledger '.changing_requests == 0'
}

again='fetch the snapshot again|look at'

# --- the archive ---

@test "no such archive" {
  made
  practice
  refused_here 2 'nowhere\.zip.*no such file' 'snapshot' --snapshot nowhere.zip
}

@test "the archive is a folder" {
  made
  mkdir folder.zip
  practice
  refused_here 2 'folder\.zip.*is not a file' 'snapshot' --snapshot folder.zip
}

@test "not a zip" {
  head -c 20000 /dev/urandom >a.zip
  practice
  refused_here 5 'not a zip file' "$again"
}

@test "a zip cut short, at several places" {
  made --deployments 4
  cp a.zip whole.zip
  practice
  local size keep
  size=$(stat -c %s a.zip)
  for keep in 30 1000 $((size / 2)) $((size - 30)) $((size - 1)); do
    head -c "$keep" whole.zip >a.zip
    refused_here 5 'a\.zip|archive' "$again"
  done
}

@test "a zip whose bytes were damaged on the way" {
  made --deployments 4
  local size
  size=$(stat -c %s a.zip)
  # into the middle of the data, not of the directory at the end
  head -c 64 /dev/urandom | dd of=a.zip bs=1 seek=$((size / 3)) conv=notrunc status=none
  practice
  refused_here 5 'archive|a\.zip' "$again"
}

@test "no metadata.json in it" {
  echo x >pg_data
  cmake -E tar cf a.zip --format=zip pg_data
  practice
  refused_here 5 'no metadata\.json' "$again"
}

@test "an empty file" {
  : >a.zip
  practice
  refused_here 5 'is empty' "$again"
}

@test "made by a newer manager" {
  made --manager-version 7.1.0
  practice --manager-version 6.4.2
  refused_here 5 '7\.1\.0.*newer|newer.*7\.1\.0|6\.4\.2' 'newer one|version'
}

@test "the new format for a manager that does not know it" {
  made --format new
  practice --manager-version 6.4.2
  refused_here 5 '6\.4\.2' 'legacy|newer manager'
}

@test "a legacy archive of a community manager, which restores nothing and says so to nobody" {
  made --community --manager-version 7.1.0
  practice
  refused_here 5 'community|revision' '.'
}

@test "the archive changes between plan, run and resume" {
  made --deployments 2
  practice
  run_ 3 --stop-before upload
  cp journal.db before.db
  touch -d '2020-01-01' a.zip
  ferry 5 resume
  says 'a\.zip.*not the file'
  hints 'put the old file back'
  made --deployments 3
  ferry 5 resume
  says 'a\.zip.*not the file'
  ledger '.changing_requests == 0'
  status '.state == "paused"'
}

# --- the manager ---

# nobody_there URL: a port on which nobody listens.
@test "a URL without anybody behind it" {
  made
  at_manager=(--manager "http://127.0.0.1:$(free_port)")
  refused 1 "cannot reach http://127\.0\.0\.1" 'manager\.url'
}

@test "a host that does not exist" {
  made
  at_manager=(--manager "http://no-such-host.invalid")
  refused 1 'no-such-host\.invalid' 'manager\.url'
}

@test "https to a port that speaks http" {
  made
  practice
  at_manager=(--manager "https://127.0.0.1:$port")
  refused 1 'cannot reach https://' 'manager\.url'
  ledger '.requests == 0'
}

@test "a web server that is no manager" {
  made
  web_server 'location / { default_type text/html; return 200 "<html>welcome</html>"; }'
  at_manager=(--manager "$nginx_url")
  refused 1 'does not answer like a Cloudify manager|HTML' 'manager\.url'
}

@test "a server that answers JSON, but is no manager" {
  made
  web_server 'location / { default_type application/json; return 200 "{\"hello\": [1, 2]}"; }'
  at_manager=(--manager "$nginx_url")
  refused 1 'does not answer like a Cloudify manager' 'manager\.url'
}

@test "a server that has nothing: 404 everywhere" {
  made
  web_server 'location / { return 404; }'
  at_manager=(--manager "$nginx_url")
  refused 1 'does not answer like a Cloudify manager|404' 'manager\.url'
}

@test "a manager older than supported" {
  made
  web_server 'location = /api/v3.1/version { default_type application/json;
    return 200 "{\"version\": \"4.4.1\", \"edition\": \"premium\"}"; }
    location / { return 404; }'
  at_manager=(--manager "$nginx_url")
  refused 5 '4\.4\.1 is not supported' '4\.5'
}

@test "a wrong password: at most three tries" {
  made
  practice
  printf wrong >new.pw
  at_manager=(--manager "$url")
  ferry 2 plan upgrade.yaml --manager "$url"
  says 'refuses user "admin".*401'
  hints 'manager\.password'
  [[ $(requests | grep -c '401\]$') -le 3 ]]
  local before
  before=$(ask requests | jq '.requests | length')
  ferry 2 run upgrade.yaml --manager "$url"
  says 'refuses user "admin".*401'
  hints 'manager\.username and manager\.password'
  [[ $(requests "$before" | grep -c '401\]$') -le 3 ]]
  ledger '.changing_requests == 0'
}

@test "the password is changed in the middle: at most three tries in a row, then resume with the right one" {
  made --deployments 2
  practice
  run_ 3 --stop-before verify
  tell '{"admin_password": "another"}'
  local before code=0
  before=$(ask requests | jq '.requests | length')
  timeout 60 "$FERRY" resume >out 2>err || code=$?
  [[ $code -eq 2 || $code -eq 3 ]]
  says '401|refuses|password'
  hints 'password'
  [[ $(requests "$before" | grep -c '401\]$') -le 6 ]]
  ledger '.restores == []'
  printf another >new.pw
  ferry 0 resume
  carried
}

@test "a tenant that does not exist" {
  made
  practice
  refused_here 2 'tenant "nowhere".*403' 'manager\.tenant' --tenant nowhere
}

@test "a user who may not restore" {
  made
  practice
  tell '{"users": [{"username": "eve", "password": "evepw", "tenants": {"default_tenant": "user"}}]}'
  printf evepw >eve.pw
  chmod 600 eve.pw
  refused_here 2 'user "eve" has the role default' 'administrator' --username eve --password-file eve.pw
}

@test "a manager that is in maintenance already: a warning, and the upgrade goes on" {
  made --deployments 2
  practice
  tell '{"maintenance": "activated"}'
  ferry 0 plan upgrade.yaml --manager "$url"
  grep -Eq '^warning +maintenance: the manager is in maintenance already' out
  grep -q 'is somebody else working on it' out
  run_ 0
  # ferry did not switch it on, but off it goes after the restore
  ledger '.activations == 0 and .deactivations == 1'
  status "$(step_state maintenance_activate skipped)"
}

@test "the snapshot's id is taken: not replaced" {
  made
  practice
  echo 'the snapshot of somebody else' >theirs
  curl_ -u admin:admin -H 'Tenant: default_tenant' -H 'Content-Type: application/octet-stream' \
    -T theirs "$url/api/v3.1/snapshots/snap/archive" >/dev/null
  effects >before.json
  at_manager=(--manager "$url")
  refused 5 'snapshot "snap" is on the manager already' 'another name with --snapshot-id'
  effects | diff before.json -
  manager snapshots/snap/archive admin | diff theirs -
  # the hint is right
  run_ 3 --snapshot-id other --stop-before restore
  manager snapshots/snap/archive admin | diff theirs -
}

@test "the snapshot's id is taken between plan and upload" {
  made
  practice
  run_ 3 --stop-before upload
  echo theirs >theirs
  curl_ -u admin:admin -H 'Tenant: default_tenant' -H 'Content-Type: application/octet-stream' \
    -T theirs "$url/api/v3.1/snapshots/snap/archive" >/dev/null
  ferry 5 resume
  says 'snapshot "snap" is on the manager already'
  manager snapshots/snap/archive admin | diff theirs -
}

@test "restored already: the manager holds blueprints" {
  made --tenants 2 --deployments 3
  practice --content "$PWD/a.zip"
  refused_here 5 'blueprint|not empty|already' '.' --password-file old.pw
}

@test "an archive in the new format is not restored twice" {
  made --format new --tenants 2 --deployments 3
  practice
  run_ 0
  effects >before.json
  ferry 5 run upgrade.yaml --manager "$url" --snapshot-id second
  says 'not empty: it holds 2 blueprints'
  hints 'a second restore would double all node instances'
  effects | diff before.json -
  # force makes no difference, since a manager takes no notice of it
  ferry 5 plan upgrade.yaml --manager "$url" --snapshot-id second --set restore.force=true
  grep -q 'has been restored on this manager before: its deployment' out
  ferry 5 run upgrade.yaml --manager "$url" --snapshot-id second --set restore.force=true
  effects | diff before.json -
}

@test "something runs on the manager: not restored over it" {
  made
  practice
  # a restore refused with 400 would leave a pending row behind that blocks everything (facts 10.5)
  tell '{"sql": "INSERT INTO executions (id, tenant, workflow_id, status, created_at) VALUES
    ('"'"'e1'"'"', '"'"'default_tenant'"'"', '"'"'create_snapshot'"'"', '"'"'started'"'"', '"'"'2026-01-01T00:00:00.000Z'"'"')"}'
  local code=0
  timeout 20 "$FERRY" run upgrade.yaml --manager "$url" --set maintenance.timeout=1s >out 2>err || code=$?
  [[ $code -ne 0 ]]
  says 'create_snapshot|execution|runs|remaining'
  ledger '.restores == []'
}

@test "the restore fails on the manager: said, and not begun a second time" {
  made --tenants 2 --deployments 3
  practice
  run_ 3 --stop-before restore
  # somebody fills the manager behind our back, after the last look at it
  curl_ -f -H 'Content-Type: application/json' -d "{\"path\": \"$PWD/a.zip\"}" "$url/practice/load" >/dev/null
  ferry 1 resume
  says 'restore|failed'
  hints '.'
  ledger '.restores | length == 1 and .[0].status == "failed"'
  ledger '.executions == {}'
  local code=0
  timeout 60 "$FERRY" resume >out 2>err || code=$?
  [[ $code -eq 1 || $code -eq 2 ]]
  ledger '.restores | length == 1'
}

# --- the configuration ---

# yaml CODE WHERE MESSAGE: bad.yaml is refused with line and column.
yaml() {
  ferry "$1" plan bad.yaml
  says "bad\.yaml:$2"
  says "$3"
  ferry "$1" run bad.yaml
  says "bad\.yaml:$2"
  says "$3"
  [[ ! -e journal.db ]]
}

@test "YAML: not YAML at all" {
  printf 'manager:\n  url: "http://x\nsnapshot: {file: a.zip}\n' >bad.yaml
  yaml 2 '[0-9]+:[0-9]+' '.'
}

@test "YAML: a tab" {
  printf 'manager: {url: http://x}\nsnapshot:\n\tfile: a.zip\n' >bad.yaml
  yaml 2 '[0-9]+:[0-9]+' 'not valid YAML from here on'
}

@test "YAML: an unknown key, with the one that was meant" {
  printf 'manager:\n  url: http://x\n  usrname: admin\n' >bad.yaml
  yaml 2 '3:3' 'usrname'
  hints 'username'
}

@test "YAML: wrong types" {
  local lines
  lines=$(wc -l <upgrade.yaml)
  write_yaml 'agents: {concurrency: many}'
  mv upgrade.yaml bad.yaml
  yaml 2 "$((lines - 1)):[0-9]+" 'concurrency'
  write_yaml 'agents: {install_timeout: 4 weeks}'
  mv upgrade.yaml bad.yaml
  yaml 2 "$((lines - 1)):[0-9]+" 'install_timeout'
  write_yaml 'agents:' '  stop_old: perhaps'
  mv upgrade.yaml bad.yaml
  yaml 2 "$lines:[0-9]+" 'stop_old'
  printf 'manager: [1, 2]\n' >bad.yaml
  yaml 2 '1:[0-9]+' 'manager'
}

@test "YAML: a password written out is refused and not repeated" {
  printf 'manager:\n  url: http://x\n  password: hunter2secret\nsnapshot: {file: a.zip}\n' >bad.yaml
  yaml 2 '3:[0-9]+' 'password'
  run ! grep -r hunter2secret out err
}

@test "no file, no manager, no snapshot" {
  ferry 2 run nowhere.yaml
  says 'nowhere\.yaml.*no such file'
  ferry 2 run
  says 'manager\.url|manager'
  hints '.'
  printf 'manager: {url: http://127.0.0.1:1, username: admin, password: {file: new.pw}}\n' >bad.yaml
  ferry 2 run bad.yaml
  says 'snapshot'
  ferry 2 run upgrade.yaml --set agents.concurrencey=3
  hints 'agents\.concurrency'
  ferry 2 run upgrade.yaml --set agents.concurrency=0
  says 'agents\.concurrency'
  ferry 2 run upgrade.yaml --frobnicate
  ferry 2 frobnicate
  ferry 2 run upgrade.yaml --stop-before upgrading
  [[ ! -e journal.db ]]
}

@test "a secret that others may read, that is missing, or empty" {
  made
  practice
  chmod 644 new.pw
  refused_here 2 'new\.pw.*others may read it' 'chmod 600'
  chmod 640 new.pw
  refused_here 2 'new\.pw.*others may read it' 'chmod 600'
  chmod 600 new.pw
  chmod 604 old.pw
  refused_here 2 'old\.pw.*others may read it' 'chmod 600'
  rm old.pw
  ferry 2 run upgrade.yaml --manager "$url"
  says 'old\.pw.*no such file'
  printf oldpw >old.pw
  chmod 600 old.pw
  : >new.pw
  ferry 2 run upgrade.yaml --manager "$url"
  says 'new\.pw.*empty'
  ferry 2 run upgrade.yaml --manager "$url" --set manager.password.env=NO_SUCH_VARIABLE
  says 'NO_SUCH_VARIABLE'
  ferry 2 run upgrade.yaml --manager "$url" --set 'manager.password.command=exit 3'
  says 'password'
  ledger '.requests == 0'
}

# --- the journal ---

# A good journal with a run that waits before the restore.
journal_with_a_run() {
  made --deployments 2
  practice
  run_ 3 --stop-before restore
  cp journal.db good.db
  effects >before.json
}

# journal_refused CODE MESSAGE HINT: every command that needs the journal says this and leaves every
# byte of it as it is.
journal_refused() {
  local sum command
  sum=$(sha256sum journal.db)
  for command in status runs events resume 'retry upgrade-1 --failed' 'cancel upgrade-1' \
    "run upgrade.yaml --manager $url"; do
    # shellcheck disable=SC2086 # the words of a command
    ferry "$1" $command
    says "$2"
    hints "$3"
    [[ $(sha256sum journal.db) == "$sum" ]]
  done
  effects | diff before.json -
}

# The run is not lost: with the good journal it goes on.
good_again() {
  rm -f journal.db*
  cp good.db journal.db
  ferry 0 resume
  carried
}

@test "journal: not a database" {
  journal_with_a_run
  echo 'dear diary' >journal.db
  journal_refused 8 'it is no journal of ferry' '--journal FILE'
  head -c 40000 /dev/urandom >journal.db
  journal_refused 8 'it is no journal of ferry' '--journal FILE'
  good_again
}

@test "journal: empty file" {
  journal_with_a_run
  : >journal.db
  journal_refused 8 'the file is empty' '--journal FILE'
}

@test "journal: a database of another program" {
  journal_with_a_run
  rm journal.db
  sqlite3 journal.db 'CREATE TABLE diary (day)'
  journal_refused 8 'a database of another program' '--journal FILE'
}

@test "journal: of a newer ferry" {
  journal_with_a_run
  sqlite3 journal.db 'PRAGMA user_version = 99'
  journal_refused 8 'of a newer ferry .version 99' 'use that ferry'
  good_again
}

@test "journal: corrupt" {
  journal_with_a_run
  head -c 3000 /dev/urandom | dd of=journal.db bs=1 seek=4096 conv=notrunc status=none
  journal_refused 8 'it is damaged' 'keep .*journal\.db'
  cp good.db journal.db
  truncate -s 9000 journal.db
  journal_refused 8 'it is damaged' 'keep .*journal\.db'
  good_again
}

@test "journal: a folder" {
  made
  mkdir journal.db
  ferry 8 run upgrade.yaml
  says 'is a directory'
  hints '--journal FILE'
}

# as_anybody COMMAND...: without the right of root to write what is not writable.
as_anybody() {
  if [[ $(id -u) -ne 0 ]]; then
    "$@"
  else
    setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search "$@"
  fi
}

@test "journal: in a folder that cannot be written" {
  if ! as_anybody true 2>/dev/null; then skip "root cannot lay down its rights here (setpriv)"; fi
  journal_with_a_run
  mkdir shelf
  cp good.db shelf/journal.db
  chmod 500 shelf
  local sum code program=$FERRY
  sum=$(sha256sum shelf/journal.db)
  printf '#!/bin/sh\nexec setpriv --bounding-set=-dac_override,-dac_read_search \\\n  --inh-caps=-dac_override,-dac_read_search "%s" "$@"\n' "$program" >anybody
  chmod 755 anybody
  if [[ $(id -u) -eq 0 ]]; then FERRY=$PWD/anybody; fi
  FERRY_JOURNAL=$PWD/shelf/journal.db ferry 8 resume
  says 'shelf.*(permission denied|read-only)'
  hints '.'
  FERRY_JOURNAL=$PWD/shelf/new.db ferry 8 run upgrade.yaml --manager "$url"
  says 'shelf.*(permission denied|read-only)'
  FERRY=$program
  chmod 700 shelf
  [[ $(sha256sum shelf/journal.db) == "$sum" && ! -e shelf/new.db ]]
  effects | diff before.json -
  # the file alone, in a folder that can be written; who only looks is let in
  chmod 400 shelf/journal.db
  if [[ $(id -u) -eq 0 ]]; then FERRY=$PWD/anybody; fi
  FERRY_JOURNAL=$PWD/shelf/journal.db ferry 0 status
  FERRY_JOURNAL=$PWD/shelf/journal.db ferry 8 resume
  says 'shelf.*permission denied'
  hints 'must be able to read and write .*journal\.db.*-wal, -shm'
  [[ $(sha256sum shelf/journal.db) == "$sum" ]]
  chmod 600 shelf/*
  FERRY_JOURNAL=$PWD/shelf/journal.db ferry 0 resume
  FERRY=$program
  carried
}

@test "journal: on a full disk; with room again the run goes on" {
  if ! unshare -m bash -c 'mount -t tmpfs -o size=6m none "$1"' _ "$PWD" 2>/dev/null; then
    skip "no small file system can be mounted here (needs root)"
  fi
  made --tenants 2 --deployments 8 --agents 8
  practice
  mkdir disk
  cat >on_a_full_disk <<'END'
set -u
mount -t tmpfs -o size=6m none disk
export FERRY_JOURNAL=$PWD/disk/journal.db
"$FERRY" run upgrade.yaml --manager "$1" -q --stop-before restore >out 2>err || [[ $? -eq 3 ]] || exit 2
cat /dev/zero >disk/full 2>/dev/null
"$FERRY" resume >out 2>err
echo $? >first
"$FERRY" status --json >status.full 2>status.err
curl -s "$1/practice/ledger" >ledger.full
rm disk/full
"$FERRY" resume >out2 2>err2
echo $? >second
END
  unshare -m bash on_a_full_disk "$url"
  [[ $(cat first) -eq 8 ]]
  says '(disk|space|room|full)'
  hints '.'
  if [[ $(cat second) -ne 0 ]]; then cat err2; fi
  [[ $(cat second) -eq 0 ]]
  carried
  agents_of_made
}

@test "journal: locked by another ferry, which goes on undisturbed" {
  made --deployments 3
  practice
  faults '[{"do": "delay", "delay_ms": 2500, "method": "POST", "path": "/restore$"}]'
  start run upgrade.yaml --manager "$url" -q
  until_true 20 under_way POST '/restore$'
  mv err err.first
  ferry 7 resume
  says "journal.*ferry run has it .process $ferry_pid "
  hints "kill -INT $ferry_pid"
  ferry 7 run upgrade.yaml --manager "$url"
  says "$ferry_pid"
  ferry 7 cancel upgrade-1
  # who only looks is let in
  ferry 0 status
  ferry 0 events
  ended 0
  carried
}
