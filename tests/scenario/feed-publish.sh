#!/bin/bash
# The life of a feed: made, published again and again over some days, a few names
# at a time and as a whole, its keys rotated, watched, served; what weir-feed
# refuses, and how it says so.  After each step it is read as a subscriber reads
# it, and its set compared with the one that it should have.
set -euo pipefail
export LC_ALL=C TZ=UTC
top=${top_builddir:-.}
feed=$top/weir-feed
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
work=$(mktemp -d)
pids=()
stop() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap stop EXIT
cd "$work"

fail() {
	echo "$what: $*" >&2
	echo "--- stdout" >&2
	head -60 out >&2
	echo "--- stderr" >&2
	head -20 err >&2
	exit 1
}

# feed CODE ARGUMENT...: wants that exit code.
feed() {
	local want=$1 code=0
	shift
	what="weir-feed $*"
	"$feed" "$@" >out 2>err || code=$?
	[ "$code" = "$want" ] || fail "exit $code, not $want"
}

says() {
	grep -qE -- "$1" out || fail "does not say: $1"
}

complains() {
	grep -qE -- "$1" err || fail "does not complain: $1"
}

# A number or a text of the JSON that was printed last.
json() {
	sed -nE "s/^ *\"$1\": \"?([^\",]*)\"?,?\$/\1/p" out | head -n 1
}

# A member of the file of that kind, of `show --json`.
member() {
	sed -nE "/\"kind\": \"$1\"/,/}/s/^ *\"$2\": \"?([^\",]*)\"?,?\$/\1/p" \
		shown
}

# The lines of the payload of that kind.
lines() {
	zstd -qdc "$1/public/targets/feed/$(member "$2" sha256).$2" |
		tail -n +2
}

# The set, put together from the files that are current: the full, and each delta
# that goes on from there.
set_of() {
	local kind from to have
	feed 0 show "$1" --json
	cp out shown
	lines "$1" full >'set'
	have=$(member full to)
	for kind in day hour head; do
		from=$(member $kind from)
		to=$(member $kind to)
		[ -n "$from" ] || continue
		if [ "$from" -le "$have" ] && [ "$have" -lt "$to" ]; then
			lines "$1" $kind >changes
			sort -c -k 1.2 changes || fail "$kind is not in order"
			sed 's/^.\([^ ]*\).*/\1/' changes >touched
			awk 'NR == FNR { gone[$1] = 1; next }
				!(substr($1, 2) in gone)' touched 'set' >rest
			grep '^+' changes >'more' || true
			sort -k 1.2 rest 'more' >'set'
			have=$to
		fi
	done
	[ "$have" = "$(sed -nE 's/^  "sequence": ([0-9]*),/\1/p' shown)" ] ||
		fail "the deltas end at $have"
}

# expect DIR: the set is that of the file `wanted`, and the repository is whole.
expect() {
	feed 0 verify "$1" --json
	[ "$(json names)" = "$(wc -l <wanted)" ] || fail "another count"
	set_of "$1"
	sed 's/^+//' 'set' | cmp -s - <(sort wanted) ||
		fail "another set: $(sed 's/^+//' 'set' | diff - <(sort wanted))"
}

echo 'a good passphrase' >pass
echo 'another one' >wrong
export WEIR_FEED_NOW=1800000000

feed 2 init dir
complains '--feed NAME is missing'
feed 2 init dir --feed 'Not a name' --passphrase-file pass
feed 1 init dir --feed news --keys dir/keys --passphrase-file pass
complains 'root keys must not lie in'
rm -rf dir
feed 0 init dir --feed news --passphrase-file pass
says 'sha256 +[0-9a-f]{64}'
[ "$(stat -c %a dir/private/targets.key)" = 600 ] || fail "mode of a key"
[ "$(stat -c %a dir/private)" = 700 ] || fail "mode of private"
[ "$(stat -c %a dir-root-keys/root-2.key)" = 600 ] || fail "mode of a root key"
grep -q '^kdf argon2id' dir-root-keys/root-1.key || fail "an open root key"
root=$(sha256sum dir/public/metadata/1.root.json | cut -d ' ' -f 1)
feed 1 init dir --feed news --passphrase-file pass
complains 'there is a feed already'
feed 1 publish nowhere list
feed 1 verify dir
feed 1 verify nowhere
complains 'nowhere: no feed there'
feed 1 init nowhere/dir --feed news --passphrase-file pass
complains 'nowhere/dir: the folder that it is to be in is missing'
feed 0 show dir

