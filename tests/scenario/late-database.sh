#!/bin/bash
# What is wrong with weir's data never stops the resolver, and the last good
# state stays in force: no database at start (both settings of on-failure), one
# that appears later, a folder that vanishes and comes back or is made anew, a
# broken `current`, base files that are cut or damaged, a broken weir.yaml at
# reload, no place for the status file, SIGHUP, a clock that is set back.  With 1
# and with 4 threads.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario late-database

blocked="NXDOMAIN [] soa=60/60 ede=15"

# write_config DENIED...: names below plain.example.
write_config() {
	{
		printf 'on-failure: %s\ndeny:\n' "$on_failure"
		printf '  - %s.plain.example\n' "$@"
	} | config
}

problem() {
	stat_of "m['problem']"
}

has_problem() {
	[ -n "$(problem)" ]
}

has_none() {
	[ -z "$(problem)" ]
}

is_seen() {
	"$weir_stat" -c "$config_file" >"$work/text" 2>&1
}

# soon SUMMARY NAME TYPE: within four seconds, without an apply to wait for.
soon() {
	local wanted=$1
	shift
	is_so() {
		ask "$@"
		[ "$(summary)" = "$wanted" ]
	}
	wait_until 4 is_so "$@"
	expect "$wanted" "$@"
}

check_missing() {
	local i
	note "no database, on-failure: $on_failure"
	rm -rf "$work/db"
	write_config evil
	resolver_start
	for i in 1 2; do
		if [ "$on_failure" = pass ]; then
			answered 192.0.2.1 evil.plain.example A
			answered 192.0.2.2 good.plain.example A
		else
			expect "SERVFAIL [] ede=14" evil.plain.example A
			expect "SERVFAIL [] ede=14" good.plain.example A
		fi
	done
	check_match "the problem is shown" "current" "$(problem)"
	check_match "the failure is in the log" "weir: .*current" \
		"$(grep 'weir: ' "$work/resolver.log" | head -n 3 | paste -sd ' ')"
	check "generation" 0 "$(stat_of "m['generation']")"
	apply
	expect "$blocked" evil.plain.example A
	answered 192.0.2.2 good.plain.example A
	check "problem" "" "$(problem)"
	check_number "queries without a database" 1 4 \
		"$(stat_of "w['failed_pass'] + w['failed_servfail']")"
}

check_vanished() {
	note "the folder vanishes"
	mv "$work/db" "$work/away"
	sleep 0.3
	expect "$blocked" evil.plain.example A
	answered 192.0.2.2 good.plain.example A
	wait_until 2 has_problem
	check_match "the problem is shown" "current" "$(problem)"
	mv "$work/away" "$work/db"
	wait_until 2 has_none
	check "problem when it is back" "" "$(problem)"
	write_config evil good
	apply
	expect "$blocked" good.plain.example A
	note "and another one takes its place"
	mv "$work/db" "$work/away"
	write_config good
	apply
	answered 192.0.2.1 evil.plain.example A
	expect "$blocked" good.plain.example A
	rm -rf "$work/db"
	sleep 0.3
	mv "$work/away" "$work/db"
	soon "$blocked" evil.plain.example A
	write_config evil
	apply
	answered 192.0.2.2 good.plain.example A
	expect "$blocked" evil.plain.example A
}

# new_current SED-SCRIPT: as weir-load would put it there.
new_current() {
	sed "$1" "$work/good" >"$work/db/current.tmp"
	mv "$work/db/current.tmp" "$work/db/current"
}

# refused WHAT: the generation before stays, and the problem is shown.
refused() {
	wait_until 2 has_problem
	check_match "$1: the problem is shown" "$2" "$(problem)"
	expect "$blocked" evil.plain.example A
	answered 192.0.2.2 good.plain.example A
	new_current ''
	wait_until 2 has_none
	check "$1: no problem afterwards" "" "$(problem)"
}

check_broken() {
	local base size half
	note "broken files"
	cp "$work/db/current" "$work/good"
	read -r _ base size _ < <(grep '^base ' "$work/good")
	half=$((size / 2))
	echo garbage >"$work/db/current.tmp"
	mv "$work/db/current.tmp" "$work/db/current"
	refused "garbage" current
	: >"$work/db/current.tmp"
	mv "$work/db/current.tmp" "$work/db/current"
	refused "empty" current
	new_current 's/^weir-current 1/weir-current 9/; s/^serial.*/serial 90/'
	refused "another version" current
	new_current "s/^serial.*/serial 91/; s/^base [^ ]*/base 91.base/"
	refused "a base that is not there" 91.base
	head -c $half "$work/db/$base" >"$work/db/92.base"
	new_current "s/^serial.*/serial 92/; s/^base [^ ]*/base 92.base/"
	refused "a cut base" 92.base
	new_current "s/^serial.*/serial 93/; s/^base [^ ]* [^ ]*/base 92.base $half/"
	refused "a cut base and its size" 92.base
	: >"$work/db/94.base"
	new_current "s/^serial.*/serial 94/; s/^base [^ ]* [^ ]*/base 94.base 0/"
	refused "an empty base" "94.base|current"
	head -c "$size" /dev/urandom >"$work/db/95.base"
	new_current "s/^serial.*/serial 95/; s/^base [^ ]*/base 95.base/"
	refused "a base of noise" 95.base
	new_current "s/^serial.*/serial 96/; s|^base [^ ]*|base ../db/$base|"
	refused "a base elsewhere" current
	rm -f "$work/db/"9[0-9].base
}

