#!/usr/bin/env bash
# Counts what snapshot archives hold by other means than ferry's: unzip, awk and jq. Nothing is
# known beforehand but the layout of a snapshot. Compares each thing with `ferry inspect --json`.
#   archive_counts.sh FERRY ARCHIVE...            these; one that is not there is said to be skipped
#   archive_counts.sh FERRY --made PRACTICE       archives that the practice manager makes
# Ends with 77 when no archive was there, with 1 when something differs.
# shellcheck disable=SC2016 # variables of jq
set -euo pipefail

ferry=$1
shift
failures=0 checks=0 read=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

check() { # NAME WHAT-THE-ARCHIVE-SAYS WHAT-FERRY-SAYS
  checks=$((checks + 1))
  if [[ $2 != "$3" ]]; then
    printf 'WRONG %s: %s: the archive says "%s", ferry "%s"\n' "$zip" "$1" "$2" "$3"
    failures=$((failures + 1))
  fi
}

told() { jq -r "$1" <<<"$report"; }              # of ferry's document
one_line() { sort | paste -sd'|'; }              # whatever the order
tally() { sort | uniq -c | awk '{n = $1; sub(/^ *[0-9]+ /, ""); print $0 "=" n}' | one_line; }
told_tally() { told "$1 | to_entries[] | \"\(.key)=\(.value)\"" | one_line; }
# A time of the archive, to the second: "2026-11-22 19:32:44.5" and "2026-11-22T19:32:44Z" are one.
told_times='def second: if . == null then "\\N" else .[0:19] | sub("T"; " ") end;'

# --- the legacy format: the dump's tables, a file each, the header in its first line ---

