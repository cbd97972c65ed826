#!/usr/bin/env bats
# Passwords are nowhere but on the wire: not in the journal, its WAL and lock, not in what ferry
# says at any level, not in plans, not in arguments or in the environment of children. Words that
# occur nowhere else stand for them; their Basic header counts as well.
# shellcheck disable=SC2154 # variables of helper.bash
load helper

before=CANARY-before-5c1f
after=CANARY-after-9d27

setup() {
  world
  printf %s "$before" >new.pw
  printf %s "$after" >old.pw
  "$FERRY_PRACTICE" make-archive a.zip --tenants 2 --deployments 4 --agents 3 --plugins 2 \
    --admin-password "$after" >made.out
  mkdir said
}

# traces FILE...: how many of these hold a canary, or the header made of one.
traces() {
  local word words=("$before" "$after")
  for word in "$before" "$after"; do
    words+=("$(printf 'admin:%s' "$word" | base64 -w 0)" "$(printf %s "$word" | base64 -w 0)"
      "$(printf %s "$word" | sha256sum | cut -c1-64)")
  done
  printf '%s\n' "${words[@]}" | grep -aclFf - -- "$@" || true
}

# clean FILE...: none of them does, and they are there.
clean() {
  local found file
  for file in "$@"; do [[ -e $file ]]; done
  found=$(traces "$@")
  if [[ -n $found ]]; then
    printf 'a password stands in: %s\n' "$found"
    return 1
  fi
}

# Keeps what the last ferry said.
keep() {
  mv out "said/out.$1"
  mv err "said/err.$1"
}

@test "the search finds what it is meant to find" {
  echo "x${before}y" >a
  printf 'Authorization: Basic %s' "$(printf 'admin:%s' "$after" | base64 -w 0)" >b
  echo nothing >c
  [[ $(traces a b c | wc -l) -eq 2 ]]
  run ! clean a b c
}

@test "a whole run at the highest level of talk" {
  practice --password "$before"
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json -v -v
  keep plan
  ferry 0 plan upgrade.yaml --manager "$url" --json
  keep plan_json
  run_ 3 -v -v --stop-before restore
  keep run
  ferry 0 resume -v -v --json
  keep resume
  # the log was really on
  [[ $(grep -c 'GET' said/err.run) -gt 3 ]]
  local command
  for command in status events runs; do
    ferry 0 "$command" --json -v -v
    keep "$command.json"
    ferry 0 "$command" -v -v
    keep "$command"
  done
  clean said/* plan.json journal.db journal.db.lock
  # and the passwords had been in use
  requests | grep -q '201\]'
}

@test "killed in the middle: the WAL as it lies there" {
  practice --password "$before" --time-scale 0.05
  start run upgrade.yaml --manager "$url" -v -v
  until_true 20 ledger '.restores | length == 1'
  [[ -s journal.db-wal ]]
  clean journal.db journal.db-wal journal.db-shm journal.db.lock "/proc/$ferry_pid/cmdline" "/proc/$ferry_pid/environ"
  killed
  clean journal.db journal.db-wal journal.db-shm journal.db.lock out err
}

@test "wrong passwords are not repeated in messages" {
  practice
  ferry 2 run upgrade.yaml --manager "$url" -v -v
  says '401'
  clean out err journal.db journal.db.lock
}

# What a password's command sees of ferry: its own environment and ferry's arguments.
teller() {
  cat >tell <<'END'
#!/bin/sh
tr '\0' '\n' </proc/self/environ >child.environ
tr '\0' ' ' </proc/$PPID/cmdline >parent.cmdline
cat old.pw
END
  chmod 755 tell
  write_yaml 'agents: {poll: 10ms}'
  sed -i 's/password: {file: old.pw}/password: {command: ".\/tell"}/' upgrade.yaml
}

@test "a password by command: nothing is handed on to the child" {
  practice --password "$before"
  teller
  run_ 0 -v -v
  [[ -s child.environ && -s parent.cmdline ]]
  clean child.environ parent.cmdline out err journal.db journal.db.lock
  carried
}

@test "a password by the environment: read, and written nowhere" {
  practice --password "$before" --time-scale 0.05
  teller
  sed -i 's/password: {file: new.pw}/password: {env: NEW_PASSWORD}/' upgrade.yaml
  NEW_PASSWORD=$before start run upgrade.yaml --manager "$url" -v -v
  until_true 20 ledger '.restores | length == 1'
  clean "/proc/$ferry_pid/cmdline"
  ended 0
  clean parent.cmdline out err journal.db journal.db.lock
  # without the variable the run cannot go on, and says which one it wants
  run_ 2
  says 'NEW_PASSWORD'
}

@test "passwords where they do not belong are refused and not repeated" {
  ferry 2 run upgrade.yaml --manager "http://admin:$before@127.0.0.1:1"
  keep url
  ferry 2 run upgrade.yaml --set "manager.password=$before"
  keep set
  ferry 2 run upgrade.yaml --set "manager.pasword=$before"
  keep misspelt
  ferry 2 run upgrade.yaml --set "snapshot.url=http://me:$after@files/x.zip"
  keep download
  sed "s/password: {file: new.pw}/password: $before/" upgrade.yaml >bad.yaml
  ferry 2 run bad.yaml
  keep yaml
  sed "s/password: {file: new.pw}/passwort: $before/" upgrade.yaml >bad.yaml
  ferry 2 run bad.yaml --json
  keep key
  clean said/*
  [[ ! -e journal.db ]]
}