# Pages of zeros behind the first ones: what cannot be read is said, and the
# queries get what on-failure says.  Never a crash, and never for long.
check_damaged() {
	local base size
	note "a damaged base"
	read -r _ base size _ < <(grep '^base ' "$work/good")
	cp "$work/db/$base" "$work/db/97.base"
	dd if=/dev/zero of="$work/db/97.base" bs=4096 seek=2 conv=notrunc \
		count=$((size / 4096 - 2)) status=none
	new_current "s/^serial.*/serial 97/; s/^base [^ ]*/base 97.base/"
	sleep 0.5
	ask evil.plain.example A
	check_match "$asked" "^(NXDOMAIN|NOERROR|SERVFAIL)" "$rcode"
	ask good.plain.example A
	check_match "$asked" "^(NOERROR|SERVFAIL)" "$rcode"
	is_alive "$resolver_pid" || check "the resolver runs" yes no
	write_config evil
	apply
	expect "$blocked" evil.plain.example A
	answered 192.0.2.2 good.plain.example A
	rm -f "$work/db/97.base"
}

reload() {
	check "reload" ok "$(resolver_control reload)"
	wait_until 5 serves "$port" "$resolver_pid"
}

check_config() {
	note "weir.yaml is broken when Unbound reloads"
	cp "$config_file" "$work/weir.good"
	printf 'database: [\n' >"$config_file"
	reload
	answered 192.0.2.2 good.plain.example A
	check_match "the log says so" "NO QUERY IS CHECKED" \
		"$(tail -n 30 "$work/resolver.log" | grep -a weir)"
	cp "$work/weir.good" "$config_file"
	soon "$blocked" evil.plain.example A
	wait_until 3 is_seen
	check "modules that weir-load sees" 1 "$(stat_of "len(d['modules'])")"
	rm "$config_file"
	reload
	answered 192.0.2.2 good.plain.example A
	cp "$work/weir.good" "$config_file"
	soon "$blocked" evil.plain.example A
	wait_until 3 is_seen
	check "modules that weir-load sees" 1 "$(stat_of "len(d['modules'])")"
	note "reload and SIGHUP"
	reload
	expect "$blocked" evil.plain.example A
	kill -HUP "$resolver_pid"
	sleep 0.3
	wait_until 5 serves "$port" "$resolver_pid"
	expect "$blocked" evil.plain.example A
	answered 192.0.2.2 good.plain.example A
	write_config good
	apply
	answered 192.0.2.1 evil.plain.example A
	expect "$blocked" good.plain.example A
	check_number "loads of the module" 2 7 "$(stat_of "m['inits']")"
}

# A file stands where the folder should be: root, too, can write nothing there.
check_status_folder() {
	note "no place for the status file"
	: >"$work/file"
	sed -i 's|^status: .*|status: "'"$work"'/file/status"|' "$config_file"
	reload
	expect "$blocked" good.plain.example A
	answered 192.0.2.1 evil.plain.example A
	check_match "the log says so" "no status file" \
		"$(grep -a weir "$work/resolver.log" | tail -n 5)"
	sed -i 's/good.plain/evil.plain/' "$config_file"
	load apply >"$work/text" 2>&1
	soon "$blocked" evil.plain.example A
	answered 192.0.2.2 good.plain.example A
}

# A base that is not there is looked for again, whatever time it is.
check_clock() {
	local base
	note "the clock is set back"
	rm -rf "$work/db"
	write_config evil
	apply
	write_config evil good
	apply
	base=$(awk '$1 == "base" { print $2 }' "$work/db/current")
	mv "$work/db/$base" "$work/base"
	run_under=(env "LD_PRELOAD=$tools/.libs/clock_back.so"
		"WEIR_CLOCK_BACK=$work/clock")
	resolver_start
	run_under=()
	wait_until 4 has_problem
	check_match "the problem is shown" "$base" "$(problem)"
	answered 192.0.2.2 good.plain.example A
	: >"$work/clock"
	mv "$work/base" "$work/db/$base"
	wait_until 15 has_none
	check "problem" "" "$(problem)"
	expect "$blocked" good.plain.example A
	resolver_stop
}

zone plain.example <<-'END'
	evil A 192.0.2.1
	good A 192.0.2.2
END
for on_failure in pass servfail; do
	[ $on_failure = pass ] && threads=1 || threads=4
	echo "== $threads threads"
	check_missing
	check_vanished
	check_broken
	check_damaged
	check_config
	check_status_folder
	resolver_stop
done
threads=1
check_clock
finish
