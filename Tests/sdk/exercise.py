"""Runs every operation and every stream of one installed mistralai against a sandbox, its own types parsing all.

Usage: exercise.py BASE_URL [KEY [FILE]]. Prints one line; exits non-zero with a traceback where anything is not as it
should be. Writes what each call returned or raised into FILE, as JSON.
"""

import asyncio
import hashlib
import json
import sys
import urllib.request
from importlib.metadata import version

try:
    from mistralai import Mistral
except ImportError:
    from mistralai.client import Mistral

VERSION = version("mistralai")
RELEASE = tuple(int(part) for part in VERSION.split(".")[:2])
HAS_METADATA = RELEASE >= (1, 10)
# 1.9 knows no thinking in a conversation's answers, and fails on it whoever the server is.
THINK = "sandbox:think" if RELEASE >= (1, 10) else ""
HAS_CONFIRMATIONS = RELEASE >= (2, 0)
HAS_USERS = RELEASE >= (2, 5)
HAS_WHOAMI = RELEASE >= (3, 2)
MODEL = "mistral-small-latest"
KEY = sys.argv[2] if len(sys.argv) > 2 else "key"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


class Surface:
    """The SDK's synchronous and asynchronous methods as one interface: `api.start(...)` is awaited in both cases."""

    def __init__(self, client, asynchronous):
        # This keeps the client alive: 1.9 closes its connections when the client is collected.
        self.client = client
        self.conversations = client.beta.conversations
        self.asynchronous = asynchronous
        self.calls = 0
        self.record = []

    def __getattr__(self, name):
        return self.of(self.conversations, name)

    def of(self, group, name):
        """An operation of one of the client's groups."""

        async def call(**arguments):
            self.calls += 1
            try:
                if self.asynchronous:
                    result = await getattr(group, name + "_async")(**arguments)
                else:
                    result = getattr(group, name)(**arguments)
            except Exception as error:
                self.record.append([name, raised(error)])
                raise
            self.record.append([name, plainly(result)])
            return result

        return call

    async def bytes(self, response):
        """The body of a download, which both kinds of methods return as a stream."""
        data = await response.aread() if self.asynchronous else response.read()
        self.record.append(["bytes", hashlib.sha256(data).hexdigest()])
        return data

    async def events(self, stream):
        if self.asynchronous:
            async with stream as events:
                found = [event async for event in events]
        else:
            with stream as events:
                found = [event for event in events]
        self.record.append(["events", plainly(found)])
        return found


def plainly(thing):
    """What the SDK made of an answer, as JSON has it."""
    if isinstance(thing, list):
        return [plainly(each) for each in thing]
    if hasattr(thing, "model_dump"):
        return [type(thing).__name__, thing.model_dump(mode="json", by_alias=True)]
    return type(thing).__name__


