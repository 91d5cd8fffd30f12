#!/usr/bin/env bash
# Checks the layout of the repository: no Rust file is too long, and crates depend on each other in
# one direction only.
#
#   tests/rooms.sh
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
longest=500

# Each crate of the workspace, and the crates of the workspace that it may depend on.
allowed() {
    cat <<'TABLE'
weir-common:
weir-shipped:
weir-esql: weir-detector
weir-contract: weir-common
weir-host: weir-common weir-contract
weir-component: weir-common weir-host
weir-config: weir-common weir-host weir-shipped weir-component
weir-sources: weir-common
weir-sinks: weir-common weir-host
weir-pipeline: weir-common weir-host weir-sources weir-sinks
weir-tls: weir-common
weir-deliver: weir-common weir-host weir-sinks weir-tls
weir-registry: weir-common weir-host weir-component weir-config weir-tls
weir-serve: weir-common weir-host weir-sources weir-pipeline
weir-ledger: weir-common weir-host weir-config weir-sinks weir-pipeline
weir-report: weir-common weir-host weir-shipped weir-config weir-sources weir-sinks weir-pipeline
weir-cases: weir-common weir-host weir-config weir-sources weir-sinks weir-pipeline weir-ledger weir-schedule weir-check weir-compile
weir-new: weir-common weir-host
weir-measure: weir-common weir-host weir-shipped weir-component weir-config weir-sources weir-pipeline
weir-schedule:
weir-check: weir-common weir-host weir-config weir-sources weir-sinks weir-pipeline weir-ledger weir-schedule
weir-compile: weir-detector weir-compiled weir-esql
weir-kafka: weir-common weir-host weir-sources weir-sinks weir-pipeline
weir: weir-common weir-host weir-shipped weir-component weir-config weir-sources weir-sinks weir-pipeline weir-deliver weir-serve weir-ledger weir-report weir-cases weir-kafka weir-registry weir-new weir-measure weir-check weir-compile
weir-detector:
weir-compiled: weir-detector aadgraph
aadgraph: weir-detector
high-4xx: weir-detector aadgraph
enumeration: weir-detector aadgraph
suspicious-agent: weir-detector aadgraph
first-client: weir-detector aadgraph
first-network: weir-detector aadgraph
aadgraph-rules: weir-detector aadgraph high-4xx enumeration suspicious-agent first-client first-network
aadgraph-4xx-fluent-bit: weir-detector high-4xx
weir-fluent-bit: aadgraph-4xx-fluent-bit
weir-generator:
weir-kinds: weir-detector
weir-pairs: weir-compile weir-compiled weir-detector weir-esql weir-generator
weir-esql-spec: weir-esql
weir-zoo: weir-detector aadgraph high-4xx
weir-tests: weir-common weir-host weir-shipped weir-config weir-sources weir-sinks weir-pipeline weir-ledger weir-schedule weir-cases weir-detector aadgraph high-4xx aadgraph-rules weir-generator
TABLE
}

long_files() {
    find . \( -name target -o -name out -o -name node_modules -o -name '.?*' \) -prune -o -name '*.rs' -type f -print0 |
        xargs -0 awk -v longest="$longest" '
            function check() { if (lines > longest) printf "%s: %d lines, more than %d: split it\n", substr(file, 3), lines, longest }
            FNR == 1 { check(); file = FILENAME }
            { lines = FNR }
            END { check() }'
}

# The table's own lines are held to the rules that it is to follow, by the crates' folders.
wrong_dependencies() {
    "$cargo" tree --locked --workspace --all-features --edges normal --depth 1 --no-dedupe --prefix depth |
        awk -v root="$PWD/" '
            NR == FNR { name = $1; sub(/:$/, "", name); known[name] = 1; for (at = 2; at <= NF; at++) may[name, $at] = 1; next }
            !/ \(\// { next }
            {
                name = substr($1, 2)
                at = index($0, " (" root)
                folder = substr($0, at + length(root) + 2)
                sub(/\).*/, "", folder)
            }
            /^0/ {
                from = name; of = folder; seen[name] = 1
                if (!(name in known)) printf "%s (%s) has no line in the table of tests/rooms.sh\n", name, folder
                next
            }
            { why = "" }
            !((from, name) in may) { why = "the table of tests/rooms.sh does not allow it" }
            of == "host" && name !~ /^weir-(common|contract)$/ { why = "host may depend on weir-common and weir-contract only" }
            of ~ /^(guest\/|contrib\/fluent-bit$)/ && folder !~ /^guest\// { why = "a guest may depend on guests only" }
            folder ~ /^contrib\// && of !~ /^contrib\// { why = "nothing outside of contrib may depend on it" }
            (from in known) && why != "" { printf "%s (%s) depends on %s (%s): %s\n", from, of, name, folder, why }
            END { for (name in known) if (!(name in seen)) printf "%s is in the table of tests/rooms.sh, and is no crate\n", name }
        ' <(allowed) -
}

wrong=$(long_files && wrong_dependencies)
[ -z "$wrong" ] || { printf '%s\n' "$wrong" >&2; exit 1; }
