#!/usr/bin/env bash
# Archives made to hurt: each gives an error or a right answer, with exit 5 or 0, in at most 64 MiB of
# memory (by the kernel's own count) and in little time.
#   archive_hostile.sh ARCHIVE_SHOW [FERRY_PRACTICE]     ARCHIVE_SHOW prints its peak memory
# With the practice manager's archive: cut at every 1,000th byte too, through the whole program.
set -euo pipefail
show=$(realpath "$1")
practice=${2:+$(realpath "$2")}
most_kib=65536
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
failures=0 tried=0 peak=0

wrong() {
  printf 'WRONG: %s\n' "$*"
  failures=$((failures + 1))
}

# try NAME ZIP WANTED [OPTION]: WANTED is 0, 5, or "any" of both.
try() {
  local code=0 kib
  tried=$((tried + 1))
  timeout 60 "$show" ${4:+"$4"} "$2" >out 2>err || code=$?
  case $3:$code in
  any:0 | any:5 | 0:0 | 5:5) ;;
  *) wrong "$1: exit $code, not $3: $(head -c 300 out)" ;;
  esac
  if [[ $code -eq 5 ]] && ! grep -q '  hint: .' out; then wrong "$1: no hint: $(head -c 300 out)"; fi
  kib=$(sed -n 's/^peak memory: \([0-9]*\) KiB$/\1/p' err)
  if [[ ${kib:-0} -gt $peak ]]; then peak=$kib; fi
  if [[ -z $kib || $kib -gt $most_kib ]]; then wrong "$1: ${kib:-unknown} KiB of memory"; fi
}

metadata='{"snapshot_version": "6.4.2", "schema_revision": "a", "stage_schema_revision": "b", "composer_schema_revision": "c"}'
header() { printf 'COPY public.%s (%s) FROM stdin;\n' "$1" "$2"; }
# The tables that every dump has; the first argument's table is left out, it comes from the caller.
base() {
  header tenants 'id, name' && printf '0\tdefault_tenant\n\\.\n'
  if [[ ${1-} != users ]]; then header users username && printf '\\.\n'; fi
  if [[ ${1-} != blueprints ]]; then header blueprints '_tenant_id, _storage_id, id, plan' && printf '\\.\n'; fi
  if [[ ${1-} != deployments ]]; then header deployments '_tenant_id, _storage_id, id' && printf '\\.\n'; fi
}
# pack NAME: a zip of metadata and what stands in pg_data (and other members, if named).
pack() {
  local zip=$1
  shift
  printf '%s' "$metadata" >metadata.json
  rm -f "$zip"
  zip -q -1 "$zip" metadata.json pg_data "$@"
}
word() { head -c "$1" /dev/zero | tr '\0' "${2:-a}"; }

# --- bombs: much out of little ---
{ base && word 300000000; } >pg_data
pack bomb.zip
try "a line of 300 MB" bomb.zip any
{ base && header events 'id, message' && printf '1\t' && word 300000000 && printf '\n\\.\n'; } >pg_data
pack bomb.zip
try "a value of 300 MB that nobody wants" bomb.zip any
{ base users && header users username && word 300000000 && printf '\n\\.\n'; } >pg_data
pack bomb.zip
try "a name of 300 MB" bomb.zip 5
head -c 1000000000 /dev/zero | zip -q -9 bomb.zip - 2>/dev/null
printf '@ -\n@=pg_data\n' | zipnote -w bomb.zip 2>/dev/null || true
zip -q bomb.zip metadata.json
try "1 GB of zeros" bomb.zip 5
try "1 GB of zeros, deep" bomb.zip 5 --deep

# --- lists that never end ---
rows() { awk -v n="$1" -v big="${3-}" "BEGIN { for (i = 0; i < n; i++) print $2 }"; }
big=$(word 60000)
{ base users && header users username && rows 3000 '"u" i big' "$big" && printf '\\.\n'; } >pg_data
pack lists.zip
try "users with names of 60 kB" lists.zip 0
{ base && header agents '_tenant_id, version, install_method, state' &&
  rows 3000 '"0\tv" i big "\tm" i big "\ts" i big' "$(word 20000)" && printf '\\.\n'; } >pg_data
pack lists.zip
try "3,000 versions of agents, 20 kB each" lists.zip 0
{ base && header executions '_tenant_id, id, status, workflow_id, scheduled_for, _deployment_fk' &&
  rows 200000 '"0\t" i "-0123456789-0123456789-0123456789\tscheduled\tw" i "\t2026-01-01 00:00:00\t1"' && printf '\\.\n'; } >pg_data
pack lists.zip
try "200,000 scheduled executions" lists.zip 0
{ base && header executions '_tenant_id, id, status, workflow_id' &&
  rows 20000 '"0\t" big i "\tstarted\tcreate_snapshot"' "$(word 5000)" && printf '\\.\n'; } >pg_data
