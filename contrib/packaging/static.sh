#!/usr/bin/env bash
# Builds `weir` for the package, as static as this machine can, and puts it at FILE.
#
#   contrib/packaging/static.sh FILE TARGET
#
# With musl it has all of the C library inside, the look-up of names too. glibc looks names up by
# libraries of the machine that it runs on, whether it is linked statically or not; so there it is
# left outside, and that is said. With REQUIRE_STATIC=1 it is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo=${CARGO:-cargo}
file=$1
target=$2
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR

fail() {
    echo "error: $1" >&2
    exit 1
}

# Where the sources lay is no business of whoever runs the program.
flags=("--remap-path-prefix=$PWD=/weir"
    "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
    "--remap-path-prefix=$(rustc --print sysroot)=/rust")
case $target in
*-linux-musl)
    # Some crates have C in them, and other headers than musl's would not do.
    command -v musl-gcc >/dev/null 2>&1 || command -v "${target%%-*}-linux-musl-gcc" >/dev/null 2>&1 \
        || fail "$target needs a C compiler for musl: install musl-tools (Debian), musl-gcc (Fedora), or leave TARGET out"
    if command -v rustup >/dev/null 2>&1; then
        rustup target list --installed | grep -qx "$target" || rustup target add "$target"
    fi
    flags+=(-Ctarget-feature=+crt-static)
    ;;
*-linux-gnu*)
    echo "note: weir will need this machine's C library; with a compiler for musl (musl-tools on Debian, musl-gcc on Fedora) it needs none" >&2
    ;;
esac

# As the project's own manifest has it, without features that only tests ask for.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}") \
    $cargo build --locked --profile packaged --package weir --bin weir --target "$target"
mkdir -p "$(dirname "$file")"
cp "target/$target/packaged/weir" "$file"

# A program that asks for a loader names it.
if [[ $target == *-linux-* ]]; then
    if ldd "$file" 2>&1 | grep -qE 'statically linked|not a dynamic|[Nn]ot a valid dynamic'; then
        echo "$file: static, $(wc -c <"$file") bytes"
    else
        [[ ${REQUIRE_STATIC:-} != 1 ]] || fail "$file needs libraries of the machine that it runs on"
        needed=$(ldd "$file" | awk '/=>/ { printf " %s", $1 }')
        echo "$file: dynamic, not static, $(wc -c <"$file") bytes; it needs of the machine that it runs on:$needed"
    fi
fi
