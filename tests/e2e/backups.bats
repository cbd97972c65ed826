# ferry backups: what lies in a folder, what is proven, what a policy keeps and why.
# shellcheck disable=SC2016,SC2154 # a file with a dollar in its name, expressions of jq; url of helper.bash
load helper

setup() {
  world
  mkdir backups
}

# kept NAME TIME [PROVEN]: an archive in the folder and its record, as ferry backup leaves them.
kept() {
  "$FERRY_PRACTICE" make-archive "backups/$1" --tenants 1 --deployments 1 >/dev/null
  jq -n --arg sha "$(sha256sum "backups/$1" | cut -d' ' -f1)" --arg at "$2" \
    --argjson size "$(stat -c %s "backups/$1")" --argjson proven "${3:-\"2026-01-20T00:00:00Z\"}" '
    {made_by: "ferry", record: 1, ferry: "0.1.0", run: "backup-1", manager: "https://prod",
     manager_version: "7.1.0", snapshot: "s", taken_at: $at, size: $size, sha256: $sha,
     proven_at: $proven, format: "legacy", counts: null}' >"backups/$1.json"
}
verdict() { printf '(.backups[] | select(.name == "%s") | .keep == %s and (.why | test("%s")))' "$@"; }

@test "a policy says of each backup whether it is kept and why" {
  kept d1.zip 2025-12-30T02:30:00Z
  kept d2.zip 2025-12-31T02:30:00Z
  kept d3.zip 2026-01-02T02:30:00Z
  kept d4.zip 2026-01-03T02:30:00Z null
  cp backups/d1.zip backups/stranger.zip
  : >backups/d5.zip.part
  ferry 0 backups backups --set keep.daily=1 --set keep.yearly=2 --json
  is "$(verdict d1.zip false 'newer ones')" out
  is "$(verdict d2.zip true '^yearly 2 of 2 .2025.$')" out
  is "$(verdict d3.zip true '^daily 1 of 1 .2026-01-02., yearly 1 of 2')" out
  is "$(verdict d4.zip true 'not older than the newest proven')" out
  is "$(verdict stranger.zip true 'no record')" out
  is "$(verdict d5.zip.part true 'not ended')" out
  is '.totals == {backups: 4, bytes: ([.backups[] | select(.made_by_ferry) | .size] | add),
      proven: 3, removable: 1, removable_bytes: (.backups[] | select(.name == "d1.zip") | .size)}' out
  # Looking removes nothing.
  [[ -f backups/d1.zip && -f backups/d1.zip.json ]]
  ferry 0 backups backups --set keep.daily=1 --set keep.yearly=2
  grep -q 'remove: newer ones' out
  grep -q '^the next prune removes 1 of them' out
}

