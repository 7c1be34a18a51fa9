"""A `practice-auth dev` of our own, with its cluster, for as long as it is measured."""

import ctypes
import glob
import http.client
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading

PARENT_DEATH_SIGNAL = 1  # prctl(2)
START_LIMIT = 60  # seconds
END_LIMIT = 30  # seconds
# Never set: waiting for it is a pause.
PAUSE = threading.Event()


def program(name):
    """The path of one of PostgreSQL's programs."""
    found = shutil.which(name) or max(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), default=None)
    if not found:
        raise SystemExit(f"bench: {name} is missing; it comes with PostgreSQL's server")
    return found


def output(*command, limit=300):
    """What a program writes; ends ours where it fails. Its session plans as ours does."""
    command = [str(part) for part in command]
    answer = subprocess.run(
        command, capture_output=True, text=True, timeout=limit,
        env=os.environ | {"PGOPTIONS": "-c jit=off -c plan_cache_mode=force_generic_plan"})
    if answer.returncode != 0:
        raise SystemExit(f"bench: {command[0]} failed\n{answer.stdout}{answer.stderr}")
    return answer.stdout


def wait_until(is_so, limit, what, pause=0.1):
    """Asks again and again, for `limit` seconds."""
    for _ in range(int(limit / pause)):
        if is_so():
            return
        PAUSE.wait(pause)
    raise TimeoutError(f"{what}: not within {limit} s")


def answers(address, path):
    """Whether it says 200 to that."""
    connection = http.client.HTTPConnection(*address, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Demo:
    """The service and its cluster; both end with this process, however that ends."""

    def __init__(self, binary, directory, hash_threads):
        self.binary = binary
        self.directory = pathlib.Path(directory)
        self.hash_threads = hash_threads
        self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        self.address = ("127.0.0.1", free_port())
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AUTH_")} | {
            "AUTH_DEV_DIRECTORY": str(self.directory),
            "AUTH_LISTEN": f"127.0.0.1:{self.address[1]}",
            "AUTH_INTERNAL_LISTEN": f"127.0.0.1:{free_port()}",
            "AUTH_HASH_THREADS": str(self.hash_threads),
        }
        prctl = ctypes.CDLL(None).prctl
        self.process = subprocess.Popen(
            [self.binary, "dev"], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=lambda: prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM))
        wait_until(self._is_ready, START_LIMIT, "ready")
        lines = (self.directory / "env").read_text().splitlines()
        self.settings = dict(
            shlex.split(line)[0].split("=", 1) for line in lines if not line.startswith("export "))

    def _is_ready(self):
        if self.process.poll() is not None:
            raise SystemExit(f"bench: practice-auth ended; see {self.directory}")
        return answers(self.address, "/readyz")

    @property
    def install(self):
        """Its keys, and what callers sign in with."""
        return json.loads((self.directory / "install.json").read_text("utf-8"))

    def end(self):
        """Ends it in an orderly way, and its cluster with it."""
        if not self.process or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    # MARK: the database

    def url(self, role):
        return self.settings["AUTH_DATABASE_URL"].replace("practice_auth_owner@", f"{role}@")

    def sql(self, text="", file=None, **variables):
        """Executes SQL as the superuser; the rows as lists of texts."""
        command = [program("psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", self.url("postgres")]
        command += [part for item in variables.items() for part in ("-v", "{}={}".format(*item))]
        command += ["-f", str(file)] if file else ["-c", text]
        # Ten million rows take their time.
        rows = output(*command, limit=3600 if file else 300)
        return [line.split("|") for line in rows.splitlines()]

    def executed(self, statement, cause):
        """The SQL of a statement of the service, as the server logs it when `cause` has run."""
        log = self.directory / "postgres" / "server.log"
        pattern = re.compile(rf"execute {statement}_\d+: (.*\n(?:\t.*\n)*)")
        self.sql("alter system set log_statement = 'all'")
        self.sql("select pg_reload_conf()")
        found = []

        def logged():
            cause()
            found[:] = pattern.findall(log.read_text())
            return found

        wait_until(logged, 10, f"{statement} in the server's log")
        self.sql("alter system reset log_statement")
        self.sql("select pg_reload_conf()")
        return found[-1].replace("\n\t", "\n")

    # MARK: what it costs

    def cpu_seconds(self):
        """The processor time so far of the service, and of the server with all its processes."""
        server = int((self.directory / "postgres/data/postmaster.pid").read_text().split()[0])
        of_server = 0.0
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                process, parent, own, ended = process_times(path)
            except OSError:  # it has just ended
                continue
            if process == server:
                of_server += own + ended
            elif parent == server:
                of_server += own
        return process_times(f"/proc/{self.process.pid}/stat")[2], of_server


def process_times(path):
    """Process, parent, own processor seconds, those of its children that have ended (proc(5))."""
    text = pathlib.Path(path).read_text()
    # The name in parentheses may hold anything.
    fields = text.rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    times = [int(field) / ticks for field in fields[11:15]]
    return int(text.split()[0]), int(fields[1]), times[0] + times[1], times[2] + times[3]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
