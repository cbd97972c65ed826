# Takes comments and the text of strings and characters out of C sources; lines stay where they are.
# With -v keep_strings=1 only comments go. Prints "FILE:LINE:code" for each line that is not empty.
FNR == 1 { inside = 0 }
{
  line = $0
  out = ""
  while (line != "") {
    if (inside) {
      at = index(line, "*/")
      if (at == 0) { line = ""; break }
      inside = 0
      out = out " "
      line = substr(line, at + 2)
      continue
    }
    at = match(line, /\/\*|\/\/|"|'/)
    if (at == 0) { out = out line; break }
    out = out substr(line, 1, at - 1)
    what = substr(line, at, 2)
    if (what == "/*") { inside = 1; line = substr(line, at + 2); continue }
    if (what == "//") break
    quote = substr(line, at, 1)
    rest = substr(line, at + 1)
    text = ""
    while (rest != "") {
      c = substr(rest, 1, 1)
      if (c == "\\") { text = text substr(rest, 1, 2); rest = substr(rest, 3); continue }
      rest = substr(rest, 2)
      if (c == quote) break
      text = text c
    }
    out = out quote (keep_strings ? text : "") quote
    line = rest
  }
  if (out !~ /^[ \t]*$/) print FILENAME ":" FNR ":" out
}