pack lists.zip
try "20,000 executions that make snapshots" lists.zip 0
{ header tenants 'id, name' && rows 20000 'i "\tt" i' && printf '\\.\n'; } >pg_data
pack lists.zip
try "20,000 tenants" lists.zip 5
{ header tenants 'id, name' && rows 9000 'i "\tt" i big' "$big" && printf '\\.\n'; } >pg_data
pack lists.zip
try "tenants with names of 60 kB" lists.zip 5
{ base deployments && header deployments '_tenant_id, _storage_id, id, _blueprint_fk' &&
  rows 600000 '"0\t" i "\tdeployment-with-a-longer-name-" i "\t" i' && printf '\\.\n' &&
  header nodes '_storage_id, _deployment_fk' && rows 600000 'i "\t" i' && printf '\\.\n' &&
  header node_instances '_tenant_id, id, _node_fk, state, host_id' &&
  rows 600000 '"0\th" i "\t" i "\tstarted\th" i' && printf '\\.\n'; } >pg_data
pack lists.zip
try "600,000 deployments, each with a host, of as many blueprints" lists.zip 0
# the same, and the largest pickle that is read: {"nodes": [{}, {}, ...]}
{ cat pg_data && header blueprints '_tenant_id, _storage_id, id, plan' && printf '0\t1\tb\t\\\\x80027d55056e6f6465735d28' &&
  awk 'BEGIN { for (i = 0; i < 199000; i++) printf "7d710055016171017d" }' && printf '65732e\n\\.\n'; } >pg_data2
mv pg_data2 pg_data
pack lists.zip
try "and a pickle as large as can be" lists.zip 0
{ base blueprints && header blueprints '_tenant_id, _storage_id, id, plan' && rows 15000 '"0\t" i "\tb" i "\t{\"workflow_plugins_to_install\": [{\"package_name\": \"p" i big "\", \"package_version\": \"v\"}]}"' "$(word 200)" &&
  printf '\\.\n'; } >pg_data
pack lists.zip
try "15,000 blueprints with a package each" lists.zip 0

# --- JSON ---
{ base; } >pg_data
{ printf '{"active_networks": [' && rows 3000000 '"1,"' && printf '1]}'; } >networks.json
pack json.zip networks.json
try "networks: three million numbers" json.zip 0
{ printf '{"active_networks": [' && rows 2000 '"\"n" i big "\","' "$big" && printf '"x"]}'; } >networks.json
pack json.zip networks.json
try "networks with names of 60 kB" json.zip 0
word 3000000 '[' >networks.json
pack json.zip networks.json
try "three million brackets" json.zip 5
printf '{}' >networks.json
rows 600000 '"{\"a\":"' >agents.json
pack json.zip agents.json
try "agents: deeper than any" json.zip 5
rm -f agents.json networks.json

# --- the new format ---
metadata='{"snapshot_version": "7.1.0", "execution_id": "x"}'
new() { # what stands in one member of a tenant
  rm -rf new && mkdir -p new/tenants/t new/mgmt
  cat >new/tenants/t/00000001.json
  printf '%s' "$metadata" >new/metadata.json
  rm -f new.zip
  (cd new && zip -q -1 -r ../new.zip .)
}
{ printf '{"items": [' && rows 4000 '"{\"id\": \"" big "\", \"title\": \"" big "\"},"' "$big" && printf '{}], "type": "plugins"}'; } | new
try "items before their type" new.zip 5
{ printf '{"type": "plugins", "items": [' && rows 4000 '"{\"id\": \"" i big "\", \"title\": \"" big "\"},"' "$big" && printf '{}]}'; } | new
try "plugins with names of 60 kB" new.zip 0
{ printf '{"type": "blueprints", "items": [' && rows 20000 '"{\"id\": \"b" i "\", \"plan\": {\"nodes\": [{\"plugins\": [{\"package_name\": \"p" i "\"}]}]}},"' && printf '{}]}'; } | new
try "20,000 blueprints" new.zip 0
{ printf '{"type": "deployments", "items": [' && rows 300000 '"{\"id\": \"d" i "\", \"blueprint_id\": \"b" i "\"},"' && printf '{}]}'; } | new
try "300,000 deployments of as many blueprints" new.zip 0
rm -rf new && mkdir -p new/tenants/t new/many
printf '%s' "$metadata" >new/metadata.json
(cd new/many && rows 20000 'i' | xargs touch)
(cd new && rm -f ../new.zip && zip -q -0 -r ../new.zip .)
try "20,000 members, deep" new.zip 0 --deep

# --- cut, and with bytes that lie ---
if [[ -n $practice ]]; then
  "$practice" make-archive made.zip --deployments 3 --plugins 2 --scheduled 2 >/dev/null
  size=$(stat -c %s made.zip)
  for ((at = 0; at < size; at += 1000)); do
    head -c "$at" made.zip >cut.zip
    try "cut at byte $at of $size" cut.zip 5
  done
  # 4 GB lies: each 32-bit number of the directory's first entries becomes 0xffffffff in turn
  start=$(grep -abo 'PK..' made.zip | LC_ALL=C grep -a "$(printf 'PK\1\2')" | head -n 1 | cut -d: -f1)
  for ((at = start; at < start + 240; at += 4)); do
    cp made.zip lie.zip
    printf '\377\377\377\377' | dd of=lie.zip bs=1 seek="$at" conv=notrunc 2>/dev/null
    try "a lie at byte $at" lie.zip any --deep
  done
fi

echo "$tried hostile archives, peak $peak KiB, $failures wrong"
[[ $failures -eq 0 ]]
