#!/bin/sh
# differences_listed.sh PAGE PROGRAM...
# Checks that every scenario of the black-box PROGRAMs that the original does not pass (tag [fixed] or [2.3]) is
# named in the tables of PAGE (docs/compatibility.md), and that every scenario named there is one of them.
set -eu

page=$1
shift

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for program in "$@"; do
  # The listing's exit code is the number of scenarios listed.
  "$program" '[fixed],[2.3]' --list-test-names-only || true
done | sed 's/^Scenario: //' | sort >"$scratch/tagged"

# The last column of the tables: names in backquotes, separated by commas.
# shellcheck disable=SC2016 # the backquotes are Markdown's
awk -F '|' '/^\|/ { print $(NF - 1) }' "$page" | grep -o '`[^`]*`' | tr -d '`' | sort >"$scratch/listed"

if ! cmp -s "$scratch/tagged" "$scratch/listed"; then
  echo "Scenarios that are tagged but not listed in $page:"
  comm -23 "$scratch/tagged" "$scratch/listed"
  echo "Scenarios that are listed there but not tagged:"
  comm -13 "$scratch/tagged" "$scratch/listed"
  exit 1
fi
echo "$(wc -l <"$scratch/tagged") differences, each one listed and tested"
