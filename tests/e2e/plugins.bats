#!/usr/bin/env bats
# Plugins: parts that ferry packs, caravans, what is there already, updates that fail half way, and
# every wrong file refused before anything is sent.
# shellcheck disable=SC2154,SC2034,SC2016 # variables of helper.bash; of carried; of jq
load helper

setup() { world; }

# plugin_yaml PACKAGE VERSION FILE
plugin_yaml() {
  printf '%s\n' 'plugins:' '  p:' '    executor: central_deployment_agent' \
    "    package_name: $1" "    package_version: '$2'" >"$3"
}
# parts PACKAGE VERSION FOLDER: a wagon and its yaml.
parts() {
  mkdir -p "$3"
  "$FERRY_MAKE_WAGON" "$1" "$2" "$3/$1.wgn"
  plugin_yaml "$1" "$2" "$3/plugin.yaml"
}
# zipped FILE MEMBER...
zipped() {
  local file=$1
  shift
  rm -f "$file"
  cmake -E tar cf "$file" --format=zip "$@"
}
# caravan FILE FOLDER...: a caravan of such folders.
caravan() {
  local file=$1 folder wagon
  shift
  rm -rf cvn
  mkdir cvn
  for folder; do
    cp -r "$folder" cvn/
    wagon=$(basename "$folder"/*.wgn)
    echo "$(basename "$folder")/$wagon: $(basename "$folder")/plugin.yaml" >>cvn/METADATA
  done
  tar czf "$file" cvn
}
upload() { write_yaml 'agents: {poll: 10ms}' "plugins: {upload: [$1], poll: 10ms${2:+, $2}}"; }
nothing_is_left() { [[ ! -e journal.db.plugins ]]; }
plan_says() {
  "$FERRY" plan upgrade.yaml --manager "$url" >plan.out 2>plan.err
  grep -qF -- "$1" plan.out || {
    printf 'the plan does not say: %s\n' "$1"
    grep -E '^(note|warning|blocker)' plan.out
    return 1
  }
}

@test "zip, wagon, parts by name, a folder and a caravan, each once" {
  made --tenants 2 --deployments 4 --agents 2 --plugins 1
  for p in a b c d e f; do parts "p-$p" 1.0 "$p"; done
  (cd a && zipped ../a-plugin.zip p-a.wgn plugin.yaml)
  caravan k.cvn e f
  printf picture >i.png
  upload 'a-plugin.zip, b/p-b.wgn, {wagon: c/p-c.wgn, yaml: c/plugin.yaml, icon: i.png, title: See Sea, visibility: global}, d, k.cvn'
  practice
  plan_says "a-plugin.zip (zip, visibility tenant) brings p-a 1.0"
  plan_says "p-b.wgn (wagon, visibility tenant) brings p-b 1.0"
  plan_says "p-c.wgn (packed, visibility global) brings p-c 1.0"
  plan_says "k.cvn (caravan, visibility tenant) brings p-e 1.0, p-f 1.0"
  nothing_is_left
  plugins='{"p-a-1.0": 1, "p-b-1.0": 1, "p-c-1.0": 1, "p-d-1.0": 1, "p-e-1.0": 1, "p-f-1.0": 1}'
  run_ 0
  carried
  nothing_is_left
  manager 'plugins?package_name=p-c' >row.json
  is '.items[0] | .title == "See Sea" and .visibility == "global"' row.json
  # it says what the caravan really added
  "$FERRY" events --json >events.json
  is '[.events[] | select(.step == "upload_plugins" and .kind == "unit_done") | .text // ""]
    | any(. == "added: p-e 1.0, p-f 1.0")' events.json
}

@test "the same parts a second time are there already and not sent" {
  made --tenants 2 --deployments 4 --plugins 1
  parts p-a 1.0 a
  parts p-b 1.0 b
  caravan k.cvn a b
  upload 'a, k.cvn'
  practice
  run_ 0
  ledger '.plugins == {"p-a-1.0": 1, "p-b-1.0": 1}'
  "$FERRY" events --json >events.json
  is '[.events[] | select(.step == "upload_plugins" and (.kind | startswith("unit_"))) | .text // ""]
    | any(. == "added: p-b 1.0; the others were there already")' events.json
  # on a manager that has it all, nothing is sent
  curl_ -f -d '{"sql": "DELETE FROM blueprints; DELETE FROM deployments"}' "$url/practice/set" >/dev/null
  printf oldpw >new.pw
  write_yaml 'plugins: {upload: [a, k.cvn], poll: 10ms, update: none}' 'agents: {poll: 10ms}'
  sed -i 's/id: snap/id: again/' upgrade.yaml
  plan_says 'a/p-a.wgn: p-a 1.0: on the manager already, it will not be sent'
}

@test "a plugin of the snapshot is told by the plan and not sent" {
  made --tenants 1 --deployments 2 --plugins 1
  practice
  run_ 3 --stop-before upload_plugins
  manager 'plugins?_include=package_name,package_version' | jq -r '.items[0].package_version' >version
  ferry 0 cancel --yes || ferry 0 cancel upgrade-1
  parts cloudify-practice01-plugin "$(cat version)" own
  plugins='{}'
  practice_ends
  rm -rf manager
  practice
  upload own
  plan_says "cloudify-practice01-plugin $(cat version)"
  run_ 0
  carried
}

@test "killed while a packed plugin is sent: packed again, the same bytes, once" {
  made --tenants 2 --deployments 4 --agents 2 --plugins 1
  parts p-a 1.0 a
  head -c 3000000 /dev/urandom >a/icon.png
  upload a
  practice
  faults '[{"do": "delay", "delay_ms": 1500, "method": "POST", "path": "/plugins$"}]'
  start run upgrade.yaml --manager "$url" -q
  until_true 30 under_way POST '/plugins$'
  [[ $(stat -c %a journal.db.plugins/*.zip) == 600 && $(stat -c %a journal.db.plugins) == 700 ]]
  sha256sum journal.db.plugins/*.zip | cut -c1-64 >first
  [[ $(basename journal.db.plugins/*.zip .zip) == "$(cat first)" ]]
  killed
  [[ -e journal.db.plugins ]]
  cp -r journal.db.plugins "$PWD/other.db.plugins" # beside another journal: not ours
  touch a/*
  faults '[]'
  ferry 0 resume
  plugins='{"p-a-1.0": 1}'
  carried
  nothing_is_left
  [[ -e other.db.plugins ]]
}

@test "killed, then cancelled: what was packed is taken away" {
  made --tenants 1 --deployments 2
  parts p-a 1.0 a
  upload a
  practice
  faults '[{"do": "delay", "delay_ms": 1500, "method": "POST", "path": "/plugins$"}]'
  start run upgrade.yaml --manager "$url" -q
  until_true 30 under_way POST '/plugins$'
  killed
  [[ -e journal.db.plugins ]]
  ferry 0 cancel upgrade-1
  nothing_is_left
}

@test "parts that changed under a run are refused; put back, it goes on" {
  made --tenants 1 --deployments 2
  parts p-a 1.0 a
  upload a
  practice
  run_ 3 --stop-before upload_plugins
  nothing_is_left
  cp a/plugin.yaml kept.yaml
  echo '# changed' >>a/plugin.yaml
  effects >before.json
  ferry 5 resume
  says 'p-a\.wgn.*are not the files that this run began with'
  hints 'put the old files back'
  effects | diff before.json -
  nothing_is_left
  cp kept.yaml a/plugin.yaml
  ferry 0 resume
  ledger '.plugins == {"p-a-1.0": 1}'
}

@test "a saved plan is stale when a plugin has changed since" {
  made --tenants 1 --deployments 2
  parts p-a 1.0 a
  cp a/p-a.wgn plugin.wgn
  upload 'plugin.wgn, a'
  practice
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  cp plugin.wgn kept.wgn
  "$FERRY_MAKE_WAGON" p-a 2.0 plugin.wgn
  ferry 6 run plan.json
  says 'the plan is stale: plugin ".*/plugin\.wgn" was [0-9a-f]+ and is [0-9a-f]+'
  cp kept.wgn plugin.wgn
  printf picture >a/icon.png # the plan knows of the parts that it has named
  ferry 0 run plan.json
  ledger '.plugins == {"p-a-1.0": 1}'
}

@test "an archive that changed under a run is refused" {
  made --tenants 1 --deployments 2
  parts p-a 1.0 a
  cp a/p-a.wgn plugin.wgn
  upload plugin.wgn
  practice
  run_ 3 --stop-before upload_plugins
  "$FERRY_MAKE_WAGON" p-a 2.0 plugin.wgn
  ferry 5 resume
  says 'plugin\.wgn.* is not the file that this run began with'
  hints 'put the old file back'
  ledger '.plugins == {}'
}

@test "the answer to an upload is lost: found by its package, on versions with and without our id" {
  local version
  for version in 5.2.7 7.1.0; do
    rm -rf manager journal.db*
    printf admin >new.pw
    made --tenants 1 --deployments 2 --plugins 1 --manager-version 5.1.0
    parts p-a 1.0 a
    upload a
    practice --manager-version "$version"
    faults '[{"do": "drop_after", "method": "POST", "path": "/plugins$", "count": 1}]'
    run_ 0
    ledger '.plugins == {"p-a-1.0": 1}'
    practice_ends
    unset port
  done
}

@test "a plugin that the manager refuses: exit 10 with the file and its text; retried: packed again, 0" {
  made --tenants 1 --deployments 2
  parts p-a 1.0 a
  upload a
  practice
  run_ 3 --stop-before upload_plugins
  tell '{"upload_breaks": ["p-a"]}'
  ferry 10 resume
  status '[.stuck[] | .error] == [.stuck[0].error]
    and (.stuck[0].error | test("refused \".*/a/p-a.wgn\": HTTP 400 invalid_plugin_error"))'
  nothing_is_left
  tell '{"upload_breaks": null}'
  ferry 0 retry upgrade-1 --failed
  ferry 0 resume
  ledger '.plugins == {"p-a-1.0": 1}'
  nothing_is_left
}

@test "5.0.5 installs an uploaded plugin at once, and it is waited for" {
  made --tenants 1 --deployments 2 --plugins 1 --manager-version 5.0.5
  parts p-a 1.0 a
  upload a
  practice --manager-version 5.0.5
  tell '{"settings": {"seconds.install_plugin": 2}}'
  run_ 0
  ledger '.plugins == {"p-a-1.0": 1}'
  manager 'plugins?package_name=p-a' >row.json
  is '.items[0].archive_name | startswith("installing-") | not' row.json
}

# --- updates ---

@test "updates with all options: the plan shows the body that is sent" {
  made --tenants 1 --deployments 3 --plugins 2 --blueprints 2
  parts cloudify-practice01-plugin 9.0.0 a
  upload a 'to: {latest: [cloudify-practice01-plugin]}, names: [cloudify-practice01-plugin], auto_correct_types: true, reevaluate_active_statuses: true'
  practice
  ferry 0 plan upgrade.yaml --manager "$url" --json
  is '[.steps[] | select(.name == "plugins_update") | .requests[] | select(.changes) | .body | fromjson]
    == [{"to_latest": ["cloudify-practice01-plugin"], "plugin_names": ["cloudify-practice01-plugin"],
      "auto_correct_types": true, "reevaluate_active_statuses": true}]' out
  plan_says 'blueprints with cloudify-practice01-plugin'
  plugins='{"cloudify-practice01-plugin-9.0.0": 1}'
  run_ 0
  carried
  ledger '.plugins_updates | length > 0'
}

@test "an update that fails half way: exit 10, the deployments by name; mended and retried: 0" {
  made --tenants 1 --deployments 6 --plugins 1 --blueprints 1
  parts cloudify-practice01-plugin 9.0.0 a
  upload a
  practice
  run_ 3 --stop-before plugins_update
  tell '{"update_fails": ["*"]}'
  ferry 10 resume
  status '[.stuck[] | .error] | length == 1 and all(.[]; test("the update of its plugins failed"))'
  status '.plugins_left.after | length > 0 and all(.[]; startswith("plugins-update-"))'
  jq -r '.plugins_left.after | keys[0] | split("/")[1]' status.json >stays
  status "[.stuck[] | .error] | all(.[]; test(\"$(cat stays)\"))"
  [[ $(jq -r '.stuck[0].hint' status.json) == *'cfy deployments update'* ]]
  # moved back by hand: the retry ends well and tells them no more
  tell '{"update_fails": null, "sql": "UPDATE deployments SET blueprint_id = (SELECT id FROM blueprints WHERE id NOT LIKE '"'plugins-update-%'"' LIMIT 1)"}'
  ferry 0 retry upgrade-1 --failed
  ferry 0 resume
  status '(.plugins_left.after // {}) == {}'
}

@test "another's update on the blueprint is waited for, told, and reported after the wait" {
  made --tenants 1 --deployments 2 --plugins 1 --blueprints 1
  upload '' 'wait: 1s'
  practice
  run_ 3 --stop-before plugins_update
  local blueprint
  blueprint=$(manager 'blueprints?_include=id' | jq -r '.items[0].id')
  tell "{\"sql\": \"INSERT INTO plugins_updates (tenant, id, blueprint_id, state, execution_id, created_by, created_at) VALUES ('default_tenant', 'theirs', '$blueprint', 'executing_workflow', 'gone', 'eve', '2026-01-01T00:00:00.000Z')\"}"
  ferry 10 resume
  status '[.stuck[] | .error] | all(.[]; test("update theirs of this blueprint .by eve. is executing_workflow already"))'
  [[ $(jq -r '.stuck[0].hint' status.json) == *reevaluate_active_statuses* ]]
  ledger '.plugins_updates == {} and .plugins_updates_unchanged == {}'
}

# --- refused ---

# refused CODE MESSAGE HINT: by plan and run, and the manager has seen no change.
refused() {
  effects >before.json
  for command in plan run; do
    ferry "$1" "$command" upgrade.yaml --manager "$url"
    grep -E '^ferry: ' err | grep -qE -- "$2" || { cat err; return 1; }
    hints "$3"
  done
  effects | diff before.json -
  ledger '.changing_requests == 0'
  if [[ -e journal.db ]]; then
    ferry 0 runs --json
    is '.runs == []' out
  fi
  nothing_is_left
}

@test "wrong archives are refused with file, reason and next step" {
  made --tenants 1 --deployments 2
  practice
  parts p-a 1.0 a
  parts p-b 2.0 b
  head -c 5000 /dev/urandom >bad.zip
  upload bad.zip
  refused 5 'bad\.zip.*neither a zip nor a wagon' 'fetch it again'
  cp a/p-a.wgn b/p-b.wgn a/plugin.yaml .
  zipped bad.zip p-a.wgn p-b.wgn plugin.yaml
  refused 5 'bad\.zip.*holds 2 wagons' 'one wagon'
  zipped bad.zip p-a.wgn
  refused 5 'bad\.zip.*holds no \.yaml' 'its \.yaml'
  zipped bad.zip plugin.yaml
  refused 5 'bad\.zip.*holds 0 wagons' 'one wagon'
  zipped bad.zip p-b.wgn plugin.yaml
  refused 5 'plugin\.yaml is of package p-a, the wagon of p-b' 'must be the wagon'
  head -c 500 a/p-a.wgn >bad.zip
  refused 5 'bad\.zip' 'fetch it again'
  upload '{wagon: b/p-b.wgn, yaml: a/plugin.yaml}'
  refused 5 'a/plugin\.yaml is of package p-a, the wagon of p-b' 'must be the wagon'
  caravan bad.zip a b
  sed -i s/p-a/p-x/ cvn/METADATA
  tar czf bad.zip cvn
  upload bad.zip
  refused 5 'names cvn/a/p-x\.wgn in its METADATA, which is not in it' 'caravan'
}

@test "wrong items of the configuration are refused where they stand" {
  made --tenants 1 --deployments 2
  practice
  parts p-a 1.0 a
  upload '{wagon: a/p-a.wgn}'
  refused 2 'upgrade\.yaml:[0-9]+:[0-9]+: plugins\.upload has an item without yaml' 'an item is .wagon: FILE, yaml: FILE'
  "$FERRY_MAKE_WAGON" p-c 1.0 a/second.wgn
  upload a
  refused 2 'names folder .*/a, which holds 2 \.wgn and 1 \.yaml' 'exactly one'
  rm a/second.wgn
  upload '{wagon: a/p-a.wgn, yaml: a/plugin.yaml, colour: red}'
  refused 2 'unknown key colour' 'icon, title and visibility if wanted'
}

@test "options that a version lacks are refused by name" {
  made --tenants 1 --deployments 2 --manager-version 5.0.5
  upload '' 'names: [a], auto_correct_types: true'
  practice --manager-version 5.0.5
  refused 5 'manager 5\.0\.5 does not know plugins\.names, plugins\.auto_correct_types' 'leave it out'
  practice_ends
  rm -rf manager
  unset port
  parts p-a 1.0 a
  cp a/plugin.yaml a/v1_4.yaml
  upload a
  practice --manager-version 5.2.7
  refused 5 'has 2 yamls, manager 5\.2\.7 takes exactly one' 'leave one in it'
}

@test "a version on which a failed update loses data needs to be accepted by name" {
  made --tenants 1 --deployments 2 --plugins 1 --manager-version 5.0.5
  practice --manager-version 6.0.1
  refused 5 'on manager 6\.0\.1 a plugins update that fails or is cancelled deletes the deployments' \
    'plugins.update: none.*accept_data_loss: \["6\.0\.1"\]'
  upload '' 'accept_data_loss: ["6.1.0"]'
  refused 5 'on manager 6\.0\.1' 'accept_data_loss'
  upload '' 'accept_data_loss: ["6.0.1"]'
  run_ 0
  carried
}

@test "the example of README.md is understood, with every key in it" {
  made --tenants 1 --deployments 2 --plugins 1
  parts p-z 1.0 z
  parts cloudify-openstack-plugin 1.0 plugins/openstack
  (cd z && zipped ../plugins/z.zip p-z.wgn plugin.yaml)
  parts p-aws 1.0 aws
  cp aws/p-aws.wgn aws.wgn
  cp aws/plugin.yaml plugin.yaml
  cp aws/plugin.yaml v1_4.yaml
  printf picture >icon.png
  awk '/^```yaml$/ { block = ""; inside = 1; next }
    /^```$/ { if (inside && block ~ /^plugins:/) printf "%s", block; inside = 0 }
    inside { block = block $0 "\n" }' "$source_dir/README.md" >plugins.yaml
  [[ $(grep -c . plugins.yaml) -gt 12 ]]
  write_yaml ''
  cat plugins.yaml >>upgrade.yaml
  practice
  plan_says 'plugins/z.zip (zip, visibility tenant) brings p-z 1.0'
  plan_says 'cloudify-openstack-plugin.wgn (packed, visibility tenant) brings'
  plan_says 'aws.wgn (packed, visibility global) brings p-aws 1.0'
  # every key of the table stands in the example
  local key
  while read -r key; do
    [[ $key == poll || $key == timeout ]] || grep -q "^  $key:" plugins.yaml
  done < <(sed -n 's/^ *{"plugins\.\([a-z_]*\)".*/\1/p' "$source_dir/src/config/keys.c")
}
