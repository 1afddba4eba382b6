#!/bin/bash
# Statistics agree with what was asked, to the last query: an Unbound with two
# threads gets queries whose outcome is known (blocked by name and by alias, in
# shadow mode, allowed, passed; several types; UDP and TCP), while the database is
# swapped again and again, with reloads between.  Counters, events, top lists and
# recent events are held against it, and the totals of a history that weir-stat
# record keeps all the while; then the settings of statistics:.
#
# WEIR_STATISTICS_QUERIES: how many (20000; a release is tried with 200000).
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario statistics
ask_many=$tools/ask_many
status_read=$tools/status_read
[ -x "$ask_many" ] && [ -x "$status_read" ] ||
	die "no $ask_many, $status_read: make check builds them"
queries=${WEIR_STATISTICS_QUERIES:-20000}
rounds=4
part=$((queries / 20 / rounds)) # one twentieth of a round's queries
sample=10

# write_config [LINE OF statistics:]...
write_config() {
	{
		printf 'statistics:\n  sample-passed: %s\n' "$sample"
		printf '  dnstap: tap.sock\n  history: "%s"\n' \
			"$work/history.db"
		printf '  %s\n' "$@"
		echo 'feeds:'
		printf '  - {name: s, file: "%s", mode: shadow, category: ads}\n' \
			"$work/lists/shadow"
		printf '  - {name: b, file: "%s", category: malware}\n' \
			"$work/lists/block"
		printf 'allow:\n  - ok.bad.example\n'
	} | config
}

write_world() {
	zone plain.example <<-'END'
		* A 192.0.2.1
		* AAAA 2001:db8::1
		*.alias CNAME x.bad.example.
		*.shadow A 192.0.2.2
	END
	zone bad.example <<-'END'
		* A 192.0.2.9
		*.ok A 192.0.2.3
	END
	echo bad.example >"$work/lists/block"
	echo shadow.plain.example >"$work/lists/shadow"
}

# names COUNT FORMAT
names() {
	seq -f "$2" 1 "$1"
}

# ask_udp TYPE RCODE: names from standard input; each must get that RCODE.
ask_udp() {
	"$ask_many" -n 1 -x 20000 -t "$1" "$port" >"$work/answers"
	awk -v rcode="$2" '$4 != rcode' "$work/answers" >"$work/wrong"
	check_lines "answers that are not $2" "$work/wrong"
}

# The same over one TCP connection, in the order of the names.
ask_tcp() {
	python3 -c '
import socket, struct, sys
names = sys.stdin.read().split()
conn = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
stream = conn.makefile("rb")
wrong = 0
for i in range(0, len(names), 20):
    some = names[i:i + 20]
    for number, name in enumerate(some):
        wire = b"".join(bytes([len(label)]) + label.encode()
                        for label in name.split(".")) + b"\0"
        query = struct.pack("!6H", number, 0x100, 1, 0, 0, 0) + wire + \
            struct.pack("!2H", 1, 1)
        conn.sendall(struct.pack("!H", len(query)) + query)
    for _ in some:
        answer = stream.read(struct.unpack("!H", stream.read(2))[0])
        wrong += answer[3] % 16 != int(sys.argv[2])
print(wrong)' "$port" "$1" 2>&1 | tail -n 1
}

# One round: twenty parts.
ask_round() {
	local round=$1
	{
		names $((4 * part)) "B%.0f.r$round.bad.example"
		yes often.bad.example | head -n $((4 * part))
	} | ask_udp 1 3
	names $((2 * part)) "b%.0f.r$round.bad.example" | ask_udp 28 3
	names "$part" "h%.0f.r$round.bad.example" | ask_udp 65 3
	names $((2 * part)) "a%.0f-r$round.alias.plain.example" | ask_udp 1 3
	names "$part" "s%.0f-r$round.shadow.plain.example" >"$work/shadowed"
	ask_udp 1 0 <"$work/shadowed"
	ask_udp 1 0 <"$work/shadowed"
	names $((2 * part)) "ok%.0f-r$round.ok.bad.example" | ask_udp 1 0
	names $((2 * part)) "p%.0f-r$round.plain.example" | ask_udp 1 0
	check "wrong answers over TCP" 0 \
		"$(names "$part" "t%.0f.r$round.bad.example" | ask_tcp 3)"
}

