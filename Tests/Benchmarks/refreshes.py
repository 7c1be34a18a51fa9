"""Refreshes over HTTP, each session once, and the same statement by pgbench."""

import hashlib
import json
import pathlib
import re
import uuid

from keys import Keys
from load import drive, request
from metering import Meter

IN_FLIGHT = 64
# What $1, $2, ... of RotateRefreshToken are for pgbench, which makes a session up from its number:
# practice, client, request, session, hash of its token, hash of the next one, nonce.
SESSION = "md5('refresh' || :position)::uuid"
PARAMETERS = [
    ":practice", ":client", "gen_random_uuid()", SESSION, f"sha256(uuid_send({SESSION}))", ":hash",
    ":nonce"]


class Refreshes:
    """Measurements of one statement; no session is refreshed twice."""

    def __init__(self, demo, requests, measurements):
        self.demo, self.requests = demo, requests
        self.meter = Meter(demo, requests)
        # One more each for warming up, and a session for reading the statement.
        self.count = requests * (measurements + 1) + 1
        self.by_http, self.by_number = 0, self.count
        self.practice, self.client = demo.sql(
            "select practice_id, client_id from client join practice using (practice_id) "
            "where country = 'NL' and client.name = 'portal'")[0]
        self.headers = {
            "Host": "{}:{}".format(*demo.address), "X-API-Key": demo.settings["AUTH_API_KEY"]}
        self.keys = Keys(demo)
        rows = pathlib.Path(demo.directory) / "sessions.tsv"
        with open(rows, "w", encoding="ascii") as file:
            for number in range(2 * self.count):
                session = session_id(number)
                secret = self.keys.refresh_secret(session) if number < self.count else session.bytes
                digest = hashlib.sha256(secret).hexdigest()
                print(number, session, "\\\\x" + digest, sep="\t", file=file)
        demo.sql(
            file=pathlib.Path(__file__).with_name("sessions.sql"), rows=rows,
            practice=self.practice, client=self.client)
        self.script = pathlib.Path(demo.directory) / "refresh.sql"
        self.script.write_text(self.pgbench_script(), encoding="utf-8")

    def pgbench_script(self):
        sql = self.demo.executed("RotateRefreshToken", lambda: self.send(1))
        numbers = {int(number) for number in re.findall(r"\$(\d+)", sql)}
        if numbers != set(range(1, len(PARAMETERS) + 1)):
            raise SystemExit("bench: RotateRefreshToken has other parameters now; see PARAMETERS")
        sql = re.sub(r"\$(\d+)", lambda match: PARAMETERS[int(match[1]) - 1], sql)
        return f"""\\if :started = 0
\\set position :first + :client_id * :share
\\set started 1
\\else
\\set position :position + 1
\\endif
\\set nonce random(1, 4611686018427387904)
{sql.strip()};
"""

    def send(self, count):
        first, self.by_http = self.by_http, self.by_http + count
        requests = [
            request(
                "POST", "/v1/tokens/refresh", self.headers,
                json.dumps({"refresh_token": self.keys.refresh_token(session_id(number))}).encode())
            for number in range(first, first + count)]
        return drive(self.demo.address, requests, IN_FLIGHT, 200)

    def over_http(self):
        return self.meter.measure(lambda: self.send(self.requests))

    def by_pgbench(self, clients):
        first, self.by_number = self.by_number, self.by_number + self.requests
        return self.meter.pgbench(clients, self.script, {
            "practice": self.practice, "client": self.client, "hash": "\\x" + "0f" * 32,
            "first": first, "share": self.requests // clients, "position": 0, "started": 0})

    def refreshed(self):
        """How many were rotated, the only outcome that is measured."""
        return int(self.demo.sql(
            "select count(*) from audit where event = 'tokens-refreshed' and result = 'done'")[0][0])


def session_id(number):
    """As PostgreSQL makes it of md5('refresh' || number)."""
    return uuid.UUID(hashlib.md5(f"refresh{number}".encode()).hexdigest())
