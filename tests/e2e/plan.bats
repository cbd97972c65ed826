#!/usr/bin/env bats
# The dry run: it changes nothing, what it prints is what a run sends, and a saved plan is kept to.
# shellcheck disable=SC2154,SC2034,SC2016 # variables of helper.bash; of jq and nginx
load helper

setup() {
  world
  made --tenants 2 --deployments 5 --agents 4 --plugins 2
  "$FERRY_MAKE_WAGON" cloudify-practice01-plugin 2.0.0 plugin.wgn
  write_yaml 'agents: {poll: 10ms}' 'plugins: {upload: [plugin.wgn], poll: 10ms}'
  plugins='{"cloudify-practice01-plugin-2.0.0": 1}'
}

@test "plan changes nothing on the manager and makes no journal" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url"
  grep -q '^READY: nothing stands in the way.*; nothing was changed$' out
  ferry 0 plan upgrade.yaml --manager "$url" --json
  ledger '.changing_requests == 0 and .requests > 0'
  [[ ! -e journal.db && ! -e journal.db.lock && ! -e .local ]]
}

@test "plan leaves every byte of a journal alone, also beside a run" {
  practice
  run_ 3 --stop-before upload
  local sum
  sum=$(sha256sum journal.db journal.db.lock)
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  [[ $(sha256sum journal.db journal.db.lock) == "$sum" ]]
  echo 'no journal at all' >other.db
  FERRY_JOURNAL=$PWD/other.db ferry 0 plan upgrade.yaml --manager "$url"
  [[ $(cat other.db) == 'no journal at all' ]]
  ferry 0 resume
  carried
}

@test "the document of a plan" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url" --json
  is '.workflow == "upgrade" and .blocked == false and (.steps | length == 11)' out
  is '[.steps[].name] == ["upload", "maintenance_activate", "verify", "restore", "poll_status",
    "maintenance_deactivate", "install_new_agents", "validate_agents", "upload_plugins",
    "plugins_update", "compare"]' out
  is '[.steps[] | select(.no_return) | .name] == ["restore"]' out
  is 'all(.findings[]; (.kind | IN("blocker", "warning", "note")) and (.text | length > 0))' out
  is ".archive.sha256 == \"$(sha256sum a.zip | cut -d' ' -f1)\"" out
  is ".archive.size == $(stat -c %s a.zip)" out
  # how many units each fan-out will have, by the practice manager's own reading
  "$FERRY_PRACTICE" describe --json a.zip >described.json
  is "[.steps[] | select(.name == \"install_new_agents\") | .units] == [$(jq .total.deployments_for_new_agents described.json)]" out
  is "[.steps[] | select(.name == \"plugins_update\") | .units] == [$(jq .total.blueprints described.json)]" out
  is '[.steps[] | select(.name == "upload_plugins") | .requests[] | select(.changes)
    | (.body_file | endswith("/plugin.wgn")) and .body_size > 0] == [true]' out
}

