"""A caller of an HTTP service that keeps a number of requests in flight."""

import gc
import select
import socket
import time


class Refused(Exception):
    """An answer had another status than the measurement is about."""


class Measured:
    """What a number of requests came to."""

    def __init__(self, seconds, cpu_seconds, latencies):
        self.rate = len(latencies) / seconds
        self.cpu_seconds = cpu_seconds
        self._latencies = sorted(latencies)

    def percentile(self, share):
        """Milliseconds within which this share of the requests was answered."""
        return 1000 * self._latencies[int(share * (len(self._latencies) - 1))]


def request(method, path, headers, body=b""):
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines + ["", ""]).encode() + body


def drive(address, requests, in_flight, status, limit=120):
    """Sends each request once, `in_flight` of them at a time, on connections that stay open.

    Each answer is read to its end and must have the status; `limit` is in seconds for all of them.
    """
    waiting = iter(requests)
    expected = f"HTTP/1.1 {status} ".encode()
    poll = select.epoll()
    exchanges = {}
    latencies = []

    def connect():
        connection = socket.create_connection(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(connection.fileno(), select.EPOLLIN)
        return connection

    def send(connection):
        message = next(waiting, None)
        if message is None:
            return
        exchanges[connection.fileno()] = (connection, [], time.perf_counter())
        connection.sendall(message)

    connections = [connect() for _ in range(in_flight)]
    gc.disable()
    start, cpu_start = time.perf_counter(), time.process_time()
    try:
        for connection in connections:
            send(connection)
        while exchanges:
            if time.perf_counter() - start > limit:
                raise TimeoutError(f"{len(latencies)} of {len(requests)} answers in {limit} s")
            for descriptor, _ in poll.poll(1):
                connection, parts, sent_at = exchanges[descriptor]
                parts.append(connection.recv(65536))
                answer = b"".join(parts)
                if not parts[-1] or not answer.startswith(expected[: len(answer)]):
                    raise Refused(answer.decode(errors="replace"))
                head, found, body = answer.partition(b"\r\n\r\n")
                if not found or len(body) < content_length(head):
                    continue
                latencies.append(time.perf_counter() - sent_at)
                del exchanges[descriptor]
                if b"\r\nconnection: close" in head.lower():
                    poll.unregister(descriptor)
                    connections.remove(connection)
                    connection.close()
                    connection = connect()
                    connections.append(connection)
                send(connection)
        return Measured(
            time.perf_counter() - start, time.process_time() - cpu_start, latencies)
    finally:
        gc.enable()
        poll.close()
        for connection in connections:
            connection.close()


def content_length(head):
    start = head.lower().find(b"\r\ncontent-length:")
    return int(head[start + 17 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