def raised(error):
    response = getattr(error, "raw_response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    body = getattr(error, "body", None) or (response.text if response is not None else None)
    return [type(error).__name__, status, body or str(error)]


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def kind(entry):
    return getattr(entry, "type", None) or getattr(entry, "TYPE", None)


def known(thing):
    """The SDK parses what it does not know into types that say so."""
    check("unknown" not in type(thing).__name__.lower(), f"{type(thing).__name__}: {thing!r}")
    return thing


async def expect_status(status, call):
    try:
        await call
    except Exception as error:
        found = getattr(error, "status_code", None)
        if found is None and getattr(error, "raw_response", None) is not None:
            found = error.raw_response.status_code
        if found is None:
            # 1.x carries no status in its validation error, and has one for 422 alone.
            found = 422 if type(error).__name__ == "HTTPValidationError" else None
        check(found == status, f"expected {status}, got {type(error).__name__}: {error}")
        return
    raise AssertionError(f"expected {status}, got an answer")


async def plain(api):
    extra = {"metadata": {"purpose": "test"}} if HAS_METADATA else {}
    started = await api.start(
        model=MODEL,
        inputs="hello",
        name="a name",
        description="a description",
        instructions="be brief",
        tools=[WEATHER],
        completion_args={"temperature": 0.3, "max_tokens": 100, "stop": ["x"], "tool_choice": "auto"},
        **extra,
    )
    check(started.outputs[0].content == "echo: hello", started)
    check(started.usage.total_tokens > 0, started)
    identifier = started.conversation_id

    appended = await api.append(conversation_id=identifier, inputs=[{"role": "user", "content": "more"}])
    check(appended.conversation_id == identifier, appended)
    chunks = [{"type": "text", "text": "in "}, {"type": "text", "text": "chunks"}]
    appended = await api.append(
        conversation_id=identifier,
        inputs=[{"type": "message.input", "role": "user", "content": chunks}],
        completion_args={"temperature": 0.1},
    )
    check(appended.outputs[0].content == "echo: in chunks", appended)

    got = await api.get(conversation_id=identifier)
    check(type(got).__name__.endswith("ModelConversation"), type(got))
    check((got.name, got.description, got.model) == ("a name", "a description", MODEL), got)
    history = await api.get_history(conversation_id=identifier)
    check(len(history.entries) == 6, history)
    for entry in history.entries:
        known(entry)
    check(history.entries[1].id == started.outputs[0].id, history.entries[1])
    messages = await api.get_messages(conversation_id=identifier)
    check(len(messages.messages) == 6, messages)

    restarted = await api.restart(
        conversation_id=identifier, inputs="again", from_entry_id=history.entries[1].id, **extra
    )
    check(restarted.conversation_id != identifier, restarted)
    branch = await api.get_history(conversation_id=restarted.conversation_id)
    check([entry.content for entry in branch.entries][-2:] == ["again", "echo: again"], branch)

    agent = await api.start(agent_id="ag_1", inputs="hello")
    got = await api.get(conversation_id=agent.conversation_id)
    check(got.agent_id == "ag_1", got)
    return identifier


async def listing(api, identifier):
    if HAS_METADATA:
        # Without metadata these versions send their own sentinel for it, which the server refuses.
        await expect_status(422, api.list())
        page = await api.list(page=0, page_size=2, metadata={})
        found = await api.list(metadata={"purpose": "test"})
        check(identifier in [item.id for item in found], found)
    else:
        page = await api.list(page=0, page_size=2)
    check(len(page) == 2, page)
    check(page[0].created_at > page[1].created_at, page)


async def kinds(api):
    tool = await api.start(model=MODEL, inputs="sandbox:tool sandbox:search")
    check([kind(known(output)) for output in tool.outputs] == ["tool.execution"] * 2 + ["message.output"], tool)
    handoff = await api.start(agent_id="ag_1", inputs="sandbox:handoff")
    check(kind(known(handoff.outputs[0])) == "agent.handoff", handoff)
    thought = await api.start(model=MODEL, inputs=f"{THINK} sandbox:chunks")
    for chunk in thought.outputs[-1].content:
        known(chunk)
    for answer in (tool, handoff, thought):
        history = await api.get_history(conversation_id=answer.conversation_id)
        for entry in history.entries:
            known(entry)
        await api.get_messages(conversation_id=answer.conversation_id)


async def calls(api):
    called = await api.start(model=MODEL, inputs="sandbox:calls=2", tools=[WEATHER])
    ids = [output.tool_call_id for output in called.outputs]
    check(len(ids) == 2 and called.outputs[0].name == "get_weather", called)
    await expect_status(400, api.append(conversation_id=called.conversation_id, inputs="never mind"))
    results = [{"type": "function.result", "tool_call_id": each, "result": "21"} for each in ids]
    answered = await api.append(conversation_id=called.conversation_id, inputs=results)
    check(kind(answered.outputs[0]) == "message.output", answered)
    if HAS_CONFIRMATIONS:
        pending = await api.start(model=MODEL, inputs="sandbox:confirm", tools=[WEATHER])
        check(pending.outputs[0].confirmation_status == "pending", pending)
        allowed = await api.append(
            conversation_id=pending.conversation_id,
            tool_confirmations=[{"tool_call_id": pending.outputs[0].tool_call_id, "confirmation": "allow"}],
        )
        check(kind(allowed.outputs[0]) == "tool.execution", allowed)


async def identity(api):
    if not HAS_USERS:
        return
    users = api.client.beta.users
    me = await api.of(users, "get_identity")(**credentials("dashboard_user_context_auth"))
    check(me.id and me.first_name == "sandbox", me)
    if HAS_WHOAMI:
        # 2.5 knows no more of a user than the names.
        check(me.workspace.name == "default" and me.organization.name == "sandbox" and me.api_key.id, me)
        whoami = await api.of(users, "whoami")(**credentials("dashboard_user_or_service_account_context_auth"))
        check(known(whoami.principal).id == me.id, whoami)
        check(whoami.workspace.id == me.workspace.id and whoami.organization.id == me.organization.id, whoami)


def credentials(name):
    """3.x has these two operations name their key apart."""
    return {"security": {name: KEY}} if RELEASE >= (3, 0) else {}


async def files(api):
    drawn = await api.start(model=MODEL, inputs="sandbox:image=2 sandbox:file")
    check([kind(known(output)) for output in drawn.outputs] == ["tool.execution"] * 3 + ["message.output"], drawn)
    chunks = [known(chunk) for chunk in drawn.outputs[-1].content if kind(chunk) == "tool_file"]
    check([chunk.file_type for chunk in chunks] == ["png", "png", "csv"], chunks)
    group = api.client.files
    image = await api.bytes(await api.of(group, "download")(file_id=chunks[0].file_id))
    check(image[:3] == b"\xff\xd8\xff" and len(image) > 100_000, image[:20])
    table = await api.bytes(await api.of(group, "download")(file_id=chunks[2].file_id))
    check(table.startswith(b"city,"), table)
    signed = await api.of(group, "get_signed_url")(file_id=chunks[0].file_id, expiry=2)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(signed.url, timeout=30) as answer:
        check(answer.read() == image, signed)
    deleted = await api.of(group, "delete")(file_id=chunks[0].file_id)
    check((deleted.id, deleted.deleted) == (chunks[0].file_id, True), deleted)
    await expect_status(404, api.of(group, "download")(file_id=chunks[0].file_id))
    await expect_status(404, api.of(group, "delete")(file_id=chunks[0].file_id))


async def streams(api):
    everything = f"sandbox:tool {THINK} sandbox:image sandbox:chunks sandbox:handoff words to say"
    started = await api.events(await api.start_stream(agent_id="ag_1", inputs=everything))
    check(started[0].event == "conversation.response.started", started[0])
    check(started[-1].event == "conversation.response.done", started[-1])
    for event in started:
        known(event.data)
        check(event.data.type == event.event, event)
    expected = {
        "tool.execution.started", "tool.execution.delta", "tool.execution.done", "agent.handoff.started",
        "agent.handoff.done", "message.output.delta",
    }
    missing = expected - {event.event for event in started}
    check(not missing, missing)
    identifier = started[0].data.conversation_id

    appended = await api.events(await api.append_stream(conversation_id=identifier, inputs="a few words"))
    deltas = [event.data for event in appended if event.event == "message.output.delta"]
    check("".join(delta.content for delta in deltas) == "echo: a few words", deltas)
    history = await api.get_history(conversation_id=identifier)
    check(history.entries[-1].id == deltas[0].id, history.entries[-1])
    check(history.entries[-1].content == "echo: a few words", history.entries[-1])

    restarted = await api.events(
        await api.restart_stream(conversation_id=identifier, inputs="again", from_entry_id=deltas[0].id)
    )
    check(restarted[0].data.conversation_id != identifier, restarted[0])

    called = await api.events(await api.append_stream(conversation_id=identifier, inputs="sandbox:call"))
    check("function.call.delta" in [event.event for event in called], called)
    failed = await api.events(await api.start_stream(model=MODEL, inputs="sandbox:error"))
    check(failed[-1].event == "conversation.response.error", failed[-1])
    check(failed[-1].data.code == 3000, failed[-1])
    await expect_status(404, api.append_stream(conversation_id="conv_none", inputs="x"))


async def refusals(api, identifier):
    await expect_status(404, api.get(conversation_id="conv_none"))
    await expect_status(404, api.get_history(conversation_id="conv_none"))
    await expect_status(404, api.append(conversation_id="conv_none", inputs="x"))
    await expect_status(422, api.start(inputs="x", model=MODEL, agent_id="ag_1"))
    await expect_status(422, api.append(conversation_id=identifier, inputs=[]))
    unstored = await api.start(model=MODEL, inputs="x", store=False)
    await expect_status(404, api.get(conversation_id=unstored.conversation_id))
    if HAS_METADATA:
        await api.delete(conversation_id=identifier)
        await expect_status(404, api.get(conversation_id=identifier))


async def exercise(base_url):
    counts, records = [], []
    for asynchronous in (False, True):
        api = Surface(Mistral(api_key=KEY, server_url=base_url), asynchronous)
        identifier = await plain(api)
        await listing(api, identifier)
        await kinds(api)
        await calls(api)
        await streams(api)
        await identity(api)
        await files(api)
        await refusals(api, identifier)
        counts.append(api.calls)
        records.append(api.record)
    if len(sys.argv) > 3:
        with open(sys.argv[3], "w") as file:
            json.dump(records, file, indent=1)
    print(f"mistralai {VERSION}: {counts[0]} calls sync, {counts[1]} async, all as they should be")


asyncio.run(exercise(sys.argv[1]))
