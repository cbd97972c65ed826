#!/usr/bin/env bats
# Tokens, the CA of after the restore, and a manager of several nodes, from upgrade.yaml to the wire.
# shellcheck disable=SC2154,SC2034,SC2016 # variables of helper.bash; of jq and nginx
load helper

setup() {
  world
  made --tenants 2 --deployments 3 --agents 3
}

# with_manager LINE...: upgrade.yaml whose manager has these lines beside its URL.
with_manager() {
  write_yaml
  sed -i '/^  username:/,/^  after_restore:/d' upgrade.yaml
  local line
  for line in "$@"; do sed -i "/^  url:/a\\  $line" upgrade.yaml; done
}

# token_of FILE: a token of the manager's admin, in a file of mode 0600.
token_of() {
  curl_ -f -u admin:admin -H 'Tenant: default_tenant' -H 'Content-Type: application/json' \
    -d '{}' "$url/api/v3.1/tokens" | jq -r .value >"$1"
  chmod 600 "$1"
}

authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
    -addext "subjectAltName=IP:127.0.0.1" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

@test "a token alone is enough, and is nowhere to be found afterwards" {
  practice
  token_of token
  with_manager 'after_restore: {password: {file: old.pw}}' 'token: {file: token}' 'username: admin'
  run_ 0
  carried
  [[ $(cat token) == ctok-* ]]
  run ! grep -qF -- "$(cat token)" journal.db* out err
}

@test "a token in a file that others may read is refused, and so is none at all" {
  practice
  token_of token
  with_manager 'token: {file: token}' 'username: admin'
  chmod 644 token
  run_ 2
  says 'manager\.token: .*others may read it'
  ferry 2 run upgrade.yaml --manager "$url" --token-file nowhere
  says 'manager\.token: .*nowhere'
  ledger '.changing_requests == 1' # the token itself
}

@test "a CA that is missing or no certificate is named by its key, before anything is asked" {
  practice
  authority one
  run_ 2 --ca nowhere.pem
  says 'manager\.ca: .*nowhere\.pem'
  run_ 2 --ca one.pem --set manager.after_restore.ca=nowhere.pem
  says 'manager\.after_restore\.ca: .*nowhere\.pem'
  run_ 2 --ca one.pem --set manager.after_restore.ca=one.key
  says 'manager\.after_restore\.ca: .*no certificate'
  run_ 2 --set manager.after_restore.ca=one.pem
  says 'manager\.after_restore\.ca stands alone: manager\.ca is missing'
  ledger '.requests == 0'
}

@test "the certificate of another CA is believed when after_restore.ca names it, given at resume too" {
  authority one
  authority two
  ca=$PWD/one.pem
  practice --tls-cert one.pem --tls-key one.key
  run_ 3 --ca one.pem --stop-before restore
  practice_ends
  ca=$PWD/two.pem
  practice --tls-cert two.pem --tls-key two.key
  ferry 0 resume --set manager.after_restore.ca=two.pem
  carried
}

@test "the nodes of a cluster are in the plan, and the first is whose run it is" {
  practice
  ferry 0 plan upgrade.yaml --manager "$url" --manager http://127.0.0.1:1 --json
  is ".manager == \"$url\" and .options.manager.url == \"$url\"" out
  is ".options.manager.nodes == [\"$url\", \"http://127.0.0.1:1\"]" out
  ferry 2 plan upgrade.yaml --manager "$url,$url/"
  says "manager\.url names '$url' twice"
}

@test "a run that has not ended stands in the way of another on the same cluster, by whatever node" {
  practice
  run_ 3 --stop-before upload
  ferry 5 run upgrade.yaml --manager http://127.0.0.1:1 --manager "$url"
  says 'run "upgrade-1" for this manager has not ended'
  ferry 0 cancel upgrade-1
  ferry 3 run upgrade.yaml --manager "$url" --manager http://127.0.0.1:1 --stop-before upload
  ferry 5 run upgrade.yaml --manager http://127.0.0.1:1
  says 'run "upgrade-2" for this manager has not ended'
}

@test "a cluster whose first node is down is carried by way of the second" {
  practice
  ferry 0 run upgrade.yaml --manager http://127.0.0.1:1 --manager "$url" -v -v
  grep -q "http://127.0.0.1:1 does not answer, from now on $url is asked" err
  carried
  agents_of_made
}
