"""What schemathesis cannot know: keys, people who signed in, and the codes in their mail.

Needs a demo's variables, as `docker/dev env` prints them. Every operation that wants a signed-in
patient has one of its own, so that none ends another's session; what changes a whole practice is
sent to the second one, so that the first stays as it is.
"""

import functools
import itertools
import json
import os
import pathlib
import re
import sys
import threading
import time
import uuid

import requests
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check  # noqa: E402

URL = os.environ["AUTH_URL"]
KEY = os.environ["AUTH_API_KEY"]
SECOND_KEY = os.environ["AUTH_API_KEY_2"]
PASSWORD = "Zomer-aan-Zee-42!"

# Tags whose operations change what all of a practice's patients meet, or keys.
OF_SECOND_PRACTICE = {"Practices", "Texts", "Documents", "APIKeys"}

# What a caller learns from the schema alone. Other faults of a field lie in its value: a number that
# no country has given out, a version that was never published.
SHAPE = {"required", "unknown", "wrong-type", "too-short", "too-long", "too-deep", "syntax"}

# What a gateway's settings hold, by its type, stands in the README; a phone number has too many digits
# or too few by its country's plan.
ELSEWHERE = re.compile("/settings/|/(to|number|mobile)$")

CONTRACT = check.Contract(pathlib.Path(__file__).parents[3] / "openapi.yaml")
numbers = itertools.count()
lock = threading.Lock()


# MARK: every request has a name of its own, by which the service's log is counted

sent = open(os.environ.get("AUTH_TEST_SENT", os.devnull), "a", buffering=1, encoding="ascii")
send = requests.adapters.HTTPAdapter.send


def send_named(adapter, request, **options):
    request.headers["X-Request-Id"] = str(uuid.uuid4())
    sent.write(f"{request.headers['X-Request-Id']} {request.method} {request.path_url}\n")
    return send(adapter, request, **options)


requests.adapters.HTTPAdapter.send = send_named


# MARK: people

class Person:
    """An account of its own, signed in."""

    def __init__(self):
        self.email = f"p{uuid.uuid4().hex[:12]}@example.nl"
        line = {
            "email": self.email, "email_confirmed": True, "first_name": "Anna",
            "last_name": "Jansen", "locale": "nl", "password": PASSWORD,
            "external_id": self.email.split("@")[0]}
        report = post("/v1/accounts/import", data=json.dumps(line),
                      headers={"Content-Type": "application/x-ndjson"})
        assert report["imported"] == 1, report
        self.token = None

    def sign_in(self):
        login = post("/v1/logins", json={"identifier": self.email, "password": PASSWORD})
        answer = post(f"/v1/logins/{login['id']}/verify", json={"code": mailed_code(self.email)})
        self.token = answer["tokens"]["access_token"]
        self.signed_in = time.monotonic()
        return self


def new_address():
    """In a network of its own: one network's failures and messages would soon stop all others."""
    number = next(numbers)
    return f"{18 + number // 65536 % 50}.{number // 256 % 256}.{number % 256}.9"


def post(path, **options):
    headers = {"X-API-Key": KEY, "X-Patient-IP": new_address()} | options.pop("headers", {})
    answer = requests.post(URL + path, headers=headers, timeout=10, **options)
    assert answer.ok, f"{path}: {answer.text}"
    return answer.json()


def mails(to):
    answer = requests.get(
        f"{URL}/dev/mailbox/messages", params={"to": to, "wait": "5"}, timeout=10)
    return answer.json()["messages"]


def mailed_code(to):
    return re.search(r"\b\d{6}\b", mails(to)[0]["text"])[0]


# MARK: who asks

people = {}


def person_for(operation):
    with lock:
        person = people.get(operation.label)
    if person is None or time.monotonic() - person.signed_in > 240:
        person = Person().sign_in()
        with lock:
            people[operation.label] = person
    return person


def operation_id(case):
    return case.operation.definition.raw.get("operationId")


def needs_patient(operation):
    security = operation.definition.raw.get("security", [])
    return any("accessToken" in each for each in security)


@schemathesis.auth(refresh_interval=None)
class Caller:
    def get(self, case, context):
        tags = set(context.operation.definition.raw["tags"])
        key = SECOND_KEY if tags & OF_SECOND_PRACTICE else KEY
        return key, person_for(context.operation) if needs_patient(context.operation) else None

    def set(self, case, caller, context):
        key, person = caller
        case.headers["X-API-Key"] = key
        if person:
            case.headers["Authorization"] = f"Bearer {person.token}"


@schemathesis.hook
def after_call(context, case, response):
    """Forgets whoever an operation has signed out, and keeps what later steps need."""
    if response.status_code == 401 and b"token-invalid" in response.content:
        with lock:
            people.pop(case.operation.label, None)
    if response.status_code == 201 and operation_id(case) in ("startLogin", "issueCode"):
        recipients[response.json()["id"]] = asked.pop(case.id, None)