# What nginx saw between ferry and the manager: method, address and body, with what differs from
# unit to unit replaced as in a plan. Ids are uuids; names of deployments and blueprints are NAME.
sent() {
  jq -rc 'select(.method | IN("GET", "HEAD") | not)
    | [.method, .uri, (if .type == "application/json" then .body else "" end), .tenant]
    | map(gsub("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"; "ID-MADE-BY-FERRY")
      | gsub("\"deployment_id\":\"[^\"]*\""; "\"deployment_id\":\"NAME\"")
      | gsub("/plugins-updates/[^/]*/"; "/plugins-updates/NAME/"))
    | if (.[1] | test("executions|plugins-updates")) then .[3] = "TENANT" else . end
    | join(" ")' nginx/sent.log | sort -u
}
planned() {
  jq -r '.steps[].requests[] | select(.changes)
    | [.method, .path, .body // "", .headers.Tenant] | join(" ")' "$1" | sort -u
}

# recorder: an nginx that writes down what passes.
recorder() {
  nginx_http='log_format sent escape=json "{\"method\": \"$request_method\", \"uri\": \"$request_uri\", \"type\": \"$content_type\", \"tenant\": \"$http_tenant\", \"body\": \"$request_body\"}";
    client_max_body_size 0; client_body_buffer_size 1m;'
  web_server "access_log $PWD/nginx/sent.log sent;
    location / { proxy_pass http://127.0.0.1:$port; }"
}

same_as_planned() {
  ferry 0 plan upgrade.yaml --manager "$nginx_url" --json
  mv out plan.out
  [[ $(sent | wc -l) -eq 0 ]]
  ferry 0 run upgrade.yaml --manager "$nginx_url"
  carried
  sent >was_sent
  planned plan.out >was_planned
  [[ $(wc -l <was_planned) -eq 7 ]]
  diff was_planned was_sent
}

@test "the changing requests of the plan are those that are sent: 7.1.0" {
  practice
  recorder
  same_as_planned
}

@test "the changing requests of the plan are those that are sent: 6.4.2, other options" {
  made --tenants 2 --deployments 5 --agents 4 --plugins 2 --manager-version 6.4.2
  write_yaml 'agents: {poll: 10ms, install_timeout: 77, stop_old: true}' \
    'plugins: {upload: [plugin.wgn], poll: 10ms, to: minor}'
  practice --manager-version 6.4.2
  recorder
  same_as_planned
  grep -q '"install_agent_timeout":77,"stop_old_agent":true' was_sent
  grep -q 'all_to_minor' was_sent
}

@test "the questions of the plan are asked by the run, too" {
  practice
  recorder
  ferry 0 plan upgrade.yaml --manager "$nginx_url" --json
  mv out plan.out
  rm nginx/sent.log
  kill -USR1 "$nginx_pid" # begins the log anew
  until_true 5 test -e nginx/sent.log
  ferry 0 run upgrade.yaml --manager "$nginx_url"
  local ids='[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
  # several ids in one list stand for the one of the plan
  jq -r 'select(.method | IN("GET", "HEAD")) | "\(.method) \(.uri)"' nginx/sent.log |
    sed -E "s/$ids/ID/g; s/(id=ID&)(id=ID&)*/id=ID\&/; s/blueprint_id=[^&]*/blueprint_id=NAME/" | sort -u >asked
  jq -r '.steps[].requests[] | select(.changes | not) | "\(.method) \(.path)"' plan.out |
    sed -E 's/ID-MADE-BY-(FERRY|THE-MANAGER)/ID/g' | sort -u >planned
  [[ $(wc -l <planned) -ge 6 ]]
  comm -23 planned asked >never_asked
  if [[ -s never_asked ]]; then
    echo 'planned, but never asked:'
    cat never_asked
    echo 'asked:'
    cat asked
    return 1
  fi
}

@test "a plan for people names every request that changes something" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url" --requests
  [[ $(grep -c 'changes the manager' out) -eq 7 ]]
  grep -q 'point of no return' out
  grep -q 'PUT /api/v3.1/snapshots/snap/archive' out
  grep -q 'the file .*/plugin.wgn, [0-9.]* [KM]*i*B' out
  grep -qF '{"force":false,"restore_certificates":false,"no_reboot":false}' out
}

@test "plan -o, then run PLAN.json" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  mv upgrade.yaml elsewhere.yaml
  ferry 0 run plan.json
  carried
  agents_of_made
}

@test "a saved plan is stale when the archive has changed" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  cp a.zip before.zip
  made --tenants 2 --deployments 5 --agents 4 --plugins 2 --seed 2
  [[ $(sha256sum <a.zip) != $(sha256sum <before.zip) ]]
  ferry 6 run plan.json
  says 'the plan is stale: archive'
  hints 'ferry plan FILE.yaml -o .*plan.json'
  ledger '.changing_requests == 0'
  ferry 0 runs --json
  is '.runs == []' out
  # with the archive that it was made from it holds
  cp before.zip a.zip
  ferry 0 run plan.json
  carried
}

@test "a saved plan is stale when the manager is another version" {
  practice --manager-version 7.0.5
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  practice_ends
  rm -rf manager
  practice --manager-version 7.1.0
  ferry 6 run plan.json
  says 'the plan is stale: manager.version was .*7\.0\.5.* and is .*7\.1\.0'
  ledger '.changing_requests == 0'
}

@test "what stands in the way: plan and run end with 5" {
  practice --content "$PWD/a.zip"
  ferry 5 plan upgrade.yaml --manager "$url" --password-file old.pw
  says 'the run would be refused'
  grep -q '^BLOCKED: a run would be refused by ' out
  grep -q '^stops ' out
  ferry 5 plan upgrade.yaml --manager "$url" --password-file old.pw --json
  is '.blocked and ([.findings[] | select(.kind == "blocker")] | length >= 1)' out
  ferry 5 run upgrade.yaml --manager "$url" --password-file old.pw
  ledger '.changing_requests == 0'
  # a plan that is blocked may be kept, but not run
  ferry 5 plan upgrade.yaml --manager "$url" --password-file old.pw -o plan.json
  if [[ -e plan.json ]]; then ferry 5 run plan.json; fi
}

