#!/usr/bin/env bats
# The pictures of README.md are there, are small and carry nothing along; and the script that makes
# them makes a session from a real run.
# shellcheck disable=SC2154 # variables of helper.bash
load helper

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  : >pids
}

# The files that README.md shows, in Markdown and in HTML.
shown() {
  grep -oE '!\[[^]]*\]\([^)]+\)|(src|srcset)="[^"]+"' "$source_dir/README.md" |
    sed -E 's/^!\[[^]]*\]\(([^)]+)\)$/\1/; s/^src(set)?="([^"]+)"$/\2/'
}
# alone FILE: well-formed, and nothing in it is run, followed or fetched.
alone() {
  type -P xmllint >/dev/null || skip "xmllint is not installed"
  xmllint --nonet --noout "$1"
  if grep -niE '<!(doctype|entity)|<(script|foreignobject|image|iframe|use|a|link)\b|\bon[a-z]+ *=|href|url\(|@import|javascript:' "$1"; then
    return 1
  fi
  # the name of SVG itself is the only address
  [[ $(grep -oE '[a-z]+://[^" <)]*' "$1" | grep -vE '^http://127\.0\.0\.1:[0-9]+' | sort -u) == http://www.w3.org/2000/svg ]]
}
# states_in FILE: every step of an upgrade is to be seen in it.
states_in() {
  local state states
  # as README.md's first table of steps tells them; readme.bats compares that with ferry
  mapfile -t states < <(awk -F'|' '/^\| step \|/ && !seen++ { inside = 1; next } inside && !/^\|/ { exit }
    inside && $2 !~ /---/ { gsub(/ /, "", $2); print $2 }' "$source_dir/README.md")
  [[ ${#states[@]} -eq 11 ]]
  for state in "${states[@]}"; do
    grep -qE ">[^<]*\b$state\b" "$1" || printf '%s is not in %s\n' "$state" "$1"
  done >missing
  cat missing
  [[ ! -s missing ]]
}

@test "the pictures that README.md shows are in the repository, small, and as they should be" {
  shown >names
  cat names
  [[ $(wc -l <names) -ge 3 ]]
  local name file
  while read -r name; do
    file=$source_dir/$name
    [[ -s $file && $(stat -c %s "$file") -le 300000 ]]
    case $name in
    *.svg) alone "$file" ;;
    *.png) [[ $(head -c 8 "$file" | od -An -tx1 | tr -d ' ') == 89504e470d0a1a0a ]] ;;
    *) return 1 ;;
    esac
  done <names
  # and none lies there that is not shown
  diff <(cd "$source_dir" && printf '%s\n' scripts/pictures/*.{svg,png} | sort) <(sort -u names)
}

@test "a session is made from a run that is killed and resumed" {
  type -P tmux >/dev/null || skip "tmux is not installed"
  "$source_dir/scripts/pictures/make" --brief --session session.svg 3>&-
  alone session.svg
  states_in session.svg
  states_in "$source_dir/scripts/pictures/session.svg"
  grep -q '>Killed<' session.svg
  grep -q '>run upgrade-1: done<' session.svg
  # without animation it is the last frame: the ledger, and nothing of before
  grep '^<g ' session.svg | grep -v 'visibility="hidden"' >still
  grep -qF 'every effect once' still
  grep -qF '>6<' still
  if grep -qF 'in the middle of the agents' still; then return 1; fi
  # it moves, but not for those who do not want that
  grep -q '^@keyframes a1{' session.svg
  grep -q 'prefers-reduced-motion:reduce' session.svg
}

@test "a recording with a colour that cannot be drawn makes no picture" {
  local draw=(env LC_ALL=C awk -v columns=20 -v rows=1 -v title=t -f "$source_dir/scripts/pictures/terminal-svg.awk")
  printf 'frame 1.0 0 0 1 c\n\033[32ma<b\033[0m\nframe 2.0 0 0 1 c\n&\n' >good
  "${draw[@]}" good >good.svg
  alone good.svg
  grep -q 'class="c2">a&lt;b<' good.svg
  sed 's/32m/38;5;1m/' good >bad
  run ! "${draw[@]}" bad
  sed 's/2\.0/0.5/' good >bad
  run ! "${draw[@]}" bad
}
