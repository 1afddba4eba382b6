#!/bin/bash
# A signed feed from its publisher to a resolver's answers: weir-feed publishes,
# a real web server serves it by HTTPS with a CA of its own, weir-sync follows,
# a real Unbound blocks.  And what stands in the way: wrong roots and CAs, dead
# mirrors, processes that are killed, old and forged metadata, payloads that were
# touched, clocks that are wrong, changes that a person has to look at.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario sync-feed
need openssl flock
# shellcheck source=tests/scenario/sync.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/sync.sh"

weir_feed=$top_builddir/weir-feed
feed=$work/feed
notify_port=$(free_port)

# publish [ARG...]: quiet if all is well.
publish() {
	local text status=0
	text=$("$weir_feed" publish "$feed" "$@" 2>&1) || status=$?
	check "weir-feed publish: $text" 0 "$status"
}

add() {
	printf '%s\n' "$@" >"$work/add"
	publish --add "$work/add"
}

del() {
	printf '%s\n' "$@" >"$work/del"
	publish --del "$work/del"
}

# serve FOLDER: from now on that is what the server has.
serve() {
	ln -sfn "$1" "$work/www.new"
	mv -T "$work/www.new" "$work/www"
	# Not to wait until a back-off is over.
	[ -z "$sync_pid" ] || sync_do poll
}

write_config() { # URLS, further keys of the feed
	config <<-END
		keep-generations: 3
		sync:
		  state: "$work/sync"
		  ca-file: "$work/ca.pem"
		  notify-listen: 127.0.0.1:$notify_port
		feeds:
		- name: malware
		  signed: $1
		  root-sha256: $root
		$2
	END
}

# NOTIFY, SOA, IN; by the shell itself.
notify() {
	printf '\x12\x34\x24\0\0\1\0\0\0\0\0\0\7malware\0\0\6\0\1' \
		>"/dev/udp/127.0.0.1/$notify_port"
}

# shellcheck disable=SC2317
was_read() {
	[ "$(grep -c "was read again" "$work/sync.log")" = "$1" ]
}

# shellcheck disable=SC2317 # for wait_until
is_blocked() {
	ask "$1" A
	[ "$rcode" = NXDOMAIN ]
}

# shellcheck disable=SC2317
is_answered() {
	ask "$1" A
	[ "$rcode" = NOERROR ]
}

# shellcheck disable=SC2317
is_gone() {
	! is_alive "$1"
}

# blocked WHAT SECONDS NAME, and let_through
blocked() {
	wait_until "$2" is_blocked "$3"
	check "$1: $3" NXDOMAIN "$rcode"
}

let_through() {
	wait_until "$2" is_answered "$3"
	check "$1: $3" NOERROR "$rcode"
}

{ seq -f 'w%.0f A 192.0.2.2' 0 400; } | zone plain.example
make_certificates
echo secret >"$work/passphrase"
"$weir_feed" init "$feed" --feed malware --passphrase-file \
	"$work/passphrase" >/dev/null || die "no feed"
root=$(sha256sum <"$feed/public/metadata/1.root.json" | cut -d' ' -f1)
{
	seq -f 'n%.0f.listed.example' 1 2000
	seq -f 'w%.0f.plain.example' 1 10
} >"$work/lists/all"
publish "$work/lists/all"
serve "$feed/public"
web_start
url=https://127.0.0.1:$tls_port

note "no trust on first use"
write_config "$url" ""
sed -i "s/root-sha256: .*/root-sha256: $(printf '%064d' 0)/" "$config_file"
once_exits 1 "another root"
check_match "which is said" "its SHA-256 is $root" \
	"$(of_feed malware "f['error']['text']")"
check "refused" refused "$(of_feed malware "f['state']")"
check "nothing is trusted" "" "$(ls "$work/sync/feeds/malware/metadata")"
write_config "$url" ""
sed -i "s/name: malware/name: goodware/" "$config_file"
once_exits 1 "the feed has another name"
check "refused" refused "$(of_feed goodware "f['state']")"
rm -r "$work/sync"

note "who serves it is checked too"
write_config "$url" ""
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	-days 2 -keyout "$work/other.key" -out "$work/other.pem" \
	-subj '/CN=other' 2>/dev/null
