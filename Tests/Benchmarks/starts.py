"""How soon a service answers after its start, with the database up, and what memory it then has."""

import os
import pathlib
import subprocess
import time

from demo import PAUSE, answers, free_port, wait_until

IDLE_SECONDS = 3  # after which the memory is that of rest


class Starts:
    """`practice-auth serve` beside the demo, on the same database and with the same keys."""

    def __init__(self, demo):
        self.demo = demo
        self.settings = {
            "AUTH_PUBLIC_URL": "https://auth.example.org",
            "AUTH_DATABASE_URL": demo.url("practice_auth_login"),
            "AUTH_KEYS": demo.install["keys"], "AUTH_SIGNING_KEYS": demo.install["signingKeys"],
            "AUTH_SMTP_HOST": "mail.example.org", "AUTH_MAIL_FROM": "portal@example.org",
            "AUTH_INTERNAL_LISTEN": "127.0.0.1:0", "AUTH_DRAIN_SECONDS": "0",
            "AUTH_LOG_FILE": str(pathlib.Path(demo.directory) / "serve.log")}

    def start(self):
        """Milliseconds until it answers at all, and until it is ready; MiB of memory at rest."""
        address = ("127.0.0.1", free_port())
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AUTH_")}
        environment |= self.settings | {"AUTH_LISTEN": "{}:{}".format(*address)}
        begun = time.perf_counter()
        process = subprocess.Popen(
            [self.demo.binary, "serve"], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        try:
            times = []
            for path in ("/livez", "/readyz"):
                wait_until(lambda: answers(address, path), 20, path, pause=0.002)
                times.append(1000 * (time.perf_counter() - begun))
            PAUSE.wait(IDLE_SECONDS)
            return {"answer": times[0], "ready": times[1], "idle": memory(process.pid, "VmRSS")}
        finally:
            process.terminate()
            process.wait(20)


def memory(process, kind):
    """MiB of a process: resident now (VmRSS) or at most so far (VmHWM)."""
    lines = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(kind))
