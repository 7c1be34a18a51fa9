"""Codes issued over HTTP to new addresses, and the same statement by pgbench."""

import json
import pathlib
import re

from load import drive, request
from metering import Meter

IN_FLIGHT = 64
# What $1, $2, ... of IssueCode are for pgbench: practice, client, fingerprints and hashes of the
# idempotency key, request; the code's request, subjects, purpose, account, sealed destination, locale,
# lifetime; the code, flow, factor, channel, destination as shown, its key, reference, hash, digits,
# lifetime, wait before a resend, sends an hour and a day, block of numbers, limits, message, template,
# locale, body, part of the day's SMS; nonce.
PARAMETERS = """
    :practice :client nullif(:none,'none') nullif(:none,'none') :next_request
    :next_request :next_subjects :purpose nullif(:none,'none') :bytes :locale
    :lifetime :next_code :next_request nullif(:none,'none') :channel :masked :next_key
    :reference :bytes :digits :lifetime :wait :hour :day nullif(:none,'none') :limits :next_message
    :template :locale :bytes nullif(:none,'none') :nonce""".split()
# pgbench can make up numbers only, but it can keep columns of its last answer.
MADE_UP = """gen_random_uuid() as request, array[gen_random_uuid()]::text as subjects,
    gen_random_uuid() as code, gen_random_uuid() as message,
    sha256(uuid_send(gen_random_uuid()))::text as key"""


class Sends:
    """Measurements of one statement, over HTTP and by pgbench, each to addresses never used before."""

    def __init__(self, demo, requests):
        self.demo, self.requests = demo, requests
        self.meter = Meter(demo, requests)
        self.next = 0
        self.practice, self.client = demo.sql(
            "select practice_id, client_id from client join practice using (practice_id) "
            "where country = 'NL' and client.name = 'portal'")[0]
        self.headers = {
            "Host": "{}:{}".format(*demo.address), "X-API-Key": demo.settings["AUTH_API_KEY"]}
        self.script = pathlib.Path(demo.directory) / "issue.sql"
        self.script.write_text(self.pgbench_script(), encoding="utf-8")
        # Handing them over is measured by itself.
        demo.sql(
            "alter table message alter column next_attempt_at "
            "set default clock_timestamp() + interval '1 day'")

    def pgbench_script(self):
        sql = self.demo.executed("IssueCode", lambda: self.send(1))
        numbers = {int(number) for number in re.findall(r"\$(\d+)", sql)}
        if numbers != set(range(1, len(PARAMETERS) + 1)):
            raise SystemExit("bench: IssueCode has other parameters now; see PARAMETERS")
        sql = re.sub(r"\$(\d+)", lambda match: PARAMETERS[int(match[1]) - 1], sql)
        before, nonce, after = sql.strip().rpartition("as nonce")
        return f"""\\if :started = 0
select {MADE_UP} \\gset next_
\\set started 1
\\endif
\\set nonce random(1, 4611686018427387904)
{before}{nonce}, {MADE_UP}{after} \\gset next_
"""

    def send(self, count):
        first, self.next = self.next, self.next + count
        requests = [
            request(
                "POST", "/v1/codes", self.headers,
                json.dumps({
                    "channel": "email", "to": f"bench{number}@example.org",
                    "purpose": "lab-result"}).encode())
            for number in range(first, first + count)]
        return drive(self.demo.address, requests, IN_FLIGHT, 201)

    def over_http(self):
        return self.meter.measure(lambda: self.send(self.requests))

    def by_pgbench(self, clients):
        limit = {
            "kind": "client", "counter": f"client:{self.client}", "span": "hour",
            "ceiling": 1_000_000_000, "weight": 1}
        return self.meter.pgbench(clients, self.script, {
            "practice": self.practice, "client": self.client, "none": "none", "started": 0,
            "purpose": "lab-result", "bytes": "\\x" + "0f" * 96, "locale": "nl", "lifetime": 600,
            "channel": "email", "masked": "b***@example.org", "reference": "AB", "digits": 6,
            "wait": 30, "hour": 5, "day": 10, "limits": json.dumps([limit]),
            "template": "one-time-code"})

    def sent(self):
        """How many codes were queued, the only outcome that is measured; sign-ins queue others."""
        return int(self.demo.sql("select count(*) from message where template = 'one-time-code'")[0][0])
