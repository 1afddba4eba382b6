#!/bin/bash
# Plain lists by weir-sync, from a real web server: fetched once and not again
# (ETag), packed ones, answers that bring no list, lists that are too long, cut
# or empty, signatures of minisign that are right, wrong and missing, mirrors,
# Retry-After over a restart.  Whatever fails, the last good copy stays.
#
# shellcheck source=tests/scenario/common.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/common.sh"
scenario sync-lists
need minisign gzip zstd flock
# shellcheck source=tests/scenario/sync.sh
. "${srcdir:-$(dirname "$0")/../..}/tests/scenario/sync.sh"

www=$work/www
web_lines='
location /gone { return 404; }
location /broken { return 500; }
location /moved { return 302 /plain; }
location /busy { add_header Retry-After 600 always; return 503; }
location /short { limit_rate 1; return 200 "x"; }
'
web_start
for key in one two; do
	minisign -G -W -p "$work/$key.pub" -s "$work/$key.sec" >/dev/null ||
		skip "this minisign cannot do without a password"
done
key=$(tail -n 1 "$work/one.pub")
seq -f 'n%.0f.plain.example' 1 50 >"$www/plain"
seq -f 'n%.0f.packed.example' 1 5000 | gzip >"$www/packed.gz"
seq -f 'n%.0f.zstd.example' 1 50 | zstd -q >"$www/packed.zst"
seq -f 'n%.0f.signed.example' 1 50 >"$www/signed"
sign() { # FILE KEY
	rm -f "$1.minisig"
	minisign -S -s "$work/$2.sec" -m "$1" >/dev/null </dev/null
}
sign "$www/signed" one

url=http://127.0.0.1:$web_port
write_config() { # further lines of the feed "moving"
	config <<-END
		sync: {state: "$work/sync"}
		feeds:
		- {name: plain, url: "$url/plain", format: domains, every: 1s}
		- {name: gz, url: "$url/packed.gz", format: domains}
		- {name: zst, url: "$url/packed.zst", format: domains}
		- {name: signed, url: "$url/signed", minisign-key: "$key"}
		- name: moving
		  format: domains
		  max-size: 2K
		  every: 1s
		  url: $1
	END
}

note "before anything was fetched"
write_config "$url/moving"
echo m1.moving.example >"$www/moving"
apply 1
sync_do status
check "no status yet: $sync_text" 1 "$sync_status"

note "a server that never had it"
write_config "$url/gone"
once_exits 1 "gone" moving
check "the state" failing "$(of_feed moving "f['state']")"
sync_do status
check "what monitoring sees" 3 "$sync_status"
check_match "the error" "failing .*status 404" "${sync_text//$'\n'/ }"
write_config "$url/busy"
once_exits 1 "busy" moving
once_exits 1 "not to be asked for yet" moving
check "that is no better" failing "$(of_feed moving "f['state']")"
check_match "why" "asked for [0-9]+ s more .Retry-After" \
	"$(of_feed moving "f['error']['text']")"
rm "$work/sync/record/moving.json"
write_config "$url/moving"
: >"$work/access.log"

note "all of them, and once more"
# The loader has to wait until all lists have come: then some are served together.
has_sent_all() {
	[ "$(grep -c . "$work/access.log")" -ge 6 ]
}
{
	flock 9
	: >"$work/is-locked"
	wait_until 20 has_sent_all 9>&-
	sleep 0.5 9>&-
} 9>>"$work/db/lock" &
locker=$!
started+=("$locker")
wait_until 10 test -e "$work/is-locked"
once_exits 0 "the first time"
wait "$locker"
for name in n1.plain n5000.packed n50.zstd n1.signed m1.moving; do
	check "$name is listed" yes "$(listed "$name.example")"
done
check "each request so far" \
	"/moving 200,/packed.gz 200,/packed.zst 200,/plain 200,/signed 200,/signed.minisig 200" \
	"$(awk '{ print $7, $9 }' "$work/access.log" | sort | paste -sd,)"
generation() {
	awk '$1 == "generation" { print $2 }' "$work/db/current"
}
# Those that come while one runs are served by the next, all of them.
before=$(generation)
check_number "applies for five lists" 1 4 "$before"
: >"$work/access.log"
once_exits 0 "the second time"
check "nothing was sent again" "304 304 304 304 304" \
	"$(awk '{ print $9 }' "$work/access.log" | sort | paste -sd' ')"
check "and nothing was applied" "$before" "$(generation)"
check "fresh" fresh "$(of_feed moving "f['state']")"
check "it does not run" False "$(of_feed moving "s['running']")"
check "not a command" 2 "$(sync_do fetch; echo "$sync_status")"
check "not a feed" 2 "$(sync_once nobody; echo "$sync_status")"

note "a list that changed"
printf 'm1.moving.example\nm2.moving.example\n' >"$www/moving"
once_exits 0 "changed" moving
check "the new name" yes "$(listed m2.moving.example)"
check "how often it was another" 2 "$(of_feed moving "f['sequence']")"
check "the status of the others stays" "plain gz zst signed moving" \
	"$(of_feed moving "' '.join(f['name'] for f in s['feeds'])")"
