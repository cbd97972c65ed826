#!/usr/bin/env bats
# HTTPS with a CA of our own, and a real nginx between ferry and the manager, as every installation
# has one: its limits, its error pages, its 502 while the manager is down.
# shellcheck disable=SC2154,SC2034,SC2016 # variables of helper.bash; of jq and nginx
load helper

# authority NAME: a CA. certificate NAME CA SAN: a certificate of it.
authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" \
    -keyout "$1.key" -out "$1.pem" 2>/dev/null
}
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 30 \
    -extfile <(printf 'subjectAltName=%s' "$3") -out "$1.pem" 2>/dev/null
}

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  authority right
  authority wrong
  certificate server right IP:127.0.0.1
  certificate elsewhere right DNS:elsewhere.example
}

setup() {
  world
  cp "$BATS_FILE_TMPDIR"/*.{pem,key} .
  ca=$PWD/right.pem
  made --tenants 2 --deployments 4 --agents 3 --plugins 1
}

secure() { practice --tls-cert server.pem --tls-key server.key; }

@test "HTTPS with the CA that made the manager's certificate" {
  secure
  [[ $url == https://* ]]
  run_ 0 --ca right.pem
  carried
  agents_of_made
}

# not_trusted MESSAGE OPTION...: plan and run are refused, and no request reached the manager.
not_trusted() {
  local command message=$1
  shift
  for command in plan run; do
    ferry 2 "$command" upgrade.yaml --manager "$url" "$@"
    says "$message"
    hints 'manager\.ca|--ca'
  done
  ledger '.requests == 0'
}

@test "HTTPS with another CA" {
  secure
  not_trusted '[Cc]ertificate' --ca wrong.pem
}

@test "HTTPS without a CA" {
  secure
  not_trusted '[Cc]ertificate'
}

@test "HTTPS with a certificate for another host" {
  practice --tls-cert elsewhere.pem --tls-key elsewhere.key
  local command
  for command in plan run; do
    ferry 2 "$command" upgrade.yaml --manager "$url" --ca right.pem
    says "127\.0\.0\.1|subject name|certificate"
  done
  ca=
  [[ ! -e journal.db ]] || { ferry 0 runs --json && is '.runs == []' out; }
}

@test "HTTPS with a CA file that is missing, or holds no certificate" {
  secure
  ferry 2 run upgrade.yaml --manager "$url" --ca nowhere.pem
  says 'nowhere\.pem'
  echo 'no certificate' >empty.pem
  ferry 2 run upgrade.yaml --manager "$url" --ca empty.pem
  says 'empty\.pem|certificate'
  ledger '.requests == 0'
}

@test "the manager's certificate is replaced while it runs: it waits and says why, and goes on" {
  secure
  run_ 3 --ca right.pem --stop-before restore
  practice_ends
  certificate renewed wrong IP:127.0.0.1
  practice --tls-cert renewed.pem --tls-key renewed.key
  ca=$PWD/wrong.pem
  start resume
  until_true 20 grep -q 'restore.*[Cc]ertificate' err
  kill -INT "$ferry_pid"
  ended 3
  ledger '.restores == []'
  # the file that the run names may hold both
  cat wrong.pem >>right.pem
  ferry 0 resume
  carried
}

# front [LINE]: nginx with TLS before the practice manager.
front() {
  web_server "ssl_certificate $PWD/server.pem; ssl_certificate_key $PWD/server.key;
    location / { proxy_pass http://127.0.0.1:$port; proxy_http_version 1.1; proxy_read_timeout 60s; }
    $*" ssl
  [[ $nginx_url == https://* ]]
}

@test "behind nginx with TLS" {
  practice
  front 'client_max_body_size 0;'
  ferry 0 run upgrade.yaml --manager "$nginx_url" --ca right.pem
  carried
  agents_of_made
  grep -q 'PUT /api/v3.1/snapshots/snap/archive' nginx/access.log
}

@test "behind an nginx that limits the size of uploads: 413, raised, retried" {
  made --tenants 1 --deployments 2 --payload 3000000
  practice
  front 'client_max_body_size 1m;'
  ferry 1 run upgrade.yaml --manager "$nginx_url" --ca right.pem
  says '413'
  hints 'proxy.*raise its limit|limits the size of uploads'
  ledger '.uploads == {} and .activations == 0'
  kill -TERM "$nginx_pid"
  wait "$nginx_pid" || true
  front 'client_max_body_size 0;'
  ferry 0 retry upgrade-1 --failed
  ferry 0 resume
  carried
}

@test "the manager goes down behind nginx and comes up again: the run waits and finishes" {
  practice
  front 'client_max_body_size 0;'
  faults '[{"do": "die_after", "method": "POST", "path": "/executions$", "n": 2}]'
  start run upgrade.yaml --manager "$nginx_url" --ca right.pem
  local code=0
  wait "$practice_pid" || code=$?
  [[ $code -eq 137 ]]
  until_true 20 grep -q '" 502 ' nginx/access.log
  kill -0 "$ferry_pid"
  practice
  ended 0
  carried
  agents_of_made
}

@test "nginx itself goes away in the middle: the run waits and finishes" {
  practice
  front 'client_max_body_size 0;'
  faults '[{"do": "delay", "delay_ms": 1500, "method": "POST", "path": "/executions$", "n": 1}]'
  start run upgrade.yaml --manager "$nginx_url" --ca right.pem
  until_true 20 under_way POST '/executions$'
  kill -TERM "$nginx_pid"
  wait "$nginx_pid" || true
  sleep 0.5
  kill -0 "$ferry_pid"
  front 'client_max_body_size 0;'
  ended 0
  carried
}

@test "an nginx that limits the rate: its 503 pages are no answers of the manager" {
  practice
  nginx_http='limit_req_zone $binary_remote_addr zone=all:1m rate=10r/s;'
  front 'client_max_body_size 0; limit_req zone=all burst=12 nodelay; limit_req_status 503;'
  ferry 0 run upgrade.yaml --manager "$nginx_url" --ca right.pem
  # it did refuse some
  [[ $(grep -c '" 503 ' nginx/access.log) -ge 3 ]]
  carried
  agents_of_made
}

@test "an nginx that ends every connection after one request" {
  practice
  front 'client_max_body_size 0; keepalive_requests 1;'
  ferry 0 run upgrade.yaml --manager "$nginx_url" --ca right.pem
  carried
}

@test "an nginx that hands the upload on as it comes" {
  made --tenants 2 --deployments 4 --agents 3 --plugins 1 --payload 20000000
  practice
  front 'client_max_body_size 0; proxy_request_buffering off;'
  ferry 0 run upgrade.yaml --manager "$nginx_url" --ca right.pem
  carried
}

@test "a redirect to another place is not followed with a password" {
  practice
  web_server "return 301 $url\$request_uri;"
  local code=0
  timeout 60 "$FERRY" run upgrade.yaml --manager "$nginx_url" >out 2>err || code=$?
  [[ $code -eq 1 || $code -eq 2 || $code -eq 5 ]]
  says '301|redirect'
  ledger '.requests == 0'
}
