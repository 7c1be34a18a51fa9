"""Sign-ins begun over HTTP, and the hash that they cost by itself."""

import contextlib
import ctypes
import ctypes.util
import http.client
import json
import multiprocessing
import os
import threading
import time

from demo import PAUSE
from load import drive, request

IN_FLIGHT = 8
PASSWORD = b"correct horse battery staple"
# libsodium's number of the hash, and the parameters that the service makes new hashes with.
ARGON2ID13, PASSES, MEMORY = 2, 2, 19456 * 1024
HASHING_NICENESS = 5  # of the service's hashing threads
SIGN_INS_OF_AN_ACCOUNT = 4  # beside each other measurement; five messages an hour are allowed


class Logins:
    """Sign-ins begun with a right password, each by another account and from another network."""

    def __init__(self, demo, threads, requests):
        self.demo, self.threads, self.requests = demo, threads, requests
        sodium = ctypes.util.find_library("sodium")
        if not sodium:
            raise SystemExit("bench: libsodium is missing")
        self.sodium = ctypes.CDLL(sodium)
        self.sodium.sodium_init()
        self.round = 0
        text = ctypes.create_string_buffer(128)
        failed = self.sodium.crypto_pwhash_str_alg(
            text, PASSWORD, ctypes.c_ulonglong(len(PASSWORD)), ctypes.c_ulonglong(PASSES),
            ctypes.c_size_t(MEMORY), ARGON2ID13)
        if failed:
            raise SystemExit("bench: no memory for a hash")
        self.password_hash = text.value.decode()

    def prepare(self, measurements):
        """Imports accounts for so many measurements, each with as many as it has sign-ins."""
        lines = [
            json.dumps({
                "email": f"person{number}@example.org", "email_confirmed": True,
                "first_name": "Bench", "last_name": "Mark", "locale": "nl",
                "password_hash": self.password_hash})
            for number in range(measurements * self.requests)]
        connection = http.client.HTTPConnection(*self.demo.address, timeout=80)
        connection.request(
            "POST", "/v1/accounts/import", "\n".join(lines).encode(),
            {"X-API-Key": self.demo.settings["AUTH_API_KEY"],
             "Content-Type": "application/x-ndjson"})
        report = json.load(connection.getresponse())
        if report.get("imported") != len(lines):
            raise SystemExit(f"bench: accounts were not imported: {report.get('type')}")

    def take(self):
        """Sign-ins by accounts that did not sign in before."""
        first, self.round = self.round * self.requests, self.round + 1
        headers = {
            "Host": "{}:{}".format(*self.demo.address),
            "X-API-Key": self.demo.settings["AUTH_API_KEY"]}
        return [
            request(
                "POST", "/v1/logins",
                headers | {"X-Patient-IP": f"198.18.{number // 250}.{number % 250 + 1}"},
                json.dumps({
                    "identifier": f"person{number}@example.org",
                    "password": PASSWORD.decode()}).encode())
            for number in range(first, first + self.requests)]

    def over_http(self, in_flight=IN_FLIGHT):
        measured = drive(self.demo.address, self.take(), in_flight, 201)
        return {"rate": measured.rate, "p50": measured.percentile(0.5),
                "p99": measured.percentile(0.99)}

    @contextlib.contextmanager
    def saturating(self):
        """Another process that begins sign-ins without a pause, more than can be hashed."""
        requests = self.take() * SIGN_INS_OF_AN_ACCOUNT
        caller = multiprocessing.get_context("fork").Process(
            target=drive, args=(self.demo.address, requests, IN_FLIGHT, 201), daemon=True)
        caller.start()
        PAUSE.wait(1)
        try:
            yield
            if not caller.is_alive():
                raise SystemExit("bench: the sign-ins beside a measurement ended before it")
        finally:
            caller.terminate()
            caller.join()

    def hashes(self):
        """The hash alone, on as many threads of the same niceness."""
        each = self.requests // self.threads

        def hash_them():
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), HASHING_NICENESS)
            output, salt = ctypes.create_string_buffer(32), os.urandom(16)
            for _ in range(each):
                self.sodium.crypto_pwhash(
                    output, ctypes.c_ulonglong(32), PASSWORD, ctypes.c_ulonglong(len(PASSWORD)),
                    salt, ctypes.c_ulonglong(PASSES), ctypes.c_size_t(MEMORY), ARGON2ID13)

        threads = [threading.Thread(target=hash_them) for _ in range(self.threads)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return each * self.threads / (time.perf_counter() - start)
