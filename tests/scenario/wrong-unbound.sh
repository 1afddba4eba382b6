#!/bin/bash
# weir.so belongs to one build of Unbound.  In another one it refuses with a
# sentence that says what to do, and that Unbound does not start.  Skipped if
# the checkout has no second Unbound.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario wrong-unbound

zone plain.example <<-'END'
	evil A 192.0.2.1
END
echo 'deny: [ evil.plain.example ]' | config
apply
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
ours=$unbound
others=0
for other in "$top"/.unbound/*/build/unbound \
	"$WEIR_UNBOUND_BUILD"/../../*/build/unbound; do
	[ -x "$other" ] && ! cmp -s "$other" "$ours" || continue
	[ "$(realpath "$other")" != "${last:-}" ] || continue
	last=$(realpath "$other")
	others=$((others + 1))
	unbound=$other
	: >"$work/resolver.log"
	if resolver_try; then
		check "$("$other" -V | head -n 1) loads it" no yes
		resolver_stop
		continue
	fi
	check_match "what $("$other" -V | head -n 1) says" \
		"this weir.so was built for another Unbound \(version .*build \
weir again with --with-unbound-src" "$(cat "$work/resolver.log")"
	check "lines with a crash" 0 \
		"$(grep -ciE 'segmentation|abort|assert' "$work/resolver.log")"
done
[ "$others" != 0 ] || skip "there is no other Unbound than $ours"
note "and in its own it starts"
unbound=$ours
resolver_start
expect "NXDOMAIN [] soa=60/60 ede=15" evil.plain.example A
finish
