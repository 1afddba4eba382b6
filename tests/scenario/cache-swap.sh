#!/bin/bash
# What is in Unbound's message cache when a swap blocks it is blocked by the
# first query after the acknowledgement.  20,000 names are cached, half of them
# aliases of one, two or three steps.  A swap blocks a random thousand of names
# and alias targets; when `weir-load apply` has returned, none of them (and no
# alias to one) is answered or left in the cache, and every other still is, from
# the cache: the upstream server stands still.  Then the swap back.  And again
# while queries for all these names go on, and with names that live for a second
# only, so that answers are stored all the time.  1 and 2 threads.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario cache-swap
ask_many=$tools/ask_many
[ -x "$ask_many" ] || die "no $ask_many: make check builds it"

half=10000  # plain names, and as many aliases
short=3000  # aliases with a TTL of 1 s
blocks=1000 # names that a swap blocks

# a -> t; every fifth a -> m -> t; every fifth a -> m -> l -> t.  The table that
# is printed says for each name asked: the answer's records, and all names that
# it leads through.
write_world() {
	awk -v half=$half -v short=$short -v dir="$work" '
	function put(zone, text) { print text > (dir "/zone." zone) }
	function table(text) { print text > (dir "/" kind) }
	function chain(i, ttl, p,	a, m, l, t) {
		a = p "a" i; m = p "m" i; l = p "l" i; t = p "t" i
		put("target", t " " ttl " A 198.51.100." i % 250)
		if (i % 5 == 1) {
			put("alias", a " " ttl " CNAME " m ".middle.example.")
			put("middle", m " " ttl " CNAME " t ".target.example.")
			table(a ".alias.example 3 " m ".middle.example " \
				t ".target.example")
		} else if (i % 5 == 2) {
			put("alias", a " " ttl " CNAME " m ".middle.example.")
			put("middle", m " " ttl " CNAME " l ".last.example.")
			put("last", l " " ttl " CNAME " t ".target.example.")
			table(a ".alias.example 4 " m ".middle.example " \
				l ".last.example " t ".target.example")
		} else {
			put("alias", a " " ttl " CNAME " t ".target.example.")
			table(a ".alias.example 2 " t ".target.example")
		}
	}
	BEGIN {
		kind = "table"
		for (i = 0; i < half; i++) {
			put("plain", "n" i " A 192.0.2." i % 250)
			table("n" i ".plain.example 1 n" i ".plain.example")
			chain(i, 3600, "")
		}
		kind = "short-table"
		for (i = 0; i < short; i++)
			chain(i, 1, "s")
	}'
	for zone in plain alias middle last target; do
		zone $zone.example <"$work/zone.$zone"
	done
	cut -d ' ' -f 1 "$work/table" | shuf >"$work/names"
	cut -d ' ' -f 1 "$work/short-table" | shuf >"$work/short-names"
}

# A random choice out of a table: one of the names on a line's way.
choose() {
	shuf -n $blocks "$1" | awk -v seed=$RANDOM '
		BEGIN { srand(seed) }
		{ print $(3 + int(rand() * (NF - 2))) }' >"$work/lists/blocked"
}

# judge TABLE FROM TO ANSWERS BLOCKED: of the answers to queries that left
# between FROM and TO, prints those that are wrong, given whether the list
# holds just then ("yes", "no"; "maybe": blocked or not, but nothing else).
judge() {
	awk -v from="$2" -v to="$3" -v blocked="$5" -v table="$1" \
		-v list="$work/lists/blocked" '
	BEGIN {
		while ((getline < list) > 0)
			is_listed[$1] = 1
		while ((getline < table) > 0) {
			records[$1] = $2
			for (i = 3; i <= NF; i++)
				if ($i in is_listed)
					leads[$1] = 1
		}
	}
	$1 < from || $1 > to { next }
	{
		real = $4 == 0 && $5 == records[$3]
		block = $4 == 3 && $5 == 0
		if (!($3 in leads) || blocked == "no")
			right = real
		else
			right = blocked == "yes" ? block : block || real
		if (!right)
			print
	}' "$4"
}

# Every name once; WHAT TABLE NAMES BLOCKED.
ask_all() {
	"$ask_many" -w 200 "$port" <"$3" >"$work/answers"
	check "$1: answers" "$(wc -l <"$3")" "$(wc -l <"$work/answers")"
	judge "$2" 0 9e18 "$work/answers" "$4" >"$work/wrong"
	check_lines "$1: wrong answers" "$work/wrong"
}

block() {
	printf 'feeds:\n  - {name: f, file: "%s", format: domains}\n' \
		"$work/lists/blocked" | config
	apply
}

unblock() {
	echo 'feeds: []' | config
	apply
}

