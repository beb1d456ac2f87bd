#!/usr/bin/env python3
"""A server of HTTP that misbehaves as it is asked to by the path, for tests.

    odd.py FOLDER [CERTIFICATE KEY]

Its ports stand in FOLDER/ports once it listens: of HTTP, of another server of HTTP, of HTTPS (with a certificate), of
something that is no TLS. Each request that has arrived is a line of FOLDER/requests: method, path, idempotency key.
"""

import http.server
import json
import os
import pathlib
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

folder = pathlib.Path(sys.argv[1])
lock = threading.Lock()
seen = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path = self.path.split("?")[0]
        with lock:
            seen[path] = count = seen.get(path, 0) + 1
            with open(folder / "requests", "a") as log:
                log.write(f"{self.command} {self.path} {self.headers.get('Idempotency-Key', '-')}\n")
        getattr(self, "do" + path.replace("/", "_"), self.do_missing)(count, body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any

    def do_missing(self, count, body):
        self.answer(404, b"nothing here")

    def do_ok(self, count, body):
        self.answer(200, b'{"status": "healthy"}', Content_Type="application/json")

    def do_echo(self, count, body):
        text = {"method": self.command, "path": self.path, "body": body.decode(), "headers": dict(self.headers)}
        self.answer(200, json.dumps(text).encode())

    def do_login(self, count, body):
        # As numbers: the password itself would be masked.
        if self.headers["Content-Type"] == "application/json":
            password = json.loads(body)["user"]["password"]
        else:
            password = urllib.parse.parse_qs(body.decode())["password"][0]
        self.answer(200, json.dumps({"characters": [ord(each) for each in password], "said": password}).encode())

    def do_away(self, count, body):
        self.answer(307, Location=f"http://127.0.0.1:{ports[1]}/echo")

    def do_silent(self, count, body):
        # Until the other side has had enough.
        self.connection.recv(1)
        self.close_connection = True

    def do_held(self, count, body):
        while not (folder / "answer").exists():
            time.sleep(0.01)
        self.answer(200)

    def do_half(self, count, body):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"only this")
        self.close_connection = True

    def do_reset(self, count, body):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def do_huge(self, count, body):
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 30))
        self.end_headers()
        piece = b"x" * (1 << 20)
        for _ in range(1 << 10):
            self.wfile.write(piece)

    def do_long(self, count, body):
        self.answer(200, b'{"text": "' + b"x" * (2 << 20) + b'"}')

    def do_circle(self, count, body):
        self.answer(302, Location="/circle")

    def do_file(self, count, body):
        self.answer(302, Location="file:///etc/passwd")

    def do_elsewhere(self, count, body):
        self.answer(302, Location=f"http://127.0.0.1:{ports[1]}/echo")

    def do_here(self, count, body):
        self.answer(307, Location="/echo")

    def do_busy(self, count, body):
        self.answer(200, b"{}") if count > 1 else self.answer(429, Retry_After="1")

    def do_gateway(self, count, body):
        self.answer(504, b"upstream timed out")

    def do_gone(self, count, body):
        self.answer(404) if count > 1 else self.do_reset(count, body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass  # Clients of these tests go away.


def listen(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def no_tls():
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = server.accept()
            connection.recv(4096)
            connection.sendall(b"this is no TLS\n" * 10)
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1]


ports = [listen(Server(("127.0.0.1", 0), Handler)) for _ in range(2)]
secure = 0
if len(sys.argv) > 3:
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    secure = listen(server)
ports += [secure, no_tls()]
(folder / "ports.new").write_text(" ".join(map(str, ports)))
os.rename(folder / "ports.new", folder / "ports")
threading.Event().wait()
