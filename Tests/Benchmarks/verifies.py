"""Wrong codes over HTTP, and the same statement by pgbench."""

import os
import pathlib
import re

from demo import output, program, wait_until
from load import drive, request

IN_FLIGHT = 64
ATTEMPTS_OF_A_CODE = 5
# What $1, $2, … of VerifyCode are for pgbench, which has no null: practice, client, fingerprints and
# hashes of the idempotency key, request, login, hashes and digits of the code, session, hash of its
# refresh token, network, acr, amr, nonce.
PARAMETERS = """
    :practice :client nullif(:none,'none') nullif(:none,'none') :next_guessed_code_id
    :next_guessed_code_id :hashes :digits :client :hash :hash :acr :amr :nonce""".split()


class Verifies:
    """Measurements of one statement, over HTTP and by pgbench, on the same rows in turn."""

    def __init__(self, demo, codes, requests):
        self.demo, self.codes, self.requests = demo, codes, requests
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

    def take(self):
        """The next slice of the logins: all get as many guesses, and none too many."""
        first, self.next = self.next, self.next + self.requests
        if self.next > (ATTEMPTS_OF_A_CODE - 1) * self.codes:
            raise SystemExit("bench: more requests than the codes have attempts")
        return first % self.codes

    def over_http(self):
        first = self.take()
        logins = (self.logins * 2)[first : first + self.requests]
        return self.measure(lambda: self.send(logins))

    def by_pgbench(self, clients):
        variables = {
            "first": self.take(), "share": self.requests // clients, "codes": self.codes,
            "practice": self.practice, "client": self.client, "hash": "\\x" + "0f" * 32,
            "hashes": '{"\\\\x' + "0f" * 32 + '"}', "digits": 6,
            "acr": "1", "amr": "{pwd,email}", "none": "none", "started": 0,
        }
        command = [
            program("pgbench"), "-n", "-M", "prepared", "-c", clients, "-j", os.cpu_count(),
            "-t", self.requests // clients, "-f", self.script]
        for item in variables.items():
            command += ["-D", "{}={}".format(*item)]
        command.append(self.demo.url("practice_auth_login"))

        def run():
            cpu_start = children_seconds()
            answer = output(*command)
            if f"processed: {self.requests}/{self.requests}" not in answer:
                raise SystemExit(f"bench: pgbench did not finish\n{answer}")
            rate = float(re.search(r"tps = ([\d.]+) \(without", answer)[1])
            return {"rate": rate, "caller": children_seconds() - cpu_start}

        return self.measure(run)

    def measure(self, act):
        """Runs it, and counts what it cost each process and how often the WAL was flushed."""
        before = self.counts()
        cpu = self.demo.cpu_seconds()
        outcome = act()
        cpu = [after - start for start, after in zip(cpu, self.demo.cpu_seconds())]
        if not isinstance(outcome, dict):
            outcome = {
                "rate": outcome.rate, "p50": outcome.percentile(0.5),
                "p99": outcome.percentile(0.99), "caller": outcome.cpu_seconds}
        # The server's processes report what they did when they are idle, and at their end.
        after = []

        def reported():
            after[:] = self.counts()
            return after[0] - before[0] >= self.requests

        wait_until(reported, 30, "every verify in the audit")
        each = 1e6 / self.requests
        return outcome | {
            "flushes": (after[1] - before[1]) / self.requests,
            "wal": (after[2] - before[2]) / self.requests,
            "service": cpu[0] * each, "server": cpu[1] * each, "caller": outcome["caller"] * each}

    def counts(self):
        """Audit rows written, WAL flushes, WAL bytes."""
        row = self.demo.sql(
            "select n_tup_ins, wal_sync, wal_bytes from pg_stat_wal, pg_stat_user_tables "
            "where relname = 'audit'")[0]
        return [int(value) for value in row]

    def incorrect(self):
        """How many guesses were compared and found wrong, the only outcome that is measured."""
        return int(self.demo.sql("select count(*) from audit where reason = 'incorrect'")[0][0])

    def alive(self):
        """The same caller on the cheapest route, which never asks the database."""
        requests = [request("GET", "/livez", self.headers)] * self.requests
        return drive(self.demo.address, requests, IN_FLIGHT, 200).rate


def children_seconds():
    """The processor time of all child processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system