# Changes the list, and so the generation, until it is killed.
swap_on() {
	local i
	for ((i = 0; ; i++)); do
		printf '%s\n' bad.example "swap$i.invalid" >"$work/lists/block"
		load apply >/dev/null 2>&1
		echo $((i + 1)) >"$work/swaps"
	done
}

# The recorder has taken out all that was put in.
is_recorded() {
	[ "$(stat_of "d['total']['events']['made'] - \
		d['total']['events']['lost'] - \
		d['total']['events']['recorded']")" = 0 ]
}

# sum_of OUTCOME
sum_of() {
	stat_of "sum(d['total']['outcomes']['$1'].values())"
}

recorder_start() {
	"$top_builddir/weir-stat" record -c "$config_file" \
		2>>"$work/record.log" &
	started+=("$!")
	wait_until 20 test -S "$work/tap.sock" || die "no recorder"
}

# Its totals: blocked, shadowed, allowed, passed, lost.
history_sums() {
	"$top_builddir/weir-stat" -c "$config_file" --json time --since 24h |
		python3 -c '
import json, sys
rows = json.load(sys.stdin)["rows"]
print(*[sum(row[key] for row in rows) for key in
        ("blocked", "shadowed", "allowed", "passed", "lost")])'
}

# shellcheck disable=SC2317 # for wait_until
is_in_history() {
	[ "$(history_sums | tr ' ' +)" != "" ] &&
		[ $(($(history_sums | tr ' ' +))) = "$1" ]
}

# One event more tells of those that were lost before it.
check_history() {
	local made sums
	note "the history"
	expect "NXDOMAIN [] soa=60/60 ede=15" more.bad.example A +edns
	made=$(stat_of "d['total']['events']['made']")
	wait_until 60 is_in_history "$made"
	sums=$(history_sums)
	echo "   blocked, shadowed, allowed, passed, lost: $sums"
	check "events, and lost ones" "$made" $(($(tr ' ' + <<<"$sums")))
	# What came faster than it could be written is counted; which outcome it
	# had, only the counters know.
	[ "${sums##* }" = 0 ] || return 0
	check "blocked, shadowed, allowed" \
		"$(sum_of blocked) $(sum_of shadowed) $(sum_of allowed)" \
		"$(cut -d ' ' -f 1-3 <<<"$sums")"
}