@test "without a policy everything is kept, and the file of the backups brings one" {
  kept a.zip 2026-01-01T02:30:00Z
  kept b.zip 2026-01-02T02:30:00Z
  ferry 0 backups backups --json
  is 'all(.backups[]; .keep) and .totals.removable == 0' out
  cat >backup.yaml <<END
manager: {url: https://prod, username: admin, password: {file: new.pw}}
backup: {directory: backups}
keep: {daily: 1, zone: local, unproven: 3d}
END
  ferry 0 backups backup.yaml --json
  is '.keep == {daily: 1, weekly: 0, monthly: 0, yearly: 0, zone: "local"}' out
  is "$(verdict a.zip false 'newer ones')" out
  # Backups of another manager in the same folder are not this file's to remove.
  sed -i 's,https://prod,https://other,' backup.yaml
  ferry 0 backups backup.yaml --json
  is "$(verdict a.zip true 'another manager')" out
}

@test "verify finds the damaged one, and it is not proven any more" {
  kept a.zip 2026-01-01T02:30:00Z
  kept b.zip 2026-01-02T02:30:00Z null
  kept c.zip 2026-01-03T02:30:00Z
  ferry 0 backups backups --verify --json
  is 'all(.backups[]; .proven) and .totals.proven == 3' out
  is '.backups[1].proven_at > "2026-01-20"' out
  printf x | dd of=backups/c.zip bs=1 seek=200 conv=notrunc status=none
  ferry 5 backups backups --verify --json
  is '.totals.proven == 2 and .exit == 5 and .code == "FERRY_E_ARCHIVE"' out
  is '.backups[2] | .proven == false and .damaged_at != null and (.problem | test("damaged"))' out
  # One alone; and a policy keeps what is left of the proven ones.
  ferry 0 backups backups a.zip --verify
  ferry 0 backups backups --set keep.daily=1 --json
  is "$(verdict b.zip true '^daily 1 of 1')" out
  is "$(verdict c.zip true 'not older')" out
}

@test "a shortened archive and a damaged record are seen without reading the archive" {
  kept a.zip 2026-01-01T02:30:00Z
  kept b.zip 2026-01-02T02:30:00Z
  truncate -s -1 backups/a.zip
  printf '{"made_by":"ferry"' >backups/b.zip.json
  ferry 0 backups backups --set keep.daily=1 --json
  is '.backups[0] | .made_by_ferry and (.proven | not) and (.problem | test("its record says"))' out
  is '.backups[1] | (.made_by_ferry | not) and .keep and (.problem | test("damaged"))' out
}

@test "a folder or a name that is not there, and settings that do not belong" {
  ferry 2 backups
  hints 'ferry backups DIR'
  ferry 2 backups nowhere
  says 'nowhere'
  ferry 2 backups backups none.zip
  says 'no backup "none.zip"'
  ferry 2 backups backups --set agents.concurrency=3
  ferry 2 backups backups --set keep.daily=many
}

nightly() {
  mkdir -p 'back ups 100%'
  cat >backup.yaml <<END
manager: {url: "${url/#http:\/\/127.0.0.1:1/https://prod}", username: admin, password: {file: new.pw}}
backup: {directory: 'back ups 100%', poll: 10ms}
limits: {requests_per_second: 5000, settle: 250ms}
metrics: {file: ferry.prom}
END
}

@test "print-timer gives units that systemd understands, and a line for cron" {
  nightly
  mv backup.yaml 'prod$HOME.yaml'
  ferry 0 backup --print-timer 'prod$HOME.yaml'
  [[ $(grep '^# --- ' out) == "# --- /etc/systemd/system/ferry-backup-prod-HOME.service
# --- /etc/systemd/system/ferry-backup-prod-HOME.timer
# --- /etc/cron.d/ferry-backup-prod-HOME" ]]
  ferry 0 backup --print-timer=service 'prod$HOME.yaml'
  cp out ferry-test.service
  ferry 0 backup --print-timer=timer 'prod$HOME.yaml'
  cp out ferry-test.timer
  grep -qxF "LoadCredential=password:$PWD/new.pw" ferry-test.service
  grep -qxF "Environment=\"FERRY_JOURNAL=$PWD/journal.db\"" ferry-test.service
  grep -qE '^ExecStart=".*" backup ".*/prod\$\$HOME.yaml" --quiet --password-file=%d/password$' ferry-test.service
  grep -qxF "ReadWritePaths=\"$PWD/back ups 100%%\" \"$PWD\" \"$PWD\"" ferry-test.service
  grep -qxF 'Persistent=true' ferry-test.timer
  [[ $(grep -c '^RandomizedDelaySec=' ferry-test.timer) -eq 1 ]]
  # Nothing but sections, settings, comments and empty lines.
  run ! grep -vE '^(\[[A-Z][a-z]+\]|[A-Za-z]+=.*|#.*|)$' ferry-test.service ferry-test.timer
  # What cron would run, without the delay: the program, the file, one at a time.
  ferry 0 backup --print-timer=cron 'prod$HOME.yaml'
  [[ $(grep -c '^0 2 \* \* \* ' out) -eq 1 ]]
  sed -nE 's/^0 2 \* \* \* [a-z]+ sleep [^;]*; //p' out | sed 's/\\%/%/g' >line
  FERRY_JOURNAL=$PWD/journal.db sh line 2>err && return 1
  grep -q 'https://prod' err
  ferry 2 backup --print-timer=nightly 'prod$HOME.yaml'
  ferry 2 backup --print-timer
  if ! type -P systemd-analyze >/dev/null; then skip "checked without systemd-analyze, which is not here"; fi
  systemd-analyze verify --man=no ./ferry-test.service ./ferry-test.timer
}

@test "a backup that was interrupted is gone on with by the next one" {
  practice --manager-version 7.1.0 --premium
  nightly
  ferry 3 backup backup.yaml --stop-before create_snapshot
  ferry 0 backup backup.yaml
  grep -q 'backup-1 was interrupted: going on with it' err
  ferry 0 runs --json
  is '.runs | length == 1 and .[0].state == "done"' out
  # The archive and its record lie there, and the file of metrics counts them.
  ferry 0 backups backup.yaml --json
  is '.totals == {backups: 1, bytes: .backups[0].size, proven: 1, removable: 0, removable_bytes: 0}' out
  is ".backups[0].manager == \"$url\" and (.backups[0].run | length) == 36" out
  (cd 'back ups 100%' && sha256sum --quiet -c ./*.sha256)
  grep -qE '^ferry_backup_archives_proven\{.*\} 1$' ferry.prom
  [[ $(sed -nE 's/^ferry_backup_last_size_bytes\{.*\} //p' ferry.prom) -eq $(jq '.totals.bytes' out) ]]
  # The file of metrics tells when, also after a night that failed.
  grep -qE '^ferry_backup_last_success_timestamp_seconds\{.*\} [0-9]{10}\.[0-9]{3}$' ferry.prom
  grep '^ferry_backup_last_success' ferry.prom >before
  practice_ends
  ferry 1 backup backup.yaml
  grep -q '^ferry_last_exit_code{.*} 1$' ferry.prom
  [[ $(grep '^ferry_backup_last_success' ferry.prom) == "$(<before)" ]]
}
