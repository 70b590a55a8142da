"""Gives generated calls something to find.

A path that is made up leads nowhere, so most calls would end at the first look-up. Before a call
the variables of its path are replaced, three times of four, by objects that are there; what a call
has deleted is made anew when it is next wanted. Nothing here names an operation: objects are made
by the POST of the path in front, or listed by its GET, as the contract says.
"""

import json
import os
import random
import time
import urllib.error
import urllib.request
import uuid

import schemathesis

DEMO = json.loads(os.environ["AIG_DEMO"])
REST = f"{DEMO['base_url']}/client/v4"
# Variables that name no object, with values that are good for everybody.
NOT_OBJECTS = {"account_id": DEMO["account"], "provider": "openai"}
# The account in the contract's examples.
EXAMPLE_ACCOUNT = "023e105f4ecef8ad9ca31a8372d0c353"
# How long a row of the log may take to show up; the gateway promises a second.
ROW_DEADLINE = 15

live = {}
chance = random.Random(1)


def ask(method, path, body=None, base=REST):
    """The answer's JSON, or None where the answer is a refusal."""
    request = urllib.request.Request(
        base + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "authorization": f"Bearer {DEMO['token']}",
            "cf-aig-authorization": f"Bearer {DEMO['token']}",
            "content-type": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        return None


class Contract:
    def __init__(self, document):
        self.document = document

    def operation(self, path, method):
        return self.document["paths"].get(path, {}).get(method)

    def resolved(self, value):
        while "$ref" in value:
            at = self.document
            for name in value["$ref"].split("/")[1:]:
                at = at[name]
            value = at
        return value

    def sample(self, schema):
        """The contract's own example, else the least that the schema takes."""
        schema = self.resolved(schema)
        if "example" in schema:
            return schema["example"]
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema.get("type")
        if kind == "object":
            properties = schema.get("properties", {})
            return {name: self.sample(properties[name]) for name in schema.get("required", [])}
        if kind == "array":
            return [self.sample(schema["items"])]
        return {"string": "x", "boolean": False}.get(kind, schema.get("minimum", 1))

    def body(self, operation):
        content = operation["requestBody"]["content"]["application/json"]
        for example in content.get("examples", {}).values():
            return example["value"]
        return content.get("example") or self.sample(content["schema"])


def made(contract, collection, template):
    """The id of a new object of the collection, or of one that is listed."""
    if operation := contract.operation(template, "post"):
        text = json.dumps(contract.body(operation)).replace(EXAMPLE_ACCOUNT, DEMO["account"])
        body = json.loads(text)
        for name in ("name", "slug"):
            if name in body:
                body[name] = f"made-{uuid.uuid4().hex[:12]}"
        body.pop("id", None) if "name" in body else None
        if template.endswith("/gateways"):
            # Keys can only be stored for a gateway that asks who calls.
            body["authentication"] = True
        answer = ask("POST", collection, body)
        return answer and answer["result"]["id"]
    if template.endswith("/logs"):
        gateway = collection.split("/")[-2]
        path = f"/v1/{DEMO['account']}/{gateway}/openai/chat/completions"
        message = {"model": "m", "messages": [{"role": "user", "content": "Why?"}]}
        ask("POST", path, message, base=DEMO["base_url"])
    deadline = time.monotonic() + ROW_DEADLINE
    while time.monotonic() < deadline:
        answer = ask("GET", collection)
        if not answer or answer["result"]:
            return answer and answer["result"][0]["id"]
        time.sleep(0.05)
    return None


def filled(contract, template):
    """Values for the variables of a path; the ones that cannot be made are missing."""
    values, path, place = {}, "", ""
    for segment in template.split("/")[1:]:
        collection, at = path, place
        place = f"{place}/{segment}"
        if segment.startswith("{"):
            name = segment[1:-1]
            if name in NOT_OBJECTS:
                segment = NOT_OBJECTS[name]
            else:
                # A place with the objects around it: another gateway has other rows.
                if (place, path) not in live:
                    id = made(contract, collection, at)
                    if id is None:
                        return values
                    live[place, path] = id
                segment = live[place, path]
            values[name] = segment
        path = f"{path}/{segment}"
    return values


@schemathesis.hook
def before_call(context, case, kwargs):
    contract = Contract(case.operation.schema.raw_schema)
    if case.path_parameters and chance.random() < 0.75:
        case.path_parameters.update(filled(contract, case.path))


@schemathesis.hook
def after_call(context, case, response):
    gone = case.method.upper() == "DELETE" and response.status_code == 200
    if gone or response.status_code == 404:
        live.clear()
