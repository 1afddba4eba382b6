#!/bin/bash
# What weir-stat will keep: dnstap streams of two senders at once, of weir's
# module and of the Unbound that it runs in (its own client responses, which are
# all queries), read as records.  The module's frames say why; Unbound's are
# queries that were let through, or answers like any other.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario dnstap-in
"$unbound" -V | grep -q -- --enable-dnstap ||
	skip "this Unbound was built without dnstap"

zone world.example <<-'END'
	blocked A 192.0.2.7
	plain A 192.0.2.10
	plain AAAA 2001:db8::10
END
echo blocked.world.example >"$work/lists/block"
config <<-END
	block-ttl: 10
	statistics:
	  dnstap: "$work/tap.sock"
	  client-prefix-ipv4: 8
	feeds:
	  - name: block
	    file: "$work/lists/block"
	    format: domains
	    action: nodata
	    category: malware
END
server_lines="dnstap:
  dnstap-enable: yes
  dnstap-socket-path: $work/tap.sock
  dnstap-log-client-response-messages: yes
  dnstap-log-client-query-messages: yes"

"$tools/tap_print" "$work/tap.sock" >"$work/records" 2>&1 &
printer=$!
started+=("$printer")
wait_until 5 test -S "$work/tap.sock"
resolver_start
apply
expect 'NOERROR [] soa=10/10 ede=15' blocked.world.example A
answered 192.0.2.10 plain.world.example A
answered 2001:db8::10 plain.world.example AAAA +tcp
expect 'NXDOMAIN [] soa=300/300 ede=' none.world.example A

has_lines() {
	[ "$(grep -c world.example "$work/records")" -ge "$1" ]
}
# Unbound sends a second after it has something to say.
wait_until 10 has_lines 5
sleep 0.5
resolver_stop
kill_and_wait "$printer"

while read -r line; do
	check "$line" 1 "$(grep -cxF "$line" "$work/records")"
done <<-'END'
	blocked 127.0.0.0/8 udp blocked.world.example world.example 1 0 block malware nodata 0
	passed 127.0.0.1 udp blocked.world.example world.example 1 0 - - - 0
	passed 127.0.0.1 udp plain.world.example world.example 1 0 - - - 0
	passed 127.0.0.1 tcp plain.world.example world.example 28 0 - - - 0
	passed 127.0.0.1 udp none.world.example world.example 1 3 - - - 0
END
check_match "two senders, nothing broken; queries are passed over" \
	'^senders [2-9], cut off 0, frames [0-9]+, others [1-9][0-9]*, broken 0$' \
	"$(tail -n 1 "$work/records")"
finish
