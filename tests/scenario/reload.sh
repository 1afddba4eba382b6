#!/bin/bash
# `unbound-control reload` a hundred times while clients ask: the module is
# unloaded and loaded each time, it blocks at once, nothing crashes, and
# threads, file descriptors and memory do not grow.  Then a few reloads under
# valgrind, if it is there: nothing is lost, and there is no invalid access, in
# functions of weir.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario reload
ask_many=$tools/ask_many
[ -x "$ask_many" ] || die "no $ask_many: make check builds it"

reloads=100
blocked="NXDOMAIN [] soa=60/60 ede=15"

process_threads() {
	sed -n 's/^Threads:[[:space:]]*//p' "/proc/$resolver_pid/status"
}

process_files() {
	find "/proc/$resolver_pid/fd" -mindepth 1 | wc -l
}

process_maps() {
	grep -c . "/proc/$resolver_pid/maps"
}

resident_kb() {
	sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' \
		"/proc/$resolver_pid/status"
}

# median_growth SIZE...: of the differences, each to the one before.
median_growth() {
	printf '%s\n' "$@" | awk 'NR > 1 { print $1 - last } { last = $1 }' |
		sort -n | awk '{ d[NR] = $1 } END { print d[int((NR + 1) / 2)] }'
}

reload() {
	check "reload" ok "$(resolver_control reload 2>&1)"
	wait_until 20 serves "$port" "$resolver_pid"
}

# Of what the clients got: blocked names blocked, the others answered.
# Unbound may drop what it works on when it reloads.
judge() {
	awk '$4 == "lost" || $4 == 2 { next }
		$3 ~ /^evil/ ? $4 != 3 || $5 != 0 : $4 != 0 || $5 < 1' "$1"
}

check_growth() {
	local clients i file_count thread_count map_count before=0 sizes=()
	note "$threads threads, $reloads reloads"
	apply
	resolver_start
	"$ask_many" -l -w 8 -x 500 "$port" <"$work/names" >"$work/answers" &
	clients=$!
	started+=("$clients")
	for ((i = 1; i <= reloads; i++)); do
		reload
		[ $((i % 10)) = 0 ] || continue
		expect "$blocked" evil1.plain.example A
		answered 192.0.2.2 good1.plain.example A
		# The first ones fill what the allocator keeps.
		if [ $i = 30 ]; then
			thread_count=$(process_threads)
			file_count=$(process_files)
			map_count=$(process_maps)
			before=$(resident_kb)
		fi
		[ $i -lt 30 ] || sizes+=("$(resident_kb)")
	done
	after=$(resident_kb)
	check "threads after $reloads reloads" "$thread_count" \
		"$(process_threads)"
	check_number "files after $reloads reloads" $((file_count - 8)) \
		$((file_count + 8)) "$(process_files)"
	check_number "mappings after $reloads reloads" 1 \
		$((map_count + 16)) "$(process_maps)"
	# Each thread's part of the heap can take a step now and then; with two
	# it was 5 MB at some reload, 14 on a busy machine, and none in the 200
	# behind it.  What is lost at each reload is lost in all tens of them.
	check_number "growth in ten reloads, the median, KB" -100000 \
		$((512 * threads)) "$(median_growth "${sizes[@]}")"
	check_number "growth from 30 to $reloads reloads, KB" -100000 \
		$((16384 * threads)) $((after - before))
	check "loads of the module" $((reloads + 1)) "$(stat_of "m['inits']")"
	kill_and_wait "$clients"
	sed -i '$d' "$work/answers"
	judge "$work/answers" >"$work/wrong"
	check_lines "wrong answers meanwhile" "$work/wrong"
	check_number "answers meanwhile" 1000 100000000 \
		"$(wc -l <"$work/answers")"
	echo "   $(wc -l <"$work/answers") answers meanwhile, resident" \
		"$before KB after 30 reloads, $after KB after $reloads"
	resolver_stop
}

# Names of our source files that Unbound does not use as well, for a look at
# valgrind's stacks.
our_files() {
	local top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)} file
	for file in "$top"/module/*.c "$top"/lib/*.c; do
		file=$(basename "$file")
		[ -n "$(find "${WEIR_UNBOUND_SRC:-/nonexistent}" \
			-name "$file" 2>/dev/null | head -n 1)" ] ||
			echo "$file"
	done | paste -sd '|' | sed 's/\./\\./g'
}

# Each record of valgrind's that has one of our functions in its stack.
our_records() {
	awk -v ours="\\((${1})(:|\\))|weir\\.so" '
	function flush() {
		if (is_bad && is_ours)
			print text
		is_bad = is_ours = 0
		text = ""
	}
	{ sub(/^==[0-9]+== ?/, "") }
	/^ *$/ { flush(); next }
	/definitely lost in|Invalid (read|write|free)/ { is_bad = 1 }
	/uninitialised|Mismatched/ { is_bad = 1 }
	$0 ~ ours { is_ours = 1 }
	{ text = text (text == "" ? "" : " / ") $0 }
	END { flush() }' "$2"
}

check_valgrind() {
	local i log=$work/valgrind.log
	command -v valgrind >/dev/null || {
		echo "no valgrind: that part is left out"
		return
	}
	note "valgrind"
	# shellcheck disable=SC2054
	run_under=(valgrind --leak-check=full --show-leak-kinds=definite
		--keep-debuginfo=yes --num-callers=30 --log-file="$log")
	start_timeout=100
	resolver_start
	for i in 1 2 3; do
		"$ask_many" -x 5000 "$port" <"$work/names" >"$work/answers"
		judge "$work/answers" >"$work/wrong"
		check_lines "wrong answers under valgrind" "$work/wrong"
		ask to-evil.plain.example A +time=10
		check "$asked" "$blocked" "$(summary)"
		reload
		echo "deny: [ evil$i.plain.example, evil.plain.example ]" |
			config
		load apply >"$work/text" 2>&1
		ask evil$i.plain.example A +time=10
		check "$asked" "$blocked" "$(summary)"
		write_config
		load apply >"$work/text" 2>&1
	done
	resolver_stop
	run_under=()
	our_records "$(our_files)" "$log" >"$work/wrong"
	check_lines "valgrind's complaints about weir" "$work/wrong"
	check_match "valgrind's last line" "ERROR SUMMARY" "$(tail -n 1 "$log")"
}

write_config() {
	{
		printf 'feeds:\n  - {name: f, file: "%s"}\n' "$work/lists/f"
		printf '  - {name: s, file: "%s", mode: shadow}\n' \
			"$work/lists/s"
	} | config
}

{
	seq -f 'evil%.0f A 192.0.2.1' 1 100
	seq -f 'good%.0f A 192.0.2.2' 1 100
	echo 'to-evil CNAME evil7'
	echo 'evil-alias CNAME evil8'
	seq -f 'shadow%.0f A 192.0.2.3' 1 20
} | zone plain.example
sed -n 's/^\([a-z0-9-]*\) A .*/\1.plain.example/p' \
	"$work/zones/plain.example" | grep -v '^ns' >"$work/names"
echo evil-alias.plain.example >>"$work/names"
seq -f 'evil%.0f.plain.example' 1 100 >"$work/lists/f"
seq -f 'shadow%.0f.plain.example' 1 20 >"$work/lists/s"
write_config
for threads in 1 2; do
	check_growth
done
threads=1
check_valgrind
finish