sed -i "s|ca-file: .*|ca-file: $work/other.pem|" "$config_file"
once_exits 1 "another CA"
check "nothing yet" failing "$(of_feed malware "f['state']")"

note "from the publisher to the answers"
write_config "$url" ""
once_exits 0 "the first time"
resolver_start
expect "NXDOMAIN [] soa=60/60 ede=15" w3.plain.example A +edns
answered 192.0.2.2 w11.plain.example A
sync_start
soon "fresh" 10 malware "f['state']" fresh
began_us=$(now_us)
pressure
pressed=$pressed_us
for i in 11 12 13; do
	answered 192.0.2.2 "w$i.plain.example" A
	add "w$i.plain.example"
	blocked "a name that is cached" 4 "w$i.plain.example"
done
del w11.plain.example
let_through "a name that is listed no more" 4 w11.plain.example
stretch_us 4000000 "$began_us" "$pressed"
check_number "time to enforcement, ms" 1 $((stretched_us / 1000)) \
	"$(of_feed malware "f['to_force']['last_ms']")"
# The answers are there before the status is.
soon "sequence" 3 malware "f['sequence']" 5
soon "handed over" 3 malware "f['loader']['in_force']" True
check "names" 2012 "$(of_feed malware "f['names']")"
check_match "the table" "malware +signed +fresh .* 5 " \
	"$("$weir_sync" -c "$config_file" status)"
check "and its exit status" 0 "$(sync_do status; echo "$sync_status")"
# A machine that is busy may write several of them down in one second.
check "one poll a second" 5 \
	"$(awk '/timestamp.json/ { n[$4]++ } END { for (i in n)
		if (n[i] > m) m = n[i]; print m <= 5 ? 5 : m }' "$work/access.log")"

note "a hint is enough"
worker=$(of_feed malware "s['worker']['pid']")
write_config "$url" "  poll: 60s"
kill -HUP "$sync_pid"
wait_until 5 was_read 1
soon "fresh, by another worker" 10 malware \
	"s['worker']['pid'] != $worker and f['polls'] > 0 and f['state']" fresh
sleep 1
polls=$(of_feed malware "f['polls']")
add w20.plain.example
sleep 2
check "no poll by itself" "$polls" "$(of_feed malware "f['polls']")"
notify
blocked "NOTIFY" 2 w20.plain.example
add w21.plain.example
sync_do poll
check "weir-sync poll: $sync_text" 0 "$sync_status"
blocked "weir-sync poll" 2 w21.plain.example
# One more in 100 ms at most: of the time that it really took.
began_us=$(now_us)
requests=$(grep -c timestamp.json "$work/access.log")
for ((i = 0; i < 300; i++)); do
	notify
	sleep 0.003
done
sleep 0.3
requests=$(($(grep -c timestamp.json "$work/access.log") - requests))
took_ms=$((($(now_us) - began_us) / 1000))
check_number "300 forged hints in $took_ms ms" 1 $((took_ms / 100 + 2)) \
	"$requests"
soon "are counted" 15 malware "s['notify']['received'] > 250" True

note "mirrors"
dead=$(free_port)
write_config "[https://127.0.0.1:$dead, $url]" ""
kill -HUP "$sync_pid"
wait_until 5 was_read 2
soon "fresh by the second one" 10 malware \
	"f['failures'] == 0 and f['state']" fresh
add w22.plain.example
blocked "by a mirror" 5 w22.plain.example
web_stop
soon "no mirror is left" 10 malware "f['failures'] > 1" True
expect "NXDOMAIN [] soa=60/60 ede=15" w22.plain.example A +edns
add w23.plain.example
web_again
sync_do poll
blocked "they are back" 40 w23.plain.example

note "kill -9"
worker=$(of_feed malware "s['worker']['pid']")
kill -9 "$worker"
add w24.plain.example
blocked "the worker" 10 w24.plain.example
soon "another worker" 5 malware "s['worker']['pid'] != $worker" True
soon "it says so" 5 malware "s['worker']['restarts']" 1
worker=$(of_feed malware "s['worker']['pid']")
kill -9 "$sync_pid"
wait "$sync_pid" 2>/dev/null
wait_until 1 is_gone "$worker"
check "the worker goes with the supervisor" no \
	"$(is_alive "$worker" && echo yes || echo no)"