# MARK: what is sent

@functools.cache
def own_keys():
    """The keys of the second practice that everything else is asked with."""
    answer = requests.get(
        f"{URL}/v1/api-keys", headers={"X-API-Key": SECOND_KEY}, timeout=10)
    return {key["id"] for key in answer.json()["data"]}


EXAMPLE_ADDRESS = CONTRACT.document["components"]["parameters"]["PatientIP"]["example"]


# Whom a login or a code that was asked for belongs to: by the case until it is answered, then by id.
asked = {}
recipients = {}


def login(case):
    person = asked[case.id] = Person().email
    return {"identifier": person, "password": PASSWORD}


def code(case):
    asked[case.id] = address = f"p{uuid.uuid4().hex[:12]}@example.nl"
    return {"channel": "email", "to": address, "purpose": "pick-up"}


def typed_code(case):
    recipient = recipients.get(case.path_parameters.get("id"))
    return {"code": mailed_code(recipient)} if recipient else None


def invitation(case):
    person = f"p{uuid.uuid4().hex[:12]}"
    details = {
        "first_name": "Anna", "last_name": "Jansen", "date_of_birth": "1980-02-29",
        "postcode": "3512 JC", "email": f"{person}@example.nl", "mobile": "06 12345678"}
    answer = requests.put(
        f"{URL}/v1/patients/{person}", json=details, headers={"X-API-Key": KEY}, timeout=10)
    assert answer.ok, answer.text
    invited.append(details["email"])
    return {"patient": person}


def opened_link(case):
    if not invited:
        return None
    links = re.findall(r"https://\S+?/([\w-]{20,})", mails(invited[-1])[0]["text"])
    return {"invitation_token": links[0]} if links else None


def identity(case):
    if not invited:
        return None
    return {"email": invited[-1], "date_of_birth": "1980-02-29", "postcode": "3512 JC"}


invited = []

# What a valid request needs so as to get past its first refusal.
BODIES = {
    "startLogin": login, "verifyCode": typed_code, "issueCode": code,
    "verifyRequestedCode": typed_code, "invitePatient": invitation, "openLink": opened_link,
    "proveIdentity": identity}


@schemathesis.hook
def before_call(context, case, kwargs):
    if operation_id(case) == "createKey":
        own_keys()
    if operation_id(case) == "revokeKey" and str(case.path_parameters.get("id")) in own_keys():
        case.path_parameters["id"] = str(uuid.uuid4())
    if case.meta and case.meta.generation.mode.is_positive:
        if case.meta.phase.name == TestPhase.STATEFUL and operation_id(case) in BODIES:
            case.body = BODIES[operation_id(case)](case) or case.body
        if needs_patient(case.operation) and isinstance(case.body, dict):
            for field in {"password", "current_password"} & set(case.body):
                case.body[field] = PASSWORD
    if re.fullmatch("[!-~]{1,255}", str(case.headers.get("Idempotency-Key", ""))):
        # Generated keys come again with other bodies, and would be refused for that alone.
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if case.headers.get("X-Patient-IP") == EXAMPLE_ADDRESS:
        case.headers["X-Patient-IP"] = new_address()


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    return json.dumps(value).encode()


# MARK: what is looked at

@schemathesis.check
def documented(context, response, case):
    """Holds the answer against the contract as RecordedAnswersTests does with those of the tests."""
    findings = []
    request = response.request
    check.check_answer(
        CONTRACT,
        {
            "method": request.method, "path": request.path_url,
            "request_headers": [[name, text(value)] for name, value in request.headers.items()],
            "request_body": text(request.body),
            "status": response.status_code,
            "headers": [[name, value[-1]] for name, value in response.headers.items()],
            "body": text(response.content), "body_length": len(response.content)},
        seen, sampled, findings.append)
    if findings:
        raise Failure(
            operation=case.operation.label, title="Not documented", message="\n".join(findings))


seen, sampled = check.collections.Counter(), check.collections.Counter()


def text(value):
    if isinstance(value, str):
        return value
    try:
        return (value or b"").decode()
    except (UnicodeDecodeError, AttributeError):
        return None


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether it is one: a status alone does not tell for what a request was refused."""
    if isinstance(failure, AcceptedNegativeData) and case.media_type == "application/x-ndjson":
        # An import answers for each line.
        return response.json()["refused"] == 0
    if isinstance(failure, RejectedPositiveData):
        return is_refused_for_its_shape(response.json())
    return True


def is_refused_for_its_shape(problem):
    if problem["type"] in ("/problems/field-invalid", "/problems/body-malformed"):
        return any(
            error["code"] in SHAPE and not ELSEWHERE.search(error.get("pointer", ""))
            for error in problem["errors"])
    # 413: several fields may each be short enough, and too much together.
    return problem["status"] not in (409, 410, 412, 413, 422)
