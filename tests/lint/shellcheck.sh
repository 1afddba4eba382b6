#!/bin/bash
# Every shell script of the tree is clean in the eyes of shellcheck.
set -euo pipefail
export LC_ALL=C
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
command -v shellcheck >/dev/null || {
	echo "no shellcheck"
	exit 77
}
cd "$top"
scripts=()
while IFS= read -r file; do
	read -r first <"$file" || true
	[[ $first =~ ^\#!.*/(ba)?sh ]] && scripts+=("$file")
done < <(find quickstart runtests .ci bench examples packaging tests \
	-type f ! -name '*.[cho]' ! -size +200k 2>/dev/null | sort)
[ ${#scripts[@]} -gt 5 ] || {
	echo "only ${#scripts[@]} scripts found: is this the tree?" >&2
	exit 1
}
# -x follows `source`; info and style are left to taste.
shellcheck -x -S warning "${scripts[@]}"
echo "${#scripts[@]} scripts are clean"
