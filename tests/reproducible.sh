#!/usr/bin/env bash
# Builds the component from two copies of the sources, in folders of different names and
# lengths, and fails unless both are the same bytes.
#
# It is built by weir/shipped/build.rs, as for the host: here as the build script of an empty crate
# that stands beside the guest where the host would, so that wasmtime need not be compiled.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
built=()
for copy in a another/and-a-longer-one; do
    copy=$folder/$copy
    mkdir -p "$copy/empty"
    # The sources, and what cargo wants to see of the other members.
    tar cf - Cargo.toml Cargo.lock contrib/fluent-bit guest wit host weir tests/Cargo.toml tests/src tests/tests tests/generator tests/kinds tests/pairs tests/esql-spec tests/zoo \
        | tar xf - -C "$copy"
    {
        printf '[package]\nname = "empty"\nedition = "2024"\nbuild = "../weir/shipped/build.rs"\n'
        printf '[lib]\npath = "lib.rs"\n[workspace]\n'
        sed -n '/^\[build-dependencies\]/,/^$/p' weir/shipped/Cargo.toml
    } >"$copy/empty/Cargo.toml"
    : >"$copy/empty/lib.rs"
    cp Cargo.lock "$copy/empty/"
    (cd "$copy/empty" && $cargo build --quiet)
    built+=("$copy/target/aadgraph.wasm")
done
for file in "${built[@]}"; do
    if command -v sha256sum >/dev/null 2>&1; then sha256sum "$file"; else shasum -a 256 "$file"; fi
done
cmp "${built[@]}"
