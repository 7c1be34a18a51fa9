"""Wrong codes over HTTP, and the same statement by pgbench, one at a time or eight in a pipeline."""

import pathlib

from codes import ATTEMPTS_OF_A_CODE, BODY, login_id
from load import drive, request
from metering import Meter

IN_FLIGHT = 64
PIPELINED = 8  # statements of one pipeline, and so of one commit


class Verifies:
    """Measurements of one statement, over HTTP and by pgbench, on the same rows in turn."""

    def __init__(self, codes, requests):
        self.codes, self.demo, self.requests = codes, codes.demo, requests
        self.meter = Meter(self.demo, requests)
        self.next = 0

    def prepare(self):
        directory = pathlib.Path(self.demo.directory)
        self.script, self.pipeline = directory / "verify.sql", directory / "pipeline.sql"
        self.script.write_text(
            turn(1) + self.statement("position") + ";\n", encoding="utf-8")
        numbers = range(PIPELINED)
        self.pipeline.write_text(
            turn(PIPELINED)
            + "".join(f"\\set at{n} (:position + {n}) % :codes\n" for n in numbers)
            + "\\startpipeline\n"
            + "".join(self.statement(f"at{n}") + ";\n" for n in numbers)
            + "\\endpipeline\n", encoding="utf-8")

    def statement(self, position):
        return self.codes.pgbench_statement(
            login=f"md5('wrong'||:{position})::uuid", hashes=":hashes", session=":client",
            token=":hash")

    def send(self, logins, in_flight=IN_FLIGHT):
        requests = [
            request("POST", f"/v1/logins/{login}/verify", self.codes.headers, BODY)
            for login in logins]
        return drive(self.demo.address, requests, in_flight, 422)

    def renew(self):
        self.codes.renew()
        self.next = 0

    def take(self):
        """The next slice of the logins: all get as many guesses, and none too many."""
        first, self.next = self.next, self.next + self.requests
        if self.next > (ATTEMPTS_OF_A_CODE - 1) * self.codes.guessed:
            raise SystemExit("bench: more requests than the codes have attempts")
        return first % self.codes.guessed

    def over_http(self):
        first = self.take()
        logins = [
            login_id("wrong", number % self.codes.guessed)
            for number in range(first, first + self.requests)]
        return self.meter.measure(lambda: self.send(logins))

    def by_pgbench(self, clients):
        return self.run_pgbench(clients, self.script)

    def by_pipeline(self, clients):
        return self.run_pgbench(clients, self.pipeline, PIPELINED)

    def run_pgbench(self, clients, script, each=1):
        return self.meter.pgbench(
            clients, script, self.codes.variables() | {
                "first": self.take(), "share": self.requests // clients, "position": 0,
                "codes": self.codes.guessed, "started": 0},
            each)

    def incorrect(self):
        """How many guesses were compared and found wrong, the only outcome that is measured."""
        return int(self.demo.sql("select count(*) from audit where reason = 'incorrect'")[0][0])

    def alive(self):
        """The same caller on the cheapest route, which never asks the database."""
        requests = [request("GET", "/livez", self.codes.headers)] * self.requests
        measured = drive(self.demo.address, requests, IN_FLIGHT, 200)
        return {
            "rate": measured.rate, "p50": measured.percentile(0.5), "p99": measured.percentile(0.99)}


def turn(step):
    """The lines of a pgbench script that move each client on through its share of the rows."""
    return f"""\\if :started = 0
\\set position (:first + :client_id * :share) % :codes
\\set started 1
\\else
\\set position (:position + {step}) % :codes
\\endif
\\set nonce random(1, 4611686018427387904)
"""
