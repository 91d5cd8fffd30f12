#!/usr/bin/env bash
# Components in a real registry (Debian's docker-registry), and with a client that is not Weir's
# (the crate oci-wasm): pushed, pulled by digest, tampered with, behind passwords and tokens, and with
# the registry gone.
#
#   tests/registry.sh WEIR
set -euo pipefail
cd "$(dirname "$0")/.."
weir=$(realpath "$1")
work=$(mktemp -d)
peer=$PWD/target/registry/release/weir-registry-peer
server=$PWD/tests/registry/server.sh
tokens=
trap '[ -z "$tokens" ] || kill "$tokens" 2>/dev/null || true; for at in open closed token; do "$server" stop "$work/$at"; done; rm -rf "$work"' EXIT
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
unset WEIR_REGISTRY_USER WEIR_REGISTRY_PASSWORD WEIR_REGISTRY_TOKEN
export XDG_CACHE_HOME=$work/cache DOCKER_CONFIG=$work/docker WEIR_LOG_FORMAT=json
passed=0

fail() {
    echo "error: $1" >&2
    cat "$work/err" >&2
    exit 1
}

# A step's name, its exit code, a code among its messages or -, and the command.
step() {
    local name=$1 code=$2 told=$3 ended=0
    shift 3
    "$@" >"$work/out" 2>"$work/err" || ended=$?
    [ "$ended" -eq "$code" ] || fail "$name: exit code $ended, not $code"
    [ "$told" = - ] || grep -q "\"code\":\"$told\"" "$work/err" || fail "$name: no message $told"
    passed=$((passed + 1))
    echo "ok $name"
}

same() {
    cmp -s "$2" "$3" || fail "$1"
    passed=$((passed + 1))
    echo "ok $1"
}

"${CARGO:-cargo}" build --release --locked --manifest-path tests/registry/Cargo.toml --target-dir target/registry
command -v openssl >/dev/null ||
    { [ "$(id -u)" -eq 0 ] && apt-get update -q && apt-get install -qy --no-install-recommends openssl; } >&2 ||
    { echo "error: there is no openssl" >&2; exit 1; }
cp target/aadgraph.wasm "$work/it.wasm"
"$peer" sign "$work/it.wasm" "$work/key.pub"
cp tests/fixtures/roadrecon-walk/input.json "$work/input"
cd "$work"
"$weir" run --component it.wasm --final input >alerts 2>/dev/null
[ -s alerts ] || fail "the fixture gives no alert"

at=$("$server" start "$work/open")
step "a component is pushed" 0 - "$weir" push it.wasm "oci://$at/team/walk:1.2"
pinned=$(cat out)
step "it is run by its digest" 0 - "$weir" run --component "$pinned" --final input
same "with the same alerts" out alerts
step "it is pulled by its digest" 0 - "$weir" pull "$pinned" --output got.wasm
same "with the same bytes" got.wasm it.wasm
same "and its signature" got.wasm.minisig it.wasm.minisig
step "its signature is good" 0 - "$weir" verify "oci://$at/team/walk:1.2" --key key.pub
step "a tag alone is refused" 2 component-not-pinned "$weir" run --component "oci://$at/team/walk:1.2" input
step "a tag with a signature is run" 0 - "$weir" run --component "oci://$at/team/walk:1.2" --require-signature key.pub --final input
same "with the same alerts, too" out alerts

step "another client pulls it" 0 - "$peer" pull "$at/team/walk:1.2" theirs.wasm
same "with the same bytes, too" theirs.wasm it.wasm
grep -q '"weir.rules":' out || fail "it does not see the annotations"
step "another client pushes one" 0 - "$peer" push it.wasm "$at/team/theirs:1"
theirs="oci://$at/team/theirs:1@$(cat out)"
step "which is run by its digest" 0 - "$weir" run --component "$theirs" --final input
same "with the same alerts as ours" out alerts

other="oci://$at/team/walk@sha256:$(printf '0%.0s' $(seq 64))"
step "a digest that is not there is told" 3 input-failed "$weir" run --component "$other" input
layer=$(sha256sum it.wasm | cut -d ' ' -f 1)
blob=$work/open/data/docker/registry/v2/blobs/sha256/${layer:0:2}/$layer/data
printf x | dd of="$blob" bs=1 seek=5000 conv=notrunc status=none
step "a tampered layer is refused" 2 component-content-differs "$weir" run --no-cache --component "$pinned" input
step "and not pulled" 2 component-content-differs "$weir" pull "$pinned" --force --output got.wasm
same "over what is there" got.wasm it.wasm

"$server" stop "$work/open"
step "with the registry down a copy is run" 0 component-cached "$weir" run --component "$pinned" --final input
same "with the same alerts as before" out alerts
step "without a copy nothing is" 3 input-failed "$weir" run --no-cache --component "$pinned" input
step "nor by its tag" 3 input-failed "$weir" run --allow-tag --component "oci://$at/team/walk:1.2" input

at=$("$server" start "$work/closed" htpasswd)
reference=oci://$at/team/walk:1.2
step "without a password nothing is pushed" 3 input-failed "$weir" push it.wasm "$reference"
step "nor with a wrong one" 3 input-failed env WEIR_REGISTRY_USER=walker WEIR_REGISTRY_PASSWORD=wrong "$weir" push it.wasm "$reference"
step "with one of the environment it is" 0 - env WEIR_REGISTRY_USER=walker WEIR_REGISTRY_PASSWORD=secret-of-walker "$weir" push it.wasm "$reference"
mkdir docker
printf '{"auths": {"%s": {"auth": "%s"}}}' "$at" "$(printf walker:secret-of-walker | base64)" >docker/config.json
step "with docker's it is pulled" 0 - "$weir" pull "$reference" --key key.pub --force --output got.wasm

mkdir "$work/token"
coproc TOKENS { exec python3 "$OLDPWD/tests/registry/tokens.py" "$work/token" 2>"$work/token/asked"; }
tokens=$TOKENS_PID
read -r url <&"${TOKENS[0]}"
at=$("$server" start "$work/token" token "$url")
export WEIR_REGISTRY_USER=walker WEIR_REGISTRY_PASSWORD=secret-of-walker
step "a token that has expired is asked for anew" 0 - "$weir" push it.wasm "oci://$at/team/walk:1.2"
asked=$(grep -c 'GET /token' "$work/token/asked" || true)
[ "$asked" -gt 1 ] || fail "$asked tokens were asked for"
step "with the next it is pulled" 0 - "$weir" pull "$(cat out)" --force --output got.wasm
same "with the same bytes at last" got.wasm it.wasm

echo "$passed passed"
