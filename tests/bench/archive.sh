#!/usr/bin/env bash
# How fast an archive is read, against unpacking its dump and counting lines:
#   unzip -p ARCHIVE pg_data | wc -l
#   archive.sh BUILD [EVENTS [PAYLOAD [DEPLOYMENTS]]]
# Rows of events and logs (700 bytes in the dump for each EVENT) and bytes of a member that cannot be
# compressed; default: 5 GB of each, and 50,000 deployments. Needs as much room in BUILD as the file.
# Prints one JSON line; fails above 1.3 times or 48 MiB. Processor time is compared, which others on
# the machine do not change; the time by the clock is told too.
set -euo pipefail
build=$(cd "$1" && pwd)
events=${2:-7500000} payload=${3:-4700000000} deployments=${4:-50000}
folder=$(mktemp -d "$build/archive.XXXX")
trap 'rm -rf "$folder"' EXIT
zip=$folder/big.zip
"$build/src/practice/ferry-practice" make-archive "$zip" --tenants 20 --deployments "$deployments" \
  --events "$events" --payload "$payload" >/dev/null
TIMEFORMAT='%R %U %S'
cat "$zip" >/dev/null # the first of the two must not pay for the disk

{ time unzip -p "$zip" pg_data | wc -l >"$folder/lines"; } 2>"$folder/theirs"
{ time "$build/tests/unit/cloudify/archive_show" "$zip" >"$folder/found" 2>"$folder/err"; } 2>"$folder/ours"
[[ $(jq .deployments "$folder/found") -eq $deployments ]]
read -r their_clock their_user their_sys <"$folder/theirs"
read -r our_clock our_user our_sys <"$folder/ours"
jq -nc --argjson size "$(stat -c %s "$zip")" --argjson lines "$(<"$folder/lines")" \
  --argjson unzip "$(awk "BEGIN { print $their_user + $their_sys }")" \
  --argjson ferry "$(awk "BEGIN { print $our_user + $our_sys }")" \
  --argjson unzip_clock "$their_clock" --argjson ferry_clock "$our_clock" \
  --argjson peak_kib "$(sed -n 's/^peak memory: \([0-9]*\) KiB$/\1/p' "$folder/err")" \
  '{bench: "archive", size: $size, lines: $lines, unzip_s: $unzip, ferry_s: $ferry,
    ratio: ($ferry / $unzip * 100 | round / 100), unzip_clock_s: $unzip_clock,
    ferry_clock_s: $ferry_clock, peak_kib: $peak_kib}' | tee "$folder/line"
jq -e '.ratio <= 1.3 and .peak_kib <= 48 * 1024' "$folder/line" >/dev/null
