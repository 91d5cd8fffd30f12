#!/usr/bin/env bash
# usage: tests/fuzz/smoke.sh [SECONDS [TARGET...]]
#
# Builds the fuzz targets and runs each for SECONDS (10), from inputs that are made of the
# fixtures and from what earlier runs found. Fails on the first finding, whose input is then
# in tests/fuzz/artifacts. Needs a C++ compiler. The target folder and the dependencies in it are
# those of `make build`; the project's own crates are instrumented.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-10}
shift || true
cargo=${CARGO:-cargo}
built=../../target/release

RUSTC_WRAPPER=$PWD/instrument.sh $cargo build --release --locked --target-dir ../../target
rm -rf seeds
"$built/seeds" seeds

if [ $# -eq 0 ]; then
    for file in fuzz_targets/*.rs; do
        set -- "$@" "$(basename "$file" .rs)"
    done
fi
for target in "$@"; do
    echo "== $target"
    mkdir -p "corpus/$target" "seeds/$target" "artifacts/$target"
    # 20 seconds for one input are a finding, and so are 256 MiB at once.
    timeout --kill-after=10 $((seconds + 120)) "$built/$target" "corpus/$target" "seeds/$target" \
        -artifact_prefix="artifacts/$target/" -max_total_time="$seconds" -timeout=20 \
        -malloc_limit_mb=256 -max_len=16384 -print_final_stats=1 -verbosity=1
done
