"""Servers that belay itself asks, with what has really happened in them: PostgreSQL and Redis as they are, one of each for
all beds, and a server of HTTP for each bed that writes into its file of effects.

A bed's playbook has a parameter `server`, the URL of the latter, and an environment: secrets.kept and secrets.plain are
PostgreSQL's, of which the former keeps receipts, secrets.redis is Redis's.
"""

import contextlib
import http.server
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time

ENVIRONMENT = """\
belay: 1
secrets:
  kept: { env: DATABASE, receipts: true }
  plain: { env: DATABASE }
  redis: { env: REDIS }
"""
PATIENCE = 30
PASSWORD = "a-long-password"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def running():
    """Both servers, until the block ends. Workers find them by their environment."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="belay-servers-"))
    folder.chmod(0o755)
    ports = [free_port(), free_port()]
    started = []
    try:
        started.append(postgres(folder, ports[0]))
        started.append(subprocess.Popen(
            ["redis-server", "--port", str(ports[1]), "--bind", "127.0.0.1", "--save", "", "--databases", "4096"],
            cwd=folder, stdout=subprocess.DEVNULL))
        os.environ["CRASH_SERVERS"] = " ".join(map(str, ports))
        until("PostgreSQL", lambda: psql("postgres", "SELECT 1", check=False) == "1")
        until("Redis", lambda: redis("PING") == b"+PONG\r\n")
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def postgres(folder, port):
    """It refuses to be run by root."""
    place = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))[-1]
    data = folder / "data"
    data.mkdir()
    owner = pwd.getpwnam("postgres") if os.getuid() == 0 else None
    if owner:
        os.chown(data, owner.pw_uid, owner.pw_gid)
    who = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    quiet = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **who}
    subprocess.run(
        [place / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"],
        check=True, **quiet)
    settings = ["listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=16MB", "max_connections=60"]
    words = [word for setting in settings for word in ("-c", setting)]
    return subprocess.Popen([place / "postgres", "-D", data, "-p", str(port), "-k", data, *words], **quiet)


def until(what, holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} does not come to be")
        time.sleep(0.01)


def ports():
    return [int(word) for word in os.environ["CRASH_SERVERS"].split()]


def psql(database, statements, check=True):
    end = subprocess.run(
        ["psql", f"postgresql://postgres@127.0.0.1:{ports()[0]}/{database}", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statements],
        capture_output=True, text=True)
    if check and end.returncode != 0:
        raise RuntimeError(end.stderr)
    return end.stdout.strip()


def redis(*words):
    """One command's answer, as it comes."""
    with socket.create_connection(("127.0.0.1", ports()[1])) as connection:
        parts = [str(word).encode() for word in words]
        connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


class Lines:
    """A client's words; knows when a line of them was cut off with the client."""

    def __init__(self, file):
        self.file, self.are_cut = file, False

    def readline(self, *limit):
        line = self.file.readline(*limit)
        self.are_cut |= not line.endswith(b"\n")
        return line

    def __getattr__(self, name):
        return getattr(self.file, name)