# What lists bring.
cat >list.hosts <<-END
	0.0.0.0 a.example b.example
	0.0.0.0 two..dots.example
	0.0.0.0 com
END
printf '*.c.example\nb.example\n' >list.txt
feed 2 publish dir list.hosts list.txt --category 'A B'
complains "--category A B: it has small letters, .*, as a-b"
feed 2 publish dir list.hosts list.txt --category '!'
feed 0 publish dir list.hosts list.txt --category ads --json
[ "$(json result)" = published ] || fail "result"
[ "$(json sequence)" = 1 ] || fail "sequence"
[ "$(json names)" = 3 ] || fail "names"
grep -q '"reason": "single-label"' out || fail "nothing refused"
printf '%s category=ads\n' a.example b.example 'c.example scope=subdomains' \
	>wanted
expect dir
feed 0 publish dir list.hosts list.txt --category ads
says 'sequence 1 as before'
says '1 refused: a top-level name, as in list.hosts:3:9: com'

# What is no list.
feed 1 publish dir list.hosts missing.txt
complains 'missing.txt'
: >empty
feed 1 publish dir empty --format domains
complains 'holds no usable name'
echo '<html>Error</html>' >page
feed 1 publish dir page --format hosts
feed 1 publish dir --add page --format hosts
feed 2 publish dir list.txt --add list.txt
feed 2 publish dir list.txt --format nonsense
feed 2 publish dir list.txt --notify nowhere
feed 2 publish dir list.txt --confidence 101
feed 2 publish dir list.txt --with x
complains 'does not take --with'
feed 2 nonsense dir
expect dir
cp dir-root-keys/root-1.key dir/public/targets/feed/x
feed 1 publish dir list.txt
complains 'a root key'
rm dir/public/targets/feed/x

# Days of it: a few names now and then, all sets kept for a reader who was away.
sed 's/ .*//' wanted >names
seq -f 'name-%.0f.example' 1 500 >whole
feed 0 publish dir whole
cp whole wanted
expect dir
for round in $(seq 1 40); do
	case $((round % 8)) in
	0) step=90000 ;;
	3) step=3700 ;;
	6) step=-40 ;;
	*) step=$((round % 3 * 35)) ;;
	esac
	WEIR_FEED_NOW=$((WEIR_FEED_NOW + step))
	seq -f "new-$round-%.0f.example" 1 $((round % 5)) >add
	shuf -n 3 wanted >del
	feed 0 publish dir --add add --del del --json
	[ "$(json sequence)" = $((round + 2)) ] || fail "sequence"
	sort wanted add | grep -vxFf del >next || true
	mv next wanted
	expect dir
