#!/bin/bash
# Names that a rule speaks of without blocking them (shadow mode, allow, pass):
# each query is counted, the second one needs no upstream server, and no client
# gets at the shelf where the answers lie.  Clients that ask the same at once;
# a blocked name that serves an allowed zone; and what prefetch and
# serve-expired make of a swap.  1 and 2 threads.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario shadow-shelf
ask_many=$tools/ask_many
[ -x "$ask_many" ] || die "no $ask_many: make check builds it"

blocked="NXDOMAIN [] soa=60/60 ede=15"

# A list that nobody asks about: an empty one would keep the names before it.
unblock() {
	echo nothing.invalid >"$work/lists/block"
}

write_config() {
	{
		echo 'feeds:'
		printf '  - {name: s, file: "%s", mode: shadow}\n' \
			"$work/lists/shadow"
		printf '  - {name: p, file: "%s", action: pass}\n' \
			"$work/lists/pass"
		printf '  - {name: t, file: "%s", action: truncate}\n' \
			"$work/lists/truncate"
		printf '  - {name: b, file: "%s"}\n' "$work/lists/block"
		printf 'allow:\n  - allowed.plain.example\n'
		printf 'deny:\n  - allowed.plain.example\n'
		printf '  - evil.plain.example\n'
	} | config
}

# The upstream server stands still for the second round.
check_counts() {
	local before shadow allow pass i type
	note "counted each time, fetched once"
	for type in A AAAA TXT MX; do
		for name in shadow pass allowed; do
			ask $name.plain.example $type
			check "$asked" NOERROR "$rcode"
		done
	done
	ask to-shadow.plain.example A
	ask nothing.shadow.plain.example A
	check "$asked" NXDOMAIN "$rcode"
	before=$(upstream_count)
	shadow=$(stat_of "w['shadow']")
	allow=$(stat_of "feeds['allow']['allowed']")
	pass=$(stat_of "feeds['p']['allowed']")
	upstream_pause
	for i in 1 2 3; do
		answered 192.0.2.1 shadow.plain.example A
		answered 2001:db8::1 shadow.plain.example AAAA
		answered '"text"' shadow.plain.example TXT
		ask shadow.plain.example MX
		check "$asked" "NOERROR []" "$rcode [$rdata]"
		answered 192.0.2.2 pass.plain.example A
		answered 192.0.2.3 allowed.plain.example A
		answered 192.0.2.1 SHADOW.plain.EXAMPLE A +noedns
		answered 192.0.2.1 shadow.plain.example A +tcp
		answered "shadow.plain.example. 192.0.2.1" \
			to-shadow.plain.example A
		ask nothing.shadow.plain.example A
		check "$asked" "NXDOMAIN ede=" "$rcode ede=$ede"
	done
	upstream_resume
	check "upstream queries" "$before" "$(upstream_count)"
	check "shadow" 24 $(($(stat_of "w['shadow']") - shadow))
	check "allowed by a local rule" 3 \
		$(($(stat_of "feeds['allow']['allowed']") - allow))
	check "passed by a feed" 3 \
		$(($(stat_of "feeds['p']['allowed']") - pass))
	check "would have been blocked, by feed" "$(stat_of "w['shadow']")" \
		"$(stat_of "feeds['s']['shadowed']")"
}

check_ttl() {
	local first
	note "TTLs count down, and end"
	ask brief.shadow.plain.example A
	check "TTL of $asked" 2 "$ttl"
	ask shadow.plain.example A
	first=$ttl
	sleep 1.1
	ask shadow.plain.example A
	check_number "TTL a second later" 1 $((first - 1)) "$ttl"
	sleep 2
	ask brief.shadow.plain.example A
	check "TTL of $asked, fetched anew" 2 "$ttl"
	resolver_control flush shadow.plain.example >"$work/text"
	first=$(upstream_count)
	answered 192.0.2.1 shadow.plain.example A
	check_number "flush reaches the shelf, upstream queries" 1 2 \
		$(($(upstream_count) - first))
}

