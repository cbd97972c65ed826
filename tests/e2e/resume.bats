#!/usr/bin/env bats
# Killed, stopped, resumed; looked at from other processes; decided by a person. After every resume
# the ledger must be that of an undisturbed run.
# shellcheck disable=SC2154,SC2034,SC1010,SC2030,SC2031 # variables of helper.bash; words of ferry's own
load helper

setup_file() {
  BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
  world
  made --tenants 2 --deployments 6 --agents 5 --plugins 1 --manager-version 6.4.2
  "$FERRY_MAKE_WAGON" cloudify-practice01-plugin 2.0.0 plugin.wgn
  write_yaml 'agents: {poll: 10ms}' 'plugins: {upload: [plugin.wgn], poll: 10ms}'
  practice
  run_ 3 --stop-before restore
  ask requests | jq '.requests | length' >before_restore
  ferry 0 resume
  effects >expected.json
  # how many questions come before the restore, for a manager that falls silent just then
  ask "requests?after=$(cat before_restore)" |
    jq '[.requests[].path] | index("/api/v3.1/snapshots/snap/restore")' >questions
  practice_ends
  : >pids
}

setup() {
  world
  cp "$BATS_FILE_TMPDIR"/{a.zip,plugin.wgn,expected.json} .
  write_yaml 'agents: {poll: 10ms, concurrency: 2}' 'plugins: {upload: [plugin.wgn], poll: 10ms}'
}

once() {
  effects >effects.json
  if ! diff expected.json effects.json; then return 1; fi
}

# start_killable ARGUMENT...: as start, and ferry.pid names it for the faults of the manager.
start_killable() {
  bash -c 'echo $$ >ferry.pid; exec "$@"' _ "$FERRY" "$@" >out 2>err 3>&- &
  ferry_pid=$!
  printf '%s\n' "$ferry_pid" >>pids
}

# A resume without faults.
resume_to_the_end() {
  faults '[]'
  ferry 0 resume
  once
}

# kill_at FAULT: ferry is killed by the manager at this request, then resumed.
kill_at() {
  faults "[{\"do\": \"kill_client_$1\", \"pid_file\": \"$PWD/ferry.pid\", $2}]"
  start_killable run upgrade.yaml --manager "$url" -q
  ended 137
  status '.state == "running"'
  resume_to_the_end
}

@test "killed in the middle of the upload" {
  practice
  kill_at before '"method": "PUT", "path": "/archive$", "after_bytes": 5000'
}

@test "killed when the upload had just taken effect" {
  practice
  kill_at after '"method": "PUT", "path": "/archive$"'
}

@test "killed while the archive's bytes are on their way" {
  made --tenants 2 --deployments 6 --agents 5 --plugins 1 --manager-version 6.4.2 --payload 200000000
  practice
  start run upgrade.yaml --manager "$url" -q
  until_true 30 under_way PUT /archive
  killed
  ferry 0 resume
  once
}

@test "killed when the restore had just begun" {
  practice
  kill_at after '"method": "POST", "path": "/restore$"'
}

@test "killed before the manager knew of the restore" {
  practice
  kill_at before '"method": "POST", "path": "/restore$"'
}

@test "killed while the restore goes on" {
  practice --time-scale 0.05
  start run upgrade.yaml --manager "$url" -q
  until_true 20 ledger '.restores | length == 1'
  killed
  ledger '.restores[0].status != "terminated"'
  ferry 0 resume
  once
}

@test "killed in the middle of the agents" {
  practice
  kill_at after '"method": "POST", "path": "/executions$", "n": 3'
}

@test "killed before the second agents' workflow, then killed at a plugins update" {
  practice
  faults "[{\"do\": \"kill_client_before\", \"pid_file\": \"$PWD/ferry.pid\", \"method\": \"POST\",
    \"path\": \"/executions\$\", \"n\": 2}]"
  start_killable run upgrade.yaml --manager "$url" -q
  ended 137
  faults "[{\"do\": \"kill_client_after\", \"pid_file\": \"$PWD/ferry.pid\", \"method\": \"POST\",
    \"path\": \"/initiate\$\", \"n\": 2}]"
  start_killable resume -q
  ended 137
  resume_to_the_end
}

@test "killed again and again, at every tenth request" {
  practice
  local round code planned
  ferry 0 plan upgrade.yaml --manager "$url"
  planned=$(ask requests | jq '.requests | length') # so many come before there is a run
  for ((round = 1; round <= 30; round++)); do
    faults "[{\"do\": \"kill_client_after\", \"pid_file\": \"$PWD/ferry.pid\",
      \"n\": $((11 + round % 5 + (round == 1 ? planned : 0)))}]"
    if [[ $round -eq 1 ]]; then
      start_killable run upgrade.yaml --manager "$url" -q
    else
      start_killable resume -q
    fi
    code=0
    wait "$ferry_pid" || code=$?
    ferry_pid=
    if [[ $code -eq 0 ]]; then break; fi
    if [[ $code -ne 137 ]]; then cat err; fi
    [[ $code -eq 137 ]]
  done
  [[ $round -gt 4 && $round -le 30 ]]
  resume_to_the_end
}

