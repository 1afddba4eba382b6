# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is for those who source it
# common.sh - what the scenario tests share.  Sourced, never run.
#
#   scenario NAME            scratch folder, clean-up at the end
#   zone NAME < RECORDS      a zone of the little world that the tests ask for
#   config < YAML            weir.yaml, behind database: and status:
#   upstream_start           an authoritative server for the zones (a second,
#                            plain Unbound), if world=stub
#   resolver_start           the Unbound under test, with the module
#   apply                    weir-load apply
#   ask, expect, answered    one query with dig, and what it must bring
#   check                    any other comparison
#   finish                   the count of what failed is the exit status
#
# The world is seen by the resolver in one of two ways:
#   world=auth    auth-zones in the resolver itself, for-upstream: no packets
#   world=stub    stub-zones that lead to the upstream server: real packets,
#                 which can be counted, and a server that can be stopped
#
# A check that fails says what was asked, expected and got, and the script goes
# on.  Only processes that were started here are ended, by their numbers.
#
# Environment, set by `make check`: top_builddir, top_srcdir,
# WEIR_UNBOUND_BUILD, WEIR_UNBOUND_SRC, WEIR_UNBOUND_BINARY; by hand,
# top_builddir is enough.  WEIR_KEEP_SCRATCH=1 keeps the scratch folder.
set -uo pipefail
export LC_ALL=C TZ=UTC

failed=0
checked=0
threads=1
modules="dynlib iterator"
world=auth
server_lines=
stub_hosts=
keep_scratch=${WEIR_KEEP_SCRATCH:-}
started=()
resolver_pid=
upstream_pid=
port=
upstream_port=

skip() {
	echo "skipped: $*"
	exit 77
}

die() {
	echo "cannot go on: $*" >&2
	exit 99
}

# Reads a variable of configure's out of the Makefile, for runs by hand.
make_variable() {
	sed -n "s/^$1 = //p" "$top_builddir/Makefile"
}

