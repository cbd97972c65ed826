#!/usr/bin/env bash
# A backup, killed by the kernel at its n-th call of what changes this machine's folder (and the
# journal), for every n; each time resumed. There must be one snapshot, deleted once, one backup
# with right bytes and its two records, the older one pruned, and the file of somebody else.
# usage: kill_backup.sh FERRY PRACTICE [STEP]   (STEP 5: every fifth of those calls that are mostly
#                                               the journal's or the network's)
set -u
ferry=$1 practice=$2 step=${3:-1}
if ! strace -e trace=write true >/dev/null 2>&1; then
    echo "SKIP: strace cannot trace here"
    exit 77
fi
peer='' base='' url=''
# shellcheck source=tests/crash/manager.bash
source "$(dirname "$0")/manager.bash"
trap 'stop "$peer"; rm -rf "$base"' EXIT
world kill-backup

"$practice" make-archive "$base/a.zip" --tenants 1 --deployments 2 --agents 1 \
    --admin-password oldpw >/dev/null || exit 2
start_peer 0 --content "$base/a.zip" --premium
curl -sf -H 'Content-Type: application/json' -d '{"create_payload": 1000000}' \
    "$url/practice/set" >/dev/null || exit 2
cat >"$base/backup.yaml" <<END
manager: {url: "$url", username: admin, password: {file: old.pw}}
backup: {directory: kept, poll: 10ms, delete_after: true}
keep: {daily: 1}
limits: {requests_per_second: 10000, settle: 400ms}
END

ledger() { curl -s "$url/practice/ledger" | jq -c "$1"; }
# fresh: the folder with one older backup and a file of somebody else; no journal.
fresh() {
    rm -rf "$base/kept" "$base"/journal.db*
    cp -a "$base/older" "$base/kept"
}
# Prints what is wrong, after a number of snapshots that were made before.
problem() {
    local made=$1 zip
    [ "$(find "$base/kept" -type f | wc -l)" -eq 4 ] || { find "$base/kept" -type f; return; }
    [ "$(cat "$base/kept/theirs.zip")" = theirs ] || echo 'theirs.zip has changed'
    [ ! -e "$base/kept/$older" ] || echo 'the older one is there'
    (cd "$base/kept" && sha256sum --quiet -c -- *.sha256) 2>&1
    zip=$(find "$base/kept" -name '*.zip' ! -name theirs.zip)
    jq -e '.proven_at != null' "$zip.json" >/dev/null || echo 'it is not proven'
    [ "$(ledger '.snapshots_created | length, (map(select(. != 1)) | length)' | xargs)" = \
        "$((made + 1)) 0" ] || ledger .snapshots_created
    [ "$(ledger '.snapshots_deleted | length, (map(select(. != 1)) | length)' | xargs)" = \
        "$((made + 1)) 0" ] || ledger .snapshots_deleted
}

mkdir "$base/kept"
"$ferry" backup "$base/backup.yaml" -q >/dev/null 2>"$base/log" || {
    cat "$base/log"
    exit 1
}
mv "$base/kept" "$base/older"
older=$(cd "$base/older" && echo *.zip)
echo theirs >"$base/older/theirs.zip"
sleep 1 # names of backups hold seconds

passed=0 failed=0
for call in fsync fdatasync rename renameat2 unlink ftruncate pwrite64 sendto; do
    n=1
    while :; do
        fresh
        made=$(ledger '.snapshots_created | length')
        # in a shell of its own, which keeps the news of the kill to itself
        (
            strace -f -q -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
                "$ferry" backup "$base/backup.yaml" -q >/dev/null 2>"$base/log"
            exit $?
        ) 2>/dev/null
        code=$?
        died=$code
        if [ $code -eq 137 ]; then
            # killed before the run was in the journal: there is nothing to resume, begin it
            "$ferry" resume -q >/dev/null 2>"$base/log"
            code=$?
            if [ $code -eq 2 ]; then
                "$ferry" backup "$base/backup.yaml" -q >/dev/null 2>"$base/log"
                code=$?
            fi
        fi
        said=$(problem "$made")
        if [ $code -eq 0 ] && [ -z "$said" ]; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            echo "FAILED: killed at $call number $n: exit code $code: $said"
            cat "$base/log"
        fi
        if [ $died -ne 137 ]; then break; fi
        case $call in
        fdatasync | pwrite64 | sendto) n=$((n + step)) ;;
        *) n=$((n + 1)) ;;
        esac
    done
    echo "$call: killed at numbers up to $n"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 20 ]
