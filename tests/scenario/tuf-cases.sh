#!/bin/bash
# The TUF client against 102 repositories and 19 canonical forms that another
# implementation has made, served on loopback by node: exit code, trusted
# versions, requests and stored octets of each step.
#
# The cases lie in the folder $WEIR_TUF (else ../shared/tuf beside the source);
# without it, or without node, this is skipped: tests/unit/test_tuf_*.c hold the
# client to the same rules.
set -euo pipefail
export LC_ALL=C
top=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
client=${top_builddir:-.}/tests/tools/tuf_client
cases=${WEIR_TUF:-$top/../shared/tuf}

skip() {
	echo "skipped: $*"
	exit 77
}

[ -f "$cases/fixtures.tar.zst" ] ||
	skip "no TUF cases in $cases (WEIR_TUF names the folder)"
for program in node zstd; do
	command -v "$program" >/dev/null || skip "no $program"
done
[ -x "$client" ] || {
	echo "no $client: make check builds it" >&2
	exit 1
}
work=$(mktemp -d "${TMPDIR:-/tmp}/weir-tuf-cases.XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work
cp "$cases"/*.js "$work"
# Of the publisher's library the runner needs one function; the rest would need
# packages.
cat >"$work/tuflib.js" <<'END'
const { createHash } = require('crypto');
exports.sha256 = b => createHash('sha256').update(b).digest('hex');
END
zstd -dcq --long=27 "$cases/fixtures.tar.zst" | tar -xf - -C "$work"

# all RUNNER ARGUMENT...: its last line is "N passed, 0 failed", N as wanted.
all() {
	local want=$1
	shift
	node "$@" >"$work/log" || true
	tail -n 20 "$work/log"
	[ "$(tail -n 1 "$work/log")" = "$want passed, 0 failed" ] || {
		echo "wanted: $want passed, 0 failed" >&2
		exit 1
	}
}
count=$(find "$work/fixtures" -name case.json | wc -l)
[ "$count" -ge 102 ] || {
	echo "only $count cases in $cases" >&2
	exit 1
}
all "$count" "$work/run-fixtures.js" "$work/fixtures" "$client"
all "$(grep -c '"in":' "$work/fixtures/canonical.json")" \
	"$work/run-canonical.js" "$work/fixtures/canonical.json" "$client canon"
