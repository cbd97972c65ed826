# What the scripts that kill ferry share: a folder, upgrade.yaml, and a practice manager. To be
# sourced; $practice names the program.
# shellcheck shell=bash

# world NAME: the folder "$base" in memory where there is some, the passwords, the journal's place.
world() {
    base=$(mktemp -d "/dev/shm/ferry-$1-XXXXXX" 2>/dev/null || mktemp -d)
    export FERRY_JOURNAL=$base/journal.db
    printf admin >"$base/new.pw"
    printf oldpw >"$base/old.pw"
    chmod 600 "$base"/*.pw
}

# write_yaml LINE...: upgrade.yaml with intervals for a manager without delays, and these lines.
write_yaml() {
    cat >"$base/upgrade.yaml" <<END
manager:
  url: http://127.0.0.1:1
  username: admin
  password: {file: new.pw}
  after_restore: {username: admin, password: {file: old.pw}}
snapshot: {file: a.zip, id: snap}
restore: {quiet: 10ms, poll: 10ms, timeout: 60s}
maintenance: {poll: 10ms}
END
    printf '%s\n' "$@" >>"$base/upgrade.yaml"
}

# start_peer SCALE [OPTION...]: a fresh practice manager and no journal; sets peer and url.
start_peer() {
    local scale=$1
    shift
    rm -rf "$base/manager" "$base"/journal.db*
    : >"$base/ready"
    "$practice" --listen 127.0.0.1:0 --data "$base/manager" --time-scale "$scale" "$@" >"$base/ready" &
    peer=$!
    for _ in $(seq 1000); do
        url=$(awk '/^ready/ {print $2}' "$base/ready")
        if [ -n "$url" ]; then return; fi
        sleep 0.01
    done
    echo "the practice manager did not start"
    exit 2
}

# stop PID: ends it, and only it.
stop() {
    if [ -n "$1" ]; then
        kill -9 "$1" 2>/dev/null
        wait "$1" 2>/dev/null
    fi
}
