#!/usr/bin/env bats
# An upgrade that begins on the old manager: from the agents there to the new manager, in one file.
# shellcheck disable=SC2154 # variables of helper.bash
load helper

setup() {
  world
  mkdir kept
}

# two_managers [OPTION...]: the old one, with these options, holds a.zip; the new one is empty. Sets
# old_url beside url.
two_managers() {
  : >old.ready
  "$FERRY_PRACTICE" --listen 127.0.0.1:0 --data old --time-scale 0 --content a.zip --premium \
    "$@" >old.ready 2>>practice.err 3>&- &
  printf '%s\n' "$!" >>pids
  until_true 20 grep -q '^ready ' old.ready
  old_url=$(sed -n 's/^ready //p' old.ready)
  practice --premium
  cat >upgrade.yaml <<END
manager:
  url: $url
  username: admin
  password: {file: new.pw}
  after_restore: {username: admin, password: {file: old.pw}}
from: {url: "$old_url", username: admin, password: {file: old.pw}${with:+, $with}}
backup: {directory: kept, poll: 10ms}
snapshot: {id: snap}
restore: {quiet: 10ms, poll: 10ms, timeout: 60s}
maintenance: {poll: 10ms}
agents: {poll: 10ms}
plugins: {poll: 10ms}
limits: {requests_per_second: 5000, settle: 250ms}
END
}
of_old() {
  local url=$old_url
  "$@"
}

@test "one file: agents, snapshot, maintenance, download, upgrade" {
  made --tenants 2 --deployments 4 --agents 3 --manager-version 6.4.2
  two_managers --manager-version 6.4.2
  ferry 0 run upgrade.yaml
  carried kept/*.zip
}