@test "files that are no plans" {
  practice
  echo '{"some": "thing"}' >plan.json
  ferry 2 run plan.json
  says 'is no plan'
  echo '{"options": ' >plan.json
  ferry 2 run plan.json
  says 'is no plan'
  ferry 2 run nowhere.json
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  jq '.options.agents.concurrency = "many"' plan.json >changed.json
  ferry 2 run changed.json
  says 'concurrency'
  local code=0
  "$FERRY" plan upgrade.yaml --manager "$url" -o nowhere/plan.json >out 2>err || code=$?
  [[ $code -eq 1 || $code -eq 2 ]]
  says 'nowhere/plan\.json'
  ledger '.changing_requests == 0'
}

@test "a plan at a glance, with everything, and as Markdown" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url" --at 2026-11-28T02:00:00+01:00
  grep -qE "^manager +$url, 7\.1\.0 community, node " out
  grep -qE '^holds +2 tenants, .* 5 deployments, ' out
  grep -qE '^begins +2026-11-28 02:00:00 \+01:00$' out
  grep -qE '^window +about .* without the manager, from 02:' out
  grep -qE '^undo +everything until step 4, restore, at about 2026-11-28 02:' out
  [[ $(grep -c 'changes the manager' out) -eq 0 ]]
  [[ $(grep -cE '^ *[0-9]+\. [a-z_]+' out) -eq 11 ]]
  cp out glance
  ferry 0 plan upgrade.yaml --manager "$url" --at 2026-11-28T02:00:00+01:00 -v
  [[ $(wc -l <out) -gt $(wc -l <glance) && $(grep -c 'changes the manager' out) -eq 7 ]]
  ferry 0 plan upgrade.yaml --manager "$url" --markdown
  [[ $(head -n 1 out) == '# ferry plan: upgrade' ]]
  [[ $(grep -c '^## ' out) -ge 2 ]]
  # each row of a table has as many cells as its head
  awk -F'|' '/^\|/ { gsub(/\\\|/, ""); if (n && NF != n) exit 1; n = NF } !/^\|/ { n = 0 }' out
  # what stops it decides the exit with -o, --json and --markdown, too
  practice_ends
  rm -rf manager
  practice --content "$PWD/a.zip"
  ferry 5 plan upgrade.yaml --manager "$url" --password-file old.pw --markdown
  grep -q '^\*\*BLOCKED' out
  grep -q '^| \*\*stops\*\* | ' out
  ferry 5 plan upgrade.yaml --manager "$url" --password-file old.pw --requests -o plan.json
  ferry 2 plan upgrade.yaml --manager "$url" --at yesterday
  says 'the planned time: "yesterday" is no time'
}

@test "scheduled executions of a real archive, by name and time" {
  local archive=$source_dir/../shared/snapshots/legacy-5.1-scheduled.zip
  [[ -e $archive ]] || skip "the archives of others lie beside the repository, and here they do not"
  practice
  ferry 0 plan upgrade.yaml --manager "$url" --snapshot "$archive" --at 2020-03-11T09:00:00Z --json
  jq -r '.forecast.executions.rows[] | [.due, .workflow, .deployment, .tenant, .outcome] | join(" ")' \
    out | sort >forecast
  diff forecast - <<'END'
2020-03-10T12:00:00.000Z uninstall dep_mock default_tenant failed
2020-03-11T12:00:00.000Z install dep_mock default_tenant recreated
2050-01-01T12:00:00.000Z install dep_mock default_tenant recreated
2050-01-02T12:00:00.000Z uninstall dep_mock default_tenant recreated
END
  # today all but those of 2050 are overdue; and what is forecast is what the manager then does
  ferry 0 plan upgrade.yaml --manager "$url" --snapshot "$archive" -o plan.json
  is '.forecast.executions.counts.scheduled == {"failed": 2, "recreated": 2}' plan.json
  is '[.forecast.executions.rows[] | select(.both) | .new_at[:4]] == ["2050", "2050"]' plan.json
  ferry 0 run plan.json --set limits.requests_per_second=5000
  manager 'execution-schedules?_all_tenants=true' >made.json
  is '[.items[] | select(.id | test("_restored_")) | .since[:10]] | sort == ["2050-01-01", "2050-01-02"]' made.json
}

