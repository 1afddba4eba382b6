#!/bin/bash
# Fetching from servers that mean harm, by real processes: a Python server that
# misbehaves in some forty ways, and nginx with certificates that are right,
# of another CA, of another name, and expired.  Each ends in the error that
# feeds/http.h names, and in its time.  The times are shorter than usual, so that
# this takes half a minute.
set -uo pipefail
export LC_ALL=C
top=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
get=${top_builddir:-.}/tests/tools/http_get
started=()
failed=0
checked=0
slack=5
PATH=$PATH:/usr/sbin # where nginx is

skip() {
	echo "skipped: $*"
	exit 77
}

command -v python3 >/dev/null || skip "no python3"
[ -x "$get" ] || {
	echo "no $get: make check builds it" >&2
	exit 1
}
work=$(mktemp -d "${TMPDIR:-/tmp}/weir-http.XXXXXX")

clean_up() {
	local pid
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 143' TERM INT HUP

# What must not be heeded.
mkdir "$work/home"
printf 'machine 127.0.0.1 login netrc-user password netrc-word\n' \
	>"$work/home/.netrc"
printf 'proxy = http://127.0.0.1:1\n' >"$work/home/.curlrc"
export HOME=$work/home http_proxy=http://127.0.0.1:1 \
	https_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1

mkfifo "$work/ports"
python3 "$top/tests/tools/hostile_http.py" >"$work/ports" &
started+=($!)
read -r port full_port <"$work/ports"
[ -n "$full_port" ] || {
	echo "the server does not start" >&2
	exit 99
}
url=http://127.0.0.1:$port

# expect SECONDS PATTERN ARGUMENT...: the output fits the pattern (of bash), within
# that time, and some seconds more for a machine that has other things to do.
expect() {
	local limit=$1 pattern=$2 began=$SECONDS
	shift 2
	timeout 60 "$get" --slow-s 2 --base-ms 5000 --connect-ms 3000 \
		"$@" >"$work/out" 2>&1
	checked=$((checked + 1))
	out=$(tr -d '\0' <"$work/out")
	# shellcheck disable=SC2053 # a pattern is meant
	if [[ $out != $pattern ]]; then
		echo "${*: -1}: wanted $pattern, got: ${out:0:300}" >&2
		failed=$((failed + 1))
	elif [ $((SECONDS - began)) -gt $((limit + slack)) ]; then
		echo "${*: -1}: took $((SECONDS - began)) s, not $limit" >&2
		failed=$((failed + 1))
	fi
}

# no PATTERN: the last output does not have it.
no() {
	checked=$((checked + 1))
	# shellcheck disable=SC2053
	if [[ $out == $1 ]]; then
		echo "has $1: ${out:0:300}" >&2
		failed=$((failed + 1))
	fi
}
line=$'\n'

# --- answers ------------------------------------------------------------------
expect 2 "status=200 len=5 retry=0 *${line}hello" "$url/ok"
expect 2 "status=200 len=0 *" "$url/empty"
expect 2 "status=200 len=1000 *" "$url/thousand"
expect 2 "status=200 len=5 * etag= *${line}hello" "$url/chunked"
expect 2 "status=200 len=5 * etag= *${line}hello" "$url/continue"
expect 2 "status=200 len=5 *${line}hello" "$url/until-close"
expect 2 'status=200 len=5 * etag="abc" modified=Sat, 28 Nov 2026 00:00:00 GMT moved=*' \
	"$url/tags"
expect 2 "status=200 len=5 * etag= modified= *" "$url/long-tag"
expect 2 'status=304 len=0 * etag="abc" *' "$url/304"
expect 2 "status=404 len=0 *" "$url/404"
expect 2 "status=403 len=0 *" "$url/403"
expect 2 "status=500 len=0 *" "$url/500"
no "*not here*"
# One connection for all of them, errors included; none that was broken off.
expect 2 "*${line}[0-9]*${line}status=404*${line}status=200*" \
	"$url/connection" "$url/404" "$url/connection"
mapfile -t numbers < <(grep -x '[0-9]*' "$work/out")
checked=$((checked + 1))
[ "${numbers[0]}" = "${numbers[1]}" ] || {
	echo "the connection was not kept: ${numbers[*]}" >&2
	failed=$((failed + 1))
}
# To a file.
expect 2 "status=200 len=5 *" --file "$work/file" "$url/ok"
checked=$((checked + 1))
[ "$(cat "$work/file")" = hello ] || {
	echo "the file has: $(cat "$work/file")" >&2
	failed=$((failed + 1))
}
expect 2 "status=404 *" --file "$work/file" "$url/404"
checked=$((checked + 1))
[ ! -s "$work/file" ] || {
	echo "the file has the body of an error" >&2
	failed=$((failed + 1))
}
expect 2 "error=system * cannot be written: *" --file /dev/full "$url/ok"
expect 4 "error=system * broken off" --max 200000 --stop-at 2000 "$url/steady"

# --- what is sent ---------------------------------------------------------------
expect 2 "*${line}GET /head HTTP/1.1*User-Agent: weir/*" "$url/cookie" "$url/head"
no "*[Cc]ookie*"
no "*[Aa]uthorization*"
no "*Accept-Encoding*"
no "*If-*"
expect 2 '*If-None-Match: "abc"*If-Modified-Since: Sat*' \
	--etag '"abc"' --modified 'Sat, 28 Nov 2026 00:00:00 GMT' "$url/head"
expect 2 "*GET /head*" --etag $'x\r\nX-Evil: 1' "$url/head"
no "*Evil*"
expect 2 "error=system *" "http://user:word@127.0.0.1:$port/ok"
expect 2 "error=system * [Pp]rotocol *" "file:///etc/passwd"
expect 2 "error=system * [Pp]rotocol *" "ftp://127.0.0.1:$port/ok"
expect 2 "error=system * [Pp]rotocol *" "gopher://127.0.0.1:$port/ok"
expect 2 "error=system *" "no url"

# --- Retry-After --------------------------------------------------------------------
expect 2 "status=429 len=0 retry=120 *" "$url/429"
expect 2 "status=503 len=0 retry=@(9[5-9]|10[01]) *" "$url/503"
expect 2 "status=503 len=0 retry=0 *" "$url/503-past"
expect 2 "status=503 len=0 retry=86400 *" "$url/503-ever"
expect 2 "status=503 len=0 retry=86400 *" "$url/503-year"
expect 2 "status=503 len=0 retry=0 *" "$url/503-junk"
expect 2 "status=503 len=0 retry=0 *" "$url/503-minus"

# --- a repository ------------------------------------------------------------------------
hash=$(printf hello | sha256sum | cut -d ' ' -f 1)
expect 2 "found=1 len=5 status=200 retry=0 moved=[1-9]* sha256= " --base "$url" ok
expect 2 "found=1 len=5 *" --base "$url/" ok
expect 2 "found=1 len=5 * sha256=$hash " --base "$url//" metadata/timestamp.json
expect 2 "found=0 len=0 status=404 *" --base "$url" 404
expect 2 "found=0 len=0 status=403 *" --base "$url" 403
expect 2 "found=-1 len=0 status=500 * $url/500: status 500" --base "$url" 500
expect 2 "found=-1 len=0 status=304 *" --base "$url" 304
expect 2 "found=-1 len=0 status=302 *" --base "$url" redirect
expect 2 "*status=429 retry=120 *${line}*status=200 retry=0 *" \
	--base "$url" 429 ok
expect 2 "found=-7 len=0 status=200 *" --base "$url" --file "$work/file" endless
expect 2 "found=1 len=1000 *" --base "$url" --file "$work/file" thousand
expect 4 "found=-1 len=0 status=0 *" --base "http://127.0.0.1:$full_port" ok

# --- redirects, encodings ---------------------------------------------------------------
expect 2 "status=302 len=0 *" "$url/redirect"
expect 2 "status=301 len=0 *" "$url/redirect-file"
expect 2 "*${line}0" "$url/hits"
expect 2 "status=200 len=@(2|3|4)[0-9] *" "$url/gzip"
expect 2 "error=system * transfer encoding *" "$url/te-gzip"

# --- too much -------------------------------------------------------------------------------
expect 2 "error=limit status=200 * longer than 1000 octets" "$url/thousand-one"
expect 2 "error=limit status=200 * longer than 1000 octets" "$url/endless"
expect 2 "error=limit status=200 * longer than 1000 octets" "$url/endless-chunks"
expect 2 "error=limit *" --file "$work/file" "$url/endless"
checked=$((checked + 1))
[ "$(stat -c %s "$work/file")" -le 1000 ] || {
	echo "the file has $(stat -c %s "$work/file") octets" >&2
	failed=$((failed + 1))
}
expect 2 "error=limit status=200 * longer than 1000 octets" "$url/said-too-long"
expect 2 "error=@(limit|system) *" "$url/header-flood"
expect 2 "error=limit * headers of more than 65536 octets" "$url/header-flood"
expect 2 "error=@(limit|system) *" "$url/header-line"
expect 2 "error=limit * headers of more than 65536 octets" "$url/continue-flood"
expect 2 "error=@(limit|system) *" "$url/endless-trailer"
expect 6 "error=system *" "$url/empty-chunks"
expect 2 "status=404 len=0 *" "$url/404-endless"
expect 5 "status=503 len=0 retry=7 *" "$url/503-trickle"

# --- too little, too slow ----------------------------------------------------------------------
expect 2 "error=system *" "$url/short"
expect 2 "status=200 len=5 *${line}hello" "$url/more-than-said"
expect 2 "error=system *" "$url/length-minus"
expect 2 "@(error=system|status=200 len=[25]) *" "$url/length-twice"
expect 2 "error=system *" "$url/close"
expect 2 "error=system *" "$url/close-head"
expect 2 "error=system *" "$url/no-http"
expect 2 "error=system *" "$url/http-0.9"
expect 4 "error=system status=200 * too slow*" --base-ms 60000 "$url/trickle"
expect 5 "error=system status=200 *" --max 65536 "$url/steady"
expect 5 "error=system *" "$url/slow-head"
expect 5 "error=system status=0 *" "$url/silent"
expect 4 "error=system status=0 *" "http://127.0.0.1:$full_port/ok"
expect 1 "error=system status=0 *" --connect-ms 1000 --slow-s 60 \
	--base-ms 60000 "http://127.0.0.1:$full_port/ok"
# TLS that is never answered counts as connecting.
expect 4 "error=system status=0 *" "https://127.0.0.1:$full_port/ok"
expect 2 "error=system *" "https://127.0.0.1:$port/ok"
expect 2 "error=system *" "http://127.0.0.1:1/ok"
# After all of that one client still gets its answer.
expect 9 "error=*${line}error=*${line}status=200 len=5 *" \
	"$url/endless" "$url/trickle" "$url/ok"

# --- TLS ---------------------------------------------------------------------------------------------
# authority NAME; certificate NAME CA SUBJECT-NAMES START END
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -subj "/CN=$1" -keyout "$work/$1.key" \
		-out "$work/$1.pem" 2>/dev/null
}

certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
		-subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.csr" \
		2>/dev/null &&
		: >"$work/index" && echo "subjectAltName=$3" >"$work/ext" &&
		openssl ca -batch -config "$work/ca.conf" -notext \
			-cert "$work/$2.pem" -keyfile "$work/$2.key" \
			-startdate "$4" -enddate "$5" -extfile "$work/ext" \
			-in "$work/$1.csr" -out "$work/$1.pem" 2>"$work/ca.log"
}

tls() {
	local name port_tls today tomorrow
	today=$(date -u -d yesterday +%Y%m%d%H%M%SZ)
	tomorrow=$(date -u -d tomorrow +%Y%m%d%H%M%SZ)
	cat >"$work/ca.conf" <<-END
		[ca]
		default_ca = own
		[own]
		new_certs_dir = $work
		database = $work/index
		rand_serial = yes
		default_md = sha256
		policy = any
		[any]
		commonName = supplied
	END
	if ! { authority ours && authority theirs &&
		certificate good ours DNS:localhost,IP:127.0.0.1 "$today" "$tomorrow" &&
		certificate other ours DNS:other.example "$today" "$tomorrow" &&
		certificate past ours DNS:localhost 20010101000000Z 20020101000000Z &&
		certificate future ours DNS:localhost 20490101000000Z 20490201000000Z &&
		certificate foreign theirs DNS:localhost "$today" "$tomorrow"; }
	then
		echo "no certificates: $(cat "$work/ca.log")" >&2
		failed=$((failed + 1))
		return
	fi
	mkdir "$work/www"
	echo hello >"$work/www/ok"
	chmod 711 "$work" # nginx started as root serves as nobody
	{
		echo "daemon off; worker_processes 1; pid $work/nginx.pid;"
		echo "error_log $work/nginx.log; events { worker_connections 64; }"
		echo "http { access_log off; root $work/www;"
		for name in client_body proxy fastcgi uwsgi scgi; do
			echo "${name}_temp_path $work/$name;"
		done
		for name in good other past future foreign; do
			echo "server { listen unix:$work/$name.sock ssl;"
			echo "ssl_certificate $work/$name.pem;"
			echo "ssl_certificate_key $work/$name.key; }"
		done
		echo "}"
	} >"$work/nginx.conf"
	# Ports that are free now; nobody else takes ports of loopback here.
	for name in good other past future foreign; do
		port_tls=$(python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
		eval "port_$name=$port_tls"
		sed -i "s,unix:$work/$name.sock,127.0.0.1:$port_tls," \
			"$work/nginx.conf"
	done
	nginx -e "$work/nginx.log" -p "$work" -c "$work/nginx.conf" \
		2>"$work/nginx.err" &
	started+=($!)
	for _ in {1..300}; do
		[ -s "$work/nginx.pid" ] && break
		sleep 0.1
	done
	# shellcheck disable=SC2154 # set by the eval above
	{
		expect 2 "status=200 len=6 *" --ca-file "$work/ours.pem" \
			"https://localhost:$port_good/ok"
		expect 2 "status=200 len=6 *" --ca-file "$work/ours.pem" \
			"https://127.0.0.1:$port_good/ok"
		expect 2 "error=system status=0 * certificate *" \
			"https://localhost:$port_good/ok"
		expect 2 "error=system status=0 * certificate *" \
			--ca-file "$work/theirs.pem" \
			"https://localhost:$port_good/ok"
		expect 2 "error=system status=0 * certificate *" \
			--ca-file "$work/ours.pem" \
			"https://localhost:$port_foreign/ok"
		expect 2 "error=system status=0 * certificate *" \
			--ca-file "$work/ours.pem" \
			"https://localhost:$port_other/ok"
		expect 2 "error=system status=0 * certificate *" \
			--ca-file "$work/ours.pem" \
			"https://localhost:$port_past/ok"
		expect 2 "error=system status=0 * certificate *" \
			--ca-file "$work/ours.pem" \
			"https://localhost:$port_future/ok"
		expect 2 "error=system *" --ca-file "$work/none.pem" \
			"https://localhost:$port_good/ok"
		expect 2 "status=400 *" "http://localhost:$port_good/ok"
	}
}

if command -v nginx >/dev/null && command -v openssl >/dev/null; then
	tls
else
	echo "left out: TLS, without nginx and openssl"
fi
echo "$checked checks, $failed failed"
[ "$failed" = 0 ]
