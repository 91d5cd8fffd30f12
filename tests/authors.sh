#!/usr/bin/env bash
# From nothing to an alert, as an author goes: a new detector in each language, built and tested by the
# first command of its README with tools from their registries, held to the contract, put into a
# registry and run from there. All languages must find the same.
#
#   tests/authors.sh [rust|python|javascript]...     all, or those that are named
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
PATH=$root/target/release:$PATH
languages=("$@")
[ $# -gt 0 ] || languages=(rust python javascript)
# What the component in Rust may take.
RUST_BYTES=520000
room=$(mktemp -d)
trap 'leave' EXIT

leave() {
    [ ! -f "$room/registry/pid" ] || "$root/tests/registry/server.sh" stop "$room/registry" || true
    rm -rf "$room"
}

fail() {
    echo "error: $*" >&2
    exit 1
}

# Logins of eight users over six hours: mostly good, some late by minutes, some twice, and of another log.
events() {
    awk 'BEGIN {
        srand(7)
        for (n = 0; n < 6000; n++) {
            ms = n * 3600 - (rand() < 0.1 ? int(rand() * 100) * 1000 : 0)
            ms = ms < 0 ? 0 : ms
            user = int(rand() * 8)
            set = rand() < 0.05 ? "system.syslog" : "system.auth"
            outcome = rand() < (user < 3 ? 0.8 : 0.1) ? "failure" : "success"
            line = sprintf("{\"@timestamp\":\"2026-05-19T%02d:%02d:%06.3fZ\",\"data_stream\":{\"dataset\":\"%s\"}," \
                "\"event\":{\"id\":\"e%d\",\"outcome\":\"%s\"},\"host\":{\"name\":\"web-%d\"},\"source\":{\"ip\":\"192.0.2.%d\"}," \
                "\"user\":{\"name\":\"user-%d\"}}", ms / 3600000, ms / 60000 % 60, ms % 60000 / 1000, set, n, outcome, rand() * 3, rand() * 2, user)
            print line
            if (rand() < 0.05) print line
        }
        print "{\"@timestamp\":\"soon\",\"data_stream\":{\"dataset\":\"system.auth\"}}"
        print "[{\"data_stream.dataset\":\"system.auth\",\"@timestamp\":\"2026-05-19T06:00:00Z\",\"event.outcome\":\"success\"}]"
    }'
}

# What alerts say apart from the rule that says it, whose id and name are each detector's own.
said() {
    python3 -c '
import json, sys
for line in sys.stdin:
    alert = json.loads(line)
    print(json.dumps({k: v for k, v in alert.items() if not k.startswith("rule.") and k != "weir.alert.id"}, sort_keys=True))' |
        sort
}

# The detector holds to the laws of the contract.
laws() {
    weir check "$1" --config weir.toml --events "$room/some.ndjson"
}

# The component goes into a registry, and finds there what it finds here.
registry() {
    [ -f "$room/registry/address" ] || {
        mkdir -p "$room/registry"
        "$root/tests/registry/server.sh" start "$room/registry" >"$room/registry/address"
    }
    local address
    address=oci://$(cat "$room/registry/address")/detectors/$(basename "$PWD"):1
    local pinned
    pinned=$(weir push --config weir.toml "$1" "$address")
    weir run --config weir.toml --component "$pinned" --final --format ecs "$room/events.ndjson" >"$room/pulled.ndjson"
    cmp "$room/alerts.ndjson" "$room/pulled.ndjson" || fail "$address finds other alerts than $1"
}

author() {
    local language=$1 name=guesses-$1 first component size
    echo "=== $language"
    cd "$room"
    weir new "$name" --language "$language"
    cd "$name"
    [ ! -f Cargo.lock ] || cp Cargo.lock "$room/locked"
    first=$(awk '/^```sh$/ { getline; print; exit }' README.md)
    [[ $first == *"weir test"* ]] || fail "README.md of $language begins with: $first"
    bash -euc "$first"
    [ ! -f Cargo.lock ] || cmp Cargo.lock "$room/locked" || fail "the template's Cargo.lock is not what cargo makes of it"
    component=$(sed -n 's/^component = "\(.*\)"$/\1/p' weir.toml)
    weir inspect --config weir.toml --json "$component" |
        python3 -c '
import json, sys
said = json.load(sys.stdin)
if said["imports"]:
    sys.exit("error: it imports " + ", ".join(said["imports"]))'
    size=$(wc -c <"$component")
    echo "authors: $language: $size bytes"
    [ "$language" != rust ] || [ "$size" -le "$RUST_BYTES" ] ||
        fail "the component in Rust is larger than $RUST_BYTES bytes: is there more of the engine in it than a rule uses?"
    weir run --config weir.toml --final --format ecs "$room/events.ndjson" >"$room/alerts.ndjson"
    said <"$room/alerts.ndjson" >"$room/said.$language"
    [ -s "$room/said.$language" ] || fail "$language finds nothing"
    [ -f "$room/said" ] || cp "$room/said.$language" "$room/said"
    diff "$room/said" "$room/said.$language" || fail "$language finds others than ${languages[0]}"
    laws "$component"
    registry "$component"
}

[ -x target/release/weir ] || fail "build first: make build"
events >"$room/events.ndjson"
head -n 300 "$room/events.ndjson" >"$room/some.ndjson"
for language in "${languages[@]}"; do
    (author "$language")
done
echo "authors: ${languages[*]}: $(wc -l <"$room/said") alerts each, all the same"
