#!/usr/bin/env bats
# Faults at every request that changes the manager: dropped before and after the effect, errors with
# and without it, answers cut, managers that die. Each time the run goes to its end by itself, and
# the ledger is that of an undisturbed run.
# shellcheck disable=SC2154 # variables of helper.bash
load helper

# Method, path and number of the requests that change something.
changing=(
  'PUT /snapshots/snap/archive$ 1'
  'POST /maintenance/activate$ 1'
  'POST /snapshots/snap/restore$ 1'
  'POST /maintenance/deactivate$ 1'
  'POST /executions$ 2'
  'POST /plugins$ 1'
  'POST /initiate$ 2'
)

# prepare NAME MAKE-OPTION...: an archive, and what an undisturbed run does with it.
prepare() {
  local name=$1
  shift
  made --tenants 2 --deployments 4 --agents 3 --plugins 1 "$@"
  run_on "${name%-*}"
  run_ 0 -q
  effects >expected.json
  practice_ends
  mkdir "$name"
  mv a.zip expected.json "$name"
}

run_on() {
  rm -rf manager journal.db*
  practice --manager-version "$1"
}

setup_file() {
  # shellcheck disable=SC2034 # the folder that world takes
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
  world
  "$FERRY_MAKE_WAGON" cloudify-practice01-plugin 2.0.0 plugin.wgn
  write_yaml 'agents: {poll: 10ms}' 'plugins: {upload: [plugin.wgn], poll: 10ms}'
  prepare 7.1.0-legacy --manager-version 7.1.0
  prepare 7.1.0-new --format new
  prepare 6.4.2-legacy --manager-version 6.4.2
  : >pids
}

setup() { world; }

# with KIND: the archive and the expectation of that preparation.
with() {
  cp "$BATS_FILE_TMPDIR/$1"/{a.zip,expected.json} "$BATS_FILE_TMPDIR/plugin.wgn" .
  write_yaml 'agents: {poll: 10ms}' 'plugins: {upload: [plugin.wgn], poll: 10ms}'
  version=${1%-*}
}

once() {
  effects >effects.json
  if ! diff expected.json effects.json; then
    printf 'after this fault: %s\n' "$1"
    tail -n 20 err
    return 1
  fi
}

# rule FAULT: the fault at each changing request in turn, each in a run of its own.
rule() {
  local request method path n
  for request in "${changing[@]}"; do
    read -r method path n <<<"$request"
    run_on "$version"
    faults "[{\"method\": \"$method\", \"path\": \"$path\", \"n\": $n, $1}]"
    run_ 0 || { printf 'after this fault: %s at %s\n' "$1" "$request"; return 1; }
    once "$1 at $request"
    practice_ends
  done
}

@test "the answer is lost after the effect" {
  with 7.1.0-legacy
  rule '"do": "drop_after"'
}

@test "the answer is lost after the effect: archive in the new format" {
  with 7.1.0-new
  rule '"do": "drop_after"'
}

@test "the answer is lost after the effect: manager 6.4.2" {
  with 6.4.2-legacy
  rule '"do": "drop_after"'
}

@test "the request is lost" {
  with 7.1.0-legacy
  rule '"do": "drop_before"'
}

@test "500 without effect" {
  with 7.1.0-legacy
  rule '"do": "answer", "status": 500, "body": "{\"message\": \"no\", \"error_code\": \"internal_server_error\"}", "headers": {"Content-Type": "application/json"}'
}

@test "500 although it took effect" {
  with 7.1.0-legacy
  rule '"do": "answer", "after_effect": true, "status": 500, "body": "{\"message\": \"no\", \"error_code\": \"internal_server_error\"}", "headers": {"Content-Type": "application/json"}'
}

@test "502 of nginx although it took effect: manager 6.4.2" {
  with 6.4.2-legacy
  rule '"do": "answer", "after_effect": true, "status": 502'
}

@test "504 of nginx although it took effect: archive in the new format" {
  with 7.1.0-new
  rule '"do": "answer", "after_effect": true, "status": 504'
}

