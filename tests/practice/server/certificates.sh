#!/usr/bin/env bash
# A restore with certificates over HTTPS (facts 2.2, 6 no. 27): the machine goes down for a while and
# comes back with the certificate of the snapshot; with no_reboot it shows the old one until its
# services are restarted.
#   certificates.sh FERRY_PRACTICE
set -euo pipefail
practice=$1
work=$(mktemp -d)
pid=
stop() {
  if [[ -n $pid ]]; then
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  pid=
}
finish() {
  stop
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
    -addext 'subjectAltName=IP:127.0.0.1' -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
make_certificate own
make_certificate restored
"$practice" make-archive old.zip --manager-version 6.4.2 --admin-password old

start() {
  rm -rf data
  "$practice" --listen 127.0.0.1:0 --control 127.0.0.1:0 --data data --time-scale 0.01 \
    --tls-cert own.pem --tls-key own.key --restored-tls-cert restored.pem \
    --restored-tls-key restored.key --manager-version 7.0.5 >ready &
  pid=$!
  for ((i = 0; i < 200; i++)); do
    if grep -q '^control' ready; then break; fi
    sleep 0.05
  done
  url=$(sed -n 's/^ready //p' ready)
  control=$(sed -n 's/^control //p' ready)
}

# ask CERTIFICATE PASSWORD METHOD PATH [BODY]
ask() {
  curl -sS --max-time 10 --cacert "$1.pem" -u "admin:$2" -H 'Tenant: default_tenant' \
    -H 'Content-Type: application/json' -X "$3" "$url/api/v3.1/$4" ${5:+-d "$5"}
}
shows() { ask "$1" old GET version >/dev/null 2>&1; }
upload() {
  curl -sS --cacert own.pem -u admin:admin -H 'Tenant: default_tenant' -T old.zip \
    "$url/api/v3.1/snapshots/s1/archive" >/dev/null
}

start
upload
ask own admin POST snapshots/s1/restore '{"force": false, "restore_certificates": true}' >/dev/null
refused=0
for ((i = 0; i < 600; i++)); do
  rc=0
  curl -sS --max-time 5 -k "$url/api/v3.1/snapshot-status" >/dev/null 2>&1 || rc=$?
  if [[ $rc -eq 7 ]]; then refused=$((refused + 1)); fi
  if [[ $refused -gt 0 && $rc -eq 0 ]]; then break; fi
  sleep 0.02
done
[[ $refused -gt 0 ]] || fail 'the machine did not go down'
shows restored || fail 'the restored certificate is not shown'
if shows own; then fail 'the old certificate is still shown'; fi
stop

start
upload
ask own admin POST snapshots/s1/restore \
  '{"force": false, "restore_certificates": true, "no_reboot": true}' >/dev/null
for ((i = 0; i < 600; i++)); do
  if [[ $(curl -sS "$control/practice/state" | jq .jobs) == 0 ]]; then break; fi
  sleep 0.02
done
shows own || fail 'no_reboot changed the certificate'
curl -sS -d '{"nodes": [{"node": 1, "restart": true}]}' "$control/practice/set" >/dev/null
for ((i = 0; i < 100; i++)); do
  if shows restored; then break; fi
  sleep 0.02
done
shows restored || fail 'a restart did not bring the restored certificate'
printf 'ok\n'