check_counters() {
	local all=$((20 * part * rounds)) unit=$((part * rounds)) passed
	note "counters"
	passed=$((2 * unit + asked_besides))
	check "queries" $((all + asked_besides)) "$(stat_of "w['queries']")"
	check "blocked by name" $((12 * unit)) "$(stat_of "w['blocked_name']")"
	check "blocked by alias" $((2 * unit)) "$(stat_of "w['blocked_alias']")"
	check "allowed" $((2 * unit)) "$(stat_of "w['allowed']")"
	check "passed, and in shadow mode" $((passed + 2 * unit)) \
		"$(stat_of "w['passed']")"
	check "in shadow mode" $((2 * unit)) "$(stat_of "w['shadow']")"
	check "outcome blocked" $((14 * unit)) "$(sum_of blocked)"
	check "outcome shadowed" $((2 * unit)) "$(sum_of shadowed)"
	check "outcome allowed" $((2 * unit)) "$(sum_of allowed)"
	check "outcome passed" $passed "$(sum_of passed)"
	check "blocked: name without network, alias with it" \
		"$((12 * unit)) 0 0 $((2 * unit))" \
		"$(stat_of "' '.join(str(d['total']['outcomes']['blocked'][k])
			for k in ('cache_name', 'cache_alias', 'network_name',
			'network_alias'))")"
	check "shadowed: once from the network, once from the shelf" \
		"$unit 0 $unit 0" \
		"$(stat_of "' '.join(str(d['total']['outcomes']['shadowed'][k])
			for k in ('cache_name', 'cache_alias', 'network_name',
			'network_alias'))")"
	check "UDP and TCP" "$((19 * unit + asked_besides)) $unit" \
		"$(stat_of "'%d %d' % (d['total']['transports']['udp'],
			d['total']['transports']['tcp'])")"
	check "no other transport" $((all + asked_besides)) \
		"$(stat_of "sum(d['total']['transports'].values())")"
	check "categories" \
		"malware $((14 * unit)) 0 0,ads 0 0 $((2 * unit))" \
		"$(stat_of "','.join('%s %d %d %d' % (c['name'], c['blocked'],
			c['allowed'], c['shadowed'])
			for c in sorted(d['total']['categories'],
			key=lambda c: -c['blocked']) if c['name'])")"
	check "feeds" "$((14 * unit)) $((2 * unit)) $((2 * unit))" \
		"$(stat_of "'%d %d %d' % (feeds['b']['blocked'],
			feeds['allow']['allowed'], feeds['s']['shadowed'])")"
	check "types blocked" "$((11 * unit)) $((2 * unit)) $unit" \
		"$(stat_of "'%d %d %d' % tuple(d['total']['types'][t]['blocked']
			for t in ('A', 'AAAA', 'HTTPS'))")"
	check "queries whose time was taken" $((all + asked_besides)) \
		"$(stat_of "d['total']['work']['queries']")"
	check "buckets hold them all" $((all + asked_besides)) \
		"$(stat_of "sum(d['total']['work']['buckets'])")"
}

