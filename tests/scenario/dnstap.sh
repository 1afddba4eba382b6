#!/bin/bash
# dnstap with a real Unbound and a real collector (fstrm_capture, dnstap-ldns):
# every blocked, shadowed and allowed query is seen there, with its client, name
# and why; a collector that comes late, is stopped (SIGSTOP) or goes away costs
# no answer; and what it misses is counted: frames sent and lost, events lost,
# and what the frames themselves say of lost ones agree to the last event.
# With one worker (the recorder has descriptors of its own) and with two.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
for program in fstrm_capture dnstap-ldns protoc; do
	command -v "$program" >/dev/null ||
		skip "no $program (fstrm-bin, dnstap-ldns, protobuf-compiler)"
done
flood=${WEIR_DNSTAP_QUERIES:-20000}
scenario dnstap

zone world.example <<-'END'
	blocked A 192.0.2.7
	www.blocked A 192.0.2.7
	alias CNAME www.blocked
	shadow A 192.0.2.8
	allowed.blocked A 192.0.2.9
	plain A 192.0.2.10
	*.flood A 192.0.2.11
END
printf '%s.world.example\n' blocked flood >"$work/lists/block"
echo shadow.world.example >"$work/lists/shadow"
for ((i = 0; i < flood; i++)); do
	echo "n$i.flood.world.example"
done >"$work/names"

capture_start() {
	fstrm_capture -t protobuf:dnstap.Dnstap -u "$work/tap.sock" \
		-w "$1" 2>"$work/capture.log" &
	capture=$!
	started+=("$capture")
}

# tap WHAT: of the module's dnstap counters.
tap() {
	stat_of "m['dnstap']['$1']"
}

is_tap() {
	[ "$(tap "$1")" = "$2" ]
}

is_lossy() {
	[ "$(tap lost)" -gt 0 ]
}

made() {
	stat_of "d['total']['events']['made']"
}

# Sent, or counted as lost.
gone() {
	stat_of "m['dnstap']['sent'] + m['dnstap']['lost'] +
		d['total']['events']['lost']"
}

are_all_gone() {
	[ "$(made)" = "$(gone)" ]
}

# "FRAMES LOST": how many there are in captures, how many they call lost.
frames_of() {
	python3 - "$@" <<-'END'
		import re, struct, sys
		frames = lost = 0
		for name in sys.argv[1:]:
		    data = open(name, "rb").read()
		    at = 0
		    while at < len(data):
		        size, = struct.unpack_from(">I", data, at)
		        at += 4
		        if size == 0:
		            at += 4 + struct.unpack_from(">I", data, at)[0]
		            continue
		        found = re.search(rb'"lost":(\d+)', data[at:at + size])
		        lost += int(found[1]) if found else 0
		        frames += 1
		        at += size
		print(frames, lost)
	END
}

# What protoc makes of the first frame that holds the text, in one line.
fields_of() {
	python3 - "$1" "$2" <<-'END'
		import struct, subprocess, sys
		data = open(sys.argv[1], "rb").read()
		at = 0
		while at < len(data):
		    size, = struct.unpack_from(">I", data, at)
		    at += 4
		    if size == 0:
		        at += 4 + struct.unpack_from(">I", data, at)[0]
		        continue
		    if sys.argv[2].encode() in data[at:at + size]:
		        text = subprocess.run(
		            ["protoc", "--decode_raw"], check=True,
		            input=data[at:at + size], stdout=subprocess.PIPE)
		        print(" ".join(text.stdout.decode().split()))
		        break
		    at += size
	END
}

# Three are blocked, one is shadowed, one allowed; nobody speaks of the last.
few() {
	local zone=world.example
	expect 'NXDOMAIN [] soa=10/10 ede=15' www.blocked.$zone A
	expect 'NXDOMAIN [] soa=10/10 ede=15' www.blocked.$zone AAAA +tcp
	expect 'NXDOMAIN [] soa=10/10 ede=15' alias.$zone A
	answered 192.0.2.8 shadow.$zone A
	answered 192.0.2.9 allowed.blocked.$zone A
	answered 192.0.2.10 plain.$zone A
}

