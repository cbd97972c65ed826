#!/usr/bin/env bash
# The report in a browser: runs are made against a practice manager, and Chromium looks at their pages.
#   report.sh runs FOLDER      makes small.html (30 deployments, killed, some failed) and big.html
#                              (10,000 deployments) there, and keeps the small run's journal
#   report.sh page|axe|big|watch|can_fail FOLDER   looks at them
# FERRY and FERRY_PRACTICE name the programs. Exit code: 0, 77 where a tool is missing, 1 else.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what=$1
mkdir -p "$2"
cd "$2"
folder=$PWD
: "${FERRY:?path of ferry}" "${FERRY_PRACTICE:?path of ferry-practice}"

skip() {
  echo "SKIPPED: $*"
  exit 77
}
chromium=$(type -P chromium) ||
  skip "chromium is not installed (Debian has a package; Ubuntu has it as a snap alone)"
type -P node >/dev/null || skip "node is not installed"

practice_pid='' ferry_pid=''
cleanup() {
  local pid
  for pid in $ferry_pid $practice_pid; do
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}
trap cleanup EXIT
look() { timeout 90 node "$here/look.js" "$chromium" "$folder" "$@"; }
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    if [[ $SECONDS -ge $deadline ]]; then
      echo "this was not seen in time: $*"
      exit 1
    fi
    sleep 0.02
  done
}

installed() {
  curl -sS --max-time 10 "$manager/practice/ledger" |
    jq -e "(.executions.install_new_agents // {} | length) >= $1"
}
# carried NAME DEPLOYMENTS SHARE SCALE: a run that is ended with SIGKILL in the middle of the agents
# and resumed, with that share of dead hosts and the manager's delays scaled; and its page.
carried() {
  local name=$1 deployments=$2 share=$3 scale=$4 code=0
  export FERRY_JOURNAL=$folder/$name.db
  rm -rf "manager-$name" "$name".*
  "$FERRY_PRACTICE" make-archive "$name.zip" --tenants 3 --deployments "$deployments" \
    --agents "$deployments" --plugins 3 --admin-password old-secret >/dev/null
  "$FERRY_PRACTICE" --data "manager-$name" --premium --password new-secret --time-scale "$scale" \
    >"$name.ready" 2>"$name.err" &
  practice_pid=$!
  until_true 20 grep -q '^ready ' "$name.ready"
  manager=$(sed -n 's/^ready //p' "$name.ready")
  printf new-secret >new.password
  printf old-secret >old.password
  chmod 600 ./*.password
  cat >"$name.yaml" <<END
manager:
  url: $manager
  username: admin
  password: {file: new.password}
  after_restore: {username: admin, password: {file: old.password}}
snapshot: {file: $name.zip, id: snap}
maintenance: {poll: 10ms}
restore: {poll: 10ms, quiet: 10ms}
agents: {concurrency: 200, poll: 10ms, max_failures: never}
plugins: {poll: 10ms}
limits: {requests_per_second: 10000, settle: 250ms}
END
  curl -sSf -d "{\"dead_share\": $share, \"settings\": {\"seconds.dead_agent\": \"1\"}}" \
    "$manager/practice/set" >/dev/null
  "$FERRY" run "$name.yaml" -q >"$name.out" 2>&1 &
  ferry_pid=$!
  until_true 120 installed $((deployments / 3))
  kill -KILL "$ferry_pid"
  wait "$ferry_pid" 2>/dev/null || true
  ferry_pid=''
  "$FERRY" resume -q >>"$name.out" 2>&1 || code=$?
  if [[ $code -ne 10 ]]; then
    echo "ferry resume ended with $code, not 10 (done, some failed)"
    tail -n 5 "$name.out"
    exit 1
  fi
  "$FERRY" report --html "$name.html"
  kill "$practice_pid"
  wait "$practice_pid" 2>/dev/null || true
  practice_pid=''
}

case $what in
runs)
  carried small 30 0.2 0.01
  carried big 10000 0.01 0
  ;;
page)
  look page small "file://$folder/small.html"
  # light is not dark, and paper is light in both
  if cmp -s small-laptop-light.png small-laptop-dark.png; then exit 1; fi
  cmp small-paper-light.png small-paper-dark.png
  ;;
axe | can_fail)
  # axe-core is in no package of Debian: it is installed here, as package-lock.json names it.
  if [[ ! -e node_modules/axe-core/axe.min.js ]]; then
    type -P npm >/dev/null || skip "npm is not installed: axe-core cannot be had"
    cp "$here"/package.json "$here"/package-lock.json .
    if ! timeout 60 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1; then
      # Other bytes than those of the lock are no reason to skip.
      if grep -q EINTEGRITY npm.log; then
        cat npm.log
        exit 1
      fi
      skip "axe-core cannot be had: $(grep -m 1 -i error npm.log || tail -n 1 npm.log)"
    fi
  fi
  axe=node_modules/axe-core/axe.min.js
  if [[ $what == axe ]]; then
    look axe "$axe" "file://$folder/small.html"
  else
    code=0
    look page bad "file://$here/bad.html" >bad.out || code=$?
    [[ $code -eq 1 ]]
    for finding in 'the console says: a complaint' 'the console says: TypeError' \
      'asks http://127.0.0.1:9/' 'pixels wider than the screen'; do
      [[ $(grep -cF -- "$finding" bad.out) -eq 6 ]] || { echo "not found: $finding" && cat bad.out && exit 1; }
    done
    code=0
    look axe "$axe" "file://$here/bad.html" >bad.out || code=$?
    [[ $code -eq 1 ]]
    grep -q 'color-contrast' bad.out
    grep -q 'image-alt' bad.out
    code=0
    look big "file://$here/bad.html" 1 >bad.out || code=$?
    [[ $code -eq 1 ]]
    echo "all that is wrong with bad.html was found"
  fi
  ;;
big)
  size=$(stat -c %s big.html)
  grep -q 'install_new_agents: 10,000 units' big.html
  echo "$size bytes"
  [[ $size -lt 3000000 ]]
  look big "file://$folder/big.html" 2000
  ;;
watch)
  export FERRY_JOURNAL=$folder/small.db
  "$FERRY" watch --listen 127.0.0.1:0 >watch.out 2>&1 &
  ferry_pid=$!
  until_true 10 grep -q '^http' watch.out
  url=$(sed -n 's/ .*//p' watch.out)
  # it asks the one that serves it for what is new, and nobody else
  look page watch "$url" laptop
  ;;
esac