@test "Ctrl-C once: what is in flight is finished, exit 3, and resume goes on" {
  practice
  faults '[{"do": "delay", "delay_ms": 700, "method": "POST", "path": "/executions$", "count": 2}]'
  start run upgrade.yaml --manager "$url"
  until_true 20 under_way POST '/executions$'
  kill -INT "$ferry_pid"
  ended 3
  # the answers of the two that were under way had been waited for, and no third was sent
  ledger '.executions.install_new_agents | length == 2'
  status '.state == "paused" and (.hint | contains("ferry resume"))'
  status '[.steps[] | select(.name == "install_new_agents") | .units.running + .units.done] == [2]'
  status '.open | all(.[]; .state == "started" and .remote_id != null)'
  resume_to_the_end
}

@test "Ctrl-C twice: stops at once, and what was cut is probed" {
  practice
  faults '[{"do": "delay", "delay_ms": 5000, "method": "POST", "path": "/executions$", "n": 1}]'
  start run upgrade.yaml --manager "$url"
  until_true 20 under_way POST '/executions$'
  SECONDS=0
  kill -INT "$ferry_pid"
  sleep 0.2
  kill -INT "$ferry_pid"
  ended 3
  [[ $SECONDS -lt 4 ]]
  status '[.open[] | select(.state == "intent")] | length >= 1'
  resume_to_the_end
}

@test "SIGTERM stops as Ctrl-C does" {
  practice --time-scale 0.05
  start run upgrade.yaml --manager "$url"
  until_true 20 ledger '.restores | length == 1'
  kill -TERM "$ferry_pid"
  ended 3
  hints 'ferry resume'
  ferry 0 resume
  once
}

@test "stopped before each state, one after the other" {
  practice
  local state command=(run upgrade.yaml --manager "$url") steps
  steps=(upload maintenance_activate verify restore poll_status maintenance_deactivate
    install_new_agents upload_plugins plugins_update compare)
  local -A seen=([upload]='.uploads == {} and .changing_requests == 0'
    [maintenance_activate]='.uploads == {"snap": 1} and .activations == 0'
    [verify]='.activations == 1'
    [restore]='.restores == []'
    [poll_status]='.restores | length == 1'
    [maintenance_deactivate]='.deactivations == 0 and .restores[0].status == "terminated"'
    [install_new_agents]='.deactivations == 1 and .executions == {}'
    [upload_plugins]='(.executions.install_new_agents | length == 5) and .plugins == {}'
    [plugins_update]='(.plugins | length == 1) and .plugins_updates == {}'
    [compare]='(.plugins_updates + .plugins_updates_unchanged) | length == 2')
  for state in "${steps[@]}"; do
    ferry 3 "${command[@]}" --stop-before "$state"
    says "stopped before $state"
    hints 'ferry resume'
    status ".state == \"paused\" and $(step_state "$state" waiting)"
    ledger "${seen[$state]}"
    command=(resume)
  done
  # what is over cannot be stopped before: nothing is done then
  ferry 2 resume --stop-before restore
  says 'run "upgrade-1" has begun it already'
  hints 'ferry status upgrade-1 shows which steps wait'
  status ".state == \"paused\" and $(step_state compare waiting)"
  ferry 0 resume
  once
  status '.state == "done"'
}

@test "resuming a run that is done gives its outcome and changes nothing" {
  practice
  run_ 0
  local before
  before=$(changing_requests)
  ferry 0 resume --json
  is '.state == "done" and .exit == 0' out
  ferry 0 resume upgrade-1
  [[ $(changing_requests) -eq $before ]]
  once
}

@test "status, runs and events as JSON, by name and by the beginning of the id" {
  practice
  run_ 3 --stop-before restore
  status '.run == "upgrade-1" and .workflow == "upgrade" and .exit == 3 and (.id | length == 36)'
  status "$(step_state verify done) and $(step_state restore waiting)"
  status '.run == "upgrade-1"' "$(jq -r '.id[0:6]' status.json)"
  ferry 0 runs --json
  is '.runs | length == 1 and .[0].run == "upgrade-1" and .[0].state == "paused"' out
  ferry 0 events --json
  is '.events | length > 10 and (map(.id) | . == sort) and .[0].kind == "run_created"' out
  is '[.events[] | select(.step == "upload" and .kind == "unit_intent")] | length == 1' out
  is 'all(.events[]; .run == "upgrade-1" and (.at | test("^20.*Z$")))' out
  is '.last == .events[-1].id' out
  local last
  last=$(jq .last out)
  ferry 0 events --after "$((last - 2))" --json
  is '.events | length == 2' out
  ferry 0 events
  grep -q 'upload' out
  ferry 0 status
  grep -q 'paused' out
  ferry 0 version --json
  is '.version' out
  ferry 2 status no-such-run --json
  is '.exit == 2 and .code == "FERRY_E_NOT_FOUND" and (.error | contains("no-such-run"))' out
}

