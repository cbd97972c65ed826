# Draws a recording of a terminal as one animated SVG: no script, nothing from outside.
#
#   LC_ALL=C awk -v columns=80 -v rows=28 [-v hold=6] -f terminal-svg.awk RECORDING >FILE.svg
#
# The recording is text, one frame after the other, as scripts/pictures/make takes them from tmux:
#
#   frame SECONDS COLUMN ROW VISIBLE CAPTION    the cursor, from 0, and whether it can be seen
#   ROWS lines                                  with the colours in which tmux gives them (SGR)
#
# Each row is drawn once for as long as it stays the same, and shown and hidden by CSS. What is
# drawn without any animation is the last frame: for paper, for programs that know none, and for
# people who asked their system for less motion. An escape sequence that this file does not know
# ends it with 1: a picture that lacks a colour would be no recording.

BEGIN {
  character = 8.4; line = 18; left = 14; top = 52
  width = left * 2 + columns * character; height = top + rows * line + 16
  if (hold == "") hold = 6
  count = groups = 0
}

function fail(text) {
  print "terminal-svg: " text >"/dev/stderr"
  failed = 1
  exit 1
}

function harmless(text) {
  gsub(/&/, "\\&amp;", text)
  gsub(/</, "\\&lt;", text)
  gsub(/>/, "\\&gt;", text)
  return text
}

# Columns of a text in UTF-8: bytes that go on with a character do not count.
function columns_of(text) {
  gsub(/[\200-\277]/, "", text)
  return length(text)
}

# What an SGR sequence makes of the style (colour, bold, dim) that stays until the next one.
function style(numbers, parts, n, i) {
  n = split(numbers, parts, ";")
  if (n == 0) parts[n = 1] = 0
  for (i = 1; i <= n; i++) {
    if (parts[i] + 0 == 0) { colour = ""; bold = ""; dim = "" }
    else if (parts[i] == 1) bold = "b"
    else if (parts[i] == 2) dim = "d"
    else if (parts[i] == 22) { bold = ""; dim = "" }
    else if (parts[i] == 39) colour = ""
    else if (parts[i] == 49) continue
    else if (parts[i] >= 30 && parts[i] <= 37) colour = "c" (parts[i] - 30)
    else fail("line " NR ": SGR " parts[i] " is not known")
  }
}

