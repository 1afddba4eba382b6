#!/bin/bash
# Answers on which more than one waits, or for which nobody waits any more: a
# client that wants no validation asks while a validator still fetches keys; a
# client's question is also the sub-query of another state (dns64), which must
# see what is really there; the servers of the name behind an alias know
# nothing.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario waiting
world=stub
block="NXDOMAIN [] soa=60/60 ede=15"

# A server for A queries, at its leisure.  AAAA: none.  What else is asked, a key
# for example, is never answered; below dead.example everything is refused.
held_server() {
	cat >"$work/held.py" <<-'END'
		import socket, threading
		sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		sock.bind(("127.0.0.1", 0))
		print(sock.getsockname()[1], flush=True)
		while True:
		    query, client = sock.recvfrom(4096)
		    end = query.index(b"\0", 12) + 5
		    label = query[13:13 + query[12]]
		    count, flags, record = 0, b"\x84\0", b""
		    if b"\4dead\7example" in query:
		        flags = b"\x84\5"
		    elif query[end - 4:end - 2] == b"\0\1":
		        count = 1
		        record = (b"\xc0\x0c\0\1\0\1\0\0\1\0\0\4" +
		                  bytes((192, 0, 2, 9)))
		    elif query[end - 4:end - 2] != b"\0\x1c":
		        continue
		    answer = (query[:2] + flags + b"\0\1\0" + bytes([count]) +
		              b"\0\0\0\0" + query[12:end] + record)
		    delay = {b"slow": 0.3, b"slower": 0.7}.get(label, 0) * count
		    threading.Timer(delay, sock.sendto, (answer, client)).start()
	END
	python3 "$work/held.py" >"$work/held.port" 2>"$work/held.log" &
	started+=($!)
	wait_until 10 test -s "$work/held.port" || die "no server that holds"
	held_port=$(cat "$work/held.port")
}

stub_clause() {
	printf 'stub-zone:\n  name: "%s."\n  stub-addr: 127.0.0.1@%s\n' \
		"$1" "$held_port"
}

write_config() {
	config <<-END
		sinkhole:
		  name: slower.held.example
		feeds:
		  - {name: cut, file: $work/lists/cut, action: truncate}
		  - {name: sunk, file: $work/lists/sunk, action: sinkhole}
		  - {name: swapped, file: $work/lists/swapped}
		deny: [evil.example, www.dead.example]
	END
}

# later FILE ASK-ARGUMENT...: asks in the background.
later() {
	local file=$1
	shift
	{
		ask "$@"
		summary >"$file"
	} &
	waiting+=($!)
}

all_answered() {
	wait "${waiting[@]}"
	waiting=()
}

# The name in the middle of the chain is the listed one, and the last answer
# does not show it.
check_validator_waits() {
	note "a client with CD asks while the validator waits for a key"
	later "$work/text" alias.plain.example A +time=1
	sleep 0.3
	expect "$block" alias.plain.example A +cdflag
	check "the first still waits" "" "$(cat "$work/text" 2>/dev/null)"
	all_answered
}

# The SERVFAIL that Unbound makes of it lies in its cache for some seconds.
check_dead_servers() {
	local i
	note "an alias to a blocked name whose servers refuse"
	for i in 1 2 3; do
		expect "$block" dead1.plain.example A +cdflag
		expect "$block" dead2.plain.example A
	done
	note "a SERVFAIL in the cache goes with a swap"
	ask dead3.plain.example A
	check "$asked" "SERVFAIL []" "$rcode [$rdata]"
	echo later.dead.example >"$work/lists/swapped"
	apply 0
	expect "$block" dead3.plain.example A
}

check_dns64() {
	note "dns64: AAAA of a name whose A is blocked"
	answered "64:ff9b::c000:202" good.plain.example AAAA
	expect "$block" www.evil.example AAAA
	expect "$block" www.evil.example A
	answered "64:ff9b::c000:202" good.plain.example AAAA
}

# The A query is the sub-query of a client's AAAA over TCP, which may have the
# answer, when another client asks for it over UDP, who may not.
check_dns64_waits() {
	note "dns64 waits for the answer that a client is refused"
	later "$work/six" slow.held.example AAAA +tcp
	sleep 0.2
	expect "NOERROR (tc) [] ede=15" slow.held.example A +ignore
	all_answered
	check "dns64" "NOERROR [64:ff9b::c000:209] ede=" "$(cat "$work/six")"
}

# The A query waits for the sinkhole's name already; the name is listed no more
# when dns64 comes to wait for it as well.
check_dns64_sinkhole() {
	note "dns64 waits for a state that waits for the sinkhole's name"
	later "$work/four" sunk.plain.example A
	sleep 0.2
	echo nothing.plain.example >"$work/lists/sunk"
	apply 0
	ask sunk.plain.example AAAA
	check_match "dns64 gets no sinkhole" "^(NOERROR|SERVFAIL) \[(64:ff9b::c000:203)?\] " "$(summary)"
	all_answered
	# It is to ask again; or, on a slow machine, dns64 came too late.
	check_match "the client" "^(TIMEOUT|NOERROR \\[slower.held)" \
		"$(cat "$work/four")"
	answered 192.0.2.3 sunk.plain.example A
}

zone plain.example <<-'END'
	good A 192.0.2.2
	sunk A 192.0.2.3
	alias CNAME mid.evil.example.
	dead1 CNAME www.dead.example.
	dead2 CNAME dead1
	dead3 CNAME later.dead.example.
END
zone evil.example <<-'END'
	www A 192.0.2.66
	mid CNAME final.held.example.
END
echo slow.held.example >"$work/lists/cut"
echo sunk.plain.example >"$work/lists/sunk"
echo nothing.plain.example >"$work/lists/swapped"
waiting=()
write_config
apply
held_server
upstream_start
stubs="$(stub_clause held.example)
$(stub_clause dead.example)"
modules="dynlib validator iterator"
server_lines="$stubs
server:
  trust-anchor: \"held.example. DS 1 13 2 $(printf '%064d' 1)\""
resolver_start
check_validator_waits
check_dead_servers
resolver_stop
modules="dynlib dns64 iterator"
server_lines=$stubs
resolver_start
check_dns64
check_dns64_waits
check_dns64_sinkhole
finish
