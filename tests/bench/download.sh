#!/usr/bin/env bash
# The download of a backup against "curl -C -", from the same practice manager; and killed again and
# again at random bytes.
#   download.sh FERRY FERRY-PRACTICE [MIB [KILLS [ROUNDS]]]     default: 64 MiB, 20 kills, 3 rounds
# Fails when ferry's download, from its first question to its last byte on disk, has less than 0.95 of
# the throughput of curl; when it has less than that of bare curl with the whole proof, on a link of
# 1 Gbit/s; when a killed one is not right at its end; or when more was fetched twice than a buffer a
# kill (256 KiB, and what the kernel had acknowledged: its receive buffer at most).
set -euo pipefail
ferry=$(realpath "$1")
practice=$(realpath "$2")
mib=${3:-64}
kills=${4:-20}
rounds=${5:-3}
folder=$(mktemp -d)
cd "$folder"
manager=
# shellcheck disable=SC2317 # called by the trap
clean() {
  if [[ -n $manager ]]; then kill "$manager" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap clean EXIT
export FERRY_JOURNAL=$folder/journal.db no_proxy='*'

printf oldpw >old.pw
chmod 600 old.pw
mkdir kept
"$practice" make-archive a.zip --tenants 2 --deployments 4 --agents 3 --admin-password oldpw >/dev/null
"$practice" --data manager --content a.zip --premium --time-scale 0 >ready &
manager=$!
until grep -q '^ready ' ready; do sleep 0.05; done
url=$(sed -n 's/^ready //p' ready)
post() { curl -sSf -H 'Content-Type: application/json' -d "$2" "$url/practice/$1" >/dev/null; }
post set "{\"create_payload\": $((mib * 1024 * 1024))}"
cat >backup.yaml <<END
manager: {url: "$url", username: admin, password: {file: old.pw}}
backup: {directory: kept, poll: 10ms}
limits: {requests_per_second: 5000}
END

# ms_between FROM TO: of two kinds of events of the newest run.
ms_between() {
  "$ferry" events --json | jq -r --arg from "$1" --arg to "$2" '
    def ms: (.[0:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber);
    [.events[] | {key: "\(.step) \(.kind)", at: (.at | ms)}]
    | (map(select(.key == $to)) | last.at) - (map(select(.key == $from)) | last.at)'
}
least() { if [[ -z $1 || $2 -lt $1 ]]; then echo "$2"; else echo "$1"; fi; }
now_ms() { date +%s%3N; }

# A backup, and the same archive by curl: sets fetched, proven and curled, in milliseconds, when they
# are less than those of an earlier round.
both() {
  local id from
  rm -rf kept curl.zip
  mkdir kept
  "$ferry" -q backup backup.yaml >/dev/null
  id=$(curl -sS "$url/practice/ledger" | jq -r '.snapshots_created | keys | last')
  fetched=$(least "$fetched" "$(ms_between 'download step_started' 'download unit_done')")
  proven=$(least "$proven" "$(ms_between 'download step_started' 'check_archive unit_done')")
  from=$(now_ms)
  curl -sSf -C - -u admin:oldpw -H 'Tenant: default_tenant' -o curl.zip \
    "$url/api/v3.1/snapshots/$id/archive"
  curled=$(least "$curled" $(($(now_ms) - from)))
}

fetched='' curled='' proven=''
post set '{"download_rate": 125000000}'
both
linked=$(jq -n "$curled / $proven * 100 | floor / 100")
printf 'on a link of 1 Gbit/s, %s MiB: ferry with the proof %s ms, bare curl -C - %s ms: %s of it\n' \
  "$mib" "$proven" "$curled" "$linked"
post set '{"download_rate": 0}'

fetched='' curled='' proven='' checked=''
for ((round = 1; round <= rounds; round++)); do
  both
  from=$(now_ms)
  sha256sum curl.zip >/dev/null
  unzip -tqq curl.zip
  checked=$(least "$checked" $(($(now_ms) - from + curled)))
  cmp curl.zip kept/*.zip
done
rate() { echo "$((mib * 1000 / ($1 > 0 ? $1 : 1))) MiB/s"; }
printf '%s MiB, best of %s: ferry downloads in %s ms (%s), curl -C - in %s ms (%s): %s of it\n' \
  "$mib" "$rounds" "$fetched" "$(rate "$fetched")" "$curled" "$(rate "$curled")" \
  "$(jq -n "$curled / $fetched * 100 | floor / 100")"
printf 'with the proof: ferry %s ms, curl -C - && sha256sum && unzip -tqq %s ms: %s of it; %s of bare curl\n' \
  "$proven" "$checked" "$(jq -n "$checked / $proven * 100 | floor / 100")" \
  "$(jq -n "$curled / $proven * 100 | floor / 100")"

# --- killed at random bytes ---
rm -rf kept journal.db*
mkdir kept
size=$((mib * 1024 * 1024))
RANDOM=7
rules=
for ((kill = 1; kill <= kills; kill++)); do
  bytes=$(((RANDOM * 32768 + RANDOM) % (2 * size / (kills + 1)) + 1))
  rules+="{\"method\":\"GET\",\"path\":\"/archive$\",\"n\":$kill,\"do\":\"kill_client_body\",\"bytes\":$bytes,\"pid_file\":\"$folder/client.pid\"},"
done
post faults "[${rules%,}]"
what=(backup backup.yaml)
died=0
code=137
while [[ $code -eq 137 ]]; do
  code=0
  # shellcheck disable=SC2016 # the number of that shell becomes ferry's
  { bash -c 'echo $$ >client.pid; exec "$@"' - "$ferry" -q "${what[@]}" >said 2>&1; } 2>/dev/null || code=$?
  what=(resume)
  died=$((died + (code == 137)))
done
(cd kept && sha256sum --quiet -c -- *.sha256)
id=$(curl -sS "$url/practice/ledger" | jq -r '.snapshots_created | keys | last')
curl -sSf -u admin:oldpw -H 'Tenant: default_tenant' "$url/api/v3.1/snapshots/$id/archive" | cmp - kept/*.zip
total=$(stat -c %s kept/*.zip)
acked=$(curl -sS "$url/practice/ledger" | jq --arg id "$id" '.downloads[$id][:-1] | map(.acked) | add')
twice=$((acked - total))
printf 'killed %s times at random bytes: the file is right; fetched twice: %s bytes, %s a kill\n' \
  "$died" "$twice" "$((twice / (died > 0 ? died : 1)))"
read -r _ _ window </proc/sys/net/ipv4/tcp_rmem
[[ $code -eq 0 && $died -eq $kills && $twice -le $((died * (256 * 1024 + window))) ]]
# Below some milliseconds there is nothing to compare.
[[ $mib -lt 256 ]] || jq -en "$curled / $fetched >= 0.95 and $linked >= 0.95" >/dev/null
