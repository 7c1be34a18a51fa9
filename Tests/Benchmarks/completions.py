"""Right codes over HTTP, each of which completes a sign-in, and the same statement by pgbench."""

import pathlib

from codes import BODY, login_id
from load import drive, request
from metering import Meter
from verifies import IN_FLIGHT, turn

LOGIN = "md5('right'||:position)::uuid"


class Completions:
    """Measurements of one statement; no code is right twice. Over HTTP it ends with signed tokens."""

    def __init__(self, codes, requests, completed):
        self.codes, self.demo, self.requests = codes, codes.demo, requests
        self.meter = Meter(self.demo, requests)
        self.by_http, self.by_number, self.completed = 0, completed, completed

    def prepare(self):
        self.script = pathlib.Path(self.demo.directory) / "complete.sql"
        statement = self.codes.pgbench_statement(
            login=LOGIN, hashes=f"array[sha256(uuid_send({LOGIN}))]", session="gen_random_uuid()",
            token="sha256(uuid_send(gen_random_uuid()))")
        self.script.write_text(turn(1) + statement + ";\n", encoding="utf-8")

    def over_http(self):
        first, self.by_http = self.by_http, self.by_http + self.requests
        requests = [
            request(
                "POST", f"/v1/logins/{login_id('right', number)}/verify", self.codes.headers, BODY)
            for number in range(first, first + self.requests)]
        return self.meter.measure(lambda: drive(self.demo.address, requests, IN_FLIGHT, 200))

    def by_pgbench(self, clients):
        first, self.by_number = self.by_number, self.by_number + self.requests
        return self.meter.pgbench(clients, self.script, self.codes.variables() | {
            "first": first, "share": self.requests // clients, "position": 0,
            "codes": 2 * self.completed, "started": 0})

    def done(self):
        """How many sign-ins were completed, the only outcome that is measured."""
        return int(self.demo.sql(
            "select count(*) from audit where event = 'login-completed' and result = 'done'")[0][0])
