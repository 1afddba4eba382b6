#!/bin/bash
# weir-stat's commands against a real Unbound whose queries are known: from the
# status file alone, and from the history that `weir-stat record` keeps.  Text,
# JSON and CSV agree; a terminal gets colours and lines that fit; no control
# character of a name gets there.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario stat
esc=$(printf '\033')

write_config() {
	{
		printf 'statistics:\n  dnstap: "%s"\n  history: "%s"\n' \
			"$work/tap.sock" "$work/history.db"
		printf '  sample-passed: 1\n'
		printf 'guard:\n  popular-file: "%s"\n' "$work/popular.csv"
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
		*.alias CNAME x.bad.example.
		*.shadow A 192.0.2.2
	END
	zone bad.example <<-'END'
		* A 192.0.2.9
		*.ok A 192.0.2.3
	END
	printf '%s\n' bad.example never.example both.example >"$work/lists/block"
	printf '%s\n' shadow.plain.example ads.big.plain.example both.example \
		>"$work/lists/shadow"
	printf '1,example.net\n2,big.plain.example\n3,other.example\n' \
		>"$work/popular.csv"
}

stat() {
	"$weir_stat" -c "$config_file" "$@"
}

# json EXPRESSION ARGUMENT...: of weir-stat --json ARGUMENT..., as d.
json() {
	local expression=$1
	shift
	stat --json "$@" | python3 -c "
import json, sys
d = json.load(sys.stdin)
r = {row['key']: row for row in d.get('rows', []) if 'key' in row}
print($expression)" 2>&1 | tail -n 1
}

# ask_from ADDRESS NAME [OPTION...]
ask_from() {
	local from=$1
	shift
	ask "$@" -b "$from"
}

ask_all() {
	local i
	for i in 1 2 3 4 5; do
		ask_from 127.0.0.1 often.bad.example A
	done
	ask_from 127.0.0.2 often.bad.example A
	ask_from 127.0.0.2 often.bad.example AAAA
	ask_from 127.0.0.3 one.bad.example A
	ask_from 127.0.0.3 new.alias.plain.example A
	ask_from 127.0.0.1 a.shadow.plain.example A
	ask_from 127.0.0.2 a.shadow.plain.example A
	ask_from 127.0.0.2 ads.big.plain.example A
	ask_from 127.0.0.1 x.ok.bad.example A
	ask_from 127.0.0.1 plain.plain.example A
	# A name that would colour the terminal, and end a line.
	ask_from 127.0.0.4 '\027[31m\010red.bad.example' A
}

is_recorded() {
	[ "$(stat_of "d['total']['events']['made'] - \
		d['total']['events']['recorded']")" = 0 ]
}

# The last one that was asked for is in the lists, which are shown a bit later.
# shellcheck disable=SC2317 # for wait_until
is_listed() {
	[ "$(json "r['127.0.0.4']['count']" top clients 2>/dev/null)" = 1 ]
}

# The rows are as many as were asked for, and in the history as well.
is_in_history() {
	[ "$(json "sum(row['blocked'] + row['shadowed'] + row['allowed'] +
		row['passed'] for row in d['rows'])" time --since 1h)" = "$1" ]
}

check_live() {
	note "top, since the module started"
	check "top names" "often.bad.example 7 0" \
		"$(json "'%s %d %d' % (d['rows'][0]['key'],
			d['rows'][0]['count'], d['rows'][0]['error'])" top)"
	check "top names: all of them" 4 "$(json "len(r)" top names)"
	check "top -n" 1 "$(json "len(r)" top names -n 1)"
	check "top domains" "9 1" "$(json "'%d %d' % (
		r['bad.example']['count'], r['plain.example']['count'])" \
		top domains)"
	check "top clients" "5 2 2 1" "$(json "' '.join(str(
		r['127.0.0.%d' % i]['count']) for i in (1, 2, 3, 4))" \
		top clients)"
	check "top clients --shadow" "1 2" "$(json "'%d %d' % (
		r['127.0.0.1']['count'], r['127.0.0.2']['count'])" \
		top clients --shadow)"
	check "top names --shadow" 2 "$(json \
		"r['a.shadow.plain.example']['count']" top names --shadow)"
	check "top feeds" "b 10" "$(json "'%s %d' % (d['rows'][0]['key'],
		d['rows'][0]['count'])" top feeds)"
	check "top feeds --shadow" 3 "$(json "r['s']['count']" \
		top feeds --shadow)"
	check "top categories" 10 "$(json "r['malware']['count']" \
		top categories)"
	check "top types" "9 1" "$(json "'%d %d' % (r['A']['count'],
		r['AAAA']['count'])" top types)"
	stat top feeds >"$work/text"
	check "top feeds, as a table" "10 b" \
		"$(sed -n 2p "$work/text" | tr -s ' ' | sed 's/^ //')"
	check "top types, as CSV" "key,count,error,first,last|A,9,0,," \
		"$(stat --csv top types | tr -d '\r' | head -2 | paste -sd '|')"
}

check_clients() {
	note "client and name"
	check "client" "5 1 often.bad.example" "$(json "'%d %d %s' % (
		d['blocked'], d['shadowed'], d['rows'][0]['key'])" \
		client 127.0.0.1)"
	check "a network of clients" "10 7" "$(json "'%d %d' % (d['blocked'],
		r['often.bad.example']['count'])" client 127.0.0.0/24)"
	check "another client" "0 0" "$(json "'%d %d' % (d['blocked'],
		len(r))" client 127.0.0.77)"
	check_match "client, as text" "^2 blocked, 0 would be" \
		"$(stat client 127.0.0.3 | sed -n 2p)"
	check "name" "7 5 2 b" "$(json "'%d %d %d %s' % (
		d['counts']['blocked'], r['127.0.0.1']['count'],
		r['127.0.0.2']['count'], d['entries'][0]['feed'])" \
		name often.bad.example)"
	check "what lies below a name" 9 "$(json \
		"d['counts']['blocked']" name BAD.example.)"
	check "a name nobody asked for" "0 b" "$(json "'%d %s' % (
		d['counts']['blocked'], d['entries'][0]['feed'])" \
		name never.example)"
	for name in 'no..name' "$(printf 'a%.0s' {1..64}).example"; do
		stat name "$name" >"$work/text" 2>&1
		check "exit code of name $name" 2 $?
	done
	stat client 127.0.0.256 >"$work/text" 2>&1
	check "exit code of client 127.0.0.256" 2 $?
}

check_feeds() {
	note "feeds and shadow"
	check "feeds" "10 0 enforce,0 3 shadow" "$(json "','.join('%d %d %s' %
		(r[f]['blocked'], r[f]['shadowed'], r[f]['mode'])
		for f in 'bs')" feeds)"
	check "entries, only here, shared" "3 2 1,3 2 1" "$(json "','.join(
		'%d %d %d' % (r[f]['entries'], r[f]['alone'], r[f]['shared'])
		for f in 'bs')" feeds --entries)"
	check "shadow" "3 2 2 1" "$(json "'%d %d %d %d' % (d['count'],
		d['names'], d['clients'], d['popular'])" shadow s)"
	check "the popular one comes first" "ads.big.plain.example 2 big.plain.example" \
		"$(json "'%s %d %s' % (d['rows'][0]['key'],
			d['rows'][0]['rank'], d['rows'][0]['popular'])" shadow s)"
	check "clients of a name" "2 2" "$(json "'%d %d' % (
		r['a.shadow.plain.example']['count'],
		r['a.shadow.plain.example']['clients'])" shadow s)"
	check_match "shadow, as text" "1 of them popular" "$(stat shadow s)"
	stat shadow none >"$work/text" 2>&1
	check "exit code of a feed that is not there" 2 $?
}

check_history() {
	note "the history says the same"
	check "top names --since" "often.bad.example 7" "$(json "'%s %d' % (
		d['rows'][0]['key'], d['rows'][0]['count'])" \
		top names --since 1h)"
	check "top domains --since" "9 1" "$(json "'%d %d' % (
		r['bad.example']['count'], r['plain.example']['count'])" \
		top domains --since 1h)"
	check "top clients --since --shadow" 2 "$(json \
		"r['127.0.0.2']['count']" top clients --since 1h --shadow)"
	check "top types --since" "9 1" "$(json "'%d %d' % (r['A']['count'],
		r['AAAA']['count'])" top types --since 24h)"
	check "client --since" "5 1" "$(json "'%d %d' % (d['blocked'],
		d['shadowed'])" client 127.0.0.1 --since 1h)"
	check "name, from the history" "history 7 5" "$(json "'%s %d %d' % (
		d['from'], d['counts']['blocked'], r['127.0.0.1']['count'])" \
		name often.bad.example)"
	check "who resolved it" 127.0.0.1 "$(json "d['resolved'][0]['client']" \
		name plain.plain.example)"
	check "shadow, from the history" "history 3 2 2 1" "$(json \
		"'%s %d %d %d %d' % (d['from'], d['count'], d['names'],
		d['clients'], d['popular'])" shadow s)"
	check "entries that were hit, and never" "1 2,2 1" "$(json "','.join(
		'%d %d' % (r[f]['hit'], r[f]['never'])
		for f in 'bs')" feeds --entries --since 1h)"
	check "time" "10 3 1" "$(json "'%d %d %d' % tuple(sum(row[k]
		for row in d['rows']) for k in ('blocked', 'shadowed',
		'allowed'))" time --since 1h)"
	check_match "a name that nothing knows" "never listed" \
		"$(stat name unheard.example)"
	check "a name that something knows" 0 \
		"$(stat name often.bad.example | grep -c 'never listed')"
	check_match "a client that nothing knows" "nothing is known of it" \
		"$(stat client 192.0.2.99)"
	check_match "one client is one" "2 names, 2 clients" \
		"$(stat shadow s)"
	check_match "popular ones are marked where a terminal is narrow" \
		"clients +popular +name" "$(on_terminal 60 shadow s | cat)"
	check_match "time, as a chart" "10 blocked, 3 shadowed, 1 allowed" \
		"$(stat time --since 1h)"
}

# A name's line is there within 200 ms of its answer.
check_tail() {
	local began pressed late=0 took i missed
	note "tail"
	check "the last ones, and no more" 15 "$(stat tail --once -n 100 | wc -l)"
	check "by client" 2 "$(stat tail --once -n 100 --client 127.0.0.3 |
		wc -l)"
	check "by feed" 3 "$(stat tail --once -n 100 --feed s | wc -l)"
	check "by outcome" 1 "$(stat tail --once -n 100 --outcome allowed |
		wc -l)"
	check "by name, and what is below" 10 "$(stat tail --once -n 100 \
		--name bad.example | wc -l)"
	check "as JSON" "blocked one.bad.example 127.0.0.3 b malware nxdomain" \
		"$(stat --json tail --once --name one.bad.example |
			python3 -c "