# The drawing of one row, of texts in one style each.
function drawn(text, y, out, at, column, run, class) {
  out = ""; column = 0
  while (text != "") {
    if (match(text, /^\033\[[0-9;]*m/)) {
      style(substr(text, 3, RLENGTH - 3))
      text = substr(text, RLENGTH + 1)
      continue
    }
    at = index(text, "\033")
    if (at == 1) fail("line " NR ": an escape sequence that is no SGR")
    run = at ? substr(text, 1, at - 1) : text
    text = substr(text, length(run) + 1)
    match(run, /^ */)
    column += RLENGTH
    run = substr(run, RLENGTH + 1)
    if (run ~ /[^ ]/) {
      class = colour (colour != "" && (bold dim) != "" ? " " : "") bold (bold != "" && dim != "" ? " " : "") dim
      # The length is told, so that columns stay in line whatever font there is.
      out = out sprintf("<text x=\"%.6g\" y=\"%d\" textLength=\"%.6g\"%s>%s</text>", left + column * character, y,
        columns_of(run) * character, class == "" ? "" : " class=\"" class "\"", harmless(run))
    }
    column += columns_of(run)
  }
  return out
}

# Without CSS variables, which programs that draw SVG on paper do not know.
function colours(back, bar, edge, plain, soft, good, bad, care, line) {
  return ".w{fill:" back ";stroke:" edge "}.h{fill:" bar ";stroke:" edge "}text,.k{fill:" plain "}.d{fill:" soft \
    "}.c1{fill:" bad "}.c2{fill:" good "}.c3{fill:" care "}.c4,.c5,.c6,.p{fill:" line "}"
}

# What stands in a place (a row, the caption, the cursor) from now on.
function place(where, what) {
  if (where in since && shows[where] == what) return
  ends(where)
  since[where] = now
  shows[where] = what
}

# What stood there until now: it joins all that was seen in the same time.
function ends(where, span) {
  if (!(where in since) || shows[where] == "" || since[where] == now) return
  span = since[where] " " now
  if (!(span in group)) { group[span] = ++groups; from[groups] = since[where]; to[groups] = now }
  content[group[span]] = content[group[span]] shows[where]
}

/^frame [0-9.]+ [0-9]+ [0-9]+ [01] / {
  if (count++ == 0) began = $2
  now = sprintf("%.3f", $2 - began)
  if (now + 0 < last + 0) fail("line " NR ": time goes back")
  last = now
  place("cursor", $5 ? sprintf("<rect class=\"k\" x=\"%.6g\" y=\"%d\" width=\"%g\" height=\"%d\"/>",
    left + $3 * character, top + $4 * line - 14, character, line - 1) : "")
  caption = $0
  sub(/^frame [^ ]+ [^ ]+ [^ ]+ [^ ]+ /, "", caption)
  # One that begins with "! " tells of something bad.
  alarm = sub(/^! /, "", caption) ? " c1" : ""
  place("caption", sprintf("<text class=\"t%s\" x=\"%g\" y=\"21\">%s</text>", alarm, width / 2, harmless(caption)))
  colour = bold = dim = ""
  row = 0
  next
}

{
  if (count == 0 || row >= rows) fail("line " NR ": more lines than a frame has rows")
  place("row " row, drawn($0, top + row * line))
  row++
}

END {
  if (failed) exit 1
  if (count < 2) fail("a recording of " count " frames is none")
  now = sprintf("%.3f", last + hold)
  for (where in since) ends(where)
  print "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 " width " " height "\" width=\"" width \
    "\" height=\"" height "\" xml:space=\"preserve\">"
  print "<title>" harmless(title) "</title>"
  print "<style>"
  print colours("#fbfcfd", "#e9edf1", "#c9d1d9", "#1f2328", "#656d76", "#116329", "#b3261e", "#7d4e00", "#0969da")
  print "@media(prefers-color-scheme:dark){" \
    colours("#0d1117", "#1b222b", "#3a424c", "#dbe2ea", "#8d96a0", "#56d364", "#ff8f87", "#e3b341", "#4493f8") "}"
  print "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,\"Liberation Mono\",\"DejaVu Sans Mono\",monospace;" \
    "white-space:pre}"
  print ".t{font:600 13px system-ui,-apple-system,\"Segoe UI\",\"Liberation Sans\",\"DejaVu Sans\",sans-serif;" \
    "text-anchor:middle}"
  print ".b{font-weight:700}.k{opacity:.55}"
  print "g{animation:" now "s step-end infinite}"
  print ".p{animation:p " now "s linear infinite}@keyframes p{0%{transform:scaleX(0)}}"
  print "@media(prefers-reduced-motion:reduce){g,.p{animation:none}}"
  for (i = 1; i <= groups; i++)
    printf "@keyframes a%d{0%%{visibility:%s}%s%s}#a%d{animation-name:a%d}\n", i,
      from[i] + 0 == 0 ? "visible" : "hidden",
      from[i] + 0 == 0 ? "" : sprintf("%.3f%%{visibility:visible}", from[i] / now * 100),
      to[i] == now ? "" : sprintf("%.3f%%{visibility:hidden}", to[i] / now * 100), i, i
  print "</style>"
  print "<rect x=\".5\" y=\".5\" width=\"" width - 1 "\" height=\"" height - 1 \
    "\" rx=\"9\" class=\"w\"/>"
  print "<path d=\"M.5 30.5h" width - 1 "v-21a9 9 0 0 0-9-9H9.500a9 9 0 0 0-9 9z\" class=\"h\"/>"
  print "<rect class=\"p\" x=\"1\" y=\"29\" width=\"" width - 2 "\" height=\"2\"/>"
  for (i = 1; i <= groups; i++)
    print "<g id=\"a" i "\"" (to[i] == now ? "" : " visibility=\"hidden\"") ">" content[i] "</g>"
  print "</svg>"
}
