#!/usr/bin/env bash
# Changes the rules and the engine in one way at a time, in a copy of the workspace, and runs the tests:
# each change must make one fail. `tests/mutants.sh [PATTERN]` runs those that match.
set -uo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
copy="$home/out/mutants"
mkdir -p "$copy"
for part in Cargo.toml Cargo.lock clippy.toml contrib wit guest host tests weir; do
    rm -rf "${copy:?}/$part"
    cp -R "$home/$part" "$copy/$part"
done
cd "$copy" || exit 2
# No test in here runs a component, and compiling the engine for them takes longer than many mutants.
sed -i '/^wasmtime = /d' tests/Cargo.toml
export CARGO_TARGET_DIR="$copy/target"

# file | what stands there | what is put in its place
mutations=$(cat <<'LIST'
conditions.rs | AtLeast => figure >= threshold | AtLeast => figure > threshold
conditions.rs | MoreThan => figure > threshold | MoreThan => figure >= threshold
conditions.rs | AtMost => figure <= threshold | AtMost => figure < threshold
conditions.rs | LessThan => figure < threshold | LessThan => figure <= threshold
conditions.rs | !figure.is_nan() && figure != threshold | figure != threshold
conditions.rs | condition.is_reached() && condition.course(schema) == Course::Rises | condition.is_reached()
conditions.rs | .filter(\|_\| config.is(EARLY)) | .filter(\|_\| false)
high-4xx/src/rule.rs | clause("Esql.total_calls", "min_total_calls", | clause("Esql.total_calls", "min_errors",
high-4xx/src/rule.rs | "min_url_paths", Figure::Of(PATHS) | "min_url_paths", Figure::Of(TOTAL)
high-4xx/src/rule.rs | decimals: 2 | decimals: 3
conditions.rs | (scaled + 0.5).floor() | scaled.floor()
values.rs | (400..=499) | (400..=498)
values.rs | (400..=499) | (401..=499)
values.rs | (400..=499) | (400..=500)
high-4xx/src/describe.rs | Integer(21, 1, MAX) | Integer(22, 1, MAX)
high-4xx/src/describe.rs | Integer(10, 0, MAX) | Integer(11, 0, MAX)
high-4xx/src/describe.rs | Number(0.4, 0.0, 1.0) | Number(0.41, 0.0, 1.0)
high-4xx/src/describe.rs | Integer(15, 0, MAX) | Integer(14, 0, MAX)
high-4xx/src/rule.rs | Judgement::Tumbling { seconds: 120 } | Judgement::Tumbling { seconds: 60 }
stream.rs | time.div_euclid(length) * length | time / length * length
stream.rs | time.div_euclid(length) * length | (time - 1).div_euclid(length) * length
stream.rs | Disposition::Duplicate => self.totals.duplicate += 1 | Disposition::Duplicate => self.totals.counted += 1
window.rs | ids.contains(id) | ids.contains(id ^ 1)
key.rs | others.is_empty() | true
key.rs | unwrap_or(Part::Null) | unwrap_or(Part::Integer(0))
mapping.rs | first_of(record, f::SERVICE_PRINCIPAL_ID, f::USER_ID) | first_of(record, f::USER_ID, f::SERVICE_PRINCIPAL_ID)
values.rs | matches!(statuses[..], [status] if is_error(status)) | statuses.iter().any(\|s\| is_error(*s))
mapping.rs | if ids.is_empty() { | if false {
aadgraph/src/identity.rs | hash.integer(time); | hash.integer(0);
aadgraph/src/identity.rs | hash.text(uri.text); | hash.number(0);
call.rs | then_some(*first == b'4') | then_some(*first == b'5')
callers.rs | entry.caller == caller_hash.0 && entry.start == start | entry.caller == caller_hash.0
time.rs | self.start + seconds * 1000 + fraction | self.start + seconds * 1000
learning_reader.rs | end > first && !leading_zero | end > first
values.rs | MAX_KEYWORD_LENGTH: usize = 1024 | MAX_KEYWORD_LENGTH: usize = 1023
values.rs | if !is_nothing(field, &text) { | {
high-4xx/src/rule.rs | if event.error { | {
columns.rs | sample >> 32 <= u64::from(first) | sample >> 32 >= u64::from(first)
uri.rs | b'?', b'#' | b'?', b'?'
definition.rs | parts.any(\|other\| other == *name) | false
high-4xx/src/rule.rs | promise: vec![1, 0] | promise: vec![0, 1]
budget.rs | row.mark_incomplete(); | {}
budget.rs | is_active && row.dirty() | false
budget.rs | window.mark_incomplete(); | {}
window.rs | if self.evicted { | if false {
evaluate.rs | was_active && row.detached() | false
event_time.rs | self.refused_in_a_row <= MAX_REFUSED_IN_A_ROW | true
merge.rs | if start < evicted_before { | if false {
snapshot_window.rs | w.bool(window.evicted); | w.bool(false);
ids.rs | u32::from(flags) << FLAGS_AT, | 0,
ids.rs | list.push(*group); | {}
window_split.rs | ids.map(\|ids\| ids.add(id, 0, contribution.flags)); | {}
window_split.rs | window.published.insert(0, *published); | {}
time.rs | value * [0, 100, 10, 1][taken] | value
exception.rs | time < end | time <= end
exception.rs | && values.iter().all(one) | && values.iter().any(one)
exception.rs | !values.is_empty() && |
exception.rs | value.starts_with(prefix) | value.contains(prefix)
exception.rs | keys.all(\|(key, wanted)\| | keys.any(\|(key, wanted)\|
exception.rs | all(numbers, values, i64::eq) | true
aadgraph/src/log.rs | 1 => ExceptionValues::Texts(&self.app_ids) | 1 => ExceptionValues::Texts(&self.users)
aadgraph/src/log.rs | _ => ExceptionValues::Texts(&self.tenants) | _ => ExceptionValues::Texts(&self.users)
exception.rs | elements.len() > MAX | elements.len() > MAX + 1
network.rs | checked_shl(128 - length) | checked_shl(127 - length)
network.rs | network.first != first | false
stream.rs | self.totals.excluded += 1; |
snapshot.rs | "exceptions", | "early",
sessions.rs | other.last < session.first - history | other.last <= session.first - history
sessions.rs | other.first - history <= session.last | other.first - history < session.last
sessions.rs | session.first < time && time - history <= session.last | session.first <= time && time - history <= session.last
sessions.rs | session.is_none_or(\|session\| session.first == time) | session.is_none_or(\|session\| session.last == time)
first_seen.rs | time >= begin + warm_up | time > begin + warm_up
first_seen.rs | self.seen.evicted_before >= time - history | false
first_seen.rs | watermark - lateness - history | watermark - history
first_seen.rs | .filter(\|window\| window.fired) | .filter(\|_\| false)
first_seen.rs | if stands != self.holds(*start, window, group) { | if false {
judgement.rs | -((-end).div_euclid(every)) * every | (end.div_euclid(every) + 1) * every
judgement.rs | start + self.window + every | start + self.window - every
judgement.rs | config.set_integer(WARM_UP, config.integer(HISTORY)); |
judgement.rs | 0 => windows(1, SECOND, MINUTE) | 0 => windows(1000, SECOND, MINUTE)
sliding.rs | boundary <= fired && boundary <= last + every | boundary <= fired && boundary <= last
sliding.rs | (!before.is_some_and(\|row\| self.row_holds(&row)), is_certain) | (true, is_certain)
sliding.rs | self.row_at(boundary - every, key) | self.row_at(boundary, key)
sliding.rs | incomplete \|= pane.evicted | {}
sliding.rs | other.episodes.fired > self.episodes.fired | false
sliding.rs | if changed && let Some(entry) | if let Some(entry)
columns.rs | first.saturating_add(shift) | first
enumeration/src/rule.rs | Range::Integer(5, 1, | Range::Integer(6, 1,
enumeration/src/rule.rs | Judgement::Tumbling { seconds: 60 } | Judgement::Tumbling { seconds: 120 }
enumeration/src/rule.rs | && endpoint::of(&event.paths).is_some() |
enumeration/src/rule.rs | &[&event.users, &event.tenants] | &[&event.users, &event.users]
enumeration/src/rule.rs | columns.distinct(ENDPOINTS, class); |
endpoint.rs | filter_map(place).min() | filter_map(place).max()
endpoint.rs | [path] => class | [path, ..] => class
agent.rs | core.to_lowercase() | core.to_owned()
agent.rs | if known != agent { | if known.len() != agent.len() {
agent.rs | (false, true) => agent.starts_with(text) | (false, true) => agent.contains(text)
suspicious-agent/src/rule.rs | suppress_seconds: 3600 | suppress_seconds: 7200
suspicious-agent/src/rule.rs | by_user && self.agents | self.agents
event.rs | [actor] if actor == USER | [actor, ..] if actor == USER
first-client/src/rule.rs | && !event.app_ids.is_empty() |
first-client/src/rule.rs | && !apps.any(\|app\| self.is_excluded(app.as_bytes())) |
first-client/src/rule.rs | by_user && named && | by_user &&
first-client/src/rule.rs | &[&event.app_ids, &event.users] | &[&event.app_ids, &event.app_ids]
first-network/src/rule.rs | && !event.asns.is_empty() |
first-network/src/rule.rs | && !networks.any(\|network\| self.is_excluded(*network)) |
first-network/src/rule.rs | self.excluded.sort_unstable(); |
split.rs | carrier.episodes = self.episodes.take(key); | {}
window_split.rs | self.split_off = true; | {}
enumeration/src/rule.rs | && call.class().is_some() |
suspicious-agent/src/rule.rs | suppress_seconds: 3600 | suppress_seconds: 1800
suspicious-agent/src/rule.rs | event.by_user() && self | self
suspicious-agent/src/rule.rs | \|by_user\| by_user && self | \|_\| self
first_seen_rules.rs | 7 * 24 * 3600 | 6 * 24 * 3600
first-client/src/rule.rs | \|by_user\| by_user && named | \|_\| named
agent.rs | (true, true) => agent.contains(text) | (true, true) => agent.starts_with(text)
agent.rs | [agent] if self.take | [agent, ..] if self.take
key.rs | self.count > MAX_KEYS | self.count > 2 * MAX_KEYS
call.rs | asn if is_short_number(asn) => asn | asn if asn.len() <= MAX_KEYWORD_LENGTH => asn
ingest.rs | missed.unwrap_or_else(\|\| self.log.missed(&call)) | missed.unwrap_or(0)
LIST
)

suite() {
    cargo test --release --offline -q -p weir-detector -p aadgraph -p high-4xx -p enumeration \
        -p suspicious-agent -p first-client -p first-network -p aadgraph-rules --lib &&
        WEIR_CASES=64 cargo test --release --offline -q -p weir-tests --no-default-features \
            --test it -- budget:: given_up:: conformance:: exceptions:: fixtures:: law:: readers:: rules:: time::
}

trim() { local t="${1#"${1%%[! ]*}"}"; printf '%s' "${t%"${t##*[! ]}"}"; }

if ! suite >log 2>&1; then
    echo "the tests fail without any change: see $copy/log"
    exit 2
fi
survived=0 killed=0
while IFS= read -r line; do
    line=${line//'\|'/$'\x01'}
    IFS='|' read -r file old new <<<"$line"
    file=$(trim "$file") old=$(trim "$old") new=$(trim "$new")
    old=${old//$'\x01'/|} new=${new//$'\x01'/|}
    [[ -n "${1:-}" && "$file $old" != *"$1"* ]] && continue
    path=$(cd "$home" && find guest/detector/src guest/aadgraph/src guest/rules/*/src -path "*/$file")
    text=$(cat "$home/$path"; printf x)
    text=${text%x}
    if [[ "$text" != *"$old"* ]]; then
        echo "NOT FOUND  $file: $old"
        survived=$((survived + 1))
        continue
    fi
    printf '%s' "${text/"$old"/"$new"}" >"$path"
    if suite >log 2>&1; then
        echo "SURVIVED   $file: $old  ->  $new"
        survived=$((survived + 1))
    elif ! grep -qE 'test result: FAILED|panicked' log; then
        echo "NO BUILD   $file: $old  ->  $new"
        survived=$((survived + 1))
    else
        echo "killed     $file: $old  ->  $new"
        killed=$((killed + 1))
    fi
    cp "$home/$path" "$path"
done <<<"$mutations"
echo "$killed killed, $survived not"
[[ $survived -eq 0 ]]
