#!/bin/bash
# A feed, served by nginx as examples/nginx-feed.conf has it, and read by the
# public JavaScript client of TUF (tuf-js): first trust, updates, all payloads,
# and new keys.
#
# The client and its packages: $WEIR_TUF, or ../shared/tuf beside the source;
# `npm ci` fetches what is pinned there.
set -euo pipefail
export LC_ALL=C TZ=UTC
top=${top_builddir:-.}
source=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
feed=$top/weir-feed
tuf=${WEIR_TUF:-$source/../shared/tuf}

skip() {
	echo "skipped: $*"
	exit 77
}

nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || skip "no nginx"
command -v node >/dev/null || skip "no node"
command -v npm >/dev/null || skip "no npm"
[ -f "$tuf/tufjs-fetch.js" ] || skip "no $tuf (WEIR_TUF)"

work=$(mktemp -d)
server=
stop() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	[ -z "$server" ] || wait "$server" 2>/dev/null || true
	rm -rf "$work"
}
trap stop EXIT

fail() {
	echo "$*" >&2
	tail -n 20 "$work/out" "$work/nginx.log" >&2 || true
	exit 1
}

mkdir "$work/js"
cp "$tuf"/*.js "$tuf"/*.json "$work/js"
(cd "$work/js" && npm ci --no-audit --no-fund --prefer-offline) \
	>"$work/npm" 2>&1 || skip "npm ci cannot fetch its packages"

run() {
	"$feed" "$@" >"$work/out" 2>&1 || fail "weir-feed $*"
}

port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/nginx.conf" <<-END
	daemon off;
	worker_processes 1;
	pid $work/nginx.pid;
	error_log $work/nginx.log;
	$([ "$(id -u)" != 0 ] || echo "user root;")
	events { worker_connections 64; }
	http {
	    access_log off;
	    client_body_temp_path $work/tmp1;
	    proxy_temp_path $work/tmp2;
	    fastcgi_temp_path $work/tmp3;
	    uwsgi_temp_path $work/tmp4;
	    scgi_temp_path $work/tmp5;
	    include $work/site.conf;
	}
END
sed -e "s|/srv/weir-feed/malware/public|$work/dir/public|" \
	-e "s|127.0.0.1:8080|127.0.0.1:$port|" \
	"$source/examples/nginx-feed.conf" >"$work/site.conf"

# The lines for TLS that it has as comments are right, too.
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -subj /CN=feed -keyout "$work/tls.key" \
		-out "$work/tls.pem" 2>/dev/null
	sed -e "s|/etc/letsencrypt/live/.*/fullchain.pem|$work/tls.pem|" \
		-e "s|/etc/letsencrypt/live/.*/privkey.pem|$work/tls.key|" \
		-e 's/^    # \(listen\|server_name\|ssl_\)/    \1/' \
		-e '/127.0.0.1:8080/d' -e "s/443 ssl/$port ssl/" \
		"$source/examples/nginx-feed.conf" >"$work/tls-site.conf"
	[ "$(grep -c '^    ssl_' "$work/tls-site.conf")" = 4 ] ||
		fail "no lines for TLS in the example"
	sed "s|site.conf|tls-site.conf|" "$work/nginx.conf" >"$work/tls.conf"
	"$nginx" -t -e "$work/nginx.log" -c "$work/tls.conf" \
		2>"$work/nginx.err" || fail "TLS: $(cat "$work/nginx.err")"
fi

printf 'a passphrase\n' >"$work/pass"
run init "$work/dir" --feed js --passphrase-file "$work/pass"
seq -f 'name-%.0f.example' 1000 >"$work/list"
run publish "$work/dir" "$work/list"
"$nginx" -e "$work/nginx.log" -c "$work/nginx.conf" 2>"$work/nginx.err" &
server=$!
for _ in $(seq 600); do
	(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
	kill -0 "$server" 2>/dev/null || fail "nginx does not start:" \
		"$(cat "$work/nginx.err")"
	sleep 0.05
done

# fetch TARGET...: by the client, whose state is kept.
fetch() {
	local target arguments=()
	for target in "$@"; do
		arguments+=(--target "$target")
	done
	node "$work/js/tufjs-fetch.js" --url "http://127.0.0.1:$port" \
		--root "$work/dir/public/metadata/1.root.json" \
		--state "$work/state" "${arguments[@]}" >"$work/out" 2>&1 ||
		fail "the client refuses"
}

says() {
	grep -q -- "$1" "$work/out" || fail "does not say $1"
}

# The file that the client has got is that of the publisher.
lines_of() {
	local file
	file=$(node -e 'const r = JSON.parse(require("fs").readFileSync(
		process.argv[1])); console.log(r.got[process.argv[2]].file)' \
		"$work/out" "$1")
	zstd -qdc "$file" | tail -n +2
}

fetch feed/full
says '"root":1,"timestamp":1,"snapshot":1,"targets":1'
says '"feed":"js"'
[ "$(lines_of feed/full | wc -l)" = 1000 ] || fail "not a thousand names"
echo new.example >"$work/add"
run publish "$work/dir" --add "$work/add"
fetch feed/full feed/head
says '"timestamp":2,"snapshot":2,"targets":2'
[ "$(lines_of feed/head)" = +new.example ] || fail "another head"
# Cuts, and a day later.
now=$(date +%s)
for later in 61 200 3700 7400; do
	echo "later-$later.example" >"$work/add"
	WEIR_FEED_NOW=$((now + later)) run publish "$work/dir" \
		--add "$work/add"
done
fetch feed/full feed/head feed/hour feed/day
run rotate "$work/dir" online --with "$work/dir-root-keys/root-1.key" \
	--with "$work/dir-root-keys/root-3.key" \
	--passphrase-file "$work/pass"
fetch feed/full
says '"root":2'
run rotate "$work/dir" "root-key=$work/dir-root-keys/root-2.key" \
	--with "$work/dir-root-keys/root-1.key" \
	--with "$work/dir-root-keys/root-3.key" \
	--passphrase-file "$work/pass"
run publish "$work/dir" "$work/list"
fetch feed/full feed/head
says '"root":3'
# One that was there from the beginning, and one that is new.
rm -rf "$work/state"
fetch feed/full
says '"root":3'
# Caches are told.
python3 - "$port" <<-'END' || fail "headers"
	import http.client, sys
	c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
	for path, wanted in (("/metadata/timestamp.json", "max-age=1"),
	        ("/metadata/1.root.json", "public, max-age=31536000, immutable"),
	        ("/metadata/99.root.json", None), ("/private/state.json", None)):
	    c.request("GET", path, headers={"Accept-Encoding": "gzip"})
	    r = c.getresponse()
	    r.read()
	    assert r.getheader("Content-Encoding") is None, path
	    assert r.getheader("Cache-Control") == wanted, path
	    assert (r.status == 200) == (wanted is not None), path
END
echo "tuf-js reads what weir-feed publishes"
