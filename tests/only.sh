#!/usr/bin/env bash
# Runs the tests that filters name, and fails where a filter names none: cargo itself would pass.
#
#   tests/only.sh FLAGS OF CARGO TEST -- FILTER... [-- FLAGS OF THE TESTS]
set -euo pipefail
cargo=${CARGO:-cargo}
flags=() filters=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do flags+=("$1") && shift; done
shift
while [ $# -gt 0 ] && [ "$1" != -- ]; do filters+=("$1") && shift; done
[ $# -eq 0 ] || shift
[ ${#filters[@]} -gt 0 ] || { echo "error: no filter" >&2; exit 3; }

tests=$("$cargo" test "${flags[@]}" -- "$@" --list)
for filter in "${filters[@]}"; do
    grep -F -- "$filter" <<<"$tests" | grep -q ': test$' || { echo "error: no test is named $filter" >&2; exit 1; }
done
exec "$cargo" test "${flags[@]}" -- "${filters[@]}" "$@"
