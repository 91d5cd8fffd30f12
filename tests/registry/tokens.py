#!/usr/bin/env python3
"""Token server for the registry of the tests: walker's tokens, the first of which has expired.

    tokens.py DIR     makes DIR/token.key and DIR/token.crt, and prints its address

A token is a JWT (RS256) that the registry checks by the certificate. Needs openssl.
"""
import base64
import json
import pathlib
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

CREDENTIALS = "Basic " + base64.b64encode(b"walker:secret-of-walker").decode()


def text64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(folder, claims):
    pem = (folder / "token.crt").read_text()
    chain = "".join(line for line in pem.splitlines() if "CERTIFICATE" not in line)
    parts = [{"typ": "JWT", "alg": "RS256", "x5c": [chain]}, claims]
    text = ".".join(text64(json.dumps(part).encode()) for part in parts)
    command = ["openssl", "dgst", "-sha256", "-sign", folder / "token.key"]
    signature = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    return f"{text}.{text64(signature)}"


def main():
    folder = pathlib.Path(sys.argv[1])
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=tests", "-days", "2",
         "-keyout", folder / "token.key", "-out", folder / "token.crt"],
        check=True, capture_output=True)
    made = 0

    class Tokens(BaseHTTPRequestHandler):
        def do_GET(self):
            nonlocal made
            if self.headers.get("Authorization") != CREDENTIALS:
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            made += 1
            asked = parse_qs(urlsplit(self.path).query)
            access = []
            for scope in asked.get("scope", []):
                kind, name, actions = scope.split(":")
                access.append({"type": kind, "name": name, "actions": actions.split(",")})
            # The registry grants a minute after the end.
            end = time.time() + (-600 if made == 1 else 300)
            claims = {"iss": "tests", "sub": "walker", "aud": asked["service"][0], "exp": int(end),
                      "nbf": int(end) - 900, "iat": int(end) - 900, "jti": str(made), "access": access}
            body = json.dumps({"token": signed(folder, claims)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, form, *values):
            print(form % values, file=sys.stderr, flush=True)

    server = HTTPServer(("127.0.0.1", 0), Tokens)
    print(f"http://127.0.0.1:{server.server_port}/token", flush=True)
    server.serve_forever()


main()
