#!/usr/bin/env bash
# Shows how far the go command has come: counts the lines of its standard error that
# say what it does, in place on a terminal and every 20 seconds elsewhere, and lets
# all other lines (errors) through.
#
#   go build -v ./… 2>&1 | lab/progress.sh "compiled packages" 1800
set -eu
what=$1 total=${2:-} count=0 shown=0

show() {
  local line
  line="  $what: $count${total:+ of $total}, ${SECONDS} s"
  if [ -t 1 ]; then printf '\r%s\e[K' "$line"; else echo "$line"; fi
}

while IFS= read -r line; do
  case $line in
    "go: downloading "* | "go: extracting "*) [[ $what == *modules* ]] || continue ;;
    "#"* | *" "* | *$'\t'* | *.go:*) [ -t 1 ] && [ "$count" -gt 0 ] && echo; echo "$line" >&2; continue ;;
  esac
  count=$((count + 1))
  if [ -t 1 ]; then show; elif [ $((SECONDS - shown)) -ge 20 ]; then shown=$SECONDS; show; fi
done
[ "$count" -eq 0 ] || show
if [ -t 1 ] && [ "$count" -gt 0 ]; then echo; fi
