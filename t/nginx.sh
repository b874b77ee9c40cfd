# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with scripts
# For the scripts that run deploy/nginx.conf: Debian's nginx on free ports of loopback,
# with a certificate of its own, all below $work.

# free_port: one that nobody listened on a moment ago
free_port() {
	node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
}

# nginx_start [FILE]: nginx before the server of lib.sh ($url), with the lines of the
# file in the server of TLS. Sets $tls and $plain (ports), $has_ip6, $nginx (pid).
nginx_start() {
	local dir=$work/nginx
	mkdir -p "$dir/temp"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=notes.example.org \
		-addext 'subjectAltName=DNS:notes.example.org,DNS:localhost,IP:127.0.0.1' -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
	tls=$(free_port)
	plain=$(free_port)
	has_ip6=no
	! grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null || has_ip6=yes
	sed -e "${1:+/limit_conn_status 429;/r $1}" -e "s|127\.0\.0\.1:8080|${url#http://}|" \
		-e "s|listen 443 |listen 127.0.0.1:$tls |; s|listen 80;|listen 127.0.0.1:$plain;|" \
		-e "$([ $has_ip6 = yes ] && echo "s/listen \[::\]:443 /listen [::1]:$tls /; s/listen \[::\]:80;/listen [::1]:$plain;/" || echo '/listen \[::\]/d')" \
		-e "s|/etc/letsencrypt/live/notes.example.org/fullchain.pem|$dir/cert.pem|" \
		-e "s|/etc/letsencrypt/live/notes.example.org/privkey.pem|$dir/key.pem|" \
		-e "s|/var/log/nginx/|$dir/|" "$here/../deploy/nginx.conf" >"$dir/pocketbook.conf"
	# What Debian's /etc/nginx/nginx.conf has around it, below a folder of ours.
	cat >"$dir/nginx.conf" <<END
daemon off;
worker_processes 2;
pid $dir/nginx.pid;
error_log $dir/error.log;
$([ "$(id -u)" != 0 ] || echo 'user root;')
events { worker_connections 768; }
http {
	client_body_temp_path $dir/temp/body;
	proxy_temp_path $dir/temp/proxy;
	fastcgi_temp_path $dir/temp/fastcgi;
	uwsgi_temp_path $dir/temp/uwsgi;
	scgi_temp_path $dir/temp/scgi;
	include $dir/pocketbook.conf;
}
END
	nginx -t -q -c "$dir/nginx.conf" -p "$dir" 2>"$dir/check" || true
	is "$(cat "$dir/check")" "" "nginx has nothing to say about the file"
	nginx -c "$dir/nginx.conf" -p "$dir" 2>"$dir/start.log" &
	nginx=$!
	wait_for "nginx starts" curl -sk -o /dev/null "https://127.0.0.1:$tls/healthz"
}

# nginx_stop: its exit status in $nginx_status
nginx_stop() {
	kill -QUIT "$nginx"
	wait "$nginx"
	nginx_status=$?
}
