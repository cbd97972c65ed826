# What follows a run: the file of metrics, and the hooks. Neither can break it.
# shellcheck disable=SC2154,SC2016 # variables of helper.bash; of the hooks' own shells
load helper

setup() {
  world
  made --tenants 1 --deployments 3 --agents 2
}

# metric NAME [LABELS]: its value. LABELS is an expression on what stands in braces.
metric() {
  sed -nE "s/^$1(\\{[^ ]*${2:-}[^ ]*\\})? ([-0-9.]+)\$/\\2/p" ferry.prom
}
# Every line is what the format allows, each sample belongs to the family above it, none stands twice.
well_formed() {
  awk '
    /^# HELP [a-z_]+ ./ { if (seen[$3]++) bad("family twice"); family = $3; typed = 0; next }
    /^# TYPE [a-z_]+ gauge$/ { if ($3 != family) bad("TYPE of another family"); typed = 1; next }
    /^[a-z_]+(\{[a-z_]+="([^"\\]|\\["\\n])*"(,[a-z_]+="([^"\\]|\\["\\n])*")*\})? -?[0-9]+(\.[0-9]+)?$/ {
      name = $0; sub(/[{ ].*/, "", name); series = $0; sub(/ [^ ]*$/, "", series)
      if (name != family || !typed) bad("sample outside its family")
      if (had[series]++) bad("sample twice")
      samples++; next }
    { bad("no such line") }
    function bad(why) { print FILENAME ":" NR ": " why ": " $0; failed = 1 }
    END { exit failed || !samples }' ferry.prom
}
# hook EXPRESSION FILE: is it true of the JSON documents that the hooks got, as one list?
hooked() { jq -s . "$2" >hooked.json && is "$1" hooked.json; }

@test "the file of metrics tells a run from its stop to its end" {
  practice
  run_ 3 --metrics ferry.prom --stop-before restore
  well_formed
  [[ $(metric ferry_run_state 'state="paused"') == 1 && $(metric ferry_run_state 'state="done"') == 0 ]]
  [[ $(metric ferry_last_exit_code) == 3 ]]
  [[ $(metric ferry_step_state 'step="upload",state="done"') == 1 ]]
  [[ -z $(metric ferry_run_duration_seconds) ]]
  [[ $(stat -c %a ferry.prom) == 644 ]]
  ferry 0 resume
  well_formed
  [[ $(metric ferry_run_state 'state="done"') == 1 && $(metric ferry_last_exit_code) == 0 ]]
  "$FERRY" status --json >status.json
  local step
  for step in restore install_new_agents; do
    [[ $(metric ferry_step_units "step=\"$step\",state=\"done\"") == \
      $(jq --arg step "$step" '.steps[] | select(.name == $step) | .units.done' status.json) ]]
  done
  [[ -n $(metric ferry_run_duration_seconds) ]]
  # Written anew each time, and nothing is left beside it.
  [[ $(ls ferry.prom*) == ferry.prom ]]
}

@test "a manager that cannot be reached is in the file too" {
  write_yaml 'metrics: {file: ferry.prom}'
  sed -i 's,url: .*,url: "http://127.0.0.1:1/a\\"b",' upgrade.yaml
  ferry 2 run upgrade.yaml # no URL: there is no file to write yet
  [[ ! -e ferry.prom ]]
  ferry 1 run upgrade.yaml --manager http://127.0.0.1:1
  well_formed
  [[ $(metric ferry_last_exit_code) == 1 && -z $(metric ferry_run_info) ]]
}

@test "a file of metrics that cannot be written is a warning and no more" {
  practice
  run_ 0 --metrics nowhere/ferry.prom
  [[ $(grep -c 'metrics.file: ' err) -eq 1 ]]
  carried
}

@test "hooks get each step, the stop and the end as JSON, and no secret" {
  practice
  write_yaml 'agents: {poll: 10ms}' 'plugins: {poll: 10ms}' \
    'on:' \
    "  step_done: 'cat >>steps; env >>hook.env'" \
    "  needs_decision: 'cat >>stops'" \
    "  failed: 'cat >>failures'" \
    "  done: 'cat >>ends'"
  sed -i 's/password: {file: new.pw}/password: {env: FERRY_TEST_PASSWORD}/' upgrade.yaml
  export FERRY_TEST_PASSWORD=admin
  run_ 3 --stop-before restore
  hooked '[.[].step] | sort == ["maintenance_activate", "upload", "verify"]' steps
  hooked 'length == 1 and (.[0] | .hook == "needs_decision" and .exit == 3 and .run == "upgrade-1"
    and .workflow == "upgrade" and .status.state == "paused" and .error != null)' stops
  [[ ! -e ends && ! -e failures ]]
  ferry 0 resume
  hooked 'length == 1 and (.[0] | .hook == "done" and .exit == 0 and .status.state == "done")' ends
  hooked 'all(.[]; .hook == "step_done") and ([.[].step] | index("compare") != null)' steps
  grep -q '^FERRY_RUN=upgrade-1$' hook.env
  grep -q "^FERRY_JOURNAL=$PWD/journal.db\$" hook.env
  [[ $(grep -c FERRY_TEST_PASSWORD hook.env) -eq 0 ]]
  carried
}

@test "hooks that fail, hang or are not there change nothing but warnings" {
  practice
  write_yaml 'agents: {poll: 10ms}' 'plugins: {poll: 10ms}' \
    'on:' \
    "  step_done: 'exit 7'" \
    "  done: 'sleep 60.7 & sleep 61.7'" \
    '  timeout: 500ms'
  SECONDS=0
  run_ 0
  [[ $SECONDS -lt 30 ]]
  grep -q 'on.step_done failed with exit code 7' err
  grep -q 'on.done took longer than 500 ms and was killed' err
  # Its children are killed with it.
  [[ $(pgrep -cf '^sleep 6[01]\.7$') -eq 0 ]]
  carried
}

@test "a run that fails calls its hook, also when it never began" {
  write_yaml 'on: {failed: "cat >>failures"}'
  ferry 1 run upgrade.yaml --manager http://127.0.0.1:1
  hooked 'length == 1 and (.[0] | .hook == "failed" and .exit == 1 and .run == null
    and (.error | length) > 0)' failures
}