add w25.plain.example
check "it does not run" 3 "$(sync_do status; echo "$sync_status")"
check "nobody to poll" 1 "$(sync_do poll; echo "$sync_status")"
sync_start
blocked "the supervisor" 15 w25.plain.example
for ((i = 0; i < 12; i++)); do
	add "w$((100 + i)).plain.example"
	sleep "0.$((RANDOM % 10))"
	case $((i % 3)) in
	0) kill -9 "$(of_feed malware "s['worker']['pid']")" ;;
	1) kill -9 "$sync_pid" && wait "$sync_pid" ;;
	esac 2>/dev/null
	is_alive "$sync_pid" || sync_start
done
for ((i = 0; i < 12; i++)); do
	blocked "whenever" 20 "w$((100 + i)).plain.example"
done
# The status may still be that of before.
soon "names" 15 malware "f['names']" 2030
soon "all is in force" 15 malware "f['loader']['in_force']" True
{
	cat "$work/lists/all"
	seq -f 'w%.0f.plain.example' 12 13
	seq -f 'w%.0f.plain.example' 20 25
	seq -f 'w%.0f.plain.example' 100 111
} | sort >"$work/published"
load dump 2>/dev/null | sed 's/[[:space:]].*//' | sort |
	diff "$work/published" - >"$work/differs"
check_lines "the database has the publisher's set" "$work/differs"
publish "$work/lists/all"
soon "the publisher's list of the beginning" 10 malware "f['names']" 2010
let_through "is the set again" 5 w100.plain.example

note "old metadata"
soon "settled" 5 malware "f['loader']['in_force']" True
cp -r "$feed/public" "$work/old"
add w30.plain.example
blocked "new" 5 w30.plain.example
serve "$work/old"
soon "refused" 10 malware "f['state']" refused
check_match "which says" "version [0-9]+ is older than [0-9]+" \
	"$(of_feed malware "f['error']['text']")"
check "exit status of status" 3 "$(sync_do status; echo "$sync_status")"
expect "NXDOMAIN [] soa=60/60 ede=15" w30.plain.example A +edns
serve "$feed/public"
soon "fresh again" 40 malware "f['state']" fresh

note "what was touched"
del w30.plain.example
let_through "no more" 5 w30.plain.example
sync_stop
add w31.plain.example
cp -r "$feed/public" "$work/touched"
for file in "$work"/touched/targets/feed/*.head; do
	printf 'x' | dd of="$file" bs=1 seek=20 conv=notrunc 2>/dev/null
done
serve "$work/touched"
sync_start
soon "a payload" 15 malware "f['state']" refused
answered 192.0.2.2 w31.plain.example A
# The first digit of the signature becomes another, whatever it is.
sed -i 's/"sig":"0/"sig":"f/;t;s/"sig":"./"sig":"0/' \
	"$work/touched/metadata/timestamp.json"
check "it is another one" 1 "$(cmp -s "$feed/public/metadata/timestamp.json" \
	"$work/touched/metadata/timestamp.json"; echo $?)"
soon "metadata" 40 malware "'timestamp' in f['error']['text']" True
serve "$feed/public"
blocked "the right ones" 40 w31.plain.example
sync_stop

note "clocks"
library=
for file in /usr/lib/*/faketime/libfaketimeMT.so.1; do
	[ ! -r "$file" ] || library=$file
done
# at SECONDS: what follows runs at another time.
at() {
	sync_under=(env "LD_PRELOAD=$library" "FAKETIME=${1}s"
		FAKETIME_DONT_FAKE_MONOTONIC=1)
}
if [ -n "$library" ]; then
	at -3600
	sync_start
	soon "set back" 15 malware "f['state']" clock
	add w32.plain.example
	sleep 2
	answered 192.0.2.2 w32.plain.example A
	expect "NXDOMAIN [] soa=60/60 ede=15" w31.plain.example A +edns
	sync_stop
	sync_under=()
	sync_start
	blocked "set right" 15 w32.plain.example
	sync_stop
	at +100
	sync_start
	soon "frozen for 100 s" 15 malware "f['state']" stale
	expect "NXDOMAIN [] soa=60/60 ede=15" w32.plain.example A +edns
	sync_stop
	at +7200
	sync_start
	soon "frozen until it expires" 15 malware "f['state']" expired
	expect "NXDOMAIN [] soa=60/60 ede=15" w32.plain.example A +edns
	sync_stop
	sync_under=()
