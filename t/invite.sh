# shellcheck shell=bash disable=SC2154 # $work and others are lib.sh's
# For scripts about invitations, after lib.sh.

# invite [OPTION...]: makes an invitation and prints its secret
invite() { "$POCKETBOOK" token invite --db "$db" "$@" 2>"$work/hint" | sed 's/.*#join=//'; }
id_of() { printf '%s' "$1" | cut -c5-20; }
auth() { printf 'Authorization: Bearer %s' "$1"; }
new_key() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

# join INVITE [USER [KEY]]: prints the status and the code, or the user; the body is in
# $work/joined
join() {
	local body status
	body=$(jq -nc --arg invite "$1" --arg user "${2-}" --arg key "${3-}" \
		'{invite: $invite} + if $user == "" then {} else {user: $user} end + if $key == "" then {} else {key: $key} end')
	status=$(curl -s -o "$work/joined" -w '%{http_code}' "$url/join" -H 'Content-Type: application/json' -d "$body")
	echo "$status $(jq -r '.code // .user' "$work/joined")"
}
joined() { jq -r .token "$work/joined"; }
may_read() { status_of "$1/sync?group=$2" -H "$(auth "$3")"; }

# crowd INVITE COUNT URL...: so many members join at the same time, each at one of the
# servers; their tokens are in $work/crowd
crowd() {
	local secret=$1 count=$2 n urls pids=()
	shift 2
	urls=("$@")
	rm -rf "$work/crowd"
	mkdir "$work/crowd"
	for n in $(seq "$count"); do
		curl -s -o "$work/crowd/$n" "${urls[n % ${#urls[@]}]}/join" -H 'Content-Type: application/json' \
			-d "{\"invite\":\"$secret\",\"user\":\"member $n\"}" &
		pids+=($!)
	done
	wait "${pids[@]}"
}
crowd_count() { cat "$work"/crowd/* | jq -r "$1" | grep -c "$2"; }
