#!/usr/bin/env bats
# An upgrade from start to end, on every version, with made and with real archives. The judges are
# the practice manager's ledger and what it holds, against its own reading of the archive.
# shellcheck disable=SC2154,SC2034 # variables of helper.bash; words of ferry's own
load helper

setup() { world; }

# upgraded VERSION: a run to its end on such a manager.
upgraded() {
  practice --manager-version "$1"
  run_ 0 --json
  is '.state == "done" and .exit == 0 and all(.steps[]; .state == "done" or .state == "skipped")' out
  is '(.steps | length) == 11 and .stuck == []' out
  carried
}

# held PASSWORD: the manager holds as many things as the archive.
held() {
  local what
  for what in blueprints deployments; do
    manager "$what?_all_tenants=true&_size=1000" "$1" >"$what.json"
    [[ $(jq '.metadata.pagination.total' "$what.json") -eq $(jq ".total.$what" described.json) ]]
  done
  manager maintenance "$1" >maintenance.json
  is '.status == "deactivated"' maintenance.json
}

# agents_are_new: no host is left with an agent of the old manager alone.
agents_are_new() {
  manager 'agents?_all_tenants=true&_size=1000' "$1" >agents.json
  jq -e --arg version "$2" '
    [.items[] | select(.state == "started" and (.version | startswith($version)))
      | .node_instance_id] as $new
    | [.items[].node_instance_id] | unique == ($new | unique)' agents.json >/dev/null
}

@test "legacy archive on 7.1.0, with plugins uploaded and updated" {
  made --tenants 3 --deployments 9 --agents 7 --plugins 4 --blueprints 2 --manager-version 7.1.0
  "$FERRY_MAKE_WAGON" cloudify-practice01-plugin 2.0.0 plugin.wgn
  "$FERRY_MAKE_WAGON" cloudify-practice02-plugin 3.1.0 other.wgn
  write_yaml 'agents: {poll: 10ms}' 'plugins: {upload: ["*.wgn"], poll: 10ms}'
  plugins='{"cloudify-practice01-plugin-2.0.0": 1, "cloudify-practice02-plugin-3.1.0": 1}'
  upgraded 7.1.0
  agents_of_made
  held oldpw
  agents_are_new oldpw 7.1.0
  # the updates were real ones: deployments were moved to the new plugin
  ledger '.plugins_updates | length > 0'
  ledger '[.executions.update // {} | .[]] | all(. == 1)'
  # the counts that ferry shows are those of the archive
  is ".compare.deployments.manager == $(jq .total.deployments described.json)" out
}

@test "legacy archive on 7.0.5" {
  made --tenants 2 --deployments 6 --agents 6 --plugins 2 --manager-version 6.4.2
  upgraded 7.0.5
  agents_of_made
  held oldpw
  agents_are_new oldpw 7.0.5
}

@test "legacy archive on 6.4.2" {
  made --tenants 2 --deployments 5 --agents 4 --plugins 2 --manager-version 6.4.2
  "$FERRY_MAKE_WAGON" cloudify-practice01-plugin 2.0.0 plugin.wgn
  write_yaml 'agents: {poll: 10ms}' 'plugins: {upload: [plugin.wgn], poll: 10ms}'
  plugins='{"cloudify-practice01-plugin-2.0.0": 1}'
  upgraded 6.4.2
  agents_of_made
  held oldpw
  agents_are_new oldpw 6.4.2
}

@test "archive in the new format on 7.1.0 keeps the manager's password" {
  made --format new --tenants 2 --deployments 6 --agents 5 --plugins 2
  upgraded 7.1.0
  agents_of_made
  held admin
  agents_are_new admin 7.1.0
}

@test "archive in the new format on 7.0.5" {
  made --format new --manager-version 7.0.5 --tenants 2 --deployments 4 --plugins 2
  upgraded 7.0.5
  agents_of_made
  held admin
}

@test "no agents, no plugins: the steps are skipped, the rest is done" {
  made --tenants 1 --deployments 3 --agents 0
  upgraded 7.1.0
  ledger '.executions == {}'
}

@test "an upgrade at a tenth of real time, with the weather of a restore" {
  made --tenants 2 --deployments 4 --agents 3 --plugins 2
  write_yaml 'agents: {poll: 50ms}' 'plugins: {poll: 50ms}'
  practice --time-scale 0.05
  run_ 0 --set restore.poll=50ms --set restore.quiet=200ms
  carried
  agents_of_made
  # some answers during the restore were no answers: 502 or 401, and ferry went on
  requests >seen
  grep -qE '(502|401)\]$' seen
}

