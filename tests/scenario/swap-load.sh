#!/bin/bash
# Swaps of a big list while dnsperf asks for cached, allowed names: no query is
# lost and none gets SERVFAIL.  With one and with two threads, rounds of three
# kinds alternate: with swaps, with the loader's same work on a database that no
# resolver reads, and with neither.  For each kind the longest answer times of
# its rounds and their median are printed, and the median of the rounds' 99.9
# percentiles; how long they are depends on the machine and fails nothing.
#
# WEIR_SWAP_ROUNDS (3) of each kind, and more with swaps until there were twenty;
# WEIR_SWAP_SECONDS (3) each.  Nine rounds of five seconds give medians that mean
# something on a machine that does nothing else.
#
# The list: 200,000 names that are made here; or, with WEIR_SHARED_DATA (the
# folder of real lists), the 1.16 million names of its
# scale/maltrail-domains-merged.txt.zst.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario swap-load
need dnsperf
ask_many=$tools/ask_many
[ -x "$ask_many" ] || die "no $ask_many: make check builds it"

rounds=${WEIR_SWAP_ROUNDS:-3}
seconds=${WEIR_SWAP_SECONDS:-3}
swaps=20
rate=8000 # queries/s, what leaves a small machine time for the rest
kinds="swaps beside nothing"

# write_config WITH: 1: one name more.
write_config() {
	{
		printf 'keep-generations: 50\nfeeds:\n  - name: big\n    file: "%s"\n' \
			"$work/lists/big"
		printf '    format: domains\n'
		[ "$1" = 0 ] || printf 'deny:\n  - swap.plain.example\n'
	} | config
	sed -e "s|^database:.*|database: \"$work/beside-db\"|" \
		-e "s|^status:.*|status: \"$work/beside-status\"|" \
		"$config_file" >"$work/beside.yaml"
}

field() {
	sed -n "s/^ *$1: *//p" "$2"
}

# Buffers in which all of 100 answers fit: else dnsperf itself loses some when it
# gets no processor for a while, and they count as lost by the resolver.  So do
# those queries that do not fit into the resolver's own socket when that one gets
# none: of 200 the kernel drops some.
# dnsperf -v says of each query that was answered: > CODE NAME TYPE SECONDS
perf_start() {
	dnsperf -v -p "$port" -s 127.0.0.1 -d "$work/queries" \
		-c $((4 * threads)) -Q $rate -q 100 -b 200 -t 2 -l "$seconds" \
		>"$work/perf" 2>&1 &
	perf=$!
	started+=("$perf")
}

# perf_end KIND: what dnsperf has seen; adds its longest answer time in
# microseconds and the 99.9 percentile to KIND's files.
perf_end() {
	wait "$perf"
	check "$1: queries lost" "0 (0.00%)" "$(field 'Queries lost' \
		"$work/perf")"
	check_match "$1: response codes" '^NOERROR [0-9]+ \(100.00%\)$' \
		"$(field 'Response codes' "$work/perf")"
	check_number "$1: queries" 1000 100000000 "$(field 'Queries sent' \
		"$work/perf")"
	awk '$1 == ">" { printf "%d\n", $NF * 1e6 }' "$work/perf" |
		sort -n >"$work/times"
	tail -n 1 "$work/times" >>"$work/$1.max"
	awk '{ t[NR] = $1 } END { print t[int(NR * 0.999) + 1] }' \
		"$work/times" >>"$work/$1.tail"
}

# work_to FILE WITH HOW: what the loader does for a swap, for the configuration
# FILE.  "anew", or to the generation of that kind that there is.
work_to() {
	local text
	if [ "$3" = anew ]; then
		write_config "$2"
		text=$("$weir_load" -c "$1" --json apply 2>&1)
		generation[$2]=$(python3 -c 'import json, sys
print(json.load(sys.stdin)["generation"])' <<<"$text")
	else
		text=$("$weir_load" -c "$1" --json rollback \
			"${generation[$2]}" 2>&1)
	fi
	check_match "weir-load: $text" '"result": "(applied|unchanged)"' "$text"
}

# One of four is built anew.  Each asks what holds now, which costs the same in
# all kinds.
round() {
	local i=0 is how wanted=(NOERROR NXDOMAIN) file=$config_file
	[ "$1" != beside ] || file=$work/beside.yaml
	generation=()
	work_to "$file" 0 anew
	perf_start
	sleep 0.3
	while is_alive "$perf"; do
		i=$((i + 1))
		is=$((i % 2))
		how=back
		[ $((i % 4)) != 1 ] || how=anew
		if [ "$1" = nothing ]; then
			sleep 0.2
		else
			work_to "$file" $is $how
		fi
		ask swap.plain.example A
		[ "$1" != swaps ] ||
			check "after a swap" "${wanted[is]}" "$rcode"
	done
	perf_end "$1"
	[ "$1" != swaps ] || done_swaps=$((done_swaps + i))
}

median() {
	sort -n "$1" | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}

say() {
	local kind
	for kind in $kinds; do
		printf '   %-7s longest %s us, median %s us;' "$kind" \
			"$(paste -sd ' ' "$work/$kind.max")" \
			"$(median "$work/$kind.max")"
		printf ' 99.9%% within %s us\n' "$(median "$work/$kind.tail")"
	done
	echo "   $done_swaps swaps"
	stat_of "'   sweep: %d looked at, %.1f ms, tables held for %d us' % (
		m['sweep']['looked_at'], m['sweep']['us'] / 1000,
		m['sweep']['table_hold_max_us'])"
}

with_threads() {
	local i kind serial
	note "$threads threads"
	write_config 0
	apply
	"$weir_load" -c "$work/beside.yaml" apply >"$work/text" 2>&1
	resolver_start
	"$ask_many" "$port" <"$work/names" >"$work/answers"
	check "names answered" 2000 \
		"$(awk '$4 == 0 && $5 == 1' "$work/answers" | wc -l)"
	serial=$(stat_of "m['serial']")
	rm -f "$work"/*.max "$work"/*.tail
	done_swaps=0
	for ((i = 0; i < rounds; i++)); do
		for kind in $kinds; do
			round "$kind"
		done
	done
	while [ $done_swaps -lt $swaps ] && [ $i -lt 20 ]; do
		round swaps
		i=$((i + 1))
	done
	say
	check_number "swaps" $done_swaps $((2 * done_swaps + 20)) \
		$(($(stat_of "m['serial_acknowledged']") - serial))
	check "queries that the module saw pass or block" ok \
		"$(stat_of "'ok' if w['failed_pass'] + w['failed_servfail'] \
== 0 else w")"
	resolver_stop
}

{
	echo "swap A 192.0.2.1"
	seq -f 'w%.0f A 192.0.2.2' 0 1999
} | zone plain.example
seq -f 'w%.0f.plain.example' 0 1999 >"$work/names"
sed 's/$/ A/' "$work/names" >"$work/queries"
big_list >"$work/lists/big"
echo "$(wc -l <"$work/lists/big") names in the list"
for threads in 1 2; do
	with_threads
done
finish
