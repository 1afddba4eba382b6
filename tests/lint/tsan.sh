#!/bin/bash
# The swap under ThreadSanitizer: compiles the snapshot, the reader and
# tests/unit/test_snapshot.c with it and runs them.  Skips without an Unbound
# or a compiler that knows the sanitizer.
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
gcc "${flags[@]}" -o test "$top"/tests/unit/test_snapshot.c \
	"$top"/module/snapshot.c \
	"$top"/lib/{checksum,current,db,db_check,entry,error,file,generation}.c \
	"$top"/lib/{filter,format,name,policy,policy_bytes,proof,status,tree,log}.c \
	"$top"/lmdb-loader/{intern,sort,write}.c \
	-lcheck -lsubunit -lm -lrt -lpthread -llmdb -lsodium -lxxhash
TSAN_OPTIONS=halt_on_error=1:exitcode=66 CK_FORK=no ./test