split_dump() {
  rm -rf "$folder/tables" && mkdir "$folder/tables"
  unzip -p "$zip" pg_data | awk -v folder="$folder/tables" '
    BEGIN { FS = OFS = "\t" }
    out == "" && /^COPY .* FROM stdin;$/ {
      out = $0
      sub(/^COPY /, "", out); sub(/ .*/, "", out); sub(/^.*\./, "", out); gsub(/"/, "", out)
      header = $0
      sub(/^[^(]*\(/, "", header); sub(/\).*/, "", header); gsub(/"/, "", header)
      gsub(/, /, "\t", header)
      out = folder "/" out
      print header >out
      next
    }
    out != "" && $0 == "\\." { close(out); out = ""; next }
    out != "" { print >out; next }
    { print >(folder "/statements") }'
}

columns() { # TABLE COLUMN...
  local table=$1
  shift
  if [[ ! -e $folder/tables/$table ]]; then return; fi
  awk -v wanted="$*" '
    BEGIN { FS = OFS = "\t"; n = split(wanted, want, " ") }
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    {
      line = ""
      for (i = 1; i <= n; i++) line = line (i > 1 ? "\t" : "") (want[i] in at ? $(at[want[i]]) : "\\N")
      print line
    }' "$folder/tables/$table"
}

rows() { columns "$1" _storage_id | wc -l; }

# Puts the second column of a table in the place of the number in the first column of the input.
named() { # TABLE KEY NAME
  awk 'BEGIN { FS = OFS = "\t" } NR == FNR { name[$1] = $2; next }
    { $1 = ($1 in name) ? name[$1] : "\\N"; print }' <(columns "$1" "$2" "$3") -
}

unescaped() { sed 's/\\\\/\\/g'; }

check_plans() {
  # JSON plans are read by jq; of pickled ones the text itself is searched for the package's name.
  local pickled=false
  if columns blueprints plan | grep '^\\\\x' >/dev/null; then pickled=true; fi
  if [[ $pickled == false ]]; then
    check plans "$(columns blueprints _tenant_id id plan | named tenants id name | unescaped |
      jq -Rrc 'split("\t") | select(.[2] != "\\N") | .[0:2] + [.[2] | fromjson |
        [.. | objects | select(has("executor")) | .package_name // empty] | unique] | tojson' | one_line)" \
      "$(told '.blueprint_list[] | select(.known) |
        [.tenant_name, .id, ([.plugins[].package_name] | unique)] | tojson' | one_line)"
  else
    local name hex
    while IFS= read -r name; do
      hex=$(printf %s "$name" | od -An -v -tx1 | tr -d ' \n')
      check "pickled $name" "$(columns blueprints plan | grep -c "$hex" || true)" \
        "$(told "[.blueprint_list[] | select(any(.plugins[]; .package_name == \"$name\"))] | length")"
    done < <(told '[.blueprint_list[].plugins[].package_name] | unique[]')
    check "pickles read" "$(columns blueprints plan | grep -c '^\\\\x8002.*6e6f646573' || true)" \
      "$(told '[.blueprint_list[] | select(.known)] | length')"
  fi
}

check_waiting() {
  local wanted='(scheduled|queued)' active='(pending|started|cancelling|force_cancelling|kill_cancelling)'
  check waiting "$(columns executions _tenant_id _deployment_fk workflow_id scheduled_for status id |
    grep -E "	$wanted	[^	]*\$" | named tenants id name |
    awk -v OFS='\t' -F'\t' '{t = $1; $1 = $2; $2 = t; print}' | named deployments _storage_id id |
    sed -E 's/(:[0-9]{2})\.[0-9]+/\1/' | cut -f1-5 | one_line)" \
    "$(told "$told_times"' .waiting[] | select(.kind == "execution") |
      [.deployment // "\\N", .tenant_name, .workflow, (.at | second), .status] | join("\t")' | one_line)"
  check "schedules by name" "$(columns execution_schedules _tenant_id id workflow_id next_occurrence enabled |
    named tenants id name | sed -E 's/(:[0-9]{2})\.[0-9]+/\1/' | one_line)" \
    "$(told "$told_times"' .waiting[] | select(.kind == "schedule") |
      [.tenant_name, .id, .workflow, (.at | second), if .enabled then "t" else "f" end] | join("\t")' | one_line)"
  check active "$(columns executions id status workflow_id | grep -vF "${deleted:-none}" |
    awk -F'\t' -v a="^$active\$" '$2 ~ a {print $3}' | one_line)" "$(told '.active[].workflow' | one_line)"
}

check_tenants() {
  local table
  for table in blueprints deployments plugins agents secrets; do
    check "$table by tenant" \
      "$(columns $table _tenant_id is_hidden | awk -F'\t' '$2 != "t" {print $1}' | named tenants id name | tally)" \
      "$(told ".tenant_list[] | select(.$table > 0) | \"\(.name)=\(.$table)\"" | one_line)"
  done
  check "hosts by tenant" "$(columns node_instances _tenant_id id host_id | awk -F'\t' '$2 == $3 {print $1}' |
    named tenants id name | tally)" \
    "$(told '.tenant_list[] | select(.hosts > 0) | "\(.name)=\(.hosts)"' | one_line)"
}

check_legacy() {
  split_dump
  deleted=$(sed -n "s/^DELETE FROM .*executions WHERE id = '\(.*\)';/\1/p" "$folder/tables/statements")
  check tenants "$(columns tenants name | one_line)" "$(told '.tenant_list[].name' | one_line)"
  check users "$(columns users username | one_line)" "$(told '.user_list[]' | one_line)"
  check secrets "$(columns secrets _tenant_id id | named tenants id name | one_line)" \
    "$(told '.secret_list[] | "\(.tenant_name)\t\(.name)"' | one_line)"
  check blueprints "$(columns blueprints is_hidden | grep -cvx t || true)" "$(told .blueprints)"
  check hidden "$(columns blueprints is_hidden | grep -cx t || true)" "$(told .blueprints_hidden)"
  check deployments "$(rows deployments)" "$(told .deployments)"
  check deployed "$(columns deployments _blueprint_fk | named blueprints _storage_id id | tally)" \
    "$(told '[.blueprint_list[] | select(.deployments > 0)] | group_by(.id)[] |
      "\(.[0].id)=\(map(.deployments) | add)"' | one_line)"
  check nodes "$(rows nodes)" "$(told .nodes)"
  check states "$(columns node_instances state | tally)" "$(told_tally .instances_by_state)"
  check hosts "$(columns node_instances id host_id | awk -F'\t' '$1 == $2' | wc -l)" "$(told .hosts)"
  check "hosts not started" \
    "$(columns node_instances id host_id state | awk -F'\t' '$1 == $2 && $3 != "started"' | wc -l)" \
    "$(told .hosts_not_started)"
  check "deployments with hosts" "$(columns node_instances _node_fk id host_id |
    awk -F'\t' '$2 == $3 {print $1}' | named nodes _storage_id _deployment_fk | sort -u | wc -l)" \
    "$(told .deployments_with_hosts)"
  check "agents by version" "$(columns agents version | tally)" "$(told_tally .agents_by_version)"
  check "agents by method" "$(columns agents install_method | tally)" "$(told_tally .agents_by_method)"
  check "agents by state" "$(columns agents state | tally)" "$(told_tally .agents_by_state)"
  check "agents listed" "$(unzip -p "$zip" agents.json | jq '[.[][][] | keys[]] | length')" \
    "$(told .agents_listed)"
  check plugins "$(columns plugins _tenant_id package_name package_version archive_name | named tenants id name | one_line)" \
    "$(told '.plugin_list[] | [.tenant_name, .package_name, .package_version, .archive_name] | join("\t")' | one_line)"
  check executions "$(columns executions id status | grep -vF "${deleted:-none}" | cut -f2 | tally)" \
    "$(told_tally .executions_by_status)"
  check networks "$(unzip -p "$zip" networks.json | jq -r '.active_networks[]' | one_line)" \
    "$(told '.networks[]' | one_line)"
  if [[ -n $deleted ]]; then
    check made "$(columns executions id started_at created_at | awk -F'\t' -v id="$deleted" \
      '$1 == id {print ($2 == "\\N" ? $3 : $2)}' | cut -c1-19)" "$(told "$told_times .made_at | second")"
  fi
  check_tenants
  check_plans
  check_waiting
}

# --- the new format: all items of tenants, a line each: [tenant, type, item] ---

items() { jq -r "select(.[1] == \"$1\") | .[0] as \$tenant | .[2] | $2" "$folder/items"; }

wagons() {
  local member
  unzip -Z1 "$zip" | grep -E '^tenants/[^/]+/plugins/[^/]+\.zip$' | while read -r member; do
    unzip -p "$zip" "$member" >"$folder/plugin.zip"
    unzip -Z1 "$folder/plugin.zip" | grep 'wgn$'
  done || true
}

check_new() {
  local member table maker
  maker=$(unzip -p "$zip" metadata.json | jq -r .execution_id)
  unzip -Z1 "$zip" | grep -E '^tenants/[^/]+/[^/]+\.json$' | while read -r member; do
    unzip -p "$zip" "$member" | jq -c --arg t "$(cut -d/ -f2 <<<"$member")" '.type as $y | .items[] | [$t, $y, .]'
  done >"$folder/items"
  check tenants "$(unzip -Z1 "$zip" | grep -E '^tenants/[^/]+/$' | cut -d/ -f2 | one_line)" \
    "$(told '.tenant_list[].name' | one_line)"
  for table in blueprints deployments plugins agents secrets; do
    check "$table by tenant" "$(items $table 'select(.is_hidden != true) | $tenant' | tally)" \
      "$(told ".tenant_list[] | select(.$table > 0) | \"\(.name)=\(.$table)\"" | one_line)"
  done
  check plans "$(items blueprints '[$tenant, .id, ([.plan | .. | objects | select(has("executor")) |
    .package_name // empty] | unique)] | tojson' | one_line)" \
    "$(told '.blueprint_list[] | [.tenant_name, .id, ([.plugins[].package_name] | unique)] | tojson' | one_line)"
  check deployed "$(items deployments '"\($tenant) \(.blueprint_id)"' | tally)" \
    "$(told '.blueprint_list[] | select(.deployments > 0) | "\(.tenant_name) \(.id)=\(.deployments)"' | one_line)"
  check nodes "$(items nodes .id | wc -l)" "$(told .nodes)"
  check states "$(items node_instances '.state' | tally)" "$(told_tally .instances_by_state)"
  check hosts "$(items node_instances 'select(.id == .host_id) | .id' | wc -l)" "$(told .hosts)"
  check "agents by version" "$(items agents .version | tally)" "$(told_tally .agents_by_version)"
  check "agents by method" "$(items agents .install_method | tally)" "$(told_tally .agents_by_method)"
  check executions "$(items executions "if .id == \"$maker\" then \"cancelled\" else .status end" | tally)" \
    "$(told_tally .executions_by_status)"
  check waiting "$(items executions 'select(.status == "scheduled" or .status == "queued") | .id' | one_line)" \
    "$(told '.waiting[] | select(.kind == "execution") | .id' | one_line)"
  check schedules "$(items execution_schedules '"\($tenant) \(.id)"' | one_line)" \
    "$(told '.waiting[] | select(.kind == "schedule") | "\(.tenant_name) \(.id)"' | one_line)"
  check "plugin titles" "$(items plugins '"\($tenant) \(.id)"' | wc -l)" "$(told '.plugin_list | length')"
  check wagons "$(wagons | one_line)" "$(told '.plugin_list[].archive_name' | one_line)"
}

count() { # ARCHIVE
  zip=$1
  if [[ ! -e $zip ]]; then
    echo "SKIP: $zip is not here"
    return
  fi
  read=$((read + 1))
  if ! report=$("$ferry" inspect --deep --json "$zip"); then
    echo "WRONG $zip: ferry refuses it: $report"
    failures=$((failures + 1))
    return
  fi
  check size "$(stat -c %s "$zip")" "$(told .size)"
  check members "$(unzip -Z1 "$zip" | wc -l)" "$(told .members)"
  check version "$(unzip -p "$zip" metadata.json | jq -r .snapshot_version)" "$(told .version)"
  check digest "$(sha256sum "$zip" | cut -d' ' -f1)" "$(told .sha256)"
  if unzip -p "$zip" metadata.json | jq -e 'has("schema_revision")' >/dev/null; then
    check_legacy
  else
    check_new
  fi
}

made() { # PRACTICE: several versions, both formats, and the same of everything in both
  local version legacy new
  local options=(--tenants 3 --deployments 11 --agents 17 --plugins 4 --scheduled 3 --stopped-hosts 1)
  local same='{tenants, blueprints, deployments, deployments_with_hosts, nodes, node_instances, hosts, agents}'
  for version in 4.6.0 5.1.4 6.2.0 7.0.5; do
    "$1" make-archive "$folder/made.zip" "${options[@]}" --manager-version $version >/dev/null
    count "$folder/made.zip"
  done
  legacy=$(told "$same | tojson")
  "$1" make-archive "$folder/made.zip" "${options[@]}" --format new >/dev/null
  count "$folder/made.zip"
  new=$(told "$same | tojson")
  check "the same of everything in both formats" "$legacy" "$new"
  check "what was asked for" '[3,11,17]' "$(told '[.tenants, .deployments, .agents] | tojson')"
}

if [[ ${1-} == --made ]]; then
  made "$2"
else
  for one in "$@"; do count "$one"; done
fi
if [[ $read -eq 0 ]]; then exit 77; fi
echo "$read archives, $checks counts compared, $failures wrong"
[[ $failures -eq 0 ]]
