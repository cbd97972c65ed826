#!/usr/bin/env bash
# The installed program, killed by the kernel at its n-th write to a file, fdatasync and send, for
# every n; each time resumed; the ledger must be that of an undisturbed run.
# usage: kill_syscalls.sh FERRY PRACTICE MAKE_WAGON [STEP]   (STEP 5: every fifth of the writes)
set -u
ferry=$1 practice=$2 make_wagon=$3 step=${4:-1}
if ! strace -e trace=write true >/dev/null 2>&1; then
    echo "SKIP: strace cannot trace here"
    exit 77
fi
peer='' base='' url=''
# shellcheck source=tests/crash/manager.bash
source "$(dirname "$0")/manager.bash"
trap 'stop "$peer"; rm -rf "$base"' EXIT
world kill

"$practice" make-archive "$base/a.zip" --tenants 2 --deployments 2 --agents 2 --plugins 1 \
    --manager-version 6.4.2 --admin-password oldpw >/dev/null || exit 2
"$make_wagon" cloudify-practice01-plugin 2.0.0 "$base/plugin.wgn" || exit 2
write_yaml 'agents: {poll: 10ms}' 'plugins: {upload: [plugin.wgn], poll: 10ms}' \
    'limits: {requests_per_second: 10000, settle: 400ms}'

stop_peer() {
    stop "$peer"
    peer=''
}
ledger() {
    curl -s "$url/practice/ledger" | jq -cS '{uploads, activations, deactivations, executions,
        plugins, plugins_updates, restores: (.restores | length)}'
}

start_peer 0
"$ferry" run "$base/upgrade.yaml" --manager "$url" -q >/dev/null 2>"$base/log" || {
    cat "$base/log"
    echo "the undisturbed run failed"
    exit 1
}
expected=$(ledger)
stop_peer
echo "expected $expected"

passed=0 failed=0
for call in fdatasync pwrite64 sendto; do
    n=1
    while :; do
        start_peer 0
        # in a shell of its own, which keeps the news of the kill to itself
        (
            strace -f -q -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
                "$ferry" run "$base/upgrade.yaml" --manager "$url" -q >/dev/null 2>"$base/log"
            exit $?
        ) 2>/dev/null
        code=$?
        if [ $code -ne 137 ]; then
            [ $code -eq 0 ] || {
                cat "$base/log"
                echo "FAILED: $call $n: exit code $code without a kill"
                failed=$((failed + 1))
            }
            stop_peer
            break
        fi
        # killed before the run was in the journal: there is nothing to resume, begin it
        "$ferry" resume -q >/dev/null 2>"$base/log"
        code=$?
        if [ $code -eq 2 ]; then
            "$ferry" run "$base/upgrade.yaml" --manager "$url" -q >/dev/null 2>"$base/log"
            code=$?
        fi
        have=$(ledger)
        stop_peer
        if [ $code -eq 0 ] && [ "$have" = "$expected" ]; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED: killed at $call number $n: exit code $code, ledger $have"
            cat "$base/log"
        fi
        if [ "$call" = pwrite64 ]; then n=$((n + step)); else n=$((n + 1)); fi
    done
    echo "$call: killed at numbers up to $n"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 20 ]