# Blocked names and aliases whose messages are still in the cache.
check_cache() {
	resolver_control dump_cache | awk '$1 == "msg" { print 0, 0, $2, 0, 0 }' |
		sed 's/\. 0 0$/ cached 0/' >"$work/cached"
	check_number "names in the cache" $((2 * half - 2 * blocks)) \
		$((4 * half)) "$(wc -l <"$work/cached")"
	awk -v list="$work/lists/blocked" -v table="$work/table" '
	BEGIN {
		while ((getline < list) > 0)
			is_listed[$1] = 1
		while ((getline < table) > 0)
			for (i = 3; i <= NF; i++)
				if ($i in is_listed)
					leads[$1] = 1
	}
	$3 in leads || $3 in is_listed' "$work/cached" >"$work/wrong"
	check_lines "blocked names in the cache" "$work/wrong"
}

# split_names: which of all names lead to a listed one, and which do not.
split_names() {
	awk -v list="$work/lists/blocked" -v dir="$work" '
	BEGIN {
		while ((getline < list) > 0)
			is_listed[$1] = 1
		printf "" > (dir "/leading")
		printf "" > (dir "/free")
	}
	{
		file = "free"
		for (i = 3; i <= NF; i++)
			if ($i in is_listed)
				file = "leading"
		print $1 > (dir "/" file)
	}' "$work/table"
}

# Nobody asks meanwhile.  Where a blocked alias leads is known from the RRset
# cache; were it not, it would have to be resolved anew, so these are asked for
# while the upstream server runs.
swap_at_rest() {
	local before between
	note "$threads threads, at rest"
	ask_all "cold" "$work/table" "$work/names" no
	before=$(upstream_count)
	ask_all "cached" "$work/table" "$work/names" no
	choose "$work/table"
	split_names
	block
	ask_all "blocked" "$work/table" "$work/leading" yes
	check_cache
	between=$(upstream_count)
	upstream_pause
	ask_all "not blocked" "$work/table" "$work/free" no
	upstream_resume
	check "upstream queries for what was cached" "$between" \
		"$(upstream_count)"
	ask_all "blocked, again" "$work/table" "$work/names" yes
	check_cache
	stat_of "'   sweep: %d looked at, %d removed, %.1f ms' % (
		m['sweep']['looked_at'], m['sweep']['removed'],
		m['sweep']['us'] / 1000)"
	check "upstream queries for blocked names, their aliases cached" \
		"$before" "$between"
	unblock
	ask_all "unblocked" "$work/table" "$work/names" no
}

# swap_under_load WHAT TABLE NAMES
swap_under_load() {
	local what=$1 table=$2 names=$3 loops=() total=0
	local i round began held freed undone end
	note "$threads threads, $what"
	for i in 1 2; do
		shuf "$names" | "$ask_many" -l -w 16 "$port" \
			>>"$work/loop.$i" &
		loops+=($!)
		started+=($!)
	done
	for round in 1 2 3; do
		# They append, so what they have said can be cut away.
		: >"$work/loop.1"
		: >"$work/loop.2"
		sleep 0.2
		choose "$table"
		began=$(now_us)
		block
		held=$(now_us)
		ask_all "$what, blocked" "$table" "$names" yes
		sleep 0.2
		freed=$(now_us)
		unblock
		undone=$(now_us)
		ask_all "$what, unblocked" "$table" "$names" no
		sleep 0.1
		end=$(now_us)
		sleep 0.1
		# The first and the last line may be cut.
		for i in 1 2; do
			sed '1d;$d' "$work/loop.$i"
		done >"$work/loops"
		total=$((total + $(wc -l <"$work/loops")))
		check_loop "$round, while it is put in force" "$began" "$held" maybe
		check_loop "$round, in force" "$held" "$freed" yes
		check_loop "$round, while it is taken back" "$freed" "$undone" maybe
		check_loop "$round, taken back" "$undone" "$end" no
	done
	for i in "${loops[@]}"; do
		kill_and_wait "$i"
	done
	echo "   $total answers to queries meanwhile"
}

check_loop() {
	local count
	judge "$table" "$2" "$3" "$work/loops" "$4" >"$work/wrong"
	check_lines "$what, $1: wrong answers" "$work/wrong"
	[ "$4" != maybe ] || return 0
	count=$(awk -v from="$2" -v to="$3" '$1 >= from && $1 <= to' \
		"$work/loops" | wc -l)
	check_number "$what, $1: answers" 1000 100000000 "$count"
}

world=stub
server_lines=$(printf '  outgoing-range: 4096\n  num-queries-per-thread: 2048')
write_world
for threads in 1 2; do
	: >"$work/lists/blocked"
	echo 'feeds: []' | config
	apply
	upstream_start
	resolver_start
	swap_at_rest
	swap_under_load "cached names" "$work/table" "$work/names"
	swap_under_load "short-lived names" "$work/short-table" \
		"$work/short-names"
	resolver_stop
	upstream_stop
done
finish