check "as it was" "fresh 1" \
	"$(of_feed zst "'%s %d' % (f['state'], f['sequence'])")"

note "touched and the same: fetched, not applied"
before=$(generation)
sleep 1
touch "$www/moving"
once_exits 0 "touched" moving
check "no new generation" "$before" "$(generation)"

note "what is no list, and the last good copy"
# refused WHAT STATE REGEXP: of the feed "moving".
refused() {
	once_exits 1 "$1" moving
	check_match "$1: the error" "$3" \
		"$(of_feed moving "f['error']['text']")"
	check "$1: the state" "$2" "$(of_feed moving "f['state']")"
	check "$1: the old names" yes "$(listed m2.moving.example)"
	check "$1: the old copy" 2 "$(wc -l <"$work/sync/feeds/moving/list")"
	check "$1: nothing else is left there" list \
		"$(ls "$work/sync/feeds/moving")"
}
for path in gone broken moved; do
	write_config "$url/$path"
	refused "$path" fresh "status (404|500|302)"
done
write_config "$url/moving"
seq -f 'n%.0f.long.example' 1 200 >"$www/moving"
refused "too long" refused "longer than 2048 octets"
: >"$www/moving"
refused "empty" refused "it is empty"
seq -f 'n%.0f.cut.example' 1 200 | gzip | head -c 200 >"$www/moving"
refused "an archive that is cut" refused "moving: "
printf 'PK\003\004zip' >"$www/moving"
refused "packed in another way" refused "moving: "

note "a transfer that is cut"
python3 - "$work" <<-'END' &
	import socket, sys
	s = socket.create_server(("127.0.0.1", 0))
	with open(sys.argv[1] + "/cut.port", "w") as f:
	    f.write("%d\n" % s.getsockname()[1])
	while True:
	    c, _ = s.accept()
	    c.recv(4096)
	    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ncut.example\n")
	    c.close()
END
started+=("$!")
wait_until 5 test -s "$work/cut.port"
write_config "http://127.0.0.1:$(cat "$work/cut.port")/list"
refused "cut" fresh "127.0.0.1"

note "well again"
write_config "$url/moving"
echo m3.moving.example >"$www/moving"
once_exits 0 "well again" moving
check "the new name" yes "$(listed m3.moving.example)"
check "fresh again" fresh "$(of_feed moving "f['state']")"

note "mirrors"
write_config "[$url/gone, $url/broken, $url/mirror]"
echo m4.moving.example >"$www/mirror"
once_exits 0 "the third one has it" moving
check "the third one's name" yes "$(listed m4.moving.example)"

note "signatures"
once_exits 0 "signed" signed
echo evil.signed.example >>"$www/signed"
once_exits 1 "a name was put into it" signed
check "refused" refused "$(of_feed signed "f['state']")"
check "not listed" no "$(listed evil.signed.example)"
sign "$www/signed" two
once_exits 1 "signed by somebody else" signed
check_match "which is said" "another key" \
	"$(of_feed signed "f['error']['text']")"
rm "$www/signed.minisig"
once_exits 1 "not signed any more" signed
check_match "which is said" "not signed" \
	"$(of_feed signed "f['error']['text']")"
sign "$www/signed" one
once_exits 0 "signed by the right one" signed
check "listed" yes "$(listed evil.signed.example)"

note "Retry-After, over a restart"
write_config "$url/busy"
once_exits 1 "busy" moving
: >"$work/access.log"
once_exits 1 "not asked again" moving
check "no request" 0 "$(wc -l <"$work/access.log")"

note "the loader is handed what it may not have"
write_config "$url/moving"
rm -f "$work/sync/record/moving.json"
mkdir "$work/kept"
cp -r "$work/db/." "$work/kept/"
rm -r "$work/db"
mkdir "$work/db"
once_exits 0 "without a database and a record" moving
check "listed" yes "$(listed m3.moving.example)"

note "the loader could do it in part only"
mv "$work/sync/feeds/plain/list" "$work/plain"
echo m6.moving.example >>"$www/moving"
once_exits 0 "the list of another feed is missing" moving
sync_do status
check_match "what exit 3 means" \
	"exit 3 in .*another feed's list or a module: see weir-load status" \
	"$sync_text"
mv "$work/plain" "$work/sync/feeds/plain/list"

note "the daemon"
sync_start
echo m5.moving.example >>"$www/moving"
wait_until 15 is_listed m5.moving.example
check "a list is asked for each second" yes "$(listed m5.moving.example)"
check "the worker has less rights" True \
	"$(of_feed moving "s['worker']['no_new_privileges']")"
sync_once
check_match "one at a time: $sync_status" "runs on it already" "$sync_text"
write_config "$url/mirror"
kill -HUP "$sync_pid"
wait_until 10 is_listed m4.moving.example
check "SIGHUP reads weir.yaml again" yes "$(listed m4.moving.example)"
echo "nonsense" >>"$config_file"
kill -HUP "$sync_pid"
wait_until 5 grep -q "the settings stay as they were" "$work/sync.log"
check_match "a wrong weir.yaml changes nothing" "stay as they were" \
	"$(cat "$work/sync.log")"
check "it goes on" yes "$(is_alive "$sync_pid" && echo yes || echo no)"
sync_stop

finish
