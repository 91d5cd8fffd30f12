#!/usr/bin/env bash
# Changes the rule in one way at a time, in a copy of the workspace, and runs the tests:
# each change must make one fail. `tests/mutants.sh [PATTERN]` runs those that match.
set -uo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
copy="$home/out/mutants"
mkdir -p "$copy"
for part in Cargo.toml Cargo.lock clippy.toml wit guest host tests; do
    rm -rf "${copy:?}/$part"
    cp -R "$home/$part" "$copy/$part"
done
cd "$copy" || exit 2
export CARGO_TARGET_DIR="$copy/target"

# file | what stands there | what is put in its place
mutations=$(cat <<'LIST'
rule.rs | total >= config.min_total_calls | total > config.min_total_calls
rule.rs | errors >= config.min_errors | errors > config.min_errors
rule.rs | figures.url_paths >= config.min_url_paths | figures.url_paths > config.min_url_paths
rule.rs | >= config.min_error_rate | > config.min_error_rate
rule.rs | (percent + 0.5).floor() | percent.floor()
rule.rs | (400..=499) | (400..=498)
rule.rs | (400..=499) | (401..=499)
rule.rs | (400..=499) | (400..=500)
config.rs | min_total_calls: 21 | min_total_calls: 22
config.rs | min_errors: 10 | min_errors: 11
config.rs | min_error_rate: 0.4 | min_error_rate: 0.41
config.rs | min_url_paths: 15 | min_url_paths: 14
config.rs | window_seconds: 120 | window_seconds: 60
stream.rs | time.div_euclid(length) * length | time / length * length
stream.rs | time.div_euclid(length) * length | (time - 1).div_euclid(length) * length
stream.rs | Fate::Duplicate => self.totals.duplicate += 1 | Fate::Duplicate => self.totals.counted += 1
window.rs | ids.contains(id) | ids.contains(id ^ 1)
window.rs | users.push(None); | return groups;
window.rs | groups.push(self.group(user, None, seed)); | groups.push(self.group(user, Some(0), seed));
event.rs | first_of(record, F::ServicePrincipalId, F::UserId) | first_of(record, F::UserId, F::ServicePrincipalId)
event.rs | matches!(statuses[..], [status] if rule::is_error(status)) | statuses.iter().any(\|s\| rule::is_error(*s))
event.rs | if ids.is_empty() { | if false {
identity.rs | hash.integer(time); | hash.integer(0);
identity.rs | hash.text(uri.text); | hash.number(0);
call.rs | then_some(*first == b'4') | then_some(*first == b'5')
callers.rs | entry.caller == seat.0 && entry.start == start | entry.caller == seat.0
time.rs | self.start + seconds * 1000 + fraction | self.start + seconds * 1000
skeleton.rs | end > first && !leading_zero | end > first
event.rs | LONGEST_KEYWORD: usize = 1024 | LONGEST_KEYWORD: usize = 1023
event.rs | if !text.is_empty() { | {
group.rs | if event.error { | {
group.rs | sample >> 32 <= u64::from(first) | sample >> 32 >= u64::from(first)
uri.rs | b'?', b'#' | b'?', b'?'
budget.rs | steps(group.errors, config.min_errors) * (STEPS as usize + 1) | steps(group.total, config.min_total_calls) * (STEPS as usize + 1)
budget.rs | row.part(); | {}
budget.rs | stands && row.dirty() | false
budget.rs | window.part(); | {}
window.rs | if self.gave_up { | if false {
stream.rs | stood && row.severed() | false
stream.rs | self.ahead <= BELIEVED | true
merge.rs | if start < floor { | if false {
snapshot.rs | w.bool(window.gave_up); | w.bool(false);
ids.rs | list.push(*group); | {}
split.rs | ids.map(\|ids\| ids.add(id, 0, contribution.error)); | {}
split.rs | window.published.insert(0, *published); | {}
time.rs | value * [0, 100, 10, 1][taken] | value
exception.rs | event.time < end | event.time <= end
exception.rs | && values.iter().all(one) | && values.iter().any(one)
exception.rs | (!values.is_empty() && | (
exception.rs | value.starts_with(prefix) | value.contains(prefix)
exception.rs | && all(&self.tenants, &event.tenants, text) |
exception.rs | && all(&self.app_ids, &event.app_ids, text) |
exception.rs | && all(&self.asns, &event.asns, i64::eq) |
exception.rs | elements.len() > MOST | elements.len() > MOST + 1
network.rs | checked_shl(128 - length) | checked_shl(127 - length)
network.rs | network.first != first | false
detector.rs | stream.totals.excluded += 1; |
snapshot.rs | "exceptions", | "early",
LIST
)

suite() {
    cargo test --release --offline -q -p aadgraph-4xx --lib &&
        WEIR_CASES=64 cargo test --release --offline -q -p weir-tests --no-default-features \
            --test budget --test given_up --test conformance --test exceptions --test fixtures --test law --test time
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
    path="guest/src/$file"
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
