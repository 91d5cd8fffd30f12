#!/usr/bin/env bash
# Runs the component in Rust, Node and Python, and the plain library, as in examples/: the
# alerts of all must be the same bytes; so must those of a component of compiled rules, which has no
# plain library. What a host needs is installed into OUT by npm and pip,
# once for each lock file. Fails where a host's tool is not there.
# usage: tests/hosts.sh same|time OUT [EVENTS [ROUNDS]]
set -euo pipefail
cd "$(dirname "$0")/.."
what=$1 out=$2/hosts events=${3:-20000} rounds=${4:-5}
component=target/aadgraph.wasm
mkdir -p "$out"

hosts=(--host rust target/release/examples/alerts --host library target/release/examples/library)
fail() {
    echo "error: $1" >&2
    exit 1
}

# True once the folder was made of these files.
settled() {
    [ -f "$1/made-of" ] && cat "${@:2}" | cmp -s - "$1/made-of"
}

node_is_new_enough() {
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'
}

command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
    fail "the Node host needs node and npm (on Debian: nodejs and npm)"
node_is_new_enough || fail "this is node $(node --version), and the transpiler of the Node host needs 20.19"
made_of=(examples/node/* "$component")
if ! settled "$out/node" "${made_of[@]}"; then
    rm -rf "$out/node"
    mkdir -p "$out/node"
    cp examples/node/*.mjs examples/node/*.json "$out/node/"
    (cd "$out/node" && npm ci --no-audit --no-fund --ignore-scripts >&2)
    (cd "$out/node" && node transpile.mjs "$OLDPWD/$component")
    cat "${made_of[@]}" >"$out/node/made-of"
fi
hosts+=(--host node node "$out/node/alerts.mjs")

command -v python3 >/dev/null 2>&1 || fail "the Python host needs python3"
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 ||
    fail "python3 cannot make a virtual environment for the Python host (on Debian: python3-venv)"
if ! settled "$out/python" examples/python/requirements.txt; then
    rm -rf "$out/python"
    python3 -m venv "$out/python"
    "$out/python/bin/python" -m pip install --quiet --disable-pip-version-check \
        -r examples/python/requirements.txt >&2
    cp examples/python/requirements.txt "$out/python/made-of"
fi
hosts+=(--host python "$out/python/bin/python" examples/python/alerts.py "$component")

stream=$out/tenant-$events.ndjson table=$out/asn.mmdb
[ -f "$stream" ] || {
    target/release/weir-generate --events "$events" --seed 7 --asn-db "$table" >"$stream.new"
    mv "$stream.new" "$stream"
}
# A rule of a file in the hosts that take any component, on documents that it reads.
compiled() {
    local component=$out/compiled.wasm documents=$out/documents-$events.ndjson
    target/release/weir compile tests/siblings/high-4xx.toml --output "$component" >&2
    target/release/weir-generate --events "$events" --seed 7 --shape ecs >"$documents"
    rm -rf "$out/node/compiled"
    mkdir -p "$out/node/compiled"
    cp examples/node/alerts.mjs "$out/node/compiled/"
    local absolute
    absolute=$(realpath "$component")
    (cd "$out/node/compiled" && node ../transpile.mjs "$absolute")
    local hosts=(--host rust env COMPONENT="$component" target/release/examples/alerts
        --host node node "$out/node/compiled/alerts.mjs"
        --host python "$out/python/bin/python" examples/python/alerts.py "$component")
    target/release/weir-hosts alike '{}' "$documents" "${hosts[@]}"
    # Any group alerts. The inputs were laid there before.
    target/release/weir-hosts alike \
        '{"min_total_calls":0,"min_errors":0,"min_error_rate":0,"min_url_path_count":0}' \
        "$out"/inputs/{odd,multivalued-key,all-shapes-in-one-stream}.ndjson "${hosts[@]}"
}

case $what in
    same)
        target/release/weir-hosts same tests/fixtures "$stream" "$table" "$out/inputs" "${hosts[@]}"
        compiled
        ;;
    time) target/release/weir-hosts time target/release/weir "$stream" "$table" "$rounds" "${hosts[@]}" ;;
esac
