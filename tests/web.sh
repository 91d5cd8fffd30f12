#!/usr/bin/env bash
# Opens reports in a real browser: of a generated tenant, and of a log in which every value is
# hostile. Where there is no Chromium, root installs the distribution's; fails where that cannot be.
# usage: tests/web.sh OUT [IMAGES]
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1/web images=${2:-}
fail() {
    echo "error: $1" >&2
    exit 1
}

node_is_new_enough() {
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'
}
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
    fail "there is no node and npm (on Debian: nodejs and npm)"
node_is_new_enough || fail "this is node $(node --version), and the driver needs 20"

find_browser() {
    local name
    for name in ${CHROMIUM:-chromium chromium-browser google-chrome}; do
        command -v "$name" && return
    done
    return 1
}
if ! browser=$(find_browser); then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        fail "there is no Chromium (CHROMIUM=/path/to/it)"
    fi
    { apt-get update -q && apt-get install -qy --no-install-recommends chromium fonts-dejavu-core; } >&2 ||
        fail "Chromium could not be installed"
    browser=$(find_browser) || fail "there is no Chromium (CHROMIUM=/path/to/it)"
fi

mkdir -p "$out"
if ! cmp -s tests/web/package-lock.json "$out/made-of"; then
    rm -rf "$out/node_modules"
    cp tests/web/package.json tests/web/package-lock.json tests/web/.npmrc "$out/"
    (cd "$out" && npm ci --no-audit --no-fund --ignore-scripts >&2)
    cp tests/web/package-lock.json "$out/made-of"
fi
cp tests/web/*.mjs "$out/"

target/release/weir-generate --events 20000 --hours 3 --seed 7 --asn-db "$out/asn.mmdb" >"$out/tenant.ndjson"
node "$out/hostile.mjs" >"$out/hostile.ndjson"
# A page has the names of files as they are given.
(
    cd "$out"
    weir=$OLDPWD/target/release/weir
    "$weir" report --quiet --asn-db asn.mmdb --output tenant.html tenant.ndjson
    "$weir" report --quiet --title '</title><script>window.broken = 1</script>' --output hostile.html hostile.ndjson
)
node "$out/report.mjs" "$browser" "$out/tenant.html" "$out/hostile.html" ${images:+--images "$images"}

# What a terminal shows, where there is something to record one with.
if [ -n "$images" ] && command -v script >/dev/null 2>&1; then
    session='stty cols 150
        say() { printf "\033[36m$ %s\033[0m\n" "$*"; "$@"; echo; }
        say weir run --asn-db asn.mmdb --format table tenant.ndjson
        say weir explain --ledger ledger.ndjson --top 1 --format table
        say weir validate odd.toml
        true'
    (
        cd "$out"
        PATH=$OLDPWD/target/release:$PATH
        weir run --quiet --asn-db asn.mmdb --verdicts ledger.ndjson --output /dev/null tenant.ndjson
        printf '[parameters]\nmin_error = 5\nmin_total_calls = 14\nwindow_seconds = 420\n' >odd.toml
        TERM=xterm-256color script -qec "$session" session.typescript >/dev/null
    )
    node "$out/terminal.mjs" "$browser" "$out/session.typescript" "$images/terminal.png"
fi
