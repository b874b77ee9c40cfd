#!/usr/bin/env bash
# deploy/grafana-dashboard.json: each of its queries is answered by a Prometheus that
# has looked at a server.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:$here/../build/prometheus/usr/bin # where ./dev puts it
dashboard=$here/../deploy/grafana-dashboard.json
queries() { jq -r '.panels[].targets[]?.expr' "$dashboard"; }

jq -e . "$dashboard" >/dev/null
ok $? "the dashboard is JSON"
ok "$((${#dashboard} == 0 || $(queries | wc -l) < 30))" "with queries"
is "$(jq -c '[.panels[].id] | length == (unique | length)' "$dashboard")" true "each panel has an id of its own"
is "$(jq -r '.panels[] | select(.type != "row") | select((.title == "") or (.description == null) or (.fieldConfig.defaults.unit == null)) | .id' "$dashboard")" "" \
	"a title, a description and a unit"
is "$(jq -c '[.panels[].gridPos | {y, x: range(.x; .x + .w), row: range(.y; .y + .h)} | [.x, .row]] | length == (unique | length)' "$dashboard")" true \
	"and a place of its own"
is "$(jq -r '[.panels[].targets[]?.datasource.uid] | unique | join(" ")' "$dashboard")" '${datasource}' "the user chooses the data source"

serve_open --workers 2 --metrics-listen 127.0.0.1:0
metrics=$(sed -n 's/.*metrics at \(http:[^ ]*\)$/\1/p' "$log")
# Former names are left out.
curl -s "$metrics" | awk '/^# HELP .* Former name of/ { former[$3] = 1 } !($3 in former)' | sed -n 's/^# TYPE \([^ ]*\) \(.*\)/\1 \2/p' |
	awk '{ print $1 } $2 == "histogram" { print $1 "_bucket"; print $1 "_sum"; print $1 "_count" }' | sort >"$work/there"
queries | grep -oE '(pocketbook|process)_[a-z0-9_]+' | sort -u >"$work/named"
is "$(comm -23 "$work/named" "$work/there" | tr '\n' ' ')" "" "it names only metrics that exist"
# The other way round too: what is measured is shown, but for these.
is "$(grep -v '_bucket$\|_sum$\|_count$' "$work/there" | while read -r name; do grep -q "^$name" "$work/named" || echo "$name"; done | tr '\n' ' ')" \
	"pocketbook_primary_pages_total pocketbook_pulls_total pocketbook_replica_pages_total pocketbook_requests_received_total pocketbook_sequence " "and nearly all that do"

if ! command -v prometheus >/dev/null; then
	skip "its queries are answered" "prometheus is not installed"
	finish
fi
cat >"$work/prometheus.yml" <<END
global: { scrape_interval: 500ms, scrape_timeout: 500ms }
scrape_configs:
  - job_name: pocketbook
    static_configs: [{ targets: ["${metrics#http://}"] }]
END
sed -i 's#/metrics"#"#' "$work/prometheus.yml"
is "$(promtool check config "$work/prometheus.yml" | grep -c SUCCESS)" 1 "Prometheus takes the configuration"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" --web.listen-address=127.0.0.1:0 2>"$work/prometheus.txt" &
wait_for "Prometheus starts" grep -q 'msg="Listening on"' "$work/prometheus.txt"
prometheus=http://$(sed -n 's/.*msg="Listening on" address=\([^ ]*\).*/\1/p' "$work/prometheus.txt")
# ask QUERY: the API's answer, with what Grafana would put in
ask() {
	local query=$1
	query=${query//'$__rate_interval'/1m}
	query=${query//'$job'/.*}
	query=${query//'$instance'/.*}
	curl -s "$prometheus/api/v1/query" --data-urlencode "query=$query"
}
above() { ask "$1" | jq -e --argjson than "$2" '.data.result[0].value[1] | tonumber > $than' >/dev/null; }
stream one 'group=g&docs=1'
push '{"docs":[{"id":"g:1","value":1}]}' >/dev/null
pull group=g >/dev/null
pull group= >/dev/null
wait_for "Prometheus has seen something" above 'max(pocketbook_documents)' 0
push '{"docs":[{"id":"g:2","value":1}]}' >/dev/null
pull group=g >/dev/null
wait_for "and how it moves" above 'sum(rate(pocketbook_pushes_total[1m]))' 0
wait_for "in time" above 'histogram_quantile(0.99, sum by (le) (rate(pocketbook_http_request_duration_seconds_bucket{route="push"}[1m])))' 0
while read -r query; do
	answer=$(ask "$query")
	is "$(printf '%s' "$answer" | jq -c '[.status, (.data.result | length > 0)]')" '["success",true]' "answered: $query"
done < <(queries)
finish
