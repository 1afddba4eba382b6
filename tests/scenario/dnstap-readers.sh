#!/bin/bash
# What others read of our dnstap frames: fstrm_capture takes a stream, dnstap-ldns
# prints it (who, how, which name, which answer), protoc takes the frames apart
# by the numbers of their fields (feed, rule, why); all over a socket in the file
# system and over TCP.  A capture that is stopped for a while gets every frame in
# the end.
set -uo pipefail
export LC_ALL=C TZ=UTC
builddir=${top_builddir:-${abs_top_builddir:-$PWD}}
send=$builddir/tests/tools/tap_send
for program in fstrm_capture dnstap-ldns protoc; do
	command -v "$program" >/dev/null || {
		echo "skipped: no $program (fstrm-bin, dnstap-ldns," \
			"protobuf-compiler)"
		exit 77
	}
done
work=$(mktemp -d)
capture=
failed=0
clean_up() {
	[ -z "$capture" ] || kill -CONT "$capture" 2>/dev/null
	[ -z "$capture" ] || kill "$capture" 2>/dev/null
	rm -rf "$work"
}
trap clean_up EXIT

# check WHAT EXPECTED GOT
check() {
	[ "$2" != "$3" ] || return 0
	failed=$((failed + 1))
	printf 'FAILED: %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
}

wait_for() {
	local tries
	for ((tries = 0; tries < 500; tries++)); do
		"$@" && return 0
		sleep 0.02
	done
	return 1
}

# start FILE OPTION...: fstrm_capture, until it listens.
start() {
	local file=$1
	shift
	: >"$work/log"
	fstrm_capture -t protobuf:dnstap.Dnstap "$@" -w "$file" \
		2>"$work/log" &
	capture=$!
	wait_for grep -q 'opened output file' "$work/log" || {
		cat "$work/log"
		return 1
	}
}

stop() {
	kill "$capture"
	wait "$capture"
	capture=
}

# take_apart CAPTURE NUMBER...: what protoc sees of these frames.
take_apart() {
	python3 - "$@" <<-'END'
		import struct, subprocess, sys
		data = open(sys.argv[1], "rb").read()
		at = number = 0
		while at < len(data):
		    size, = struct.unpack_from(">I", data, at)
		    at += 4
		    if size == 0:
		        size, = struct.unpack_from(">I", data, at)
		        at += 4 + size
		        continue
		    if str(number) in sys.argv[2:]:
		        text = subprocess.run(
		            ["protoc", "--decode_raw"], check=True,
		            input=data[at:at + size], stdout=subprocess.PIPE)
		        print(f"frame {number}\n{text.stdout.decode()}")
		    number += 1
		    at += size
	END
}

start "$work/local" -u "$work/sock" || exit 1
check "to a local socket" "sent 1000, lost 0" "$("$send" "$work/sock" 1000)"
stop
dnstap-ldns -q -r "$work/local" >"$work/text" 2>"$work/errors"
check "dnstap-ldns: frames" 1000 "$(grep -c bad.example "$work/text")"
check "dnstap-ldns: a client, a name" \
	'2026-09-21 14:13:20.123456 CR 192.0.2.77 UDP 32b "n0.bad.example." IN HTTPS' \
	"$(sed -n 1p "$work/text")"
check "dnstap-ldns: an IPv6 client" \
	'2026-09-21 14:13:20.124456 CR 2001:db8::77 UDP 32b "n1.bad.example." IN HTTPS' \
	"$(sed -n 2p "$work/text")"
dnstap-ldns -y -r "$work/local" >"$work/yaml" 2>"$work/errors"
# It knows UDP and TCP only, and gives up at the last one, which came by TLS.
check "dnstap-ldns: NXDOMAIN in every second response" 500 \
	"$(grep -c 'rcode: NXDOMAIN' "$work/yaml")"
check "dnstap-ldns: a response for each query" 999 \
	"$(grep -c 'flags: qr rd ra' "$work/yaml")"

take_apart "$work/local" 0 2 3 999 >"$work/raw"
# Fields 14.15 (policy) 1: type; 2: rule; 3: action; 4: match; 5: value.  A name
# in wire form looks like a message to protoc, or like text; 3 is the extra.
fields() {
	awk -v frame="$1" '/^frame / { is_it = $2 == frame } is_it' \
		"$work/raw" | tr -d '\n' | tr -s ' '
}
for want in 'version|2: "weir ' 'kind|15: 1' 'client response|14 { 1: 6' \
	'family|2: 1 3: 1' \
	'policy: feed|15 { 1: "urlhaus"' 'policy: action, match|3: 1 4: 1' \
	'policy: rule|2: "\003bad\007example\000"' \
	'policy: value|5: "\002n0\003bad\007example\000"' \
	'why: outcome|3: "{\"outcome\":\"blocked\"' \
	'why: feed|\"feed\":\"urlhaus\"' 'why: category|\"category\":\"malware\"' \
	'why: confidence|\"confidence\":90' 'why: generation|\"generation\":12'; do
	[[ $(fields 0) == *"${want#*|}"* ]] ||
		check "protoc: ${want%%|*}" "... ${want#*|} ..." "$(fields 0)"
done
for want in 'outcome|\"outcome\":\"shadowed\"' \
	'feed|\"shadow_feed\":\"trial\"' 'feed|15 { 1: "trial"' 'action|3: 3'; do
	[[ $(fields 2) == *"${want#*|}"* ]] ||
		check "protoc, shadow: ${want%%|*}" "... ${want#*|} ..." \
			"$(fields 2)"
done
[[ $(fields 3) == *"3: 2"*"3: 6"* ]] ||
	check "protoc: TCP, and local data" "3: 2 ... 3: 6" "$(fields 3)"
[[ $(fields 999) == *"2: 1 3: 3 "* ]] ||
	check "protoc: TLS" "2: 1 3: 3" "$(fields 999)"

# Not one of those that common.sh gives out.
port=$((12000 + RANDOM % 8000))
start "$work/tcp" -a 127.0.0.1 -p "$port" || exit 1
check "over TCP" "sent 5000, lost 0" "$("$send" "tcp:127.0.0.1:$port" 5000)"
stop
dnstap-ldns -q -r "$work/tcp" >"$work/text" 2>"$work/errors"
check "over TCP: frames" 5000 "$(grep -c bad.example "$work/text")"

start "$work/late" -u "$work/sock2" || exit 1
kill -STOP "$capture"
"$send" "$work/sock2" 5000 >"$work/sent" &
sender=$!
sleep 1
kill -CONT "$capture"
wait "$sender"
check "to a capture that was stopped" "sent 5000, lost 0" "$(<"$work/sent")"
stop
dnstap-ldns -q -r "$work/late" >"$work/text" 2>"$work/errors"
check "to a capture that was stopped: frames" 5000 \
	"$(grep -c bad.example "$work/text")"

[ "$failed" = 0 ] || exit 1
echo "fstrm_capture, dnstap-ldns and protoc read what was sent"
