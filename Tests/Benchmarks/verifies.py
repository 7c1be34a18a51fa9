"""Wrong codes over HTTP, and the same statement by pgbench."""

import pathlib
import re

from load import drive, request
from metering import Meter

IN_FLIGHT = 64
ATTEMPTS_OF_A_CODE = 5
# What $1, $2, … of VerifyCode are for pgbench, which has no null: practice, client, fingerprints and
# hashes of the idempotency key, request, login, hashes and digits of the code, session, hash of its
# refresh token, network, whether the caller says that it was sent, nonce.
PARAMETERS = """
    :practice :client nullif(:none,'none') nullif(:none,'none') :next_guessed_code_id
    :next_guessed_code_id :hashes :digits :client :hash :hash false :nonce""".split()


class Verifies:
    """Measurements of one statement, over HTTP and by pgbench, on the same rows in turn."""

    def __init__(self, demo, codes, requests):
        self.demo, self.codes, self.requests = demo, codes, requests
        self.meter = Meter(demo, requests)
        self.next = 0
        self.practice, self.client = demo.sql(
            "select practice_id, client_id from client join practice using (practice_id) "
            "where country = 'NL' and client.name = 'portal'")[0]
        demo.sql(
            file=pathlib.Path(__file__).with_name("codes.sql"), codes=codes,
            practice=self.practice, client=self.client)
        self.logins = [
            row[0] for row in demo.sql("select login_id from bench.login order by position")]
        self.headers = {
            "Host": "{}:{}".format(*demo.address), "X-API-Key": demo.settings["AUTH_API_KEY"]}
        self.script = pathlib.Path(demo.directory) / "verify.sql"
        self.script.write_text(self.pgbench_script(), encoding="utf-8")

    def pgbench_script(self):
        sql = self.demo.executed("VerifyCode", lambda: self.send(self.logins[-1:]))
        numbers = {int(number) for number in re.findall(r"\$(\d+)", sql)}
        if numbers != set(range(1, len(PARAMETERS) + 1)):
            raise SystemExit("bench: VerifyCode has other parameters now; see PARAMETERS")
        sql = re.sub(r"\$(\d+)", lambda match: PARAMETERS[int(match[1]) - 1], sql)
        return f"""\\if :started = 0
\\set position (:first + :client_id * :share) % :codes
select login_id as next_guessed_code_id from bench.login where position = :position \\gset
\\set started 1
\\endif
\\set nonce random(1, 4611686018427387904)
{sql.strip()} \\gset next_
"""

    def send(self, logins):
        headers = self.headers | {"X-Patient-IP": "203.0.113.7"}
        requests = [
            request("POST", f"/v1/logins/{login}/verify", headers, b'{"code":"123456"}')
            for login in logins]
        return drive(self.demo.address, requests, IN_FLIGHT, 422)

    def refill(self):
        """All codes take guesses again."""
        self.demo.sql(f"update code set attempts_left = {ATTEMPTS_OF_A_CODE}")
        self.demo.sql("update code_subject set guesses = '{}'")
        for table in ("code", "code_subject"):
            self.demo.sql(f"vacuum {table}")
        self.demo.sql("checkpoint")
        self.next = 0

    def take(self):
        """The next slice of the logins: all get as many guesses, and none too many."""
        first, self.next = self.next, self.next + self.requests
        if self.next > (ATTEMPTS_OF_A_CODE - 1) * self.codes:
            raise SystemExit("bench: more requests than the codes have attempts")
        return first % self.codes

    def over_http(self):
        first = self.take()
        logins = (self.logins * 2)[first : first + self.requests]
        return self.meter.measure(lambda: self.send(logins))

    def by_pgbench(self, clients):
        variables = {
            "first": self.take(), "share": self.requests // clients, "codes": self.codes,
            "practice": self.practice, "client": self.client, "hash": "\\x" + "0f" * 32,
            "hashes": '{"\\\\x' + "0f" * 32 + '"}', "digits": 6,
            "none": "none", "started": 0,
        }
        return self.meter.pgbench(clients, self.script, variables)

    def incorrect(self):
        """How many guesses were compared and found wrong, the only outcome that is measured."""
        return int(self.demo.sql("select count(*) from audit where reason = 'incorrect'")[0][0])

    def alive(self):
        """The same caller on the cheapest route, which never asks the database."""
        requests = [request("GET", "/livez", self.headers)] * self.requests
        return drive(self.demo.address, requests, IN_FLIGHT, 200).rate