# Neither under its own name, in any class of the private range, nor is there
# anything of it that a client can hit in the cache.
check_hidden() {
	local class
	note "no client gets at the shelf"
	answered 192.0.2.1 shadow.plain.example A
	for class in 3 4 256 257 65280 65281 65300 65400 65500 65534; do
		ask shadow.plain.example CLASS$class A
		check "$asked" "no answer" "no answer${rdata:+: $rdata}"
	done
	resolver_control dump_cache >"$work/cache"
	# But a SERVFAIL, which says nothing, may lie there.
	awk '$1 == "msg" && $3 == "IN" && $5 % 16 != 2 &&
		$2 ~ /(shadow|pass|allowed)\.plain\.example\.$/' \
		"$work/cache" >"$work/wrong"
	check_lines "messages that clients could hit" "$work/wrong"
	check_number "messages on the shelf" 5 100 "$(awk '$1 == "msg" &&
		$2 ~ /(shadow|pass|allowed)\.plain\.example\.$/' \
		"$work/cache" | wc -l)"
}

# together QUESTION... : each in the background while the upstream server
# stands; a line each in $work/together, sorted.
together() {
	local question pids=() pid
	upstream_pause
	for question; do
		(
			# shellcheck disable=SC2086
			ask $question
			summary
		) >"$work/one.${#pids[@]}" &
		pids+=($!)
	done
	sleep 0.1
	upstream_resume
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	sort "$work"/one.* | paste -sd '|' >"$work/together"
	rm -f "$work"/one.*
}

check_together() {
	local shadow real="NOERROR [192.0.2.1] ede=" i
	note "clients that ask the same at once"
	resolver_control flush_zone plain.example >"$work/text"
	shadow=$(stat_of "w['shadow']")
	together "shadow.plain.example A" "shadow.plain.example A" \
		"shadow.plain.example A +tcp" "shadow.plain.example A +noedns"
	check "four clients" "$real|$real|$real|$real" \
		"$(cat "$work/together")"
	check "each of them counted" 4 $(($(stat_of "w['shadow']") - shadow))
	together "truncated.plain.example A +ignore" \
		"truncated.plain.example A +tcp" \
		"truncated.plain.example A +ignore" \
		"truncated.plain.example A +tcp +noedns"
	i="NOERROR (tc) []"
	check "UDP and TCP clients of a truncated name" \
		"$i|$i|NOERROR [192.0.2.4]|NOERROR [192.0.2.4]" \
		"$(sed 's/ ede=[0-9]*//g' "$work/together")"
	i=$blocked
	together "to-evil.plain.example A" "to-evil.plain.example A +noedns" \
		"to-evil.plain.example A +tcp"
	check "a blocked alias" "${i%15}|$i|$i" "$(cat "$work/together")"
}

# served.example is served by ns.evil.plain.example, which is blocked.  The
# iterator looks its address up for itself, past all modules before it and with
# the CD bit set: a client that sets it must not find that answer.
check_name_server() {
	local i
	note "a blocked name that serves an allowed zone"
	expect "$blocked" ns.evil.plain.example A
	answered 192.0.2.80 www.served.example A
	for i in +nocdflag +cdflag "+dnssec +cdflag"; do
		for type in A AAAA; do
			# shellcheck disable=SC2086
			expect "$blocked" ns.evil.plain.example $type $i
		done
	done
	for i in 1 2 3; do
		resolver_control flush_zone plain.example >"$work/text"
		resolver_control flush_zone served.example >"$work/text"
		together "www.served.example A" "ns.evil.plain.example A" \
			"ns.evil.plain.example AAAA" "two.served.example A"
		check "all at once" "NOERROR [192.0.2.80] ede=|NOERROR \
[192.0.2.81] ede=|$blocked|$blocked" "$(cat "$work/together")"
	done
}

# --- prefetch, serve-expired ------------------------------------------------

names_file=$work/names

# wrong_between FROM TO YES|NO: answers in $work/loop to queries that left
# between these times; blocked names must be blocked, or not.
wrong_between() {
	awk -v from="$1" -v to="$2" -v blocked="$3" \
		-v list="$work/lists/block" '
	BEGIN {
		while ((getline < list) > 0)
			is_listed[$1] = 1
	}
	$1 < from || $1 > to { next }
	{
		name = $3
		sub(/^a/, "n", name)
		wanted = name in is_listed && blocked == "yes" ? 3 : 0
		if ($4 != wanted)
			print
	}' "$work/loop"
}

