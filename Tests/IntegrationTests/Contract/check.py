"""Holds every answer that the tests received against openapi.yaml.

    check.py OPENAPI_YAML ANSWERS_JSONL

Prints what does not fit and exits 1. Three things are checked:

1. The file is valid OpenAPI, and its examples fit their schemas.
2. Each recorded answer is a documented one: status, media type, headers, body and, for a problem, its
   kind. The examples of a response list exactly the kinds that it can have. Members that are not
   documented are refused here, though callers must ignore them.
3. Each documented status of each operation, and each documented kind of problem, was seen.

Nothing here prints a recorded value: answers have tokens in them.
"""

import collections
import json
import re
import sys

import jsonschema
import openapi_spec_validator
import referencing
import referencing.jsonschema
import yaml

# Documented, and not to be seen: the operation (or "any") and the status or the kind, with the reason.
NOT_SEEN = {
    ("any", "request-timeout"): "seen on a server of its own with short limits (ConnectionTests)",
}

# Answered on a development path or on the internal port, which the contract does not cover.
OUTSIDE = re.compile(r"^/(dev/|metrics$|healthz$)")

# What every answer carries (standards.md H4 names them).
EVERYWHERE = {
    "x-request-id": re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
    "x-content-type-options": re.compile(r"^nosniff$"),
    "content-security-policy": re.compile(r"default-src 'none'.*frame-ancestors 'none'"),
    "strict-transport-security": re.compile(r"^max-age=\d{8}"),
    "referrer-policy": re.compile(r"^no-referrer$"),
}

# Answers of one kind and shape that are validated wholly; of the rest only the status is counted.
SAMPLE = 200

METHODS = ("get", "put", "post", "delete", "patch")
PROBLEM = "application/problem+json"


