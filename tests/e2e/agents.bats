#!/usr/bin/env bats
# Agents on many deployments: hosts that are dead, stopped or slow, waves, validation, the report.

load helper

setup() { world; }

# units EXPRESSION: is it true of the units of a step, as JSON?
units() {
  "$FERRY" status upgrade-1 --units --step "${2:-install_new_agents}" --json >units.json
  is "$1" units.json
}
# No host has two agents of the new manager.
nobody_twice() { ledger '.agents.doubled == 0 and .agents.new > 0'; }

@test "dead, stopped, stuck and lost: each ends in its class, and retry mends what can be mended" {
  made --tenants 3 --deployments 60 --agents 80 --dead-hosts 4 --stopped-hosts 2
  practice --time-scale 0.0003
  run_ 3 --stop-before install_new_agents --set agents.max_failures=never \
    --set agents.concurrency=20 --set agents.pending=2s
  manager 'deployments?_all_tenants=true&_sort=id&_size=1000&_include=id,tenant_name' >deployments.json
  manager 'agents?_all_tenants=true&_size=1000' >agents.json
  # the last deployment with one living host stays pending for ever
  stuck=$(jq -r '[.items[] | "\(.tenant_name)/\(.deployment)"] | group_by(.) | map(select(length == 1))
    | last[0]' agents.json)
  tell "$(jq -n --arg stuck "$stuck" '{never_start: [$stuck]}')"
  faults '[{"method": "POST", "path": "/executions$", "n": 7, "do": "drop_after"},
           {"method": "POST", "path": "/executions$", "n": 19, "do": "drop_before"}]'
  ferry 10 resume --json
  is '.exit == 10 and .state == "done"' out
  units '[.units[] | select(.state == "failed")] | length >= 3 and all(.[];
    (.reason | contains("agent is dead") or contains("never began")))'
  units "[.units[] | select(.state == \"failed\" and .unit == \"$stuck\")] | length == 1
    and (.[0].reason | contains(\"2 executions of it never began\"))"
  units '[.units[] | select(.state == "skipped" and (.reason | contains("is stopped")))] | length >= 2'
  # a dead host of several did not fail the others
  units '[.units[] | select(.state == "failed" and .host != null)] | length >= 1'
  units '[.units[] | select(.state == "skipped" and (.reason | contains("done one by one")))] | length >= 1'
  units '[.units[] | select(.state | IN("done", "failed", "skipped") | not)] | length == 0'
  nobody_twice
  tell '{"never_start": null, "dead_revived": true}'
  ferry 0 retry upgrade-1 --failed
  ferry 0 resume
  units '[.units[] | select(.state == "failed")] | length == 0'
  nobody_twice
  # all but the two that are stopped
  ledger '.agents.missing == 2'
  "$FERRY" status upgrade-1 --units --format csv >units.csv
  [[ $(wc -l <units.csv) -gt 60 ]]
  head -n 1 units.csv | grep -q '^step,unit,tenant,deployment,host,state,reason'
}

@test "waves: the next begins when the one before was good, and --wave says how to go on" {
  made --tenants 2 --deployments 12 --agents 12 --dead-hosts 1
  practice --time-scale 0.0003
  run_ 3 --stop-before install_new_agents --set agents.waves=1,3,2 --set agents.max_failures=50%
  manager 'agents?_all_tenants=true&_sort=id' >agents.json
  ferry 3 resume
  says 'wave [123]'
  begun=$(ask ledger | jq '[.executions.install_new_agents[]] | add')
  [[ $begun -le 6 ]]
  ferry 3 resume # nothing has changed
  [[ $(ask ledger | jq '[.executions.install_new_agents[]] | add') -eq $begun ]]
  ferry 10 resume --wave rest
  ledger '.executions.install_new_agents | length == 12 and all(.[]; . == 1)'
  tell '{"dead_revived": true}'
  ferry 0 retry upgrade-1 --failed
  ferry 0 resume
}

@test "on_failure: stop" {
  made --tenants 1 --deployments 8 --agents 8
  practice --time-scale 0.0003
  run_ 3 --stop-before install_new_agents --set agents.on_failure=stop --set agents.concurrency=1 \
    --set agents.max_failures=never
  tell "$(manager 'agents?_all_tenants=true&_sort=id' | jq '{dead_hosts: [.items[0].id]}')"
  ferry 3 resume
  says 'is to stop at a failure'
  ferry 10 resume
  ledger '.executions.install_new_agents | length == 8 and all(.[]; . == 1)'
}

@test "validation, when it is asked for" {
  made --tenants 2 --deployments 6 --agents 6
  practice --time-scale 0.0003
  run_ 0 --set agents.validate=true --set agents.grace=100ms
  ledger '.executions.validate_agents | length == 6 and all(.[]; . == 1)'
  units '.units | length == 6 and all(.[]; .state == "done")' validate_agents
}

@test "at most 1.2 requests a deployment, and never more than the rate in a second" {
  made --tenants 4 --deployments 100 --agents 100
  practice --time-scale 0.02
  run_ 3 --stop-before install_new_agents --set agents.concurrency=40 --set agents.poll=auto \
    --set limits.requests_per_second=20
  before=$(ask requests | jq '.requests | length')
  ferry 3 resume --stop-before validate_agents
  ask requests | jq --argjson before "$before" '.requests[$before:]' >requests.json
  ledger '.executions.install_new_agents | length == 100 and all(.[]; . == 1)'
  is '([.[] | select(.path | startswith("/api"))] | length) <= 120' requests.json
  # as the manager saw them, with what a busy machine adds; exact in tests/unit/engine
  most=$(jq '[.[].t] | sort | . as $t | [range(0; length) as $i
    | [$t[$i:][] | select(. < $t[$i] + 1000)] | length] | max' requests.json)
  echo "most in a second: $most, of $(jq length requests.json)"
  [[ $most -le 24 ]]
}

# older VERSION [ARGUMENT...]: every host of three tenants gets one agent there.
older() {
  local version=$1
  shift
  made --tenants 3 --deployments 6 --agents 8 --manager-version "$version"
  practice --time-scale 0.0003 --manager-version "$version" --premium
  run_ 0 "$@"
  ledger '.agents.doubled == 0 and .agents.missing == 0 and .agents.new == 8'
}
@test "4.6 lists the agents of one tenant at a time" { older 4.6.0; }
@test "6.0 takes no ids of ours: a marker stands for them" { older 6.0.1 --set plugins.update=none; }
