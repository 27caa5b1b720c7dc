"""Validates the sandbox's answers, and its refusals, against the API's own description.

Usage: openapi.py BASE_URL [SEED]          makes requests of its own
       openapi.py --requests BASE_URL       judges those that others made of the sandbox, from its log
One line; exits non-zero where an answer or a request is not what the description promises.
"""

import json
import random
import sys
import urllib.error
import urllib.request
from pathlib import Path

import yaml
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DESCRIPTION = Path(__file__).resolve().parent.parent / "Fixtures" / "conversations-openapi.yaml"
COLLECTION = "/v1/conversations"
ROUNDS = 200
# Members that recordings have on every tool execution since 2026-06, and that the API's description lacks.
UNDESCRIBED = {"function"}


class Judge:
    def __init__(self):
        description = yaml.safe_load(DESCRIPTION.read_text())
        resource = Resource.from_contents(description, default_specification=DRAFT202012)
        self.registry = Registry().with_resource("urn:description", resource)
        self.validators = {}
        self.count = 0

    def validator(self, name):
        if name not in self.validators:
            reference = {"$ref": f"urn:description#/components/schemas/{name}"}
            checker = OAS31Validator.FORMAT_CHECKER
            self.validators[name] = OAS31Validator(reference, registry=self.registry, format_checker=checker)
        return self.validators[name]

    def accepts(self, name, value):
        return self.validator(name).is_valid(value)

    def check(self, name, value):
        self.count += 1
        for error in self.validator(name).iter_errors(described(value)):
            print(f"not a {name}: {error.message} at {list(error.absolute_path)} in {json.dumps(value)[:2000]}")
            sys.exit(1)


def described(value):
    """The value without the members that the real server adds beyond its description."""
    if isinstance(value, list):
        return [described(each) for each in value]
    if not isinstance(value, dict):
        return value
    tool = str(value.get("type", "")).startswith("tool.execution")
    return {key: described(each) for key, each in value.items() if not (tool and key in UNDESCRIBED)}


class Client:
    def __init__(self, base_url):
        self.base_url = base_url
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def post(self, path, body):
        status, text = self.send("POST", path, body)
        return status, json.loads(text)

    def get(self, path):
        status, text = self.send("GET", path)
        return status, json.loads(text)

    def stream(self, path, body):
        status, text = self.send("POST", path, {**body, "stream": True})
        assert status == 200, (status, text)
        blocks = [block.split("\n") for block in text.split("\n\n") if block]
        return [
            {"event": event.removeprefix("event: "), "data": json.loads(data.removeprefix("data: "))}
            for event, data in blocks
        ]


TRIGGERS = [
    "tool", "search", "connector", "image=2", "image-fails", "file", "call", "calls=3", "confirm", "handoff", "think", "chunks", "long=20", "silent", "error", "nothing",
]
EXTRAS = {
    "name": "a name", "description": None, "instructions": "be brief", "metadata": {"a": [1, None]},
    "completion_args": {"temperature": 0.5, "stop": None, "response_format": {"type": "json_object"}},
    "guardrails": [{"block_on_error": True}], "store": True, "stream": False,
    "tools": [{"type": "web_search"}, {"type": "document_library", "library_ids": ["x"]}],
}


def answers(judge, client, dice):
    """Random conversations: every answer, history, list and stream that they give."""
    for _ in range(ROUNDS):
        words = " ".join("sandbox:" + each for each in dice.sample(TRIGGERS, dice.randint(0, 3)))
        speaker = dice.choice([{"model": "m"}, {"agent_id": "ag_1"}, {"agent_id": "ag_1", "agent_version": 2}])
        body = {"inputs": words, **speaker, **{key: EXTRAS[key] for key in dice.sample(sorted(EXTRAS), 3)}}
        if "agent_id" in body:
            body["handoff_execution"] = dice.choice(["client", "server", None])
        body.pop("stream", None)
        assert judge.accepts("ConversationRequest", body), body
        if dice.random() < 0.4:
            events = client.stream(COLLECTION, body)
            for event in events:
                judge.check("ConversationEvents", event)
            identifier = events[0]["data"]["conversation_id"]
        else:
            status, answer = client.post(COLLECTION, body)
            if status != 200:
                assert "sandbox:error" in words, (status, answer, body)
                continue
            judge.check("ConversationResponse", answer)
            identifier = answer["conversation_id"]
        path = f"{COLLECTION}/{identifier}"
        status, conversation = client.get(path)
        if status == 404:
            continue
        judge.check("AgentConversation" if "agent_id" in body else "ModelConversation", conversation)
        history = client.get(path + "/history")[1]
        judge.check("ConversationHistory", history)
        judge.check("ConversationMessages", client.get(path + "/messages")[1])
        restart = {"inputs": "again", "from_entry_id": history["entries"][0]["id"], "metadata": {"from": identifier}}
        judge.check("ConversationResponse", client.post(path + "/restart", restart)[1])
    for conversation in client.get(COLLECTION)[1]:
        judge.check("AgentConversation" if "agent_id" in conversation else "ModelConversation", conversation)


