"""What a backlog of messages costs those who are signing in meanwhile."""

import time

MESSAGES = 10_000
WAITING = "state = 'queued' and next_attempt_at <= clock_timestamp()"


class Backlog:
    """Messages that become due all at once, as after the return of a mail server."""

    def __init__(self, demo, sends, verifies):
        self.demo, self.sends, self.verifies = demo, sends, verifies

    def drain(self):
        """Verifies without a backlog, then with one, over and over until all messages are gone."""
        self.demo.sql("truncate message")
        self.sends.send(MESSAGES)
        self.verifies.renew()
        usual = self.verifies.over_http()
        self.demo.sql("update message set next_attempt_at = clock_timestamp()")
        start, draining = time.monotonic(), []
        while self.waiting():
            draining.append(self.verifies.over_http())
        rate = MESSAGES / (time.monotonic() - start)
        return {"usual": [usual], "draining": draining, "drained": [{"rate": rate}]}

    def waiting(self):
        return int(self.demo.sql(f"select count(*) from message where {WAITING}")[0][0])
