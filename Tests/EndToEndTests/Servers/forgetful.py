#!/usr/bin/env python3
"""Stands between belay and PostgreSQL, and loses the answer to the first COMMIT: it is done, and nobody hears so.

    forgetful.py FOLDER PORT-OF-POSTGRESQL

Its port stands in FOLDER/port once it listens; FOLDER/lost appears when an answer was lost.
"""

import os
import pathlib
import socket
import sys
import threading

folder, target = pathlib.Path(sys.argv[1]), int(sys.argv[2])


def forward(source, sink):
    while data := source.recv(1 << 16):
        sink.sendall(data)
    sink.close()


def serve(client):
    server = socket.create_connection(("127.0.0.1", target))
    threading.Thread(target=lambda: quietly(forward, server, client), daemon=True).start()
    while data := client.recv(1 << 16):
        if b"COMMIT\0" in data and not (folder / "lost").exists():
            (folder / "lost").touch()
            # Its answer is read by nobody: the client is gone before it comes.
            client.shutdown(socket.SHUT_RDWR)
            server.sendall(data)
            return
        server.sendall(data)
    server.close()


def quietly(what, *arguments):
    try:
        what(*arguments)
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
(folder / "port.new").write_text(str(listener.getsockname()[1]))
os.rename(folder / "port.new", folder / "port")
while True:
    connection, _ = listener.accept()
    threading.Thread(target=quietly, args=(serve, connection), daemon=True).start()