import json, sys
e = json.loads(sys.stdin.readline())
print(*(e[k] for k in ('outcome', 'name', 'client', 'feed', 'category',
    'action')))")"
	"$weir_stat" -c "$config_file" tail -n 1 --outcome blocked \
		>"$work/tail" 2>&1 &
	started+=($!)
	wait_until 5 test -s "$work/tail"
	for i in 1 2 3 4 5; do
		ask "live$i.bad.example" A
		began=$(now_us)
		pressure
		pressed=$pressed_us
		wait_until 2 grep -q "live$i.bad" "$work/tail"
		took=$(($(now_us) - began))
		stretch_us 200000 "$began" "$pressed"
		[ $took -lt $stretched_us ] || late=$((late + 1))
	done
	# One may be late on a machine that has other things to do.
	check_number "lines later than 200 ms" 0 1 "$late"
	note "tail: a gap, and a module that starts anew"
	kill -STOP "${started[-1]}"
	seq -f "gap%.0f.bad.example" 5000 |
		"$tools/ask_many" -n 1 -x 20000 -t 1 "$port" >"$work/answers"
	wait_until 10 is_recorded
	kill -CONT "${started[-1]}"
	wait_until 5 grep -q 'gap5000.bad' "$work/tail"
	missed=$(sed -n 's/^-- \([0-9]*\) events missed.*/\1/p' "$work/tail")
	check "events that were shown, and that were missed" 5000 \
		"$(($(grep -c 'gap[0-9]*\.bad' "$work/tail") + missed))"
	check_number "missed" 900 5000 "$missed"
	resolver_stop
	resolver_start
	ask new.bad.example A
	wait_until 5 grep -q 'new.bad' "$work/tail" ||
		check "tail goes on with the next process" yes no
	kill "${started[-1]}"
	wait "${started[-1]}"
	check "exit code of tail after SIGTERM" 0 $?
	unset 'started[-1]'
}

