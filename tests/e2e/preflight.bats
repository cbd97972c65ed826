#!/usr/bin/env bats
# The checks of a plan: what an old manager adds to them, that they cost few questions, and that
# they change nothing. Which manager fails which check: preflight_table.sh.
# shellcheck disable=SC2154 # variables of helper.bash
load helper

setup() {
  world
  made --manager-version 6.4.2 --deployments 6 --agents 4 --plugins 2
}

# old_manager: one that holds the archive, with a broker; sets old_url and broker.
old_manager() {
  : >old.ready
  "$FERRY_PRACTICE" --listen 127.0.0.1:0 --data old --time-scale 0 --content a.zip \
    --manager-version 6.4.2 --broker 127.0.0.1:0 >old.ready 2>>practice.err 3>&- &
  printf '%s\n' "$!" >>pids
  until_true 20 grep -q '^broker ' old.ready
  old_url=$(sed -n 's/^ready //p' old.ready)
  broker=$(sed -n 's/^broker //p' old.ready)
  printf 'from: {url: "%s", username: admin, password: {file: old.pw}, broker: "%s"}\n' \
    "$old_url" "$broker" >>upgrade.yaml
}
of_old() {
  local url=$old_url
  "$@"
}

@test "an old manager that lives: its version, its broker and its agents" {
  practice
  old_manager
  ferry 0 plan upgrade.yaml --manager "$url" --json
  is '[.checks[] | select(.name | IN("old_manager", "old_broker", "old_agents")) | .verdict]
    == ["ok", "ok", "ok"]' out
  is '.checks[] | select(.name == "old_agents") | .evidence | startswith("all 4 agents")' out
  is '.facts.old_manager == {"version": "6.4.2", "edition": "community",
    "maintenance": "deactivated"}' out
}

@test "a plan changes nothing: neither manager sees a change, and the journal keeps its bytes" {
  practice
  old_manager
  run_ 3 --stop-before upload
  local sum
  sum=$(sha256sum journal.db journal.db.lock)
  ferry 0 plan upgrade.yaml --manager "$url"
  ferry 0 plan upgrade.yaml --manager "$url" --json -o plan.json
  [[ $(sha256sum journal.db journal.db.lock) == "$sum" ]]
  ledger '.changing_requests == 0 and .requests > 0'
  of_old ledger '.changing_requests == 0 and .requests > 0'
}

@test "the checks cost few questions, and stay within the rate" {
  practice --manager-version 7.0.5 # which limits by default
  old_manager
  sed -i 's/requests_per_second: 5000/requests_per_second: 5/' upgrade.yaml
  ferry 0 plan upgrade.yaml --manager "$url" --json
  [[ $(requests | wc -l) -le 25 ]]
  [[ $(of_old requests | wc -l) -le 5 ]]
  if requests | grep ',503]'; then return 1; fi
  is '[.checks[] | select(.name == "rate_limit") | .verdict] == ["ok"]' out
}

@test "a wrong password of either manager is tried once, and nothing else is asked there" {
  practice
  old_manager
  printf wrong >wrong.pw
  chmod 600 wrong.pw
  sed -i '/^from/s/old\.pw/wrong.pw/' upgrade.yaml
  ferry 0 plan upgrade.yaml --manager "$url" --json
  [[ $(of_old requests | wc -l) -eq 1 ]]
  is '[.checks[] | select(.name == "old_manager") | .verdict] == ["warning"]' out
  ferry 2 plan upgrade.yaml --manager "$url" --password-file wrong.pw --json
  [[ $(requests | grep -c ',401]') -eq 1 ]]
  is '[.checks[].verdict] | unique == ["cannot_tell"]' out
}

@test "secrets of both managers stay where they are" {
  practice
  old_manager
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  run_ 3 --stop-before upload
  for secret in oldpw "$(printf admin:oldpw | base64)"; do
    if grep -alF "$secret" plan.json journal.db out err; then return 1; fi
  done
}
