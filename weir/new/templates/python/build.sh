#!/bin/sh
# Builds the detector as a component: failed-logins.wasm. componentize-py is installed into .venv,
# unless it is there.
set -eu
cd "$(dirname "$0")"
if [ ! -x .venv/bin/componentize-py ]; then
    python3 -m venv .venv || {
        echo "error: python3 and its module venv are needed: install the packages python3 and python3-venv" >&2
        exit 3
    }
    .venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
fi
# --stub-wasi: a detector imports nothing, so what would need the system traps.
.venv/bin/componentize-py --wit-path wit --world minimal componentize --stub-wasi app -o failed-logins.wasm
