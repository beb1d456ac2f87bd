"""Commands that run something: here with a service's variables, or where the service runs."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlparse

from . import variables
from .client import Target, fail, request


def _command(flags: Any) -> list[str]:
    return flags.command[1:] if flags.command[:1] == ["--"] else flags.command


def run(flags: Any) -> NoReturn:
    """On this machine, with the service's variables; one program and its arguments, no shell."""
    command = _command(flags)
    if not command:
        fail("No command provided")
    values = variables._values(Target(flags))
    try:
        os.execvpe(command[0], command, os.environ | values)
    except OSError as error:
        fail(f"Failed to spawn command: {error.strerror} (os error {error.errno})")


def ssh(flags: Any) -> int:
    """In the container of the deployment that serves. What it is called is given to a shell, as ssh does."""
    target = Target(flags)
    container = json.loads(request(f"/lab/container/{target.service['id']}"))
    env = {"PATH": os.environ["PATH"], "HOME": "/tmp", "LANG": "C.UTF-8", **container["env"]}
    command = " ".join(_command(flags)) or "bash"
    child = subprocess.Popen(["bash", "-c", command], cwd=container["cwd"], env=env)
    if Path(os.environ.get("LAB_FAULTS", "/nonexistent"), "ssh-drops").exists():
        time.sleep(0.3)
        child.send_signal(signal.SIGHUP)
        print("Connection to ssh.railway.com closed by remote host.", file=sys.stderr)
        return 255
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda number, _: child.send_signal(number))
    code = child.wait()
    return 128 - code if code < 0 else code


def connect(flags: Any) -> None:
    """A tunnel to the database: a port here whose connections end there."""
    flags.service = flags.service_name or flags.service
    values = variables._values(Target(flags))
    address = urlparse(values.get("DATABASE_PUBLIC_URL") or values.get("REDIS_PUBLIC_URL") or "")
    if not address.hostname:
        fail("Service has no public address")
    if not flags.tunnel_only:
        program = (
            ["psql", values["DATABASE_PUBLIC_URL"]]
            if "DATABASE_PUBLIC_URL" in values
            else ["redis-cli", "-u", values["REDIS_PUBLIC_URL"]]
        )
        os.execvp(program[0], program)
    listener = socket.create_server(("127.0.0.1", flags.port or 0))
    print(f"Tunnel open on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        near, _ = listener.accept()
        far = socket.create_connection((address.hostname, address.port))
        threading.Thread(target=_join, args=(near, far), daemon=True).start()


def _join(near: socket.socket, far: socket.socket) -> None:
    with near, far:
        while True:
            for one in select.select([near, far], [], [])[0]:
                data = one.recv(65536)
                if not data:
                    return
                (far if one is near else near).sendall(data)