check_few() {
	local text
	dnstap-ldns -q -r "$1" >"$work/text" 2>/dev/null
	check "frames of the few" "5 0" "$(frames_of "$1")"
	for text in 'UDP [0-9]+b "www.blocked.world.example." IN A' \
		'TCP [0-9]+b "www.blocked.world.example." IN AAAA' \
		'UDP [0-9]+b "alias.world.example." IN A' \
		'UDP [0-9]+b "shadow.world.example." IN A' \
		'UDP [0-9]+b "allowed.blocked.world.example." IN A'; do
		check "dnstap-ldns, one frame: $text" 1 \
			"$(grep -cE " CR 127\.0\.0\.1 $text\$" "$work/text")"
	done
	text=$(fields_of "$1" '"outcome":"blocked"')
	check_match "protoc: blocked, the policy" \
		'15 \{ 1: "block" 2: .* 3: 1 4: 1 5: .*www' "$text"
	check_match "protoc: blocked, why" \
		'3: "\{.*blocked.*feed.*block.*malware.*nxdomain.*confidence' \
		"$text"
	check_match "protoc: an alias" 'blocked.*alias..:true' \
		"$(fields_of "$1" '"alias":true')"
	check_match "protoc: shadow" 'shadowed.*15 \{ 1: "trial" .*3: 3' \
		"$(fields_of "$1" '"outcome":"shadowed"')"
	check_match "protoc: allowed" 'allowed.*15 \{ 1: "allow" .*3: 3' \
		"$(fields_of "$1" '"outcome":"allowed"')"
}

# All of it is answered NXDOMAIN, each at the first try.
flood_all() {
	"$tools/ask_many" -n 1 -x 5000 "$port" <"$work/names" >"$work/answers"
	check "$1: answers" "$flood" \
		"$(awk '$4 == 3' "$work/answers" | wc -l)"
}

write_config() {
	config <<-END
		block-ttl: 10
		allow: [allowed.blocked.world.example]
		statistics:
		  dnstap: tap.sock
		feeds:
		  - name: block
		    file: "$work/lists/block"
		    format: domains
		    subdomains: true
		    category: malware
		  - name: trial
		    file: "$work/lists/shadow"
		    format: domains
		    mode: shadow
	END
}

# Nobody is there; what happens meanwhile waits for who comes.
late_collector() {
	few
	check "no collector" "away 0 0" "$(tap reader) $(tap sent) $(tap lost)"
	wait_until 5 grep -q 'dnstap: nobody takes events' "$work/resolver.log"
	check "the log says so" 0 $?
	capture_start "$work/first.fstrm"
	wait_until 5 is_tap sent 5
	check "the collector has come" "connected 5 0" \
		"$(tap reader) $(tap sent) $(tap lost)"
	sleep 0.3
	kill_and_wait "$capture"
	check_few "$work/first.fstrm"
	wait_until 5 is_tap reader away
	check "the collector has gone" away "$(tap reader)"
	rm -f "$work/tap.sock"
	capture_start "$work/second.fstrm"
	wait_until 5 is_tap reader connected
	check "the second has come" "connected 2" "$(tap reader) $(tap connects)"
}

# Answers come as before, and what does not fit is counted.
stopped_collector() {
	kill -STOP "$capture"
	flood_all "a stopped collector"
	wait_until 5 is_lossy
	check "a stopped collector: events are lost" 0 $?
	kill -CONT "$capture"
	wait_until 20 are_all_gone
	check "a collector that goes on gets what was kept" yes \
		"$([ "$(tap sent)" -gt 5000 ] && echo yes)"
}

# What is in the queue then is lost, and the next frame tells of it.
reload_with_stopped() {
	local before pressed took
	kill -STOP "$capture"
	flood_all "a stopped collector again"
	before=$(now_us)
	pressure
	pressed=$pressed_us
	resolver_control reload >/dev/null 2>&1
	wait_until 5 serves "$port" "$resolver_pid"
	took=$(($(now_us) - before))
	stretch_us 1000000 "$before" "$pressed"
	check "reload with a stopped collector takes no second: $took us" yes \
		"$([ $took -lt $stretched_us ] && echo yes)"
	few
	kill -CONT "$capture"
	wait_until 20 is_tap reader connected
	wait_until 20 are_all_gone
}

balance() {
	local sent lost frames told
	check "events made" "$((5 + 2 * flood + 5))" "$(made)"
	check "sent or lost: every event" "$(made)" "$(gone)"
	sent=$(tap sent)
	lost=$(stat_of "m['dnstap']['lost'] + d['total']['events']['lost']")
	resolver_stop
	sleep 0.3
	kill_and_wait "$capture"
	frames_of "$work"/*.fstrm >"$work/sums"
	read -r frames told <"$work/sums"
	check "frames in the captures" "$sent" "$frames"
	check "lost events that the frames tell of" "$lost" "$told"
	echo "$threads workers: $frames frames, $lost events lost"
}

write_config
for threads in 1 2; do
	rm -rf "$work/status" "$work"/*.fstrm "$work/tap.sock"
	mkdir "$work/status"
	: >"$work/resolver.log"
	resolver_start
	[ "$threads" != 1 ] || apply
	late_collector
	stopped_collector
	reload_with_stopped
	balance
done

finish
