#!/bin/bash
# Every manual page is clean in the eyes of mandoc, and is there at all for
# every program.
set -euo pipefail
export LC_ALL=C
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
command -v mandoc >/dev/null || {
	echo "no mandoc"
	exit 77
}
# Two closing quotes in UTF-8, double or single, one behind the other.
close_close=$'(\xe2\x80\x9d){2}|(\xe2\x80\x99){2}'
status=0
count=0
for page in "$top"/man/*.[1-8]; do
	count=$((count + 1))
	mandoc -T lint -W warning "$page" || status=1
	# A quoting macro holds to the end of its line: a second one on the
	# same line lies inside it, and both close at the end.
	if mandoc -T utf8 "$page" | grep -nE "$close_close"; then
		echo "$page: quotes inside quotes, see above" >&2
		status=1
	fi
done
[ "$count" -gt 0 ] || {
	echo "no manual pages in $top/man" >&2
	exit 1
}
# References to pages of ours lead somewhere.
while IFS= read -r reference; do
	[ -e "$top/man/$reference" ] || {
		echo "there is no man/$reference, but it is referred to" >&2
		status=1
	}
done < <(sed -nE 's/^\.Xr (weir[^ ]*) ([1-8]).*/\1.\2/p' \
	"$top"/man/*.[1-8] | sort -u)
[ "$status" != 0 ] || echo "$count pages are clean"
exit $status