# A terminal of so many columns, by Python's pty.
on_terminal() {
	python3 -c '
import fcntl, os, pty, struct, sys, termios
columns = int(sys.argv[1])
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    os.environ.pop("COLUMNS", None)
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[2], sys.argv[2:])
out = b""
while True:
    try:
        some = os.read(fd, 65536)
    except OSError:
        break
    if not some:
        break
    out += some
os.waitpid(pid, 0)
sys.stdout.buffer.write(out.replace(b"\r\n", b"\n"))
' "$1" "$weir_stat" -c "$config_file" "${@:2}"
}

# Another window size while tail runs: its lines are as narrow.
check_resize() {
	note "a terminal that is made narrower"
	python3 -c '
import fcntl, os, pty, struct, sys, termios
def size(columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
pid, fd = pty.fork()
if pid == 0:
    os.environ.pop("COLUMNS", None)
    os.execv(sys.argv[2], sys.argv[2:])
size(150)
was = False
with open(sys.argv[1], "wb", 0) as out:
    while True:
        try:
            some = os.read(fd, 65536)
        except OSError:
            break
        if not some:
            break
        out.write(some)
        if not was and b"wide-line" in some:
            was = True
            size(60)
' "$work/resized" "$weir_stat" -c "$config_file" tail --client 127.0.0.1 &
	started+=($!)
	wait_until 5 test -s "$work/resized"
	ask wide-line.bad.example A
	wait_until 5 grep -q wide-line "$work/resized"
	sleep 1.5
	ask "a-name-that-takes-$(printf 'x%.0s' {1..40}).bad.example" A
	wait_until 5 grep -q 'xxx.bad.example' "$work/resized"
	check_number "columns of the line after it" 40 60 \
		"$(tail -n 1 "$work/resized" | tr -d '\r\n' |
			sed "s/$esc\[[0-9]*m//g; s/\xe2\x80\xa6/./" | wc -m)"
	kill "${started[-1]}"
	wait "${started[-1]}" 2>/dev/null
	unset 'started[-1]'
}

