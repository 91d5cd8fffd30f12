#!/usr/bin/env bash
# Prints the target that the packaged command is built for: Linux with musl where there is a
# compiler for it, since such a program needs nothing of the machine that it runs on.
set -euo pipefail
host=$(rustc -vV | sed -n 's/^host: //p')
musl="${host%%-*}-unknown-linux-musl"
if [[ $host == *-linux-* ]] && { command -v musl-gcc || command -v "${host%%-*}-linux-musl-gcc"; } >/dev/null 2>&1; then
    echo "$musl"
else
    echo "$host"
fi