class Handler(http.server.BaseHTTPRequestHandler):
    """POST /NODE is an effect of that node; /NODE/STATUS answers so, and has none; GET /effect/NODE: whether it is there."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def setup(self):
        super().setup()
        self.rfile = Lines(self.rfile)

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        if len(self.rfile.read(length)) < length or self.rfile.are_cut:
            # No request: a server does nothing for half of one.
            self.close_connection = True
            return
        _, node, *rest = self.path.split("/")
        if self.command != "GET":
            status = int(rest[0]) if rest else 200
            key = self.headers["Idempotency-Key"].partition("/")[2]
            self.server.did(node, key, 0 if status == 200 else 1)
        else:
            status = 404 if node == "effect" and not self.server.was(rest[0]) else 200
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = handle_any


class WebServer(http.server.ThreadingHTTPServer):
    """Knows how many connections it has, so that one can wait until a dead client's are done with."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, effects):
        super().__init__(("127.0.0.1", 0), Handler)
        self.effects, self.lock, self.open, self.serial = effects, threading.Condition(), 0, 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def process_request(self, request, address):
        with self.lock:
            self.open += 1
        super().process_request(request, address)

    def shutdown_request(self, request):
        super().shutdown_request(request)
        with self.lock:
            self.open -= 1
            self.lock.notify_all()

    def handle_error(self, request, address):
        pass  # Clients are killed here.

    def did(self, node, key, status):
        with self.lock:
            self.serial += 1
            with open(self.effects, "a") as file:
                file.write(f"begin {node} http{self.serial} {key}\nend {node} http{self.serial} {status}\n")

    def was(self, node):
        """As ./was: it ended well since it was last undone."""
        with self.lock:
            text = self.effects.read_text() if self.effects.exists() else ""
        done = [line.split() for line in text.splitlines() if line.startswith("end ") and line.endswith(" 0")]
        last = [line[1] for line in done if line[1] in (node, f"{node}~rollback")]
        return bool(last) and last[-1] == node

    def settle(self):
        """A connection of our own is taken after all that were there before it."""
        with socket.create_connection(self.server_address) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: own\r\nConnection: close\r\n\r\n")
            while connection.recv(4096):
                pass
        with self.lock:
            if not self.lock.wait_for(lambda: self.open == 0, PATIENCE):
                raise RuntimeError("a connection of HTTP stays open")


class Servers:
    """A bed's share of them."""

    def __init__(self, belay, project):
        self.web = WebServer(project / "effects")
        self.url = f"http://127.0.0.1:{self.web.server_address[1]}"
        self.name = f"w{os.getpid()}"
        self.number = os.getpid() % 4096
        if psql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{self.name}'") != "1":
            psql("postgres", f"CREATE DATABASE {self.name}")
            psql(self.name, "CREATE TABLE effect (n serial, node text)")
            subprocess.run(
                [belay, "receipts", "init", self.environment["DATABASE"]], check=True, capture_output=True, cwd=project)
        redis("ACL", "SETUSER", self.name, "on", f">{PASSWORD}", "~*", "+@all")
        self.settle()
        psql(self.name, "TRUNCATE effect, belay.receipt")
        self.ask_redis("FLUSHDB")

    def ask_redis(self, *words):
        """In this bed's database."""
        parts = [[b"SELECT", b"%d" % self.number], [str(word).encode() for word in words]]
        with socket.create_connection(("127.0.0.1", ports()[1])) as connection:
            for command in parts:
                connection.sendall(
                    b"*%d\r\n" % len(command) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in command))
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b"")).removeprefix(b"+OK\r\n")

    @property
    def environment(self):
        postgres_port, redis_port = ports()
        return {
            "DATABASE": f"postgresql://postgres@127.0.0.1:{postgres_port}/{self.name}",
            "REDIS": f"redis://{self.name}:{PASSWORD}@127.0.0.1:{redis_port}/{self.number}",
        }

    def settle(self):
        """Until nothing of a dead client is on its way any more."""
        self.web.settle()
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND " \
            "backend_type = 'client backend' AND pid <> pg_backend_pid()"
        until("the end of a session", lambda: psql(self.name, others) == "0")
        user = f" user={self.name} ".encode()
        until("the end of a client of Redis", lambda: user not in redis("CLIENT", "LIST"))

    def effects(self):
        """As lines of ./did; of SQL and Redis the order among the others is not known."""
        nodes = psql(self.name, "SELECT node FROM effect ORDER BY n").split()
        nodes += [word.decode() for word in self.ask_redis("LRANGE", "effect", 0, -1).split(b"\r\n") if word[:1] not in (b"*", b"$", b"")]
        for number, node in enumerate(nodes):
            yield ("begin", node, f"row{number}", f"{node}/1")
            yield ("end", node, f"row{number}", "0")

    def close(self):
        self.web.shutdown()
        self.web.server_close()
