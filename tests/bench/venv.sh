#!/bin/sh
# Installs the peers into a private virtual environment, once for each requirements.txt.
# Prints its Python; prints nothing, and says why on stderr, where that cannot be had.
# usage: venv.sh FOLDER
set -u
folder=$1
wanted=$(dirname "$0")/requirements.txt

if ! command -v python3 >/dev/null 2>&1; then
    echo "bench: there is no python3, so only the component itself is measured" >&2
    exit 0
fi
if ! cmp -s "$wanted" "$folder/installed.txt"; then
    rm -rf "$folder"
    if ! python3 -m venv "$folder" >&2; then
        echo "bench: python3 cannot make a virtual environment (on Debian: install python3-venv)" >&2
        echo "bench: the peers are left out" >&2
        exit 0
    fi
    if ! "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$wanted" >&2; then
        echo "bench: the peers could not be installed (see above; is there a network?) and are left out" >&2
        exit 0
    fi
    cp "$wanted" "$folder/installed.txt"
fi
echo "$folder/bin/python"
