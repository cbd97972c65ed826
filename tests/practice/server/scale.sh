#!/usr/bin/env bash
# Ten thousand deployments with hosts in twenty tenants and a hundred thousand executions: made,
# restored and asked for quickly; a latency that holds up no other request; agents that are doubled
# are found. Prints its figures. CPU is that of the practice manager alone, so a busy machine does
# not matter much; the limits are wide enough for builds with sanitizers.
#   scale.sh FERRY_PRACTICE
set -euo pipefail
practice=$1
work=$(mktemp -d)
pid=
finish() {
  if [[ -n $pid ]]; then
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
ask() {
  curl -sS --max-time 120 -u admin:admin -H 'Tenant: default_tenant' \
    -H 'Content-Type: application/json' "$@"
}
tell() { ask -f -d "$1" "$url/practice/set" -o /dev/null; }
cpu_ms() {
  local fields
  read -r -a fields <"/proc/$pid/stat"
  printf '%d\n' $(((fields[13] + fields[14]) * 1000 / ticks))
}
ticks=$(getconf CLK_TCK)
# within NAME LIMIT_MS VALUE
within() {
  printf '%-40s %6d ms\n' "$1" "$3"
  [[ $3 -le $2 ]] || fail "$1: $3 ms, at most $2"
}

began=$(date +%s%3N)
"$practice" make-archive big.zip --tenants 20 --deployments 10000 --agents 10000
within 'make-archive' 20000 $(($(date +%s%3N) - began))
"$practice" --data data --time-scale 0 --restored-password admin >ready &
pid=$!
for ((i = 0; i < 400; i++)); do
  if [[ -s ready ]]; then break; fi
  sleep 0.05
done
url=$(sed -n 's/^ready //p' ready)

began=$(date +%s%3N)
ask -T big.zip "$url/api/v3.1/snapshots/s1/archive" -o /dev/null
ask -d '{"force": false}' "$url/api/v3.1/snapshots/s1/restore" -o /dev/null
for ((i = 0; i < 600; i++)); do
  if [[ $(curl -sS "$url/practice/state" | jq .jobs) == 0 ]]; then break; fi
  sleep 0.05
done
within 'upload and restore' 30000 $(($(date +%s%3N) - began))
tell "{\"sql\": \"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80000)
 INSERT INTO executions (tenant, id, workflow_id, deployment_id, status, created_at, created_by)
 SELECT 'default_tenant', 'x' || i, 'install', 'dep-' || printf('%05d', i % 10000), 'terminated',
 '2026-01-01T00:00:00.000Z', 'admin' FROM n\"}"
total=$(ask "$url/api/v3.1/executions?_size=1&_all_tenants=true&_include=id" |
  jq .metadata.pagination.total)
[[ $total -eq 100000 ]] || fail "there are $total executions"

# A file of curl's options, so that one process sends all of them over one connection.
for ((i = 0; i < 300; i++)); do
  printf 'url = "%s/api/v3.1/executions"\noutput = /dev/null\n' "$url"
  printf 'data = "{\\"deployment_id\\": \\"dep-%05d\\", \\"workflow_id\\": ' $((i * 20))
  printf '\\"install_new_agents\\", \\"id\\": \\"mine-%d\\"}"\nnext\n' "$i"
  printf 'user = admin:admin\nheader = "Tenant: default_tenant"\n'
  printf 'header = "Content-Type: application/json"\n'
done >starts
began=$(cpu_ms)
ask -K starts "$url/practice/state" -o /dev/null
per_start=$((($(cpu_ms) - began) * 1000 / 300))
printf '%-40s %6d us of CPU\n' 'POST executions' "$per_start"
[[ $per_start -le 20000 ]] || fail 'POST executions is slow'
ids=$(for ((i = 0; i < 80; i++)); do printf 'id=mine-%d&' "$i"; done)
for ((i = 0; i < 100; i++)); do
  printf 'url = "%s/api/v3.1/executions?%s_include=id,status&_all_tenants=true"\n' "$url" "$ids"
  printf 'output = /dev/null\n'
done >lists
began=$(cpu_ms)
ask -K lists
per_list=$((($(cpu_ms) - began) * 1000 / 100))
printf '%-40s %6d us of CPU\n' 'a list by 80 ids' "$per_list"
[[ $per_list -le 20000 ]] || fail 'lists by ids are slow'
found=$(ask "$url/api/v3.1/executions?${ids}_include=id&_all_tenants=true" | jq '.items | length')
[[ $found -eq 80 ]] || fail "80 ids found $found"
for page in 'agents?' 'deployments?_include=id,tenant_name,workflows&' \
  'node-instances?_include=id,state,host_id&' 'executions?_sort=-created_at&'; do
  began=$(cpu_ms)
  ask "$url/api/v3.1/${page}_all_tenants=true&_size=1000&_offset=9000" >items
  within "a page of ${page%%\?*}" 3000 $(($(cpu_ms) - began))
  count=$(jq '.items | length' items)
  [[ $count -eq 1000 ]] || fail "the page has $count items"
done
began=$(cpu_ms)
curl -sS "$url/practice/ledger" >ledger
within 'the ledger' 3000 $(($(cpu_ms) - began))
[[ $(jq -c '[.agents.hosts, .agents.new, .agents.doubled]' ledger) == '[10000,300,0]' ]] ||
  fail "agents: $(jq -c .agents ledger)"

# Fifty requests with 200 ms each are over long before 10 s: none waits for another.
tell '{"latency_ms": 200}'
for ((i = 0; i < 50; i++)); do
  printf 'url = "%s/api/v3.1/snapshot-status"\noutput = /dev/null\n' "$url"
done >parallel
began=$(date +%s%3N)
ask --parallel --parallel-max 50 -K parallel 2>/dev/null
within 'fifty requests with 200 ms of latency' 5000 $(($(date +%s%3N) - began))
printf 'ok\n'
