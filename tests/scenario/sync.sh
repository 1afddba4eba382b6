# shellcheck shell=bash
# shellcheck disable=SC2154 # what common.sh and the scenario set
# sync.sh - what the scenarios of weir-sync share.  Sourced after common.sh.
#
#   web_start            nginx serves $work/www on $web_port (and, with a
#                        certificate of a CA made here, on $tls_port)
#   web_stop, web_again
#   sync_once [ARG...]   weir-sync once; sets sync_status, sync_text
#   sync_start, sync_stop, sync_worker
#   of_feed FEED EXPR    from `status --json`: a Python expression on the feed f
#                        and the status s

weir_sync=${WEIR_SYNC:-$top_builddir/weir-sync} # one with a sanitizer, by hand
nginx=$(PATH=$PATH:/usr/sbin:/sbin command -v nginx)
web_port=
web_pid=
sync_pid=

[ -n "$nginx" ] || skip "no nginx"
[ -x "$weir_sync" ] || die "no $weir_sync: run make first"

# $web_lines: more of a server's lines.
web_conf() {
	cat <<-END
		daemon off;
		$([ "$EUID" != 0 ] || echo "user root;")
		worker_processes 1;
		pid $work/nginx.pid;
		error_log $work/nginx.log;
		events {}
		http {
			default_type text/plain;
			access_log $work/access.log;
			client_body_temp_path $work/tmp-body;
			proxy_temp_path $work/tmp-proxy;
			fastcgi_temp_path $work/tmp-fastcgi;
			uwsgi_temp_path $work/tmp-uwsgi;
			scgi_temp_path $work/tmp-scgi;
			server {
				listen 127.0.0.1:$web_port;
				$(tls_lines)
				root $work/www;
				$web_lines
			}
		}
	END
}

web_lines=

tls_lines() {
	[ -r "$work/server.pem" ] || return 0
	tls_port=${tls_port:-$(free_port)}
	echo "listen 127.0.0.1:$tls_port ssl;"
	echo "ssl_certificate $work/server.pem;"
	echo "ssl_certificate_key $work/server.key;"
}

# A CA of our own, and a certificate of it for 127.0.0.1.
make_certificates() {
	local curve=ec_paramgen_curve:prime256v1
	{
		openssl req -x509 -newkey ec -pkeyopt "$curve" -nodes -days 2 \
			-keyout "$work/ca.key" -out "$work/ca.pem" \
			-subj '/CN=weir test CA'
		openssl req -newkey ec -pkeyopt "$curve" -nodes \
			-keyout "$work/server.key" -out "$work/server.csr" \
			-subj '/CN=feed'
		openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" \
			-CAkey "$work/ca.key" -CAcreateserial -days 2 \
			-out "$work/server.pem" -extfile \
			<(echo 'subjectAltName=IP:127.0.0.1')
	} >/dev/null 2>&1
	[ -s "$work/server.pem" ] || die "no certificates"
}

is_port_taken() {
	! is_port_free "$1"
}

web_again() {
	web_conf >"$work/nginx.conf"
	"$nginx" -e "$work/nginx.log" -c "$work/nginx.conf" &
	web_pid=$!
	started+=("$web_pid")
	wait_until 10 is_port_taken "$web_port" || {
		cat "$work/nginx.log"
		die "nginx does not start"
	}
}

web_start() {
	mkdir -p "$work/www"
	web_port=$(free_port)
	[ ! -r "$work/server.pem" ] || tls_port=$(free_port)
	web_again
}

web_stop() {
	kill_and_wait "$web_pid"
	wait_until 5 is_port_free "$web_port"
}

sync_once() {
	sync_status=0
	sync_text=$("$weir_sync" -c "$config_file" once "$@" 2>&1) ||
		sync_status=$?
}

sync_do() {
	sync_status=0
	sync_text=$("$weir_sync" -c "$config_file" "$@" 2>&1) || sync_status=$?
}

# once_exits EXIT WHAT [FEED]
once_exits() {
	local wanted=$1 what=$2
	shift 2
	sync_once "$@"
	check "$what: $sync_text" "exit $wanted" "exit $sync_status"
}

sync_start() {
	"${sync_under[@]}" "$weir_sync" -c "$config_file" \
		>>"$work/sync.log" 2>&1 &
	sync_pid=$!
	started+=("$sync_pid")
	wait_until 10 is_running || {
		cat "$work/sync.log"
		die "weir-sync does not start"
	}
	# The first poll is at a random moment; not to wait for it.
	"$weir_sync" -c "$config_file" poll
}

sync_under=()

is_running() {
	[ "$("$weir_sync" -c "$config_file" status --json 2>/dev/null |
		python3 -c 'import json, sys
print(json.load(sys.stdin)["running"])' 2>/dev/null)" = True ]
}

sync_stop() {
	local status=0
	kill "$sync_pid"
	wait "$sync_pid" 2>/dev/null || status=$?
	check "weir-sync's exit status" 0 "$status"
	sync_pid=
}

of_feed() {
	"$weir_sync" -c "$config_file" status --json 2>/dev/null | python3 -c "
import json, sys
s = json.load(sys.stdin)
f = {f['name']: f for f in s['feeds']}.get('$1')
print($2)" 2>&1 | tail -n 1
}

# feed_is FEED EXPR VALUE: for wait_until.
feed_is() {
	[ "$(of_feed "$1" "$2")" = "$3" ]
}

# soon WHAT SECONDS FEED EXPR VALUE
soon() {
	wait_until "$2" feed_is "$3" "$4" "$5"
	check "$1" "$5" "$(of_feed "$3" "$4")"
}

listed() {
	"$weir_load" -c "$config_file" lookup "$1" 2>/dev/null |
		grep -q "^  $1: " && echo yes || echo no
}

# For wait_until.
is_listed() {
	[ "$(listed "$1")" = yes ]
}
