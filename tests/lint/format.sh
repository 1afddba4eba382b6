#!/bin/bash
# Every C file is as clang-format would write it.
set -euo pipefail
export LC_ALL=C
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
command -v clang-format >/dev/null || {
	echo "no clang-format"
	exit 77
}
# Other versions break some lines in other places.
case $(clang-format --version) in
*"version 14."*) ;;
*)
	echo "this is not clang-format 14: $(clang-format --version)"
	exit 77
	;;
esac
cd "$top"
[ -f .clang-format ] || {
	echo "no .clang-format" >&2
	exit 1
}
mapfile -t files < <(find lib feeds lmdb-loader module stats tests bench \
	-name '*.[ch]' | sort)
[ ${#files[@]} -gt 20 ] || {
	echo "only ${#files[@]} files found: is this the tree?" >&2
	exit 1
}
status=0
for file in "${files[@]}"; do
	clang-format "$file" | cmp -s - "$file" || {
		echo "$file: run clang-format -i" >&2
		status=1
	}
done
[ "$status" != 0 ] || echo "${#files[@]} files are in shape"
exit $status
