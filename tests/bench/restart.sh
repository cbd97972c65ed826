#!/usr/bin/env bash
# From exec after a kill to the first request, with many open units in the journal.
#   restart.sh BUILD [UNITS]      default 10,000
# Prints one JSON line: the median of several starts, and beside it what opening and reading the same
# journal costs alone (`ferry status`), first with the file out of the page cache where we may drop
# it (cold), then in it (warm).
set -euo pipefail
build=$(cd "$1" && pwd)
units=${2:-10000}
ferry=$build/ferry
practice=$build/src/practice/ferry-practice
rounds=7

dir=$(mktemp -d)
practice_pid='' ferry_pid=''
cleanup() {
  if [[ -n $ferry_pid ]]; then kill -KILL "$ferry_pid" 2>/dev/null || true; fi
  if [[ -n $practice_pid ]]; then kill "$practice_pid" 2>/dev/null || true; fi
  rm -rf "$dir"
}
trap cleanup EXIT
fail() {
  printf 'restart.sh: %s\n' "$*" >&2
  tail -n 5 "$dir/ferry.log" >&2 2>/dev/null || true
  exit 1
}

# wait_for SECONDS COMMAND...
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    if [[ $SECONDS -ge $deadline ]]; then fail "not seen in time: $*"; fi
    sleep 0.02
  done
}

"$practice" make-archive "$dir/prod.zip" --tenants 3 --deployments "$units" --agents "$units"
"$practice" --data "$dir/manager" --time-scale 0.05 >"$dir/practice.out" 2>&1 &
practice_pid=$!
listens() { grep -q '^ready ' "$dir/practice.out"; }
wait_for 30 listens
url=$(sed -n 's/^ready //p' "$dir/practice.out")
printf 'admin\n' >"$dir/password"
chmod 600 "$dir/password"
export FERRY_JOURNAL=$dir/journal.db
cat >"$dir/upgrade.yaml" <<EOF
manager: {url: $url, username: admin, password: {file: $dir/password}}
snapshot: {file: $dir/prod.zip, id: bench}
maintenance: {poll: 50ms}
restore: {poll: 50ms, quiet: 500ms}
agents: {concurrency: 5, poll: 10ms}
limits: {requests_per_second: 5000, settle: 0ms}
EOF
"$ferry" -q run "$dir/upgrade.yaml" >"$dir/ferry.out" 2>"$dir/ferry.log" &
ferry_pid=$!
# The units are open when the step's first ones are under way.
are_open() {
  kill -0 "$ferry_pid" 2>/dev/null || fail "ferry ended"
  "$ferry" status --json 2>/dev/null | jq -e --argjson units "$units" \
    '.steps[] | select(.name == "install_new_agents") | .units.total >= $units and .units.running > 0' \
    >/dev/null 2>&1
}
wait_for 300 are_open
kill -KILL "$ferry_pid"
wait "$ferry_pid" 2>/dev/null || true
ferry_pid=''
open=$("$ferry" status --json | jq '.steps[] | select(.name == "install_new_agents") | .units.total - .units.done')

now_us() { printf '%s\n' "${EPOCHREALTIME/[.,]/}"; }
last_request() { curl -sS "$url/practice/requests" | jq '[.requests[].n] | max // 0'; }

median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }

# The time of ferry status, from exec to exit, in ms.
status_ms() {
  local since
  since=$(now_us)
  "$ferry" status --json >/dev/null
  printf '%s\n' "$((($(now_us) - since) / 100))" | awk '{ print $1 / 10 }'
}

starts() {
  local round after since first
  for ((round = 0; round < rounds; round++)); do
    after=$(last_request)
    since=$(now_us)
    "$ferry" -q resume >>"$dir/ferry.out" 2>>"$dir/ferry.log" &
    ferry_pid=$!
    first=''
    for ((look = 0; look < 500; look++)); do
      first=$(curl -sS "$url/practice/requests?after=$after" | jq '[.requests[].t] | min // empty')
      if [[ -n $first ]]; then break; fi
    done
    kill -KILL "$ferry_pid" 2>/dev/null || true
    wait "$ferry_pid" 2>/dev/null || true
    ferry_pid=''
    if [[ -z $first ]]; then fail "no request came"; fi
    # The manager's clock counts whole milliseconds.
    printf '%s\n' "$((first + 1 - since / 1000))"
  done
}

for ((round = 0; round < 3; round++)); do
  sync "$dir/journal.db"
  if dd if="$dir/journal.db" iflag=nocache count=0 2>/dev/null; then :; fi
  status_ms
done >"$dir/cold"
for ((round = 0; round < 5; round++)); do status_ms; done >"$dir/warm"
starts >"$dir/starts"

jq -nc --argjson ms "$(median <"$dir/starts")" --argjson open "$open" --argjson units "$units" \
  --argjson cold "$(median <"$dir/cold")" --argjson warm "$(median <"$dir/warm")" \
  --argjson rounds "$rounds" \
  '{bench: "restart", ms: $ms, units: $units, open_units: $open, cold_open_ms: $cold,
    warm_open_ms: $warm, rounds: $rounds}'