@test "others look on while it runs: status --watch and events --follow to the end" {
  practice --time-scale 0.02
  start run upgrade.yaml --manager "$url" -q
  until_true 20 test -s journal.db
  until_true 20 "$FERRY" status
  "$FERRY" status --watch --json >watched 2>watch.err 3>&- &
  local watcher=$!
  "$FERRY" events --follow --json >followed 2>follow.err 3>&- &
  local follower=$!
  printf '%s\n' "$watcher" "$follower" >>pids
  ended 0
  wait "$watcher"
  wait "$follower"
  [[ ! -s watch.err && ! -s follow.err ]]
  jq -s 'length > 1 and .[0].state == "running" and .[-1].state == "done"' watched | grep -qx true
  # one object a line, without a gap, up to the last event of the run
  "$FERRY" events --json >all.json
  jq -s --slurpfile all all.json 'map(.id) == ($all[0].events | map(.id))' followed | grep -qx true
  jq -s '.[-1].kind' followed | grep -q run_
  once
}

@test "a reader who goes away ends the looking on, not the run" {
  practice --time-scale 0.05
  start run upgrade.yaml --manager "$url" -q
  until_true 20 ledger '.restores | length == 1'
  SECONDS=0
  "$FERRY" events --follow --json 2>follow.err 3>&- | head -n 1 >first
  [[ $SECONDS -lt 10 ]]
  is '.kind == "run_created"' first
  [[ $(grep -c '^ferry: ' follow.err) -le 1 ]]
  kill -0 "$ferry_pid"
  ended 0
  once
}

# an_unknown_outcome: one deployment's workflow does not come to an end in time; others do.
an_unknown_outcome() {
  practice --time-scale 0.01
  run_ 3 --stop-before install_new_agents --set agents.timeout=600ms --set agents.max_failures=never
  manager 'agents?_all_tenants=true&_sort=id' >agents.json
  dead=$(jq -r '.items[0].id' agents.json)
  unit=$(jq -r '.items[0] | "\(.tenant_name)/\(.deployment)"' agents.json)
  tell "{\"settings\": {\"dead.$dead\": \"1\"}}"
  ferry 4 resume
  hints 'ferry resolve'
  status '.state == "blocked" and .exit == 4'
  status ".stuck | length == 1 and .[0].state == \"unknown\" and .[0].unit == \"$unit\""
  status ".stuck[0].hint | contains(\"ferry resolve upgrade-1 install_new_agents/$unit --as done|absent|failed\")"
  # the other deployments have been done meanwhile
  ledger '.executions.install_new_agents | length == 5 and all(.[]; . == 1)'
  # asking again does not change it
  ferry 4 resume
}

@test "unknown outcome, resolved as done" {
  an_unknown_outcome
  ferry 0 resolve upgrade-1 "install_new_agents/$unit" --as done --json
  is '.stuck == [] and .state == "paused"' out
  ferry 0 resume
  once
}

@test "unknown outcome, resolved as failed: done, but one unit failed" {
  an_unknown_outcome
  ferry 0 resolve upgrade-1 "$unit" --as failed
  ferry 10 resume --json
  is '.exit == 10 and .code == "FERRY_E_PARTIAL"' out
  once
  ferry 10 resume
}

@test "unknown outcome, resolved as absent: sent once more" {
  an_unknown_outcome
  tell "{\"settings\": {\"dead.$dead\": null}}"
  ferry 0 resolve upgrade-1 "install_new_agents/$unit" --as absent
  ferry 0 resume
  status '.state == "done"'
  ledger ".executions.install_new_agents[\"$unit\"] <= 2"
  ledger ".executions.install_new_agents | del(.[\"$unit\"]) | all(.[]; . == 1)"
}

@test "resolve: only what is unknown, only what is there" {
  an_unknown_outcome
  ferry 2 resolve upgrade-1 install_new_agents/no/such --as done
  says 'no unit "install_new_agents/no/such"'
  hints 'ferry status'
  ferry 2 resolve upgrade-1 upload/upload --as absent
  says 'is done, not unknown'
  ferry 2 resolve upgrade-1 "$unit" --as maybe
  ferry 2 resolve upgrade-1 "$unit"
  ferry 2 resolve no-such-run "$unit" --as done
  status ".stuck | length == 1"
}

