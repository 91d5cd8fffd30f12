#!/usr/bin/env bash
# RUSTC_WRAPPER: instruments the crates of this repository for libFuzzer and AddressSanitizer.
# Dependencies are compiled as everywhere else, so that they need not be compiled again.
set -euo pipefail
rustc=$1
shift
case "${CARGO_PKG_NAME:-} $*" in
"weir-"* | "aadgraph "*) ;;
"aadgraph-rules "* | "high-4xx "* | "enumeration "* | "suspicious-agent "* | "first-client "* | "first-network "*) ;;
*) exec "$rustc" "$@" ;;
esac
case "$*" in
*"--crate-name build_script_"*) exec "$rustc" "$@" ;;
esac
coverage=-sanitizer-coverage
# The compiler of everything else instruments too, so that a nightly one need not be fetched.
RUSTC_BOOTSTRAP=1 exec "$rustc" "$@" --cfg fuzzing -Zsanitizer=address -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=$coverage-level=4 -Cllvm-args=$coverage-inline-8bit-counters -Cllvm-args=$coverage-pc-table \
    -Cllvm-args=$coverage-trace-compares -Cllvm-args=$coverage-stack-depth \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0