# agents_wanted: deployments whose hosts are all started and of which one has an agent: by what the
# manager itself lists before the step.
agents_wanted() {
  manager 'agents?_all_tenants=true&_size=1000' "$1" >agents.json
  manager 'node-instances?_all_tenants=true&_size=1000' "$1" >instances.json
  jq -n --slurpfile agents agents.json --slurpfile instances instances.json '
    ($instances[0].items | map(select(.id == .host_id and .state != "started")
      | "\(.tenant_name)/\(.deployment_id)") | unique) as $stopped
    | [$agents[0].items[] | "\(.tenant_name)/\(.deployment)"] | unique - $stopped' >wanted.json
}

# real FILE VERSION PASSWORD: a real archive, with a look at the manager before the agents.
real() {
  cp "$1" a.zip
  practice --manager-version "$2"
  run_ 3 --stop-before install_new_agents
  agents_wanted "$3"
  ferry 0 resume --json
  is '.state == "done"' out
  carried
  held "$3"
  ask ledger | jq -e --slurpfile wanted wanted.json \
    '(.executions.install_new_agents // {} | keys) == $wanted[0]' >/dev/null
  manager 'agents?_all_tenants=true&_size=1000' "$3" >agents.json
}

@test "the real legacy archive of 7.1 on 7.1.0" {
  real "$source_dir/tests/data/snapshots/legacy-7.1.zip" 7.1.0 oldpw
  is 'length == 3' wanted.json
  # six hosts had agents of the old manager, six have new ones; nothing else was touched
  is '[.items[] | select(.state == "upgraded")] | length == 6' agents.json
  is '[.items[] | select(.state == "started")] | length == 6' agents.json
}

@test "the real archive in the new format on 7.1.0" {
  real "$source_dir/tests/data/snapshots/new-7.1.zip" 7.1.0 admin
  is 'length == 0' wanted.json
}

scheduled=$source_dir/../shared/snapshots/legacy-5.1-scheduled.zip

@test "the real archive of 5.1 with scheduled executions on 7.0.5" {
  if [[ ! -f $scheduled ]]; then skip "the archive of 5.1 lies outside the repository and is not here"; fi
  real "$scheduled" 7.0.5 oldpw
}

@test "the real archive of 5.1 with scheduled executions on 6.4.2" {
  if [[ ! -f $scheduled ]]; then skip "the archive of 5.1 lies outside the repository and is not here"; fi
  real "$scheduled" 6.4.2 oldpw
}

@test "an archive that the manager fetches itself" {
  made --tenants 2 --deployments 4 --agents 3 --plugins 1
  web_server "location / { root $PWD; }"
  sed -i "s|^snapshot:.*|snapshot: {url: \"$nginx_url/a.zip\", id: snap}|" upgrade.yaml
  upgraded 7.1.0
  agents_of_made
  held oldpw
  # it came to the manager once, and not from ferry
  [[ $(grep -c 'GET /a.zip' nginx/access.log) -eq 1 ]]
  requests >seen
  grep -q '"PUT","/api/v3.1/snapshots/snap/archive",201' seen
}

@test "chosen tenants, blueprints left out: only these" {
  made --tenants 3 --deployments 9 --agents 9 --plugins 2 --blueprints 2
  "$FERRY_MAKE_WAGON" cloudify-practice01-plugin 2.0.0 plugin.wgn
  write_yaml 'agents: {tenants: [tenant-01], poll: 10ms}' \
    'plugins: {upload: [plugin.wgn], except: [bp-01], poll: 10ms}'
  practice
  run_ 0
  ledger '.executions.install_new_agents | keys | length == 3 and all(.[]; startswith("tenant-01/"))'
  ledger '[.plugins_updates, .plugins_updates_unchanged | keys[]] | length > 0 and all(.[]; endswith("/bp-01") | not)'
  status '[.steps[] | select(.name == "install_new_agents") | .units | .done, .skipped] == [3, 6]'
}

@test "plugins: update none leaves every blueprint as it is" {
  made --tenants 1 --deployments 3 --plugins 2
  write_yaml 'agents: {poll: 10ms}' 'plugins: {update: none, poll: 10ms}'
  practice
  run_ 0
  ledger '.plugins_updates == {} and .plugins_updates_unchanged == {} and .plugins == {}'
  status "$(step_state plugins_update skipped)"
}