# after_two_hours CODE ANSWER: from the restore on every question gets this answer, for two hours,
# which are two seconds: ferry's clocks run faster.
after_two_hours() {
  if ! faketime -f '+0 x10' true 2>/dev/null; then skip "faketime cannot make clocks run faster here"; fi
  practice
  run_ 3 --stop-before restore
  faults "[{\"do\": \"drop_after\", \"method\": \"POST\", \"path\": \"/restore\$\"},
    {\"do\": \"answer\", $2, \"method\": \"GET\",
     \"from\": $(($(cat "$BATS_FILE_TMPDIR/questions") + 1))}]"
  local code=0
  NO_FAKE_STAT=1 timeout 60 faketime -f '+0 x3600' "$FERRY" resume >out 2>err 3>&- || code=$?
  if [[ $code -ne $1 ]]; then
    printf 'exit code %d\n' "$code"
    cat err
    requests | tail -n 5
    return 1
  fi
  faults '[]'
}

@test "the manager answers, but never tells whether the restore began: unknown, not assumed" {
  after_two_hours 4 '"status": 200, "body": "{\"status\": \"perhaps\"}",
    "headers": {"Content-Type": "application/json"}'
  hints 'ferry resolve'
  status '.stuck | length == 1 and .[0].step == "restore" and .[0].state == "unknown"'
  ferry 4 resume
  ferry 0 resolve upgrade-1 restore --as done
  ferry 0 resume
  once
}

@test "the manager cannot be asked whether the restore began: asked again at the resume" {
  after_two_hours 3 '"status": 502'
  hints 'ferry resume'
  status '.stuck == [] and (.open | length == 1) and .open[0].state == "intent"'
  ferry 0 resume
  once
}

# Two of five workflows end badly: the agents of two deployments never answer.
@test "retry --failed after deployments failed" {
  practice --time-scale 0.0003
  run_ 3 --stop-before install_new_agents --set agents.max_failures=never
  manager 'agents?_all_tenants=true&_sort=id' >agents.json
  tell "$(jq '{settings: ([.items[0, 1].id] | map({("dead." + .): "1"}) | add)}' agents.json)"
  ferry 10 resume --json
  is '.exit == 10 and .state == "done"' out
  is '.stuck | length == 2 and all(.[]; .state == "failed" and (.error | contains("agent is dead")))' out
  ferry 0 status
  grep -q 'agent is dead' out
  tell "$(jq '{settings: ([.items[0, 1].id] | map({("dead." + .): null}) | add)}' agents.json)"
  ferry 0 retry upgrade-1 --failed --json
  is '.state == "paused" and .stuck == []' out
  ferry 0 resume
  jq '[.items[0, 1] | "\(.tenant_name)/\(.deployment)"]' agents.json >twice.json
  ask ledger | jq -e --slurpfile twice twice.json '.executions.install_new_agents
    | to_entries | all(.[]; .value == (if IN(.key; $twice[0][]) then 2 else 1 end))' >/dev/null
  status '.state == "done" and .exit == 0'
  ferry 2 retry upgrade-1 --failed
  says 'nothing has failed'
}

@test "too many failures end the run; after retry it goes on" {
  practice --time-scale 0.0003
  run_ 3 --stop-before install_new_agents --set agents.max_failures=1 --set agents.concurrency=1
  manager 'agents?_all_tenants=true&_sort=id' >agents.json
  tell "$(jq '{settings: ([.items[].id] | map({("dead." + .): "1"}) | add)}' agents.json)"
  ferry 1 resume
  status "$(step_state install_new_agents failed)"
  # it did not go through all of them
  ledger '.executions.install_new_agents | length < 5'
  ledger '.plugins == {}'
  tell "$(jq '{settings: ([.items[].id] | map({("dead." + .): null}) | add)}' agents.json)"
  ferry 0 retry upgrade-1 --failed
  ferry 0 resume
  ledger '.executions.install_new_agents | length == 5'
  ledger '.plugins | length == 1'
}

@test "cancel says what remains, and then a new run may begin" {
  practice
  run_ 3 --stop-before restore
  ferry 5 run upgrade.yaml --manager "$url"
  says 'has not ended'
  hints 'ferry resume upgrade-1.*ferry cancel upgrade-1'
  ferry 0 cancel upgrade-1 --json
  is '.state == "cancelled"' out
  ferry 2 cancel upgrade-1
  says 'has ended'
  ferry 2 resume upgrade-1
  ferry 2 resume
  ledger '.restores == [] and .uploads == {"snap": 1}'
  # a new one finds what the old one has left, and says so
  ferry 5 run upgrade.yaml --manager "$url"
  says 'maintenance|snap'
}