find_programs() {
	top_builddir=${top_builddir:-${abs_top_builddir:-$PWD}}
	[ -f "$top_builddir/Makefile" ] ||
		die "top_builddir=$top_builddir is no build folder"
	top_builddir=$(cd "$top_builddir" && pwd)
	WEIR_UNBOUND_BUILD=${WEIR_UNBOUND_BUILD:-$(make_variable UNBOUND_BUILD)}
	unbound=${WEIR_UNBOUND_BINARY:-$(make_variable UNBOUND_BINARY)}
	unbound_control=${unbound%/*}/unbound-control
	[ -x "$unbound_control" ] ||
		unbound_control=$(command -v unbound-control)
	weir_so=$top_builddir/.libs/weir.so
	weir_load=$top_builddir/weir-load
	weir_stat=$top_builddir/weir-stat
	tools=$top_builddir/tests/tools
	[ -n "$WEIR_UNBOUND_BUILD" ] && [ -e "$weir_so" ] ||
		skip "configured without --with-unbound-src: no weir.so"
	[ -x "$unbound" ] && [ -x "$unbound_control" ] ||
		skip "no unbound, or no unbound-control beside it: $unbound"
	[ -x "$weir_load" ] || die "no $weir_load: run make first"
	command -v dig >/dev/null || skip "no dig"
	command -v python3 >/dev/null || skip "no python3"
}

# need PROGRAM...: the scenario makes no sense without them.
need() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "no $program"
	done
}

scenario() {
	find_programs
	scenario_name=$1
	work=$(mktemp -d "${TMPDIR:-/tmp}/weir-$1.XXXXXX") || die "no scratch"
	mkdir "$work/db" "$work/status" "$work/zones" "$work/lists"
	config_file=$work/weir.yaml
	began=$SECONDS
	claim_ports
	# The last of these lives after any exit, a signal's included.
	trap clean_up EXIT
	trap 'exit 143' TERM INT HUP
}

clean_up() {
	local status=$? pid
	trap - EXIT
	for pid in "${started[@]}" $resolver_pid $upstream_pid; do
		kill_and_wait "$pid"
	done
	if [ -n "$keep_scratch" ]; then
		echo "kept: $work"
	elif [ -n "${work:-}" ]; then
		rm -rf "$work"
	fi
	exit "$status"
}

is_alive() {
	[ -n "$1" ] && kill -0 "$1" 2>/dev/null &&
		! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

kill_and_wait() {
	local pid=$1 i
	is_alive "$pid" || return 0
	kill "$pid" 2>/dev/null
	kill -CONT "$pid" 2>/dev/null
	for ((i = 0; i < 400; i++)); do
		is_alive "$pid" || break
		sleep 0.025
	done
	! is_alive "$pid" || kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return 0
}

finish() {
	if [ -n "$resolver_pid" ]; then
		check "the resolver still runs" yes \
			"$(is_alive "$resolver_pid" && echo yes || echo no)"
		resolver_stop
	fi
	[ ! -e "$work/checks-failed" ] || failed=$(wc -l <"$work/checks-failed")
	echo "$scenario_name: $((checked - failed)) of $checked checks right," \
		"$((SECONDS - began)) s"
	[ "$failed" = 0 ]
	exit
}

note() {
	echo "-- $*"
}

# --- checks ----------------------------------------------------------------

# Behind a pipe a check is in a shell of its own, whose variables are lost.
count_failed() {
	failed=$((failed + 1))
	echo >>"$work/checks-failed"
}

# check WHAT EXPECTED GOT
check() {
	checked=$((checked + 1))
	[ "$2" != "$3" ] || return 0
	count_failed
	printf 'FAILED: %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
	return 1
}

# check_match WHAT REGEXP GOT
check_match() {
	checked=$((checked + 1))
	[[ ! $3 =~ $2 ]] || return 0
	count_failed
	printf 'FAILED: %s\n  expected: something like %s\n  got:      %s\n' \
		"$1" "$2" "$3"
	return 1
}

# check_number WHAT MIN MAX GOT
check_number() {
	checked=$((checked + 1))
	[[ $4 =~ ^-?[0-9]+$ ]] && [ "$4" -ge "$2" ] && [ "$4" -le "$3" ] &&
		return 0
	count_failed
	printf 'FAILED: %s\n  expected: %s to %s\n  got:      %s\n' \
		"$1" "$2" "$3" "$4"
	return 1
}

# check_lines WHAT FILE: the file must be empty; its beginning is shown.
check_lines() {
	check "$1" "0 lines: " \
		"$(wc -l <"$2") lines: $(head -n 3 "$2" | paste -sd '|')"
}

# pressure: sets pressed_us, the microseconds so far in which somebody had to
# wait for a processor or a disk; nothing where the kernel does not say.
pressure() {
	local file line
	pressed_us=0
	for file in /proc/pressure/cpu /proc/pressure/io; do
		read -r line 2>/dev/null <"$file" || {
			pressed_us=
			return
		}
		pressed_us=$((pressed_us + ${line##*total=}))
	done
}

# stretch_us LIMIT BEGAN PRESSED: what a limit in microseconds is worth on a
# machine that had other things to do since BEGAN, when pressed_us was PRESSED:
# the time in which somebody had to wait counts four times over, up to ten times
# the limit.  On a machine that has nothing else to do it stays what it is.
stretch_us() {
	local took=$(($(now_us) - $2)) waited
	pressure
	waited=$((pressed_us - ${3:-0}))
	[ -n "$3" ] && [ -n "$pressed_us" ] && [ "$waited" -lt "$took" ] ||
		waited=$took
	stretched_us=$(($1 + 4 * waited))
	[ $stretched_us -lt $((10 * $1)) ] || stretched_us=$((10 * $1))
}

# wait_until SECONDS COMMAND...: tries again and again, false if in vain.
wait_until() {
	local limit=$(($1 * 1000000)) began pressed
	shift
	began=$(now_us)
	pressure
	pressed=$pressed_us
	until "$@"; do
		if [ $(($(now_us) - began)) -ge $limit ]; then
			stretch_us $limit "$began" "$pressed"
			[ $(($(now_us) - began)) -lt $stretched_us ] || return 1
		fi
		sleep 0.02
	done
}

# --- the world -------------------------------------------------------------

# zone NAME: records from standard input; SOA and NS stand there already.
zone() {
	{
		printf '$ORIGIN %s.\n$TTL 3600\n' "${1%.}"
		echo "@ SOA ns.$1. admin.$1. 1 3600 600 86400 300"
		echo "@ NS ns.$1."
		echo "ns.$1. A 127.0.0.1"
		cat
	} >"$work/zones/$1"
}

# zone_file NAME FILE: the same from a whole zone file (a signed one).
zone_file() {
	cp "$2" "$work/zones/$1"
}

zone_names() {
	ls "$work/zones"
}

auth_zone_lines() {
	printf 'auth-zone:\n  name: "%s."\n  zonefile: "%s"\n' "$1" "$2"
	printf '  for-upstream: %s\n  for-downstream: %s\n' "$3" "$4"
	printf '  fallback-enabled: no\n'
}

# Nothing else exists, and no query leaves this machine.
root_zone() {
	local zone
	{
		echo ". 3600 SOA ns.nowhere.example. a. 1 1 1 1 300"
		echo ". 3600 NS ns.nowhere.example."
		for zone in $(zone_names); do
			echo "$zone. 3600 NS ns.$zone."
			echo "ns.$zone. 3600 A 127.0.0.1"
		done
	} >"$work/root.zone"
}

# By address; or by a name that has to be looked up, if stub_hosts holds
# ZONE=NAME.
stub_line() {
	local pair
	for pair in $stub_hosts; do
		if [ "${pair%=*}" = "$1" ]; then
			echo "  stub-host: ${pair#*=}@$upstream_port"
			return
		fi
	done
	echo "  stub-addr: 127.0.0.1@$upstream_port"
}

world_lines() {
	local zone
	root_zone
	if [ "$world" = auth ]; then
		auth_zone_lines "" "$work/root.zone" yes no
	else
		printf 'stub-zone:\n  name: "."\n  stub-addr: 127.0.0.1@%s\n' \
			"$upstream_port"
	fi
	for zone in $(zone_names); do
		if [ "$world" = auth ]; then
			auth_zone_lines "$zone" "$work/zones/$zone" yes no
		else
			printf 'stub-zone:\n  name: "%s."\n' "$zone"
			stub_line "$zone"
		fi
	done
}

# --- servers ---------------------------------------------------------------

is_port_free() {
	local hex
	hex=$(printf ':%04X' "$1")
	! awk -v hex="$hex" 'substr($2, index($2, ":")) == hex { found = 1 }
		END { exit !found }' /proc/net/udp /proc/net/tcp \
		/proc/net/udp6 /proc/net/tcp6 2>/dev/null
}

# Two hundred ports that are this script's own as long as it lives, whatever runs
# beside it: a port is often chosen long before it is used, or given back for a
# while.
claim_ports() {
	local block
	for block in $(shuf -i 0-59); do
		{ exec {ports_fd}>>"/tmp/weir-test-ports-$UID.$block"; } \
			2>/dev/null || continue
		first_port=$((20000 + 200 * block))
		! flock -n "$ports_fd" || return 0
		exec {ports_fd}>&-
	done
	die "no ports are left: /tmp/weir-test-ports-$UID.*"
}

free_port() {
	local port
	for ((;;)); do
		# A line for each: none is given out twice before it is used.
		echo >>"$work/ports"
		port=$((first_port + $(wc -l <"$work/ports") % 200))
		is_port_free "$port" && break
	done
	echo "$port"
}

common_lines() {
	cat <<-END
		server:
		  directory: "$work"
		  chroot: ""
		  username: ""
		  pidfile: "$work/$1.pid"
		  use-syslog: no
		  logfile: ""
		  log-time-ascii: no
		  do-daemonize: no
		  interface: 127.0.0.1
		  port: $2
		  do-ip6: no
		  so-reuseport: $([ "$threads" = 1 ] && echo no || echo yes)
		remote-control:
		  control-enable: yes
		  control-use-cert: no
		  control-interface: "$work/$1.sock"
	END
}

# serves PORT PID: answers, and it is the one that we started.
serves() {
	is_alive "$2" || return 0
	dig +time=1 +tries=1 +short -p "$1" @127.0.0.1 version.bind CH TXT \
		2>/dev/null | grep -q unbound
}

write_upstream_conf() {
	local zone
	root_zone
	{
		common_lines upstream "$upstream_port"
		cat <<-END
			server:
			  module-config: "iterator"
			  access-control: 127.0.0.0/8 allow
			  msg-cache-size: 64k
			  rrset-cache-size: 64k
			  do-not-query-localhost: yes
			  num-threads: 1
		END
		auth_zone_lines "" "$work/root.zone" no yes
		for zone in $(zone_names); do
			auth_zone_lines "$zone" "$work/zones/$zone" no yes
		done
	} >"$work/upstream.conf"
}

# start_server KIND: KIND.conf is written anew for each port that is tried.
start_server() {
	local tries try_port pid
	for tries in 1 2 3 4; do
		try_port=$(free_port)
		if [ "$1" = upstream ]; then
			upstream_port=$try_port
		else
			port=$try_port
		fi
		"write_$1_conf"
		"${run_under[@]}" "$unbound" -d -c "$work/$1.conf" \
			</dev/null >>"$work/$1.log" 2>&1 &
		pid=$!
		wait_until "${start_timeout:-20}" serves "$try_port" "$pid"
		if is_alive "$pid"; then
			server_pid=$pid
			return 0
		fi
		wait "$pid"
		grep -q 'Address already in use' "$work/$1.log" || break
		echo "port $try_port was taken meanwhile (try $tries)"
	done
	return 1
}

run_under=()

upstream_start() {
	[ "$world" = stub ] || return 0
	start_server upstream || {
		tail -n 20 "$work/upstream.log"
		die "the upstream server does not start"
	}
	upstream_pid=$server_pid
}

upstream_stop() {
	kill_and_wait "$upstream_pid"
	upstream_pid=
}

# It keeps its sockets but answers nothing: whoever asks it now gets SERVFAIL.
upstream_pause() {
	kill -STOP "$upstream_pid"
}

upstream_resume() {
	kill -CONT "$upstream_pid"
}

upstream_control() {
	"$unbound_control" -c "$work/upstream.conf" "$@"
}

# How many queries the upstream server has got.
upstream_count() {
	upstream_control stats_noreset |
		sed -n 's/^total\.num\.queries=//p'
}

write_resolver_conf() {
	{
		common_lines resolver "$port"
		cat <<-END
			server:
			  module-config: "$modules"
			  num-threads: $threads
			  verbosity: ${verbosity:-1}
			  access-control: 127.0.0.0/8 allow
			  do-not-query-localhost: no
			  msg-cache-size: 64m
			  rrset-cache-size: 64m
			  qname-minimisation: no
			  extended-statistics: yes
			$server_lines
			dynlib:
			  dynlib-file: "${module_file:-$weir_so}"
			  dynlib-file: "$config_file"
		END
		world_lines
	} >"$work/resolver.conf"
}

# Sets nothing but resolver_pid; false if Unbound refuses.
resolver_try() {
	start_server resolver || return 1
	resolver_pid=$server_pid
}

resolver_start() {
	resolver_try || {
		tail -n 20 "$work/resolver.log"
		die "the resolver does not start"
	}
}

resolver_stop() {
	local status=0 i
	is_alive "$resolver_pid" && kill "$resolver_pid"
	for ((i = 0; i < 400; i++)); do
		is_alive "$resolver_pid" || break
		sleep 0.025
	done
	! is_alive "$resolver_pid" || kill -9 "$resolver_pid"
	wait "$resolver_pid" || status=$?
	check "the resolver's exit status" 0 "$status"
	resolver_pid=
}

resolver_control() {
	"$unbound_control" -c "$work/resolver.conf" "$@"
}

# --- weir ------------------------------------------------------------------

config() {
	{
		printf 'database: "%s"\nstatus: "%s"\n' \
			"$work/db" "$work/status"
		cat
	} >"$config_file"
}

load() {
	"$weir_load" -c "$config_file" "$@"
}

# apply [EXIT]: quiet if all is well.
apply() {
	local text status=0
	text=$(load apply 2>&1) || status=$?
	check "weir-load apply: $text" "exit ${1:-0}" "exit $status"
	[ -z "$resolver_pid" ] || [ "${1:-0}" != 0 ] ||
		check_match "the module has acknowledged" \
			"acknowledged by 1 of 1|nothing changed" "$text"
}

# A number out of weir-stat --json, by a Python expression on the object d.
stat_of() {
	"$weir_stat" -c "$config_file" --json | python3 -c "
import json, sys
d = json.load(sys.stdin)
w = d['total']['ways']
m = d['modules'][0]
feeds = {f['name']: f for f in d['total']['feeds']}
print($1)" 2>&1 | tail -n 1
}

# A big list of names: the real one of 1.16 million names if WEIR_SHARED_DATA (the
# folder of real lists) has it, or 200,000 that are made here.
big_list() {
	local real=${WEIR_SHARED_DATA:-/nonexistent}
	real=$real/scale/maltrail-domains-merged.txt.zst
	if [ -r "$real" ] && command -v zstd >/dev/null; then
		zstd -qdc "$real"
	else
		awk 'BEGIN {
			srand(7)
			for (i = 0; i < 200000; i++)
				printf "%x-%d.listed%d.example\n",
					rand() * 1e9, i, i % 977
		}'
	fi
}

# Microseconds since 1970, as ask_many writes them.
now_us() {
	local us=${EPOCHREALTIME/./}
	echo "$us"
}

# --- asking ----------------------------------------------------------------

# Takes dig's text apart: status, flags, TTL of the first answer, answers,
# SOA, EDE; a line each.
parse_dig='
/->>HEADER<<-/ { sub(/.*status: /, ""); sub(/,.*/, ""); status = $0 }
/^;; flags:/ {
	sub(/^;; flags: */, ""); sub(/;.*/, "")
	n = split($0, f, " ")
	for (i = 1; i <= n; i++) {
		if (f[i] == "ra") ra = 1
		if (f[i] == "aa" || f[i] == "tc" || f[i] == "ad")
			flags = flags " " f[i]
	}
}
/^; EDE: / { sub(/^; EDE: /, ""); ede = ede (ede == "" ? "" : " + ") $0 }
/^;; ANSWER SECTION/ { section = 1; next }
/^;; AUTHORITY SECTION/ { section = 2; next }
/^(;|$)/ { section = 0 }
section == 1 {
	if (ttl == "")
		ttl = $2
	text = $5
	for (i = 6; i <= NF; i++)
		text = text " " $i
	answer = answer (answer == "" ? "" : " ") text
	owners = owners (owners == "" ? "" : " ") $1 "/" $4
}
section == 2 && $4 == "SOA" { soa = $2 "/" $NF; soa_owner = $1 }
END {
	if (status == "")
		status = "TIMEOUT"
	else if (!ra)
		flags = flags " nora"
	print status; print substr(flags, 2); print ttl; print answer
	print owners; print soa; print soa_owner; print ede
}'

