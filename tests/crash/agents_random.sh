#!/usr/bin/env bash
# install_new_agents on 500 deployments, killed at random instants and resumed each time, until so
# many kills have been: every deployment has exactly one execution that took effect, every host one
# new agent.
# usage: agents_random.sh FERRY PRACTICE [KILLS] [SEED] [DEPLOYMENTS]
set -u
ferry=$1 practice=$2 kills=${3:-200} seed=${4:-1} deployments=${5:-500}
peer='' life='' base='' url=''
# shellcheck source=tests/crash/manager.bash
source "$(dirname "$0")/manager.bash"
trap 'stop "$life"; stop "$peer"; rm -rf "$base"' EXIT
world agents
RANDOM=$seed

"$practice" make-archive "$base/a.zip" --tenants 5 --deployments "$deployments" \
    --agents "$deployments" --admin-password oldpw >/dev/null || exit 2
write_yaml 'agents: {concurrency: 16, max_failures: never}' \
    'limits: {requests_per_second: 5000, settle: 400ms}'

# A manager to which everything has been carried but the agents.
prepare() {
    start_peer 0.01
    "$ferry" -q run "$base/upgrade.yaml" --manager "$url" --stop-before install_new_agents \
        >"$base/out" 2>&1
    if [ $? -ne 3 ]; then
        cat "$base/out"
        exit 2
    fi
}

# One life: ends by itself, or by a kill after 20 to 420 ms.
one_life() {
    local code=0
    "$ferry" -q resume --stop-before upload_plugins >"$base/out" 2>&1 &
    life=$!
    sleep "0.$(printf '%03d' $((RANDOM % 400 + 20)))"
    if kill -9 "$life" 2>/dev/null; then
        done_kills=$((done_kills + 1))
    fi
    wait "$life" 2>/dev/null || code=$?
    life=''
    return $code
}

judge() {
    curl -s "$url/practice/ledger" | jq -e --argjson n "$deployments" '
        (.executions.install_new_agents | length == $n and all(.[]; . == 1))
        and .agents.new == $n and .agents.doubled == 0 and .agents.missing == 0' >/dev/null
}

done_kills=0 runs=0 lives=0
while [ "$done_kills" -lt "$kills" ]; do
    prepare
    runs=$((runs + 1))
    while :; do
        lives=$((lives + 1))
        if [ "$done_kills" -lt "$kills" ]; then
            one_life
        else
            "$ferry" -q resume --stop-before upload_plugins >"$base/out" 2>&1
        fi
        code=$?
        if [ $code -eq 3 ]; then break; fi
        if [ $code -ne 137 ]; then
            printf 'FAILED: ferry ended with %d in life %d of run %d (seed %d)\n' $code "$lives" \
                "$runs" "$seed"
            cat "$base/out"
            exit 1
        fi
    done
    if ! judge; then
        printf 'FAILED: not every deployment once, in run %d (seed %d)\n' "$runs" "$seed"
        curl -s "$url/practice/ledger" | jq -c '.agents, (.executions.install_new_agents
            | with_entries(select(.value != 1)))'
        exit 1
    fi
    stop "$peer"
    peer=''
done
printf '%d kills, %d lives, %d runs of %d deployments: every one exactly once\n' "$done_kills" \
    "$lives" "$runs" "$deployments"