# The lists are shown a few times a second.
# shellcheck disable=SC2317 # for wait_until
is_published() {
	local before
	before=$("$status_read" "$work"/status/*.module)
	sleep 0.5
	[ "$before" = "$("$status_read" "$work"/status/*.module)" ]
}

check_events() {
	local unit=$((part * rounds)) lost made blocked recent
	note "events"
	wait_until 10 is_recorded ||
		check "the recorder takes all out" yes no
	wait_until 10 is_published || check "the lists come to rest" yes no
	made=$(stat_of "d['total']['events']['made']")
	lost=$(stat_of "d['total']['events']['lost']")
	# Each thread begins its count of passed queries with each reload.
	check_number "a sample of the passed ones" $((2 * unit / sample - 8)) \
		$((2 * unit / sample + 2 * rounds + 2)) \
		$((made - 18 * unit))
	"$status_read" "$work"/status/*.module >"$work/read" ||
		check "the status file is read" yes no
	recent=$((made - lost < 2048 ? made - lost : 2048))
	check "recent events end with the last" \
		"$((made - lost + 1)) $recent 0" \
		"$(awk '$1 == "events" { print $2, $3, $4 }' "$work/read")"
	blocked=$(awk '$2 == "clients" && $1 == "table" { print $3 }' \
		"$work/read")
	check_number "blocked ones in the lists" $((14 * unit - lost)) \
		$((14 * unit)) "$blocked"
	check "the client" "$blocked 0 127.0.0.1" \
		"$(awk '$1 == "top" && $2 == "clients" {
			print $3, $4, $5 }' "$work/read")"
	check "clients of shadow mode" "$((2 * unit)) 0 127.0.0.1" \
		"$(awk '$1 == "top" && $2 == "shadow-clients" {
			print $3 + '"$lost"' * ($3 < '$((2 * unit))'), $4, $5
		}' "$work/read")"
	awk '$1 == "top" && $2 == "domains" { print $5, $4 }' "$work/read" |
		sort >"$work/domains"
	check "registrable domains" "bad.example 0,plain.example 0" \
		"$(paste -sd , "$work/domains")"
	check "the most frequent name" "often.bad.example" \
		"$(awk '$1 == "top" && $2 == "names" { print $5; exit }' \
			"$work/read")"
	check "the same for the client" "127.0.0.1 often.bad.example" \
		"$(awk '$1 == "top" && $2 == "client-names" {
			print $5, $6; exit }' "$work/read")"
	awk -v often=$((4 * unit)) -v lost="$lost" '
	$1 == "table" { total[$2] = $3 }
	$1 == "top" && $4 > total[$2] / 1024 { print "error too large: " $0 }
	$1 == "top" && $2 == "names" && $5 == "often.bad.example" &&
		($3 < often - lost || $3 - $4 > often) { print "wrong: " $0 }
	$1 == "top" && $2 == "names" && $5 ~ /[A-Z]/ { print "not small: " $0 }
	' "$work/read" >"$work/wrong"
	check_lines "counts of the lists" "$work/wrong"
	check "TCP events, the last ones" \
		"blocked tcp 3 1 127.0.0.1 bad.example b malware name cache -" \
		"$(awk '$1 == "event" && $3 == "tcp" {
			$7 = ""; $1 = ""; print }' "$work/read" |
			sed 's/^ //; s/  */ /g' | sort -u)"
}

# One query of each kind, and the event that it makes.
check_one() {
	local wanted=$1 name=$2
	shift 2
	ask "$name" "$@"
	wait_until 5 is_recorded
	check "event of $name $*" "$wanted" \
		"$("$status_read" "$work"/status/*.module |
			awk '$1 == "event" { $1 = ""; last = $0 }
			END { print substr(last, 2) }')"
}

check_kinds() {
	note "what an event says"
	check_one "blocked udp 3 16 127.0.0.1 new.bad.example bad.example b \
malware name cache -" NEW.bad.example TXT
	check_one "blocked udp 3 1 127.0.0.1 new.alias.plain.example \
bad.example b malware alias network -" new.alias.plain.example A
	check_one "shadowed udp 0 1 127.0.0.1 new.shadow.plain.example \
shadow.plain.example s ads name network shadowed" new.shadow.plain.example A
	check_one "shadowed tcp 0 1 127.0.0.1 new.shadow.plain.example \
shadow.plain.example s ads name cache shadowed" new.shadow.plain.example A +tcp
	check_one "allowed udp 0 1 127.0.0.1 new.ok.bad.example \
ok.bad.example allow - name network -" new.ok.bad.example A
}

reload_with() {
	write_config "$@"
	resolver_control reload >"$work/text"
	wait_until 10 is_up
}

is_up() {
	ask version.bind TXT CH
	[ "$rcode" = NOERROR ]
}

# How many queries the resolver has got.
has_got() {
	[ "$(resolver_control stats_noreset |
		sed -n 's/^total\.num\.queries=//p')" -ge "$1" ]
}

# Several clients wait for one answer: each is counted, and has its event.
check_together() {
	local before got
	note "clients that ask the same at once"
	before=$(stat_of "'%d %d %d' % (d['total']['transports']['udp'] + 40,
		sum(d['total']['outcomes']['shadowed'].values()) + 40,
		d['total']['events']['made'] + 40)")
	got=$(resolver_control stats_noreset |
		sed -n 's/^total\.num\.queries=//p')
	upstream_pause
	yes together.shadow.plain.example | head -n 40 |
		"$ask_many" -n 1 -x 20000 "$port" >"$work/answers" &
	started+=($!)
	wait_until 5 has_got $((got + 40))
	upstream_resume
	wait "${started[-1]}"
	check "answers" 40 "$(awk '$4 == 0' "$work/answers" | wc -l)"
	check "UDP, shadowed, events" "$before" \
		"$(stat_of "'%d %d %d' % (d['total']['transports']['udp'],
			sum(d['total']['outcomes']['shadowed'].values()),
			d['total']['events']['made'])")"
	wait_until 5 is_recorded
	check "their events" 40 "$("$status_read" "$work"/status/*.module |
		grep -c '^event shadowed udp 0 1 127.0.0.1 together.*network')"
}

# Over TLS and HTTPS, if there is what makes a certificate and a dig that speaks
# them.
check_tls() {
	local port=$tls_port
	[ -n "$port" ] || return 0
	check_one "blocked tls 3 1 127.0.0.1 tls.bad.example bad.example b \
malware name cache -" tls.bad.example A +tls
	port=$https_port
	check_one "blocked https 3 1 127.0.0.1 tls.bad.example bad.example b \
malware name cache -" tls.bad.example A +https
}

