#!/usr/bin/env bash
# Agents on many deployments: ferry against a client that does what the usual one does.
#   agents.sh BUILD fast [DEPLOYMENTS]     20 ms a request, no limit; default 10,000 in 20 tenants
#   agents.sh BUILD limited [DEPLOYMENTS]  the limit of 7.0, 10 requests a second; default 500
# Prints one JSON line. Requests are counted by the practice manager.
set -euo pipefail
build=$(cd "$1" && pwd)
what=$2
ferry=$build/ferry
practice=$build/src/practice/ferry-practice
plain=$build/tests/bench/plain_agents

case $what in
fast) deployments=${3:-10000} limit=10000 at_once=300 ;;
limited) deployments=${3:-500} limit=10 at_once=100 ;;
*) exit 2 ;;
esac
tenants=20
dir=$(mktemp -d "$build/agents.XXXX")
pids=()
cleanup() {
  local pid
  for pid in "${pids[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
}
trap cleanup EXIT
fail() {
  printf 'agents.sh: %s\n' "$*" >&2
  tail -n 5 "$dir"/*.log >&2 2>/dev/null || true
  exit 1
}

"$practice" make-archive "$dir/prod.zip" --tenants $tenants --deployments "$deployments" \
  --agents "$deployments" >"$dir/made.log"
printf 'admin\n' >"$dir/password"
chmod 600 "$dir/password"

# manager NAME: one to which everything has been carried but the agents; sets url.
manager() {
  "$practice" --data "$dir/$1" --time-scale 0.02 --restored-password admin >"$dir/$1.ready" \
    2>"$dir/$1.log" &
  pids+=($!)
  for ((i = 0; i < 400; i++)); do
    if [[ -s $dir/$1.ready ]]; then break; fi
    sleep 0.05
  done
  url=$(sed -n 's/^ready //p' "$dir/$1.ready")
  cat >"$dir/upgrade.yaml" <<EOF
manager: {url: $url, username: admin, password: {file: $dir/password}}
snapshot: {file: $dir/prod.zip, id: bench}
maintenance: {poll: 50ms}
restore: {poll: 50ms, quiet: 500ms}
agents: {concurrency: $at_once}
limits: {requests_per_second: 5000, settle: 500ms}
EOF
  export FERRY_JOURNAL=$dir/$1.db
  local code=0
  "$ferry" -q run "$dir/upgrade.yaml" --stop-before install_new_agents >"$dir/run.log" 2>&1 || code=$?
  if [[ $code -ne 3 ]]; then fail "the restore ended with $code"; fi
  # only now: what goes before is not measured
  set_ "$(jq -nc --arg what "$what" 'if $what == "fast" then {latency_ms: 20}
    else {rate_limit: 10, rate_burst: 30, rate_delay: 20} end')"
}
set_() { curl -sS -f -H 'Content-Type: application/json' -d "$1" "$url/practice/set" >/dev/null; }
requests() { curl -sS "$url/practice/requests?after=${1:-0}"; }

manager ferry
before=$(requests | jq '[.requests[].n] | max // 0')
"$plain" --run "$ferry" -q resume --stop-before validate_agents \
  --set "limits.requests_per_second=$limit" >"$dir/ferry.json" 2>"$dir/ferry.log"
requests "$before" | jq -c '[.requests[] | select(.path | startswith("/api"))]
  | {requests: length, refused: ([.[] | select(.status == 503 or .status == 429)] | length)}' >"$dir/asked.json"
curl -sS "$url/practice/ledger" | jq -e --argjson n "$deployments" \
  '.executions.install_new_agents | length == $n and all(.[]; . == 1)' >/dev/null ||
  fail 'not every deployment has one execution'

manager plain
"$plain" "$url" >"$dir/plain.json" 2>"$dir/plain.log" || true

jq -nc --arg what "$what" --argjson n "$deployments" --argjson limit "$limit" \
  --slurpfile ferry "$dir/ferry.json" --slurpfile asked "$dir/asked.json" \
  --slurpfile plain "$dir/plain.json" '
  $ferry[0] as $f | $asked[0] as $a | $plain[0] as $p
  | {bench: ("agents_" + $what), deployments: $n, ms: $f.ms, exit: $f.exit,
     requests_per_deployment: ($a.requests / $n * 1000 | round / 1000),
     refused_share: ($a.refused / $a.requests), peak_rss_mib: $f.peak_rss_mib,
     plain_ms: $p.ms, plain_started: $p.started,
     plain_requests_per_deployment: ($p.requests / $n * 1000 | round / 1000),
     plain_peak_rss_mib: $p.peak_rss_mib}
  | if $what == "fast" then .times = ($p.ms / $f.ms * 10 | round / 10)
    else .of_limit = ($f.ms / ($a.requests / $limit * 1000) * 1000 | round / 1000)
      | .plain_started_share = ($p.started / $n) end'