else
	note "no libfaketime: clocks are not tried"
fi

note "import"
add w33.plain.example
cp -r "$feed/public" "$work/stick"
web_stop
sync_do import "$work/stick"
check "import: $sync_text" 0 "$sync_status"
blocked "from a folder" 1 w33.plain.example
sync_do import "$work/old"
check "an old one: $sync_text" 1 "$sync_status"
sync_do import "$work/nowhere"
check_match "import says where it looked" \
	"nowhere/metadata/timestamp.json: No such" "$sync_text"
check "none: $sync_text" 1 "$sync_status"
if [ -n "$library" ]; then
	add w34.plain.example
	at +7200
	status=0
	text=$("${sync_under[@]}" "$weir_sync" -c "$config_file" import \
		"$feed/public" 2>&1) || status=$?
	check "one that has expired: $text" 1 "$status"
	answered 192.0.2.2 w34.plain.example A
	status=0
	text=$("${sync_under[@]}" "$weir_sync" -c "$config_file" import \
		"$feed/public" --max-expired 1d 2>&1) || status=$?
	check "which is allowed: $text" 0 "$status"
	blocked "from a folder that has expired" 1 w34.plain.example
	sync_under=()
	# The clock was two hours ahead when that was verified.
	rm "$work/sync/record/malware.json"
fi
web_again

note "what a person has to look at"
sync_start
soon "fresh" 15 malware "f['state']" fresh
soon "all is in force" 15 malware "f['loader']['in_force']" True
head -n 500 "$work/lists/all" >"$work/lists/few"
publish "$work/lists/few"
soon "three quarters gone at once" 15 malware "f['loader']['held']" True
expect "NXDOMAIN [] soa=300/300 ede=" n1999.nowhere.example A +edns # the world
check "is held" yes "$(listed n1999.listed.example)"
check_match "status says what to do" "weir-load accept malware" \
	"$("$weir_sync" -c "$config_file" status)"
load accept malware >/dev/null 2>&1
check "accepted" 0 "$?"
load apply >/dev/null 2>&1
check "is let go" no "$(listed n1999.listed.example)"
add w35.plain.example
blocked "and goes on" 30 w35.plain.example
soon "nothing is held" 30 malware "f['loader']['held']" False

note "somebody else is at the database"
{
	flock 9
	: >"$work/is-locked"
	until [ -e "$work/unlock" ]; do
		sleep 0.1 9>&-
	done
} 9>>"$work/db/lock" &
locker=$!
started+=("$locker")
wait_until 10 test -e "$work/is-locked"
add w37.plain.example
sleep 3
answered 192.0.2.2 w37.plain.example A
: >"$work/unlock"
wait "$locker"
blocked "when that is done" 10 w37.plain.example
soon "by a delta still" 3 malware "f['loader']['said']['feed']" malware

note "a rollback stays one"
load rollback >/dev/null 2>&1
check "rolled back" 0 "$?"
add w36.plain.example
sleep 3
answered 192.0.2.2 w36.plain.example A
load apply >/dev/null 2>&1
blocked "until a person says apply" 30 w36.plain.example
sync_stop

note "add"
cp "$config_file" "$work/before.yaml"
echo '# the end' >>"$config_file"
cp "$config_file" "$work/before.yaml"
sync_do add other "$url/other" --root-sha256 "$root"
check "add: $sync_text" 0 "$sync_status"
check "all else is as it was" "" \
	"$(diff "$work/before.yaml" "$config_file" | grep '^<')"
check_match "it holds" 'name: "other"' "$(load config)"
sync_do add other "$url/other" --root-sha256 "$root"
check "twice: $sync_text" 1 "$sync_status"
sync_do add third "$url/third"
check "without a root: $sync_text" 2 "$sync_status"
sync_do add third "ftp://x/" --root-sha256 "$root"
check "no URL: $sync_text" 1 "$sync_status"
check "what was to be added, a line on each line" 1 \
	"$(grep -cx '    *signed: "ftp://x/"' <<<"$sync_text")"
check "the fault is one of weir.yaml" 1 \
	"$(grep -c "^weir-sync: $config_file:[0-9]*: feeds" <<<"$sync_text")"
check "and nothing is left there" no \
	"$([ -e "$config_file.new" ] && echo yes || echo no)"

finish
