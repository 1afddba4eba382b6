#!/bin/bash
# tests/tools/tuf_mutants.txt says of each check of the TUF client which test
# notices when it is taken out.  A check that came since, or was changed, is one
# that nobody has tried: run tests/tools/tuf_mutants.py again (ten minutes).
set -euo pipefail
export LC_ALL=C
top=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
command -v python3 >/dev/null || {
	echo "no python3"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
result=$top/tests/tools/tuf_mutants.txt
if ! python3 "$top/tests/tools/tuf_mutants.py" --list >"$work/now"; then
	echo "tuf_mutants.py has a text that is gone:" >&2
	grep ': GONE: ' "$work/now" >&2
	exit 1
fi
sed -n 's/^test_tuf_[a-z]*: //p' "$result" >"$work/then"
if ! diff "$work/then" "$work/now" >"$work/diff"; then
	echo "the checks are not those of $result:" >&2
	head -n 20 "$work/diff" >&2
	exit 1
fi
if grep '^NOT NOTICED' "$result" >&2; then
	exit 1
fi
count=$(wc -l <"$work/now")
[ "$count" -gt 100 ] || {
	echo "only $count checks were found" >&2
	exit 1
}
echo "$count checks, each noticed when it is taken out"