check_terminal() {
	local command width
	note "terminal, pipe, control characters"
	for command in "top names" "top clients" "client 127.0.0.2" \
		"name often.bad.example" "feeds --entries" "shadow s" \
		"time --since 1h" "tail --once"; do
		for width in 50 60 80 200; do
			# shellcheck disable=SC2086 # words
			on_terminal "$width" $command >"$work/screen"
			sed "s/$esc\[[0-9]*m//g" "$work/screen" |
				awk -v w="$width" 'length($0) > w && \
					!(w < 60 && / (of them|a bar is) /)' \
					>"$work/wide"
			check_lines "$command: wider than $width" "$work/wide"
		done
		check "$command: colours on a terminal" yes \
			"$(grep -q "$esc\[" "$work/screen" && echo yes)"
		# shellcheck disable=SC2086 # words
		check "$command: no control character in a pipe" 0 \
			"$(stat $command | tr -d '\n' | tr -cd '\000-\037\177' |
				wc -c)"
	done
	check_match "a client is not cut" "^127.0.0.1 +plain" \
		"$(on_terminal 60 name plain.plain.example |
			grep -A2 'resolved by' | tail -n 1 |
			sed "s/$esc\[[0-9]*m//g")"
	NO_COLOR=1 on_terminal 80 top names >"$work/screen"
	check "NO_COLOR" 0 "$(grep -c "$esc" "$work/screen")"
	check "the hostile name, escaped" 1 \
		"$(stat top names | grep -cF '\027[31m\010red.bad.example')"
}

check_wrong() {
	local line
	note "wrong command lines"
	while read -r line; do
		# shellcheck disable=SC2086 # words
		stat $line >"$work/text" 2>&1
		check "exit code of weir-stat $line" 2 $?
	done <<-'END'
		nothing
		top things
		top names --since never
		top names -n 0
		top types --shadow
		top names --client 127.0.0.1
		tail --outcome maybe
		client
		feeds --since 7d
		--json --csv top
		--csv totals
		--csv tail --once
		tail --once --feed nosuch
	END
	check_match "a feed that nobody knows" "nosuch: no such feed is known" \
		"$(stat tail --once --feed nosuch 2>&1)"
	check_match "no CSV of totals" "totals does not take --csv" \
		"$(stat --csv totals 2>&1)"
}

write_world
write_config
apply
world=stub
upstream_start
resolver_start
ask_all
wait_until 10 is_recorded
wait_until 5 is_listed
check_live
check_clients
check_feeds
check_wrong
for command in "top --since 1h" "time" "client 127.0.0.1 --since 1h"; do
	# shellcheck disable=SC2086 # words
	stat $command >"$work/text" 2>&1
	check "exit code of $command without a history" 1 $?
done

# The same once more, from the start, with a history.
resolver_stop
"$weir_stat" record -c "$config_file" >"$work/record.log" 2>&1 &
started+=($!)
wait_until 10 test -S "$work/tap.sock"
resolver_start
ask_all
wait_until 20 is_in_history 15 ||
	check "the history has all" 15 "$(json "sum(row['blocked'] +
		row['shadowed'] + row['allowed'] + row['passed']
		for row in d['rows'])" time --since 1h)"
check_history
check_terminal
check_tail
check_resize
finish
