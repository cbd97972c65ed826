#!/usr/bin/env bats
# Managers that cfy knows: a run by a profile of each form, by the active one, and with cfy's
# variables; the password stays where it is.
# shellcheck disable=SC2154,SC2034 # variables of helper.bash
load helper

canary=CANARY-profile-7b31

setup() {
  world
  unset CFY_WORKDIR CLOUDIFY_USERNAME CLOUDIFY_PASSWORD CLOUDIFY_TOKEN CLOUDIFY_TENANT
  unset CLOUDIFY_KERBEROS_ENV CLOUDIFY_SSL_TRUST_ALL LOCAL_REST_CERT_FILE
  made --tenants 1 --deployments 2 --agents 1 --plugins 1
  profile=.cloudify/profiles/prod
  mkdir -p "$profile"
  chmod 700 "$profile"
}

# no_manager: upgrade.yaml without a manager; after the restore the archive's password counts.
no_manager() {
  sed -i -e '/^  url:/d' -e '/^  username:/d' -e '/^  password:/d' upgrade.yaml
}
# json PASSWORD [CERTIFICATE]: context.json, as cfy since 5.1.1 writes it; readable, in a folder that
# is not.
json() {
  jq -n --sort-keys --indent 4 --argjson port "$port" --argjson password "$1" \
    --arg protocol "${url%%:*}" --argjson certificate "${2:-null}" '{name: "prod",
    manager_ip: "127.0.0.1", rest_port: $port, rest_protocol: $protocol, manager_username: "admin",
    manager_password: $password, manager_token: null, manager_tenant: "default_tenant",
    rest_certificate: $certificate, kerberos_env: false, ssh_key: null, ssh_port: 22,
    ssh_user: null, provider_context: {}, cluster: {}}' >"$profile/context.json"
  chmod 644 "$profile/context.json"
}
# clean: the password is in no file of ours but the profile.
clean() {
  [[ -s journal.db && -s err ]]
  run ! grep -aF -e "$canary" -e "$(printf 'admin:%s' "$canary" | base64 -w 0)" -- \
    out err journal.db journal.db-* plan.json
}

@test "a profile in JSON, the active one since nothing names a manager" {
  practice --password "$canary"
  no_manager
  json "\"$canary\""
  printf prod >.cloudify/active.profile
  ferry 0 plan upgrade.yaml -o plan.json
  grep -q "no manager was named: taken from cfy's active profile 'prod', $url" err
  ferry 3 run upgrade.yaml --stop-before restore
  grep -q "active profile 'prod'" err
  # the run keeps to the profile that it began with
  printf other >.cloudify/active.profile
  ferry 0 resume -v -v
  carried
  clean
}

@test "a profile in YAML, of a cluster whose first node is down" {
  practice --password "$canary"
  no_manager
  cat >"$profile/context" <<-PROFILE
	!CloudifyProfileContext
	_cluster:
	  manager:
	  - {host_ip: 127.0.0.1, hostname: other, rest_port: $port, trust_all: null}
	_profile_name: !!python/unicode 'prod'
	kerberos_env: false
	manager_ip: 127.0.0.1
	manager_password: !!python/unicode '$canary'
	manager_tenant: default_tenant
	manager_username: !!python/unicode 'admin'
	rest_certificate: null
	rest_port: $(free_port)
	rest_protocol: http
	PROFILE
  : >plan.json
  ferry 0 run upgrade.yaml --profile prod -v -v
  carried
  clean
}

@test "cfy's variables beside a profile, and not without one" {
  practice --password "$canary"
  no_manager
  json null
  CLOUDIFY_PASSWORD=$canary ferry 0 plan upgrade.yaml --profile prod -o plan.json
  CLOUDIFY_PASSWORD=$canary ferry 3 run upgrade.yaml --profile prod --stop-before restore
  clean
  # ferry resume reads the variable again, and says so where it is gone
  ferry 2 resume
  says 'CLOUDIFY_PASSWORD'
  CLOUDIFY_PASSWORD=$canary ferry 0 resume
  carried
  # both: refused, as cfy does
  CLOUDIFY_USERNAME=admin CLOUDIFY_PASSWORD=$canary ferry 2 plan upgrade.yaml --profile prod
  says "holds a username, and CLOUDIFY_USERNAME is set as well"
  hints 'unset CLOUDIFY_USERNAME'
  # a manager that is named is not a profile's: its login is not in the environment
  CLOUDIFY_USERNAME=admin CLOUDIFY_PASSWORD=$canary ferry 2 plan upgrade.yaml --manager "$url"
  says 'missing: manager.username, manager.password.file'
}

# self_signed NAME: NAME.pem, a certificate of 127.0.0.1 that is its own CA, and NAME.key.
self_signed() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
# refused MESSAGE HINT: by the profile, before the manager was asked anything.
refused() {
  ferry 2 plan upgrade.yaml --profile prod
  says "$1"
  hints "$2"
  ledger '.requests == 0'
}

@test "HTTPS by the certificate in the profile's folder" {
  self_signed own
  self_signed other
  ca=$PWD/own.pem
  practice --password "$canary" --tls-cert own.pem --tls-key own.key
  no_manager
  json "\"$canary\""
  refused '[Cc]ertificate' 'manager\.ca'
  CLOUDIFY_SSL_TRUST_ALL=1 refused 'ferry takes none unseen' 'unset the variable'
  cp own.pem "$profile/public_rest_cert.crt"
  # the one that is named comes first, and a variable beside it is one too many
  json "\"$canary\"" "\"$PWD/other.pem\""
  refused '[Cc]ertificate' 'manager\.ca'
  LOCAL_REST_CERT_FILE=own.pem refused 'LOCAL_REST_CERT_FILE is set as well' 'manager\.ca'
  json "\"$canary\""
  : >plan.json
  ferry 0 run upgrade.yaml --profile prod -v -v
  carried
  clean
}