# 600 names with a TTL of 2 s, half of them aliases, asked for all the time.
check_swap() {
	local clients held ended undone
	note "a swap with: ${1:-nothing more}"
	unblock
	write_config
	server_lines=$1
	upstream_start
	apply
	resolver_start
	"$ask_many" -l -w 4 "$port" <"$names_file" >"$work/loop" &
	clients=$!
	started+=("$clients")
	sleep 2.5
	shuf -n 60 "$names_file" | sed 's/^a/n/' | sort -u \
		>"$work/lists/block"
	apply
	held=$(now_us)
	sleep 2.5
	ended=$(now_us)
	check_blocked_gone
	cp "$work/lists/block" "$work/lists/block.full"
	unblock
	apply
	undone=$(now_us)
	sleep 1
	kill_and_wait "$clients"
	cp "$work/lists/block.full" "$work/lists/block"
	sed -i '$d' "$work/loop"
	wrong_between "$held" "$ended" yes >"$work/wrong"
	check_lines "wrong answers while names are blocked" "$work/wrong"
	wrong_between "$undone" 9e18 no >"$work/wrong"
	check_lines "wrong answers afterwards" "$work/wrong"
	check_number "answers" 1000 100000000 "$(wc -l <"$work/loop")"
	stat_of "'   %d answers, %d evicted, %d internal' % (
		$(wc -l <"$work/loop"), w['evicted'], w['internal'])"
}

check_blocked_gone() {
	resolver_control dump_cache | awk -v list="$work/lists/block" '
	BEGIN {
		while ((getline < list) > 0)
			is_listed[$1] = 1
	}
	$1 == "msg" && $3 == "IN" {
		name = $2
		sub(/\.$/, "", name)
		sub(/^a/, "n", name)
		if (name in is_listed)
			print
	}' >"$work/wrong"
	check_lines "blocked names in the cache" "$work/wrong"
}

# Expired answers are served while the upstream server stands still: those of
# blocked names are not.
check_expired() {
	note "expired answers"
	unblock
	write_config
	apply
	"$ask_many" "$port" <"$names_file" >"$work/loop"
	shuf -n 60 "$names_file" | sed 's/^a/n/' | sort -u \
		>"$work/lists/block"
	sleep 2.5
	apply
	upstream_pause
	grep -v '^a' "$names_file" | "$ask_many" -x 4000 "$port" \
		>"$work/loop"
	upstream_resume
	wrong_between 0 9e18 yes >"$work/wrong"
	check_lines "wrong answers while the upstream server stands" \
		"$work/wrong"
}

write_zones() {
	zone plain.example <<-'END'
		shadow A 192.0.2.1
		shadow AAAA 2001:db8::1
		shadow TXT "text"
		to-shadow CNAME shadow
		pass A 192.0.2.2
		allowed A 192.0.2.3
		truncated A 192.0.2.4
		evil A 192.0.2.9
		to-evil CNAME evil
		ns.evil A 127.0.0.1
		brief.shadow 2 A 192.0.2.5
	END
	zone served.example <<-'END'
		www A 192.0.2.80
		two A 192.0.2.81
	END
	{
		seq -f 'n%.0f 2 A 192.0.2.10' 1 300
		seq -f '%.0f' 1 300 | sed 's/.*/a& 2 CNAME n&/'
	} | zone swap.example
	{
		seq -f 'n%.0f.swap.example' 1 300
		seq -f 'a%.0f.swap.example' 1 300
	} | shuf >"$names_file"
	echo shadow.plain.example >"$work/lists/shadow"
	echo pass.plain.example >"$work/lists/pass"
	echo truncated.plain.example >"$work/lists/truncate"
}

world=stub
stub_hosts="served.example=ns.evil.plain.example"
write_zones
unblock
for threads in 1 2; do
	echo "== $threads threads"
	write_config
	apply
	upstream_start
	resolver_start
	check_counts
	check_ttl
	check_hidden
	check_together
	check_name_server
	resolver_stop
	upstream_stop
	check_swap "  prefetch: yes"
	resolver_stop
	upstream_stop
	check_swap "$(printf '  prefetch: yes\n  serve-expired: yes')"
	check_expired
	resolver_stop
	upstream_stop
	server_lines=
done
finish
