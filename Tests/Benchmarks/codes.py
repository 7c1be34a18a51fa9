"""Logins that wait for their code, and the statement that verifies one."""

import hashlib
import pathlib
import re
import uuid

from keys import Keys
from load import drive, request

ATTEMPTS_OF_A_CODE = 5
DIGITS = "123456"
BODY = b'{"code":"%s"}' % DIGITS.encode()
# What $1, $2, ... of VerifyCode are for pgbench, which has no null: practice, client, fingerprints and
# hashes of the idempotency key, request, login, hashes and digits of the code, session, hash of its
# refresh token, network, whether the caller says that it was sent, nonce.
PARAMETERS = """
    :practice :client nullif(:none,'none') nullif(:none,'none') {login} {login} {hashes} :digits
    {session} {token} :hash false :nonce""".split()


class Codes:
    """Rows that take wrong guesses over and over, and rows whose code is right once."""

    def __init__(self, demo, guessed, completed=0, recent=None):
        """- recent: how many of the first were sent last; all where nothing is said."""
        self.demo, self.guessed = demo, guessed
        self.practice, self.client = demo.sql(
            "select practice_id, client_id from client join practice using (practice_id) "
            "where country = 'NL' and client.name = 'portal'")[0]
        self.headers = {
            "Host": "{}:{}".format(*demo.address), "X-API-Key": demo.settings["AUTH_API_KEY"],
            "X-Patient-IP": "203.0.113.7"}
        keys = Keys(demo)
        rows = pathlib.Path(demo.directory) / "completed.tsv"
        with open(rows, "w", encoding="ascii") as file:
            for number in range(2 * completed):
                login = login_id("right", number)
                # Half of them for the service, half for pgbench, which can make up no HMAC.
                known = (
                    keys.code_hash(login, DIGITS) if number < completed
                    else hashlib.sha256(login.bytes).digest())
                print(number, login, "\\\\x" + known.hex(), sep="\t", file=file)
        demo.sql(
            file=pathlib.Path(__file__).with_name("codes.sql"), codes=guessed, rows=rows,
            recent=guessed if recent is None else recent, practice=self.practice, client=self.client)
        self.statement = None

    def pgbench_statement(self, **own):
        """VerifyCode for pgbench; `own` are its login, hashes, session and token."""
        if self.statement is None:
            self.statement = self.demo.executed("VerifyCode", self.guess_one)
        numbers = {int(number) for number in re.findall(r"\$(\d+)", self.statement)}
        if numbers != set(range(1, len(PARAMETERS) + 1)):
            raise SystemExit("bench: VerifyCode has other parameters now; see PARAMETERS")
        return re.sub(
            r"\$(\d+)", lambda match: PARAMETERS[int(match[1]) - 1].format(**own),
            self.statement).strip()

    def variables(self):
        return {
            "practice": self.practice, "client": self.client, "hash": "\\x" + "0f" * 32,
            "hashes": '{"\\\\x' + "0f" * 32 + '"}', "digits": len(DIGITS), "none": "none"}

    def guess_one(self):
        path = f"/v1/logins/{login_id('wrong', self.guessed - 1)}/verify"
        drive(self.demo.address, [request("POST", path, self.headers, BODY)], 1, 422)

    def renew(self, first=0, count=None):
        """Those codes that were not used have just been sent, and take guesses again."""
        def among(column, named):
            """Of the measurement's logins alone, by the primary key: among millions a scan takes minutes."""
            return "" if count is None else (
                f"and (practice_id, {column}) in (select '{self.practice}'::uuid, {named} "
                "from bench.login where kind = 'wrong' "
                f"and position between {first} and {first + count - 1})")

        self.demo.sql(
            f"update code set attempts_left = {ATTEMPTS_OF_A_CODE}, sent_at = renewed_at, "
            "expires_at = renewed_at + interval '10 minutes' "
            "from (select clock_timestamp() as renewed_at) as renewal "
            f"where used_at is null {among('code_id', 'code_id')}")
        self.demo.sql(
            "update code_subject set guesses = '{}' "
            f"where guesses <> '{{}}' {among('subject_id', 'account_id')}")
        for table in ("code", "code_subject"):
            self.demo.sql(f"vacuum {table}")
        self.demo.sql("checkpoint")


def login_id(kind, number):
    """As PostgreSQL makes it of md5(kind || number)."""
    return uuid.UUID(hashlib.md5(f"{kind}{number}".encode()).hexdigest())