offer_tls() {
	tls_port=
	dig -h 2>&1 | grep -q '+\[no\]tls ' || return 0
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 \
		-keyout "$work/tls.key" -out "$work/tls.pem" \
		>"$work/text" 2>&1 || return 0
	# HTTPS is left out of some builds of Unbound.
	"$unbound" -V | grep -q nghttp2 || return 0
	# Where free_port looks for none.
	until [ -n "$tls_port" ] && is_port_free "$tls_port" &&
		is_port_free "$https_port"; do
		tls_port=$((12000 + RANDOM % 4000 * 2))
		https_port=$((tls_port + 1))
	done
	server_lines="  interface: 127.0.0.1@$tls_port
  interface: 127.0.0.1@$https_port
  tls-port: $tls_port
  https-port: $https_port
  tls-service-key: \"$work/tls.key\"
  tls-service-pem: \"$work/tls.pem\""
}

check_settings() {
	local made lost more
	note "settings"
	reload_with 'client-prefix-ipv4: 20'
	check_one "blocked udp 3 1 127.0.0.0/20 new.bad.example bad.example b \
malware name cache -" new.bad.example A
	reload_with 'client-prefix-ipv4: 33'
	check_match "a wrong setting is told" \
		'weir.yaml:[0-9]+: statistics.client-prefix-ipv4: "33" is no' \
		"$(grep 'no client is named' "$work/resolver.log")"
	check_one "blocked udp 3 1 0.0.0.0/0 new.bad.example bad.example b \
malware name cache -" new.bad.example A
	made=$(stat_of "d['total']['events']['made']")
	reload_with 'events: no'
	check "blocked" "NXDOMAIN" "$(ask new.bad.example A; echo "$rcode")"
	check "no event is made" "$made" \
		"$(stat_of "d['total']['events']['made']")"
	reload_with 'max-events: 100'
	lost=$(stat_of "d['total']['events']['lost']")
	seq -f 'limit%.0f.bad.example' 1 1000 | ask_udp 1 3
	more=$(($(stat_of "d['total']['events']['made']") - made))
	check "of a thousand blocked ones, events" 1000 "$more"
	# Those of two seconds at once, in each thread.
	check_number "of which more than the limit are not recorded" 100 800 \
		$(($(stat_of "d['total']['events']['lost']") - lost))
	check_match "which is told" \
		'^[0-9]+ of [0-9]+ events are in no list: more than max-events' \
		"$("$top_builddir/weir-stat" -c "$config_file" |
			grep 'in no list')"
	reload_with 'events: yes'
}

# The folder goes away: the module makes it anew, with all that it had.
check_file_gone() {
	local made
	note "a status file that vanishes"
	made=$(stat_of "d['total']['events']['made']")
	rm "$work"/status/*.module
	wait_until 10 test -e "$work/status/$resolver_pid.module"
	check_one "blocked udp 3 1 127.0.0.1 gone.bad.example bad.example b \
malware name cache -" gone.bad.example A
	check "events go on" $((made + 1)) \
		"$(stat_of "d['total']['events']['made']")"
}

world=stub
threads=2
asked_besides=0
write_world
offer_tls
write_config
apply
upstream_start
recorder_start
resolver_start
# What start_server asked never comes to the module.
check "nothing is counted yet" 0 "$(stat_of "w['queries']")"
note "$((20 * part * rounds)) queries in $rounds rounds"
for ((round = 1; round <= rounds; round++)); do
	swap_on &
	swapper=$!
	ask_round "$round"
	kill "$swapper"
	wait "$swapper" 2>/dev/null
	# A weir-load that was under way when its shell ended.
	wait_until 30 load apply >/dev/null 2>&1
	resolver_control reload >"$work/text"
	wait_until 10 is_up
done
echo "   $(cat "$work/swaps") swaps in the last round"
check_counters
check_events
check_history
check_kinds
check_together
check_tls
check_settings
check_file_gone
finish
