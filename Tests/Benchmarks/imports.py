"""What an import of accounts, or of a register, costs those who sign in meanwhile."""

import contextlib
import json
import os
import pathlib
import subprocess
import time

from codes import login_id
from demo import PAUSE

VERIFIES = 2_000  # a measurement
LINES = 200_000  # more than one measurement sees
STARTED = 2  # seconds until it is in full swing
MEASUREMENTS = 2  # of sign-ins, each time


class Imports:
    """A command of an operator, beside the service, on the same database.

    A subclass names the command, the table that it fills, and has its lines.
    """

    def __init__(self, demo, logins, verifies):
        self.demo, self.logins, self.verifies = demo, logins, verifies
        self.round = 0
        self.practice = demo.sql(
            "select practice_id from client join practice using (practice_id) "
            "where country = 'NL' and client.name = 'portal'")[0][0]

    def measure(self):
        """Alone, and beside an import; the machine is never busy with the callers alone."""
        self.verifies.renew()
        measured = {"verify": [self.verify(0)], "login": [self.logins.over_http(1)]}
        with self.running() as imported:
            measured["verify beside"] = [self.verify(VERIFIES)]
            measured["login beside"] = [self.logins.over_http(1)]
        return measured | {"imported": [imported]}

    def verify(self, first):
        logins = [login_id("wrong", number) for number in range(first, first + VERIFIES)]
        measured = self.verifies.send(logins, 1)
        return {"rate": measured.rate, "p50": measured.percentile(0.5),
                "p99": measured.percentile(0.99)}

    def write(self):
        """A file of what is not there yet."""
        self.round += 1
        path = pathlib.Path(self.demo.directory) / f"{self.command}.ndjson"
        with path.open("w", encoding="utf-8") as file:
            for number in range(LINES):
                file.write(json.dumps(self.line(number)) + "\n")
        return path

    @contextlib.contextmanager
    def running(self):
        """Yields a dictionary that has its `rate` afterwards, in lines a second."""
        path, measured = self.write(), {}
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AUTH_")} | {
            "AUTH_DATABASE_URL": self.demo.url("practice_auth_login"),
            "AUTH_KEYS": self.demo.install["keys"], "AUTH_LOG_LEVEL": "error"}
        process = subprocess.Popen(
            [self.demo.binary, self.command, "import", "--practice", self.practice, str(path)],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            PAUSE.wait(STARTED)
            before, begun = self.imported(), time.monotonic()
            yield measured
            if process.poll() is not None:
                raise SystemExit(f"bench: the {self.command}' import ended before its measurement")
            measured["rate"] = (self.imported() - before) / (time.monotonic() - begun)
            if not measured["rate"]:
                raise SystemExit(f"bench: no {self.command} were imported")
        finally:
            process.terminate()
            process.wait()

    def imported(self):
        return int(self.demo.sql(f"select count(*) from {self.table}")[0][0])


class Accounts(Imports):
    """People of an earlier system, with their password hashes."""

    command, table = "accounts", "account"

    def line(self, number):
        return {
            "email": f"import{self.round}.{number}@example.org", "email_confirmed": True,
            "first_name": "Bench", "last_name": "Mark", "locale": "nl",
            "password_hash": self.logins.password_hash}


class Patients(Imports):
    """A practice's register."""

    command, table = "patients", "patient"

    def line(self, number):
        return {
            "external_id": f"bench-{self.round}-{number}", "first_name": "Bench",
            "last_name": "Mark", "date_of_birth": "1987-05-03", "postcode": "3512 JC",
            "email": f"patient{self.round}.{number}@example.org",
            "mobile": f"06{10_000_000 + number}", "locale": "nl"}
