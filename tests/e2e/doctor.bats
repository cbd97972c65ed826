#!/usr/bin/env bats
# ferry doctor: what it looks at, what stops, that it changes nothing and tries a login once.
# shellcheck disable=SC2154 # variables of helper.bash
load helper

setup() {
  world
  made --tenants 1 --deployments 2 --agents 1 --plugins 1
}

# verdict CHECK VERDICT [TEXT]: of the document in out.
verdict() {
  is "[.checks[] | select(.name == \"$1\") | .verdict] == [\"$2\"]" out
  if [[ $# -gt 2 ]]; then is ".checks[] | select(.name == \"$1\") | .evidence | test(\"$3\")" out; fi
}

@test "doctor alone looks at the machine, and leaves nothing behind" {
  ferry 0 doctor
  grep -q '^a run finds here what it needs$' out
  ferry 0 doctor --json
  is '.blocked == false and .code == "FERRY_OK"' out
  is 'all(.checks[]; (.verdict | IN("ok", "warning", "cannot_tell")) and (.evidence | length > 0))' out
  verdict libcurl ok 'TLS by '
  verdict sqlite ok "SQLite $(sqlite3 -version | cut -d' ' -f1) "
  verdict journal ok 'not there yet'
  verdict journal_wal ok 'synchronous=FULL are taken; a commit takes [0-9]+ ms'
  verdict journal_lock ok 'keeps two writers apart'
  verdict configuration cannot_tell 'no file was given'
  [[ ! -e journal.db && -z $(find . -name '.ferry-doctor*') ]]
  if [[ $(stat -f -c %T /dev/shm) == tmpfs && -w /dev/shm ]]; then
    FERRY_JOURNAL=/dev/shm/ferry-doctor-test.db ferry 0 doctor --json
    verdict journal_file_system warning 'a reboot takes the journal away'
  fi
}

@test "doctor with a file asks the manager once" {
  practice
  ferry 0 doctor upgrade.yaml --manager "$url" --json
  verdict configuration ok
  verdict archive_file ok 'a\\.zip'
  verdict credentials ok 'after_restore cannot be tried'
  verdict connection warning 'without TLS'
  verdict login ok 'admin is let in; the manager is 7\\.1\\.0 community'
  verdict clock_skew ok
  grep -q "asking $url once, GET /api/v3.1/version as admin" err
  ledger '.requests == 1 and .changing_requests == 0'
  # a wrong password is tried once, too
  ferry 5 doctor upgrade.yaml --manager "$url" --password-file old.pw --json
  verdict login stops 'tried once and refused'
  ledger '.requests == 2 and .wrong_passwords.admin.total == 1'
  is ".error | test(\"login: admin is not let in\")" out
  if grep -qE 'oldpw' out err; then return 1; fi
}

@test "what would stop a run stops doctor, with a next step" {
  ferry 5 doctor upgrade.yaml --manager http://127.0.0.1:1
  says 'a run would not work here: connection: .*cannot reach'
  hints 'manager\.url'
  grep -q '^a run would not work here$' out
  sed -i 's/limits:/limitz:/' upgrade.yaml
  ferry 5 doctor upgrade.yaml --json
  verdict configuration stops 'limitz'
  write_yaml
  rm a.zip new.pw
  ferry 5 doctor upgrade.yaml --json
  verdict archive_file stops 'a\\.zip'
  verdict credentials stops 'new\\.pw'
  # a text, a journal of another program, a damaged journal
  mkdir folder
  FERRY_JOURNAL=$PWD/folder ferry 5 doctor --json
  verdict journal stops
  echo 'no journal at all, but more than a hundred bytes of a text that nobody would take for a data base of SQLite, not even in the dark' >text.db
  FERRY_JOURNAL=$PWD/text.db ferry 5 doctor --json
  verdict journal stops 'no journal of ferry'
}

@test "doctor reads the whole journal, and does not change it" {
  practice
  run_ 3 --stop-before upload
  local sum
  sum=$(sha256sum journal.db journal.db.lock)
  ferry 0 doctor --json
  verdict journal ok '1 runs; upgrade-1 has not ended'
  verdict journal_content ok
  [[ $(sha256sum journal.db journal.db.lock) == "$sum" ]]
  # a page in its middle
  sqlite3 journal.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
  local pages
  pages=$(sqlite3 journal.db 'PRAGMA page_count')
  dd if=/dev/urandom of=journal.db bs=4096 seek=$((pages / 2)) count=1 conv=notrunc status=none
  ferry 5 doctor --json
  is 'any(.checks[]; (.name | test("^journal")) and .verdict == "stops")' out
}