class Contract:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = yaml.safe_load(file)
        openapi_spec_validator.validate(self.document)
        closed = closing(self.document)
        resource = referencing.Resource.from_contents(
            closed, default_specification=referencing.jsonschema.DRAFT202012
        )
        self.registry = referencing.Registry().with_resource("urn:contract", resource)
        self.validators = {}
        self.operations = {}
        for template, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    self.operations[method.upper(), template] = item[method]
        self.patterns = [
            (re.compile("^" + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)) + "$"), template)
            for template in self.document["paths"]
        ]

    def resolve(self, value):
        while isinstance(value, dict) and "$ref" in value:
            target = self.document
            for part in value["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            value = target
        return value

    def template(self, path):
        path = path.split("?")[0]
        return next((t for pattern, t in self.patterns if pattern.match(path)), None)

    def responses(self, operation):
        return {s: self.resolve(r) for s, r in operation["responses"].items()}

    def kinds(self, response):
        """The slugs of the problems that a response can be."""
        examples = self.resolve(response).get("content", {}).get(PROBLEM, {}).get("examples", {})
        return list(dict.fromkeys(name.split(".")[0] for name in examples))

    def validator(self, schema):
        if id(schema) not in self.validators:
            self.validators[id(schema)] = jsonschema.Draft202012Validator(
                closing(schema),
                registry=self.registry,
                format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
            )
        return self.validators[id(schema)]

    def faults(self, schema, value):
        """What is wrong, by place and rule."""
        return sorted({described(error) for error in self.validator(schema).iter_errors(value)})


def described(error):
    """Names of members and types, never a value."""
    detail = ""
    if error.validator == "required":
        detail = ", ".join(sorted(set(error.validator_value) - set(error.instance)))
    if error.validator == "additionalProperties":
        detail = ", ".join(sorted(set(error.instance) - set(error.schema.get("properties", {}))))
    if error.validator == "type":
        detail = f"not {error.validator_value}"
    return f"{error.json_path}: {error.validator} {detail}".rstrip()


def closing(value):
    """The same schemas, in which members that are not documented are refused."""
    if isinstance(value, list):
        return [closing(each) for each in value]
    if not isinstance(value, dict):
        return value
    result = {name: closing(each) for name, each in value.items()}
    if isinstance(value.get("properties"), dict) and value.get("type") == "object":
        result.setdefault("additionalProperties", False)
    if isinstance(value.get("$ref"), str):
        result["$ref"] = value["$ref"].replace("#/", "urn:contract#/", 1)
    return result


def check_examples(contract, report):
    """Every example fits its schema; a problem's name is its slug and its status the response's."""
    for (method, template), operation in contract.operations.items():
        bodies = [("request", contract.resolve(operation.get("requestBody", {})))]
        bodies += list(contract.responses(operation).items())
        for status, body in bodies:
            for media, content in body.get("content", {}).items():
                for name, example in content.get("examples", {}).items():
                    value = contract.resolve(example)["value"]
                    where = f"{method} {template} {status}, example {name}"
                    for fault in contract.faults(content["schema"], value):
                        report(f"{where}: {fault}")
                    if media == PROBLEM:
                        expected = {"/problems/" + name.split(".")[0]}
                        if value["type"] not in expected or status not in (
                            str(value["status"]), "default",
                        ):
                            report(f"{where}: its type or status is another")


def pairs(items):
    """An object's members; a name that comes twice is a fault."""
    names = [name for name, _ in items]
    if len(names) != len(set(names)):
        raise ValueError("a name comes twice")
    return dict(items)


def check_answer(contract, answer, seen, sampled, report):
    headers = {name.lower(): value for name, value in answer["headers"]}
    status, media = str(answer["status"]), headers.get("content-type", "").split(";")[0]
    template = contract.template(answer["path"])
    method = "GET" if answer["method"] == "HEAD" else answer["method"]
    operation = contract.operations.get((method, template))
    where = f"{answer['method']} {template or 'an unknown path'} {status}"

    body = None
    if answer["body"] and media.endswith("json"):
        try:
            body = json.loads(answer["body"], object_pairs_hook=pairs)
        except ValueError as error:
            return report(f"{where}: the body is no JSON: {type(error).__name__}")
    kind = None
    if media == PROBLEM and isinstance(body, dict):
        kind = str(body.get("type")).removeprefix("/problems/")
        seen["any", kind] += 1
        where += f" {kind}"

    if operation is None:
        allowed = {"404": ["not-found"], "405": ["method-not-allowed"], "401": ["api-key-invalid"]}
        any_path = contract.kinds(contract.document["components"]["responses"]["Refused"])
        if kind not in allowed.get(status, []) + any_path and answer["method"] != "HEAD":
            report(f"{where}: not an answer of an undocumented operation")
        return

    responses = contract.responses(operation)
    response = responses.get(status)
    if kind is not None and (response is None or kind not in contract.kinds(response)):
        response = responses["default"] if kind in contract.kinds(responses["default"]) else None
    if response is None:
        return report(f"{where}: not documented")
    name = f"{method} {template}"
    if response is responses.get(status):
        seen[name, status] += 1
        seen[name, status, kind] += 1

    shape = (name, status, kind, tuple(sorted(headers)), form(body))
    sampled[shape] += 1
    if sampled[shape] > SAMPLE:
        return
    for fault in header_faults(contract, response, headers, answer):
        report(f"{where}: {fault}")
    contents = response.get("content", {})
    if answer["method"] == "HEAD" or answer["body"] is None:
        return
    if not contents:
        if answer["body_length"]:
            report(f"{where}: a body where none is documented")
        return
    if media not in contents:
        return report(f"{where}: media type {media or 'missing'}")
    if body is not None:
        for fault in contract.faults(contents[media]["schema"], body):
            report(f"{where}: {fault}")
    if kind is not None:
        # A kind that comes with and without a member has an example of each: `kind`, `kind.variant`.
        shapes = [
            set(contract.resolve(example)["value"])
            for name, example in contents[media]["examples"].items()
            if name.split(".")[0] == kind]
        if set(body) not in shapes:
            report(f"{where}: other members than its example: {sorted(shapes[0] ^ set(body))}")
        if body.get("status") != answer["status"]:
            report(f"{where}: its member status is another")
    if status.startswith("2"):
        for fault in request_faults(contract, operation, answer):
            report(f"{where}: accepted a request that is not documented: {fault}")


def header_faults(contract, response, headers, answer):
    for name, pattern in EVERYWHERE.items():
        if not pattern.search(headers.get(name, "")):
            yield f"header {name}"
    if "server" in headers:
        yield "header server: nobody need know"
    for name, header in response.get("headers", {}).items():
        header, value = contract.resolve(header), headers.get(name.lower())
        if value is None:
            if header.get("required"):
                yield f"header {name} is missing"
            continue
        if header["schema"].get("type") == "integer" and re.fullmatch(r"\d+", value):
            value = int(value)
        for fault in contract.faults(header["schema"], value):
            yield f"header {name}: {fault}"


def request_faults(contract, operation, answer):
    contents = contract.resolve(operation.get("requestBody", {})).get("content", {})
    headers = {name.lower(): value for name, value in answer["request_headers"]}
    media = headers.get("content-type", "").split(";")[0]
    if media != "application/json" or not answer["request_body"]:
        return
    yield from contract.faults(contents[media]["schema"], json.loads(answer["request_body"]))


def form(value):
    """What a body looks like, without its values."""
    if isinstance(value, dict):
        return tuple(sorted((name, form(each)) for name, each in value.items()))
    if isinstance(value, list):
        return ("list",) + tuple(sorted({repr(form(each)) for each in value}))
    return type(value).__name__


def check_seen(contract, seen, report):
    expected = []
    for (method, template), operation in contract.operations.items():
        for status, response in operation["responses"].items():
            if status != "default":
                name = f"{method} {template}"
                kinds = contract.kinds(response)
                expected += [(name, status, kind) for kind in kinds] or [(name, status)]
    refused = contract.document["components"]["responses"]["Refused"]
    expected += [("any", kind) for kind in contract.kinds(refused)]
    for each in expected:
        if not seen[each] and each not in NOT_SEEN:
            report("never seen: " + " ".join(each))
        if seen[each] and each in NOT_SEEN:
            report("seen, though listed as not to be seen: " + " ".join(each))


def main(openapi, answers):
    findings, seen = collections.Counter(), collections.Counter()
    sampled = collections.Counter()
    contract = Contract(openapi)

    def report(finding):
        findings[finding] += 1

    check_examples(contract, report)
    with open(answers, encoding="utf-8") as lines:
        for line in lines:
            answer = json.loads(line)
            seen["answers"] += 1
            if not OUTSIDE.match(answer["path"]):
                check_answer(contract, answer, seen, sampled, report)
    check_seen(contract, seen, report)
    for finding, count in sorted(findings.items()):
        print(finding + (f" ({count} times)" if count > 1 else ""))
    print(f"{seen['answers']} answers, {len(contract.operations)} operations, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