def damaged(dice, value):
    """The value with one change at a random place."""
    if isinstance(value, dict) and value and dice.random() < 0.8:
        key = dice.choice(sorted(value))
        return {**value, key: damaged(dice, value[key])}
    if isinstance(value, list) and value and dice.random() < 0.8:
        place = dice.randrange(len(value))
        return [*value[:place], damaged(dice, value[place]), *value[place + 1 :]]
    if isinstance(value, dict) and dice.random() < 0.5:
        return {**value, "surprise": 1}
    if isinstance(value, dict) and value:
        gone = dice.choice(sorted(value))
        return {key: each for key, each in value.items() if key != gone}
    return dice.choice([None, True, 7, -1.5, "word", [], {}, ["word"], {"type": "word"}])


STARTS = {
    "inputs": [
        {"type": "message.input", "role": "user", "content": [
            {"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": "x", "detail": "low"}},
            {"type": "document_url", "document_url": "x"}, {"type": "tool_file", "tool": "x", "file_id": "y"},
            {"type": "thinking", "thinking": [{"type": "text", "text": "x"}], "closed": True},
        ]},
        {"type": "message.output", "content": "x", "role": "assistant"},
        {"type": "function.call", "tool_call_id": "a", "name": "f", "arguments": {"x": 1}},
        {"type": "function.result", "tool_call_id": "a", "result": "x"},
        {"type": "tool.execution", "name": "web_search", "arguments": "{}", "info": {}},
        {"type": "agent.handoff", "previous_agent_id": "a", "previous_agent_name": "b", "next_agent_id": "c",
         "next_agent_name": "d"},
    ],
    "model": "m", "store": False, "stream": False, "instructions": "x", "name": "x", "description": "x",
    "metadata": {"a": 1}, "guardrails": [{"block_on_error": False, "moderation_llm_v1": {"action": "none"}}],
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": {}}},
        {"type": "web_search", "tool_configuration": {"requires_confirmation": ["x"]}},
        {"type": "connector", "connector_id": "x", "authorization": {"type": "api-key", "value": "x"}},
    ],
    "completion_args": {
        "temperature": 0.2, "top_p": 1, "max_tokens": 5, "stop": ["x"], "tool_choice": "auto", "reasoning_effort": "low",
        "prediction": {"type": "content", "content": "x"},
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}},
    },
}


def refusals(judge, client, dice):
    """Sends damaged requests: the sandbox must refuse what the description does not allow, in its error format."""
    refused = 0
    for _ in range(ROUNDS * 5):
        body = damaged(dice, STARTS)
        status, answer = client.send("POST", COLLECTION, body)
        # What both ConversationRequest and ConversationStreamRequest are made of: it allows "stream": null.
        if not judge.accepts("ConversationRequestBase", body):
            refused += 1
            if status != 422:
                print(f"{status} to a request that is not as described: {json.dumps(body)}")
                sys.exit(1)
            answer = json.loads(answer)
            if isinstance(answer["message"], list):
                judge.check("HTTPValidationError", {"detail": answer["detail"]})
        elif status not in (200, 400, 422):
            print(f"{status} to a request that is as described: {json.dumps(body)}: {answer}")
            sys.exit(1)
    return refused


SCHEMAS = {
    "start": "ConversationRequest", "start_stream": "ConversationStreamRequest",
    "append": "ConversationAppendRequest", "append_stream": "ConversationAppendStreamRequest",
    "restart": "ConversationRestartRequest", "restart_stream": "ConversationRestartStreamRequest",
}


def logged(client):
    """The writes in the sandbox's log, as what they must be."""
    for each in client.get("/sandbox/requests")[1]["latest"]:
        if each["operation"] in SCHEMAS and each["body"] is not None:
            yield SCHEMAS[each["operation"]], each["body"]


def judge_requests(requests):
    judge = Judge()
    for schema, body in requests:
        judge.check(schema, body)
    print(f"openapi: {judge.count} requests as described")


def main():
    if sys.argv[1] == "--requests":
        return judge_requests(logged(Client(sys.argv[2])))
    seed = random.randrange(1 << 32) if len(sys.argv) < 3 else int(sys.argv[2])
    judge, client, dice = Judge(), Client(sys.argv[1]), random.Random(seed)
    print(f"openapi: seed {seed}", flush=True)
    answers(judge, client, dice)
    refused = refusals(judge, client, dice)
    print(f"openapi: {judge.count} answers as described, {refused} damaged requests refused")


main()