done
[ "$(find dir/public/targets/feed -type f | wc -l)" -lt 45 ] || fail "files stay"
# Nothing but signatures.
feed 0 publish dir --json
[ "$(json result)" = unchanged ] || fail "result"
# A name that is in both files is in.
head -n 1 wanted >both
feed 0 publish dir --add both --del both
says '0 added, 0 removed'
# An entry in place of another one.
sed 's/^/=/' both >other
feed 0 publish dir --add other --confidence 50
says '0 added, 0 removed, 1 changed'
sed -i "s/^$(cat both)\$/& scope=name confidence=50/" wanted
expect dir
feed 0 publish dir empty --format domains --allow-empty
: >wanted
expect dir
feed 0 publish dir whole --poll 500
cp whole wanted
expect dir
grep -q '"poll_ms":500' dir/public/metadata/*.targets.json || fail "poll"

# Keys.
keys=(--with dir-root-keys/root-1.key --with dir-root-keys/root-2.key)
feed 2 rotate dir online --with dir-root-keys/root-1.key
complains 'two root keys'
mv dir-root-keys elsewhere
feed 1 rotate dir root-key=elsewhere/root-1.key --with elsewhere/root-2.key \
	--with elsewhere/root-3.key --passphrase-file pass
complains 'dir-root-keys: .* --keys FOLDER says where else'
mv elsewhere dir-root-keys
feed 1 rotate dir online "${keys[@]}" --passphrase-file wrong
complains 'not the passphrase'
feed 1 rotate dir online --with dir-root-keys/root-1.key \
	--with dir-root-keys/root-1.key --passphrase-file pass
complains 'the same key again'
sed 's/^feed news/feed other/' dir-root-keys/root-1.key >forged.key
feed 1 rotate dir online --with forged.key \
	--with dir-root-keys/root-2.key --passphrase-file pass
complains 'not the passphrase, or the file was changed'
feed 1 init other --feed second --passphrase-file pass
complains 'Not a directory'
feed 0 init second --feed second --passphrase-file pass
feed 1 rotate dir online --with second-root-keys/root-1.key \
	--with second-root-keys/root-2.key --passphrase-file pass
complains 'not a root key of this feed'
cp -a dir before
feed 0 rotate dir online "${keys[@]}" --passphrase-file wrong \
	--passphrase-file pass
says 'root 2'
cmp -s before/private/timestamp.key dir/private/timestamp.key &&
	fail "the same key"
expect dir
# The keys of before are worth nothing.
cp before/private/timestamp.key dir/private/timestamp.key.old
cp dir/private/timestamp.key keep
cp before/private/timestamp.key dir/private/timestamp.key
feed 1 publish dir whole
complains 'not the key that 2.root.json has'
mv keep dir/private/timestamp.key
feed 0 rotate dir root-key=dir-root-keys/root-1.key \
	--with dir-root-keys/root-2.key --with dir-root-keys/root-3.key \
	--passphrase-file pass
says 'dir-root-keys/root-v3.key'
feed 1 rotate dir root "${keys[@]}" --passphrase-file pass
complains 'root-1.key: not a root key of this feed'
feed 0 rotate dir root --with dir-root-keys/root-2.key \
	--with dir-root-keys/root-v3.key --passphrase-file pass
says 'root 4'
expect dir
feed 0 verify dir --root-sha256 "$root"
feed 0 verify dir --root-sha256 "${root^^}"
feed 2 verify dir --root-sha256 abc
complains "--root-sha256 abc: not the 64 hex digits"
feed 0 verify dir --root dir/public/metadata/3.root.json
feed 1 verify dir --root-sha256 "${root//[0-9]/0}"
feed 1 verify dir --root second/public/metadata/1.root.json

# Whatever is touched, verify sees.
for file in timestamp.json snapshot.json targets.json; do
	rm -rf bad
	cp -a dir bad
	file=$(find bad/public/metadata -name "*$file" | sort -V | tail -n 1)
	sed -i 's/"version":/"version":1/' "$file"
	feed 1 verify bad
done
for kind in full head hour day; do
	rm -rf bad
	cp -a dir bad
	for file in bad/public/targets/feed/*."$kind"; do
		[ -f "$file" ] || continue
		printf x | dd of="$file" bs=1 seek=20 conv=notrunc status=none
	done
	[ "$kind" != full ] || feed 1 verify bad
done
WEIR_FEED_NOW=$((WEIR_FEED_NOW + 4000))
feed 1 verify dir
complains 'expired'
feed 0 publish dir
feed 0 verify dir
WEIR_FEED_NOW=$((WEIR_FEED_NOW + 360 * 86400))
feed 0 publish dir
complains 'the root expires in [0-9]+ days'

# The machine is lost: what is served is still there, and the root keys are.
rm -rf dir/private
feed 1 publish dir whole
complains 'targets.key: there is no such file'
feed 0 rotate dir online --with dir-root-keys/root-2.key \
	--with dir-root-keys/root-3.key --passphrase-file pass
says 'publish whole lists now'
feed 1 publish dir --add add
complains 'publish whole lists'
feed 0 publish dir whole
cp whole wanted
expect dir
feed 0 verify dir --root-sha256 "$root"

# Several at once wait for each other.
unset WEIR_FEED_NOW
rm -rf dir dir-root-keys
feed 0 init dir --feed news --passphrase-file pass
feed 0 publish dir whole
cp whole wanted
for round in $(seq 1 12); do
	echo "at-once-$round.example" >"add-$round"
	cat "add-$round" >>wanted
	"$feed" publish dir --add "add-$round" >"out-$round" 2>&1 &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid" || fail "one of several"
done
pids=()
expect dir

# Watched: a list is replaced, another appended to; somebody is told.
python3 - >told 2>&1 <<-'END' &
	import socket
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("127.0.0.1", 0))
	open("port", "w").write("%d\n" % s.getsockname()[1])
	s.settimeout(60)
	for _ in range(2):
	    print(s.recv(512)[2:].hex(), flush=True)
END
listener=$!
pids+=("$listener")
for _ in $(seq 600); do
	[ ! -s port ] || break
	sleep 0.05
done
cp whole watched
"$feed" publish dir watched list.txt --watch \
	--notify "127.0.0.1:$(cat port)" >daemon 2>&1 &
daemon=$!
pids+=("$daemon")
what="--watch"
wait_for() {
	for _ in $(seq 600); do
		! grep -qE "$1" daemon || return 0
		sleep 0.05
	done
	cp daemon out
	fail "no $1"
}
wait_for 'sequence 14: 502 names; 2 added, 12 removed'
{
	cat whole
	echo new.example
} >watched.new
mv watched.new watched
wait_for 'sequence 15: 503 names; 1 added'
# What cannot be read changes nothing, and the others may publish meanwhile.
rm watched
echo again.example >add
feed 0 publish dir --add add
{
	sort -u whole list.txt
	echo again.example
	echo new.example
} >watched
wait_for 'sequence 17: 504 names|sequence 16 as before: 504 names'
kill -TERM "$daemon"
code=0
wait "$daemon" || code=$?
[ "$code" = 0 ] || fail "exit $code after SIGTERM"
wait "$listener" || fail "nobody was told"
# Opcode NOTIFY, AA; one question: news SOA IN.
[ "$(head -n 1 told)" = 24000001000000000000046e6577730000060001 ] ||
	fail "another NOTIFY: $(cat told)"
feed 0 verify dir

# Without lists: the timestamp is signed at once and at SIGHUP, it waits
# meanwhile, and it ends.
what="--watch without lists"
timestamp=dir/public/metadata/timestamp.json
before=$(sha256sum <$timestamp)
"$feed" publish dir --watch >daemon 2>&1 &
daemon=$!
pids+=("$daemon")
signed() {
	for _ in $(seq 600); do
		[ "$(sha256sum <$timestamp)" = "$1" ] || return 0
		sleep 0.05
	done
	fail "not signed anew"
}
signed "$before"
before=$(sha256sum <$timestamp)
kill -HUP "$daemon"
signed "$before"
kill -TERM "$daemon"
for _ in $(seq 600); do
	kill -0 "$daemon" 2>/dev/null || break
	sleep 0.05
done
if kill -0 "$daemon" 2>/dev/null; then
	kill -KILL "$daemon"
	fail "still there after SIGTERM"
fi
code=0
wait "$daemon" || code=$?
[ "$code" = 0 ] || fail "exit $code after SIGTERM"

# Served; nothing but what is public.
"$feed" serve dir --listen 127.0.0.1:0 >served 2>&1 &
pids+=($!)
for _ in $(seq 600); do
	! grep -q port served || break
	sleep 0.05
done
port=$(sed -n 's/.* port //p' served)
python3 - "$port" <<-'END' || fail "serve"
	import http.client, sys
	c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
	def get(path, method="GET"):
	    c.request(method, path)
	    r = c.getresponse()
	    return r.status, r.read(), r.getheader("Cache-Control")
	s, body, cache = get("/metadata/timestamp.json")
	assert s == 200 and b"timestamp" in body and cache == "max-age=1"
	s, body, cache = get("/metadata/1.root.json")
	assert s == 200 and "immutable" in cache
	for path in ("/", "/metadata/", "/metadata/2.root.json", "/private/state.json",
	        "/../private/state.json", "/metadata/../../private/state.json",
	        "/metadata/%2e%2e/%2e%2e/private/state.json", "/targets/feed/",
	        "/metadata/.x", "/metadata//timestamp.json", "/" + "a" * 3000):
	    assert get(path)[0] == 404, path
	assert get("/metadata/timestamp.json", "PUT")[0] == 405
END
root=$(sha256sum dir/public/metadata/1.root.json | cut -d ' ' -f 1)
feed 0 verify "http://127.0.0.1:$port" --root-sha256 "$root"
feed 2 verify "http://127.0.0.1:$port"
echo "a feed lived"