# --- the saved plan ---

# refused_without_a_trace: not even a journal was made, and the manager was not changed.
refused_without_a_trace() {
  ledger '.changing_requests == 0'
  [[ ! -e journal.db ]]
}

@test "a saved plan is canonical: sorted, one line, the same bytes but for its times" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url" --at 2026-11-28T02:00:00Z -o plan.json
  ferry 0 plan upgrade.yaml --manager "$url" --at 2026-11-28T02:00:00Z -o again.json
  [[ $(wc -l <plan.json) -eq 1 && $(tail -c 1 plan.json | od -An -tx1) == ' 0a' ]]
  [[ $(stat -c %a plan.json) == 600 ]]
  jq -cS . plan.json | cmp - plan.json
  timeless() { jq -S 'del(.made_at, .digest, .facts.maintenance, .digests)' "$1"; }
  diff <(timeless plan.json) <(timeless again.json)
  # the digest is that of the rest, and each fact has its own
  local sum
  sum=$(jq -cjS 'del(.digest)' plan.json | sha256sum | cut -d' ' -f1)
  is ".digest == \"$sum\"" plan.json
  sum=$(jq -cjS .facts.archive plan.json | sha256sum | cut -d' ' -f1)
  is ".digests.archive == \"$sum\"" plan.json
  is '(.facts | keys) - (.digests | keys) == []' plan.json
  is ".identity.url == \"$url\" and .identity.version == .facts.manager.version
    and (.identity.nodes | length == 1)" plan.json
  # and it says nothing of a secret
  if grep -qE 'oldpw|admin:' plan.json; then return 1; fi
}

@test "a plan that was changed by hand, of another ferry, of another format" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  jq -cS '.options.agents.concurrency = 50' plan.json >changed.json
  ferry 2 run changed.json
  says 'changed\.json was changed after it was made: its SHA-256 is [0-9a-f]{12}\.\.\., not'
  hints 'make a new plan: ferry plan FILE.yaml -o .*changed.json'
  jq -cS '.steps[0].requests = []' plan.json >changed.json
  ferry 2 run changed.json
  jq -cS '.ferry = "0.0.9"' plan.json >other.json
  ferry 6 run other.json
  says 'other\.json was made by ferry 0\.0\.9, and this is ferry '
  jq -cS '.schema = 99' plan.json >other.json
  ferry 6 run other.json
  jq -cS 'del(.schema, .digest)' plan.json >other.json
  ferry 6 run other.json
  refused_without_a_trace
  # spaces and the order of keys are nobody's business
  jq . plan.json >pretty.json
  ferry 0 run pretty.json
  carried
}

@test "a saved plan is stale when a plugin file, a stop or the units are others" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  cp plugin.wgn before.wgn
  "$FERRY_MAKE_WAGON" cloudify-practice01-plugin 2.0.1 plugin.wgn
  ferry 6 run plan.json
  says 'the plan is stale: plugin ".*plugin\.wgn" was [0-9a-f]{64} and is [0-9a-f]{64}'
  cp before.wgn plugin.wgn
  # somebody has taken the name of our snapshot meanwhile: a new stop
  curl_ -sf -u admin:admin -H 'Tenant: default_tenant' -X PUT --data-binary @a.zip \
    "$url/api/v3.1/snapshots/snap/archive" >/dev/null
  ferry 6 run plan.json
  says 'the plan is stale: upload was free and is blocked: a snapshot "snap" is on the manager'
  ferry 0 runs --json
  is '.runs == []' out
  ledger '.changing_requests == 1'
}

@test "what differs without harm is told, and the run goes on" {
  made --tenants 2 --deployments 5 --agents 4 --plugins 2 --format legacy
  practice
  ferry 0 plan upgrade.yaml --manager "$url" -o plan.json
  # the same manager by another name, and in maintenance meanwhile
  curl_ -sf -u admin:admin -H 'Tenant: default_tenant' -X POST \
    "$url/api/v3.1/maintenance/activate" >/dev/null
  ferry 0 run plan.json --manager "${url/127.0.0.1/localhost}"
  grep -q "the manager was planned at $url and is asked at http://localhost" err
  grep -q 'since the plan was made: .*maintenance' err
}