@test "503 with Retry-After" {
  with 7.1.0-legacy
  rule '"do": "answer", "status": 503, "headers": {"Retry-After": "1"}'
}

@test "200 with a page of something in between, without effect" {
  with 7.1.0-legacy
  rule '"do": "answer", "status": 200, "body": "<html>please log in</html>", "headers": {"Content-Type": "text/html"}'
}

@test "the answer is cut in the middle" {
  with 7.1.0-legacy
  rule '"do": "cut_body"'
}

# The upload is cut at several places.
@test "the upload breaks off" {
  with 7.1.0-legacy
  local bytes
  for bytes in 0 1 4096 12000; do
    run_on "$version"
    faults "[{\"do\": \"drop_before\", \"method\": \"PUT\", \"n\": 1, \"after_bytes\": $bytes}]"
    run_ 0
    once "upload cut after $bytes bytes"
    practice_ends
  done
}

# dies KIND: the manager dies at each changing request, and is started again while ferry waits.
dies() {
  local request method path n
  for request in "${changing[@]}"; do
    read -r method path n <<<"$request"
    run_on "$version"
    faults "[{\"method\": \"$method\", \"path\": \"$path\", \"n\": $n, \"do\": \"$1\"}]"
    start run upgrade.yaml --manager "$url"
    local code=0
    wait "$practice_pid" || code=$?
    if [[ $code -ne 137 ]]; then
      printf 'the manager ended with %d at %s\n' "$code" "$request"
      return 1
    fi
    practice --manager-version "$version"
    ended 0
    once "$1 at $request"
    practice_ends
  done
}

@test "the manager dies before the request takes effect" {
  with 7.1.0-legacy
  dies die_before
}

@test "the manager dies after the request took effect" {
  with 7.1.0-legacy
  dies die_after
}

@test "the manager dies after the request took effect: 6.4.2" {
  with 6.4.2-legacy
  dies die_after
}

@test "every tenth answer is cut, every ninth lost, all the way" {
  with 7.1.0-legacy
  run_on "$version"
  faults "$(jq -n '[range(3; 200; 10) | {do: "cut_body", n: .}]
    + [range(5; 200; 9) | {do: "drop_after", n: .}]')"
  run_ 0
  once 'cuts and losses all the way'
}

@test "every eighth question is answered with 502" {
  with 7.1.0-legacy
  run_on "$version"
  faults "$(jq -n '[range(8; 300; 8) | {do: "answer", status: 502, method: "GET", n: .}]')"
  run_ 0
  once '502 at every eighth question'
}

# idle: no request is being served any more.
idle() { ask requests | jq -e 'all(.requests[]; .status != -1)'; }

# ferry's clocks run a hundred times faster: its limits for an answer, minutes, are over in a second.
# nginx hands the request on although ferry has gone, so it takes effect late.
@test "the answer comes after ferry has given it up, and so does the effect" {
  if ! faketime -f '+0 x10' true 2>/dev/null; then skip "faketime cannot make clocks run faster here"; fi
  # the new format: there a second restore would not be refused, but double everything
  with 7.1.0-new
  local request method path n after
  for request in "${changing[2]}" "${changing[4]}"; do
    for after in false true; do
      read -r method path n <<<"$request"
      run_on "$version"
      web_server "location / { proxy_pass http://127.0.0.1:$port; proxy_ignore_client_abort on; }
        client_max_body_size 0;"
      faults "[{\"method\": \"$method\", \"path\": \"$path\", \"n\": $n, \"do\": \"delay\",
        \"delay_ms\": 3000, \"after_effect\": $after}]"
      # the settle window has to be longer than the longest delay: 5 s of ours
      NO_FAKE_STAT=1 timeout 60 faketime -f '+0 x100' "$FERRY" run upgrade.yaml \
        --manager "$nginx_url" --set limits.settle=500s >out 2>err 3>&-
      ferry 0 events --json
      is 'any(.events[]; .kind == "unit_open")' out
      # what is late comes in the end
      until_true 10 idle
      once "answer given up at $request"
      practice_ends
      kill -TERM "$nginx_pid"
      wait "$nginx_pid" || true
    done
  done
}
