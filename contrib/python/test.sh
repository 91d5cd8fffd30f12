#!/usr/bin/env bash
# The component in Flink or Spark against `weir run --final` over the same files. What the engine
# needs is installed into OUT by pip, once for each lock file.
# usage: contrib/python/test.sh flink|spark OUT EVENTS
set -euo pipefail
cd "$(dirname "$0")/../.."
engine=$1 out=$2/$1 events=$3
here=contrib/$engine venv=$out/venv

fail() {
    echo "error: $1" >&2
    exit 1
}
command -v java >/dev/null 2>&1 || fail "$engine needs Java 17 (on Debian: openjdk-17-jre-headless)"
python=$(command -v python3.11 || command -v python3 || true)
[ -n "$python" ] || fail "there is no python3"
"$python" -c 'import ensurepip, venv' 2>/dev/null || fail "$python cannot make a virtual environment (on Debian: python3-venv)"
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' ||
    fail "$engine's package is for Python 3.10 to 3.12, and $python is another"

mkdir -p "$out"
if ! cmp -s "$here/requirements.txt" "$venv/made-of"; then
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$venv/made-of"
fi

# Engines listen on ports that no setting binds to one interface. In a network of its own, which has
# but a loopback interface, nobody else reaches them.
sealed=(unshare --map-root-user --net sh -c 'ip link set lo up && exec "$@"' --)
if ! "${sealed[@]}" true 2>/dev/null; then
    echo "no network namespace can be made here: workers' ports are open to others for the time of this test" >&2
    sealed=()
fi
export PYTHONUNBUFFERED=1
"${sealed[@]}" "$venv/bin/python" "$here/test.py" target/release target/aadgraph.wasm "$events" "$out/test"
