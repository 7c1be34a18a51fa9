"""A real HTTPS server for the tests, on a loopback port of its own.

It says {"port": n} on standard output, then one JSON line for each request it read. The answers are
given on the command line: each once, in order, then the last one again and again. Where it is told
who may call, anybody else is answered 401. It ends when standard input closes, so it never outlives
the test run.
"""

import argparse
import base64
import http.server
import json
import socket
import ssl
import sys
import threading
import urllib.parse

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

lock = threading.Lock()


def say(value):
    with lock:
        sys.stdout.write(json.dumps(value) + "\n")
        sys.stdout.flush()


def fault_of_webhook(request, body, secret):
    """By the reference implementation of Standard Webhooks."""
    try:
        Webhook(secret).verify(body, dict(request.headers.items()))
    except WebhookVerificationError as error:
        return str(error)
    return None


def fault_of_twilio(request, body, account, token):
    """What Twilio's Messages resource demands of a request."""
    login = base64.b64encode(f"{account}:{token}".encode()).decode()
    if request.headers.get("Authorization") != f"Basic {login}":
        return "login"
    if request.command != "POST":
        return "method"
    if request.path != f"/2010-04-01/Accounts/{account}/Messages.json":
        return "path"
    if request.headers.get("Content-Type") != "application/x-www-form-urlencoded":
        return "content type"
    form = urllib.parse.parse_qs(body.decode(), strict_parsing=True)
    if any(len(values) != 1 for values in form.values()):
        return "a field that comes twice"
    if not {"To", "Body"} <= form.keys() or not {"From", "MessagingServiceSid"} & form.keys():
        return "a field that is missing"
    return None


def fault_of_key(request, body, header=None, field=None, key=None):
    """A key in a header, or in a field of a form."""
    if header:
        return None if request.headers.get(header) == key else header
    form = urllib.parse.parse_qs(body.decode(), strict_parsing=True)
    return None if form.get(field) == [key] else field


faults = {"webhook": fault_of_webhook, "twilio": fault_of_twilio, "key": fault_of_key}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers = []
    callers = {}

    def fault(self, body):
        for kind, arguments in self.callers.items():
            return faults[kind](self, body, **arguments)
        return None

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        fault = self.fault(body)
        say(
            {
                "method": self.command,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "header_count": len(self.headers),
                "body": base64.b64encode(body).decode(),
                "fault": fault,
            }
        )
        if fault:
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            return
        with lock:
            answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if answer.get("hang"):
            threading.Event().wait()
        if answer.get("drop"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        threading.Event().wait(answer.get("delay", 0))
        content = answer.get("body", "").encode() + b"x" * answer.get("padding", 0)
        self.send_response(answer.get("status", 200))
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        drip = answer.get("drip", 0)
        for part in [content] if not drip else [bytes([byte]) for byte in content]:
            self.wfile.write(part)
            threading.Event().wait(drip)
        self.close_connection = True

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256

    def handle_error(self, *_):
        """A client that refused our certificate is no fault of the test."""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--answers", required=True, help="JSON list")
    parser.add_argument("--callers", default="{}", help="JSON: a key of `faults`, its arguments")
    options = parser.parse_args()
    Handler.answers = json.loads(options.answers)
    Handler.callers = json.loads(options.callers)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options.certificate, options.key)
    server = Server(("127.0.0.1", 0), Handler)
    # The handshake belongs to the connection's own thread: one that stalls must not stall others.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say({"port": server.server_address[1]})
    sys.stdin.read()


main()
