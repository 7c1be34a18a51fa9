"""What a number of requests cost, over HTTP or by pgbench."""

import os
import re

from demo import output, program, wait_until


class Meter:
    """Measures acts that each write so many rows to the audit."""

    def __init__(self, demo, requests):
        self.demo, self.requests = demo, requests

    def pgbench(self, clients, script, variables, each=1):
        """Runs the script, of which one transaction is so many acts."""
        command = [
            program("pgbench"), "-n", "-M", "prepared", "-c", clients, "-j", os.cpu_count(),
            "-t", self.requests // clients // each, "-f", script]
        for item in variables.items():
            command += ["-D", "{}={}".format(*item)]
        command.append(self.demo.url("practice_auth_login"))

        def run():
            cpu_start = children_seconds()
            answer = output(*command)
            count = self.requests // each
            if f"processed: {count}/{count}" not in answer:
                raise SystemExit(f"bench: pgbench did not finish\n{answer}")
            rate = each * float(re.search(r"tps = ([\d.]+) \(without", answer)[1])
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

        wait_until(reported, 30, "every act in the audit")
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


def children_seconds():
    """The processor time of all child processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system
