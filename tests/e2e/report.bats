#!/usr/bin/env bats
# The report of a run that was killed, resumed and partly failed: a page, Markdown, JSON.
# shellcheck disable=SC2154,SC2034 # variables of helper.bash; words of ferry's own
load helper

setup() { world; }

@test "a report holds the outcome, the proof, each request with its times, and no secret" {
  made --tenants 2 --deployments 12 --agents 12 --plugins 2 --manager-version 6.4.2
  practice --manager-version 7.1.0
  write_yaml 'agents: {poll: 10ms, max_failures: never}' 'plugins: {poll: 10ms}'
  tell '{"dead_share": 0.2}'
  run_ 3 --stop-before install_new_agents
  ferry 10 resume
  ferry 0 report --json
  is '.state == "done" and .exit == 10 and .failures_in_all > 0 and (.lives | length) == 2' out
  is '(.failures | length) == .failures_in_all and all(.failures[]; (.reason | length) > 0)' out
  is '[.requests[].request][0] == "PUT /api/v3.1/snapshots/snap/archive"' out
  is 'all(.requests[]; .intent_at <= .result_at and (.id | length) == 36)' out
  is '.failures_in_all == ([.fanout[].cells | scan("f")] | length)' out
  # as many as the manager saw, each once
  [[ $(jq '.requests | length' out) -eq $(changing_requests) ]]
  ferry 0 report --html page.html
  [[ ! -s out ]]
  grep -q '<h1>Run <bdi>upgrade-1</bdi></h1>' page.html
  grep -q 'Each name in the archive was looked up on the manager: none is missing' page.html
  ferry 0 report upgrade-1 --markdown
  grep -q '^# Run upgrade-1: done' out
  ferry 0 report --json
  if grep -lE 'oldpw|"admin":|Authorization' page.html out; then return 1; fi
}

@test "watch serves the same page, read only, on this machine alone, and ends when told" {
  made --tenants 1 --deployments 2 --agents 0 --manager-version 6.4.2
  practice --manager-version 6.4.2
  run_ 3 --stop-before restore
  ferry 2 watch --listen ::1:8080
  hints '\[::1\]:8080'
  ferry 2 watch --listen 0.0.0.0:0
  says 'others can reach 0.0.0.0:0'
  start watch --listen 127.0.0.1:0
  until_true 10 grep -q '^http' out
  page=$(sed -n 's/ .*//p' out)
  curl_ -D headers "$page" >page.html
  grep -q '<script nonce=' page.html
  grep -qi "^content-security-policy: default-src 'none'" headers
  curl_ "${page}fragment" >fragment.html
  [[ $(<page.html) == *"$(<fragment.html)"* ]]
  curl_ "${page}report.json" >report.json
  is '.run == "upgrade-1" and .state == "paused"' report.json
  code() { curl_ -o /dev/null -w '%{http_code}' "$@"; }
  [[ $(code -d x "$page") -eq 405 && $(code -H 'Host: evil.example' "$page") -eq 403 ]]
  [[ $(code "${page}journal.db") -eq 404 ]]
  # the run goes on as if nobody looked, and the page with it
  timeout 60 "$FERRY" resume >resume.out 2>&1
  until_true 10 bash -c "curl -s ${page}report.json | jq -e '.state == \"done\"'"
  kill -TERM "$ferry_pid"
  ended 0
}
