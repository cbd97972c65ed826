# Shared by scripts/check-*: sourced, never run.
# Every check takes the root of a tree as its only argument (default: this repository), prints one
# line "FILE:LINE: what is wrong" for each finding and ends with 1 if there was any.
# A check whose tool is not there ends with 77: ctest calls that skipped, not passed.
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=$(cd "${1:-$here/..}" && pwd)
cd "$root" || exit 2
findings=0

finding() {
  printf '%s\n' "$*"
  findings=$((findings + 1))
}

# Files below the given folders that match the find expression after "--"; sorted.
files() {
  local folder folders=()
  while [[ $# -gt 0 && $1 != -- ]]; do
    for folder in $1; do
      if [[ -e $folder ]]; then folders+=("$folder"); fi
    done
    shift
  done
  shift
  if [[ ${#folders[@]} -eq 0 ]]; then return; fi
  find "${folders[@]}" -path tests/data -prune -o -type f \( "$@" \) -print | LC_ALL=C sort
}

# The C sources and headers of the project: of the given folders, or of all.
c_files() {
  if [[ $# -eq 0 ]]; then set -- src states include tests; fi
  files "$@" -- -name '*.c' -o -name '*.h'
}

need_tool() {
  local tool
  for tool in "$@"; do
    if command -v "$tool" >/dev/null; then
      printf '%s\n' "$tool"
      return
    fi
  done
  printf 'SKIP: none of %s is installed; scripts/setup test installs it\n' "$*" >&2
  exit 77
}

# Says how much was looked at, and ends. A check that saw nothing has checked nothing: that fails.
finish() {
  local seen=$1
  if [[ $seen -eq 0 ]]; then
    printf 'nothing to look at in %s\n' "$root"
    exit 1
  fi
  printf '%s looked at, %s findings\n' "$seen" "$findings"
  [[ $findings -eq 0 ]]
  exit
}
