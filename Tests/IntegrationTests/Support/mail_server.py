"""A real SMTP server (aiosmtpd) for the tests, on a loopback port of its own.

It says {"port": n} on standard output, then one JSON line for each mail it took, parsed by
Python's own mail parser. It ends when standard input closes, so it never outlives the test run.

A line of JSON on standard input makes it refuse everybody: {"greeting": reply}, {"sender": reply},
{"encryption": "none"} or {"certificate": path, "key": path}. {} ends that. It says "turned" once it
does so.
"""

import argparse
import asyncio
import base64
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def parsed(content):
    """What a mail program would see, and every fault the parser found."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    parts = {
        part.get_content_type(): part.get_content()
        for part in message.walk()
        if not part.is_multipart()
    }
    defects = [
        type(defect).__name__
        for part in message.walk()
        for defect in [*part.defects, *(d for v in part.values() for d in v.defects)]
    ]
    return {
        "headers": {name: str(value) for name, value in message.items()},
        "from_name": message["From"].addresses[0].display_name,
        "from_address": message["From"].addresses[0].addr_spec,
        "date": message["Date"].datetime.isoformat(),
        "content_types": [part.get_content_type() for part in message.walk()],
        "text": parts.get("text/plain"),
        "html": parts.get("text/html"),
        "defects": defects,
    }


class Handler:
    """Answers as told: each of the replies given on the command line once, then 250."""

    def __init__(self, options):
        self.rcpt = list(options.rcpt)
        self.data = list(options.data)
        self.silent = options.silent
        self.options = options

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if "sender" in self.options.refusal:
            return self.options.refusal["sender"]
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server, session, envelope):
        if self.silent == "data":
            await asyncio.Event().wait()
        if self.data:
            return self.data.pop(0)
        say(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "encrypted": session.ssl is not None,
                "login": session.auth_data.decode() if session.auth_data else None,
                "greeted_as": session.host_name,
                "raw": base64.b64encode(envelope.original_content).decode(),
                **parsed(envelope.original_content),
            }
        )
        return "250 2.0.0 Ok: queued as 4F2A9C1B07"


class Shut(asyncio.Protocol):
    """Greets with a refusal, and hangs up on whatever is said to it."""

    def __init__(self, reply):
        self.reply = reply

    def connection_made(self, transport):
        self.transport = transport
        transport.write(self.reply.encode() + b"\r\n")

    def data_received(self, data):
        self.transport.write(b"221 2.0.0 Bye\r\n")
        self.transport.close()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--login", help="user:password that every client must give")
    parser.add_argument("--rcpt", action="append", default=[], help="reply to the next RCPT")
    parser.add_argument("--data", action="append", default=[], help="reply to the next DATA")
    parser.add_argument("--silent", choices=["connect", "data"], help="never answer from there on")
    return parser.parse_args()


def tls_context(options):
    """None where it offers no STARTTLS."""
    shown = options.refusal.get("certificate", options.certificate)
    if not shown or "encryption" in options.refusal:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown, options.refusal.get("key", options.key))
    return context


def protocol(options):
    def authenticate(server, session, envelope, mechanism, data):
        right = f"{data.login.decode()}:{data.password.decode()}" == options.login
        return AuthResult(success=right, handled=right, auth_data=data.login)

    handler = Handler(options)

    def make():
        if "greeting" in options.refusal:
            return Shut(options.refusal["greeting"])
        return SMTP(
            handler,
            hostname="localhost",
            tls_context=options.tls_context,
            require_starttls=options.tls_context is not None,
            authenticator=authenticate if options.login else None,
            auth_required=bool(options.login),
        )

    return make


def turn(options, refusal):
    options.refusal = refusal
    options.tls_context = tls_context(options)


async def main():
    options = arguments()
    turn(options, {})
    loop = asyncio.get_running_loop()
    # A protocol without a word of SMTP is a server that took the connection and hangs.
    make = asyncio.Protocol if options.silent == "connect" else protocol(options)
    server = await loop.create_server(make, "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    while order := await loop.run_in_executor(None, sys.stdin.readline):
        turn(options, json.loads(order))
        say("turned")


asyncio.run(main())
