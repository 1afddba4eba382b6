#!/bin/bash
# Threads under ThreadSanitizer: the swap (the snapshot and the reader with
# tests/unit/test_snapshot.c), the queues of events and the top tables with those
# who read them, and the loader's (lists, sort, writer, proof, with
# their tests).  Skips without an Unbound or a compiler that knows the
# sanitizer.
set -eu
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
read -r -a unbound_flags <<<"${WEIR_UNBOUND_CPPFLAGS:-}"
if [ "${#unbound_flags[@]}" = 0 ]; then
	echo "skipped: configured without an Unbound"
	exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
flags=(-fsanitize=thread -g -O1 -std=gnu11 -D_GNU_SOURCE
	'-DWEIR_VERSION="test"' '-DWEIR_SYSCONFDIR="/etc"'
	'-DWEIR_LOCALSTATEDIR="/var"' -I"$top" "${unbound_flags[@]}")
echo 'int main(void) { return 0; }' >"$scratch/x.c"
if ! gcc -fsanitize=thread "$scratch/x.c" -o "$scratch/x" 2>"$scratch/err" ||
	! "$scratch/x" 2>>"$scratch/err"; then
	echo "skipped: no ThreadSanitizer: $(head -n 1 "$scratch/err")"
	exit 77
fi
cd "$scratch"
library=("$top"/lib/*.c)
loader=("$top"/lmdb-loader/{compile,intern,item,origin,signed}.c "$top"/lmdb-loader/guard*.c
	"$top"/lmdb-loader/{sort,write}*.c)
# libfeeds' files alone: what signs and fetches is not threaded.
mapfile -t feeds < <(sed -n '/^libfeeds_la_SOURCES/,/[^\\]$/p' \
	"$top/feeds/Makefile.inc" | grep -oE '[a-z0-9_]+\.c' |
	sed "s|^|$top/feeds/|")
libraries=(-lcheck -lsubunit -lm -lrt -lpthread -llmdb -lsodium -lxxhash
	-lcyaml -lyaml -lidn2 -lpsl -lz -lzstd -lldns -lyajl -ljansson)
# Each file once; a test takes what it needs out of the archive.
mkdir objects
running=0
for file in "${library[@]}" "${loader[@]}" "${feeds[@]}" \
	"$top"/lmdb-loader/{diff,changes}.c "$top/module/snapshot.c"; do
	object=${file#"$top"/}
	gcc "${flags[@]}" -c -o "objects/${object//\//-}.o" "$file" &
	running=$((running + 1))
	[ $running -lt "$(nproc)" ] || {
		wait -n
		running=$((running - 1))
	}
done
for (( ; running > 0; running--)); do
	wait -n
done
ar rc all.a objects/*.o
run() {
	gcc "${flags[@]}" -o "$1" "$top/tests/unit/$1.c" all.a "${libraries[@]}"
	TSAN_OPTIONS=halt_on_error=1:exitcode=66 CK_FORK=no "./$1"
}
run test_snapshot
run test_event
WEIR_TOP_EVENTS=20000 run test_top
run test_list
run test_sort
run test_build
