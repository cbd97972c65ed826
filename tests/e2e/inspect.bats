#!/usr/bin/env bats
# ferry inspect: an archive alone. Its counts are checked by archive_counts.sh; here what is said.
# shellcheck disable=SC2154,SC2034 # variables of helper.bash
load helper

setup() { world; }

@test "an archive is told without a manager, a configuration and a journal" {
  made --tenants 2 --deployments 5 --agents 4 --plugins 2 --scheduled 2 --manager-version 6.4.2
  ferry 0 inspect a.zip
  grep -q '^a.zip: usable$' out
  grep -qE '^format +legacy, of a manager 6.4.2, made 20[0-9-]+ [0-9:]+ UTC$' out
  grep -qE '^tenants +2$' out
  grep -qE '^deployments +5, ' out
  grep -qE '^agents +4: ' out
  grep -qE '^SHA-256 +[0-9a-f]{64}$' out
  grep -qE '^cloudify-practice01-plugin +1.0.0 +py311' out
  [[ ! -s err && ! -e journal.db && ! -e .local ]]
  ferry 0 inspect --deep --json a.zip
  is '.usable and .deep and .format == "legacy" and (.waiting | length > 0)' out
  is 'all(.waiting[]; .at == null or (.at | test("^20[0-9-]+T[0-9:.]+Z$")))' out
}

@test "Markdown for a change ticket: headings, tables, nothing that could be markup" {
  made --tenants 2 --deployments 3 --format new
  ferry 0 inspect --markdown a.zip
  grep -q '^## Snapshot archive a.zip$' out
  grep -q '^| TENANT | BLUEPRINTS ' out
  grep -qE '^\| default\\_tenant \| [0-9]' out
  ferry 2 inspect --markdown
  ferry 2 plan --deep
}

@test "what a snapshot must not show is not shown: values of secrets, hashes, keys" {
  made --deployments 2 --token ctok-abc-SECRETTOKEN --manager-version 7.0.5
  local form
  for form in "" --json --markdown; do
    # shellcheck disable=SC2086
    ferry 0 inspect $form a.zip
    if grep -qE 'SECRETTOKEN|pbkdf2|gAAAA|PRIVATE KEY' out err; then return 1; fi
  done
}

@test "what cannot be used is refused with 5, why, and what to do" {
  made --deployments 20
  head -c 3000 a.zip >cut.zip
  echo 'not a zip' >text.zip
  local file
  for file in cut.zip text.zip; do
    ferry 5 inspect "$file"
    grep -q "archive \"$file\"" err
    grep -q '^  next: ' err
    [[ ! -s out ]]
  done
  ferry 5 inspect --json cut.zip
  is '.exit == 5 and (.error | test("cut off")) and (.hint | length > 0)' out
  ferry 2 inspect nowhere.zip
  # readable, and still no manager takes it
  made --deployments 1 --manager-version 4.6.0
  mkdir old && (cd old && unzip -q ../a.zip && sed -i 's/4\.6\.0/3.4.2/' metadata.json && zip -qr ../old.zip .)
  ferry 5 inspect --json old.zip
  is '.usable == false and .version == "3.4.2" and .exit == 5' out
}

@test "one changed byte in a member that a plan does not need: --deep sees it" {
  made --deployments 2 --payload 200000
  ferry 0 inspect --deep a.zip
  # in the middle of the payload, which is most of the file
  printf '\377' | dd of=a.zip bs=1 seek="$(($(stat -c %s a.zip) / 2))" conv=notrunc 2>/dev/null
  ferry 0 inspect a.zip
  ferry 5 inspect --deep a.zip
  grep -q 'member "' err
}

@test "a community archive is told as the trap that it is" {
  made --deployments 2 --community --manager-version 7.0.5
  ferry 0 inspect a.zip
  grep -q 'warning: .*community manager' out
}
