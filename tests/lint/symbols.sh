#!/bin/bash
# weir.so exports the six symbols that Unbound looks up and nothing else:
# Unbound opens it RTLD_GLOBAL, so whatever else it showed could take the place
# of a function of Unbound or of a library.
set -euo pipefail
export LC_ALL=C
builddir=${abs_top_builddir:-$PWD}
object=$builddir/.libs/weir.so
[ -e "$object" ] || {
	echo "no $object: built without --with-unbound-src"
	exit 77
}
wanted="clear deinit get_mem inform_super init operate"
found=$(nm -D --defined-only --format=posix "$object" |
	awk '$2 != "A" { print $1 }' | sort | paste -sd ' ')
if [ "$found" != "$wanted" ]; then
	echo "wanted: $wanted" >&2
	echo "found:  $found" >&2
	exit 1
fi
echo "$found"
