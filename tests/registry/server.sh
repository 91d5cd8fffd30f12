#!/usr/bin/env bash
# A registry (Debian's docker-registry) on this machine. As root it is installed where it is not there.
#
#   tests/registry/server.sh start DIR [htpasswd|token URL]   prints HOST:PORT; DIR/pid is its process
#   tests/registry/server.sh stop DIR                         data and log stay in DIR
#
# Started again in the same DIR it has the same data, and asks whom it is told to ask. `htpasswd`
# knows `walker` with `secret-of-walker`. `token` trusts DIR/token.crt.
set -euo pipefail
what=$1 dir=$2 auth=${3:-}

install_it() {
    command -v docker-registry >/dev/null && return
    [ "$(id -u)" -eq 0 ] || { echo "error: there is no docker-registry (Debian has the package)" >&2; exit 1; }
    { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends docker-registry; } >&2
}

start() {
    install_it
    mkdir -p "$dir"
    {
        printf 'version: 0.1\nlog: {level: info}\nstorage: {filesystem: {rootdirectory: "%s/data"}}\n' "$dir"
        printf 'http: {addr: "127.0.0.1:0", secret: "of the test"}\n'
        case $auth in
            htpasswd)
                # The hash is bcrypt's.
                printf 'walker:%s\n' '$2b$04$DaOaUn6U5HpLXZouSnMg6u.84agzS.UACU1aE3yaJSaS0SQz5rreq' >"$dir/htpasswd"
                printf 'auth: {htpasswd: {realm: it, path: "%s/htpasswd"}}\n' "$dir" ;;
            token)
                printf 'auth: {token: {realm: "%s", service: it, issuer: tests, rootcertbundle: "%s/token.crt"}}\n' "$4" "$dir" ;;
        esac
    } >"$dir/config.yml"
    docker-registry serve "$dir/config.yml" >"$dir/log" 2>&1 &
    echo $! >"$dir/pid"
    for _ in $(seq 600); do
        at=$(sed -n 's/.*listening on \([0-9.:]*\).*/\1/p' "$dir/log")
        [ -z "$at" ] || { echo "$at"; return; }
        kill -0 "$(cat "$dir/pid")" 2>/dev/null || break
        sleep 0.1
    done
    cat "$dir/log" >&2
    exit 1
}

stop() {
    [ -f "$dir/pid" ] || return 0
    kill "$(cat "$dir/pid")" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 "$(cat "$dir/pid")" 2>/dev/null || break; sleep 0.1; done
    rm "$dir/pid"
}

case $what in
    start) start "$@" ;;
    stop) stop ;;
    *) echo "usage: $0 start|stop DIR" >&2; exit 3 ;;
esac