# ask NAME TYPE [+OPTION...]: sets rcode, flags, ttl, rdata, owners, soa
# ("TTL/MINIMUM"), soa_owner, ede.
ask() {
	local lines
	asked="dig -p $port @127.0.0.1 $*"
	mapfile -t lines < <(dig +time=3 +tries=1 +nocookie +noidnin +noidnout \
		-p "$port" @127.0.0.1 "$@" 2>/dev/null | awk "$parse_dig")
	rcode=${lines[0]} flags=${lines[1]} ttl=${lines[2]} rdata=${lines[3]}
	owners=${lines[4]} soa=${lines[5]} soa_owner=${lines[6]}
	ede=${lines[7]}
}

# What an answer looks like in one line: "NXDOMAIN [] soa=10/10 ede=15".
summary() {
	echo "$rcode${flags:+ ($flags)} [$rdata]${soa:+ soa=$soa}" \
		"ede=${ede%% *}"
}

# expect SUMMARY NAME TYPE [+OPTION...]
expect() {
	local wanted=$1
	shift
	ask "$@"
	check "$asked" "$wanted" "$(summary)"
}

# answered RDATA NAME TYPE [+OPTION...]: as without weir.
answered() {
	local wanted=$1
	shift
	expect "NOERROR [$wanted] ede=" "$@"
}
