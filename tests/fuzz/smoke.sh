#!/usr/bin/env bash
# usage: tests/fuzz/smoke.sh [SECONDS [TARGET...]]
#
# Builds the fuzz targets and runs each for SECONDS (10), from inputs that are made of the
# fixtures and from what earlier runs found. Fails on the first finding, whose input is then
# in tests/fuzz/artifacts. Needs a C++ compiler; installs the rest if it is not there.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-10}
shift || true
cargo=${CARGO:-cargo}

command -v cargo-fuzz >/dev/null 2>&1 || $cargo install --locked cargo-fuzz
rustup run nightly rustc --version >/dev/null 2>&1 \
    || rustup toolchain install nightly --profile minimal
# The host carries the component, and builds it with the compiler that it is built by.
rustup target add --toolchain nightly wasm32-unknown-unknown

$cargo run --release --locked --quiet --manifest-path ../../Cargo.toml \
    --package weir-tests --no-default-features --bin weir-generate -- seeds seeds
rustup run nightly cargo fuzz build --fuzz-dir . --features host

if [ $# -eq 0 ]; then
    for file in fuzz_targets/*.rs; do
        set -- "$@" "$(basename "$file" .rs)"
    done
fi
for target in "$@"; do
    echo "== $target"
    mkdir -p "corpus/$target" "seeds/$target"
    # 20 seconds for one input are a finding, and so are 256 MiB at once.
    rustup run nightly cargo fuzz run --fuzz-dir . --features host "$target" \
        "corpus/$target" "seeds/$target" -- \
        -max_total_time="$seconds" -timeout=20 -malloc_limit_mb=256 -max_len=16384 \
        -print_final_stats=1 -verbosity=1
done
