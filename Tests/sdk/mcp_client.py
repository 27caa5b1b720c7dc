"""One official MCP client against `convo mcp`: every tool and every resource. Usage: mcp_client.py CONVO MODE

MODE is `handshake` (mcp 1.x, and 2.x in its older mode) or `stateless` (2.x). The environment names the database. Prints the
conversations that it has written to, as JSON; exits non-zero with a trace where something is not as it must be.
"""
import asyncio, json, os, sys

from mcp import StdioServerParameters

CONVO, MODE = sys.argv[1:]
READING = ["search", "list_conversations", "get_entries", "get_tree", "status"]
WRITING = ["append", "start"]


def server(*flags):
    return StdioServerParameters(command=CONVO, args=["mcp", *flags], env=dict(os.environ))


class Session:
    """The same calls on both generations of the package."""

    def __init__(self, *flags):
        self.flags = flags

    async def __aenter__(self):
        try:
            from mcp import Client
        except ImportError:
            from mcp import ClientSession
            from mcp.client.stdio import stdio_client

            self.pipes = stdio_client(server(*self.flags))
            self.session = ClientSession(*await self.pipes.__aenter__())
            self.outer = self.session
            await self.session.__aenter__()
            answer = await self.session.initialize()
            assert answer.protocolVersion == "2025-11-25" and "data" in answer.instructions, answer
            return self
        self.pipes = None
        self.outer = Client(server(*self.flags), mode="legacy" if MODE == "handshake" else "auto")
        self.session = await self.outer.__aenter__()
        expected = "2025-11-25" if MODE == "handshake" else "2026-07-28"
        assert self.session.protocol_version == expected, self.session.protocol_version
        assert "data" in self.session.instructions and self.session.server_info.name == "convo"
        return self

    async def __aexit__(self, *error):
        await self.outer.__aexit__(*error)
        if self.pipes:
            await self.pipes.__aexit__(*error)

    async def call(self, name, /, fails=False, **arguments):
        answer = dump(await self.session.call_tool(name, arguments))
        text = answer["content"][0]["text"]
        assert bool(answer.get("isError")) == fails, (name, arguments, text)
        return text if fails else (text, answer["structuredContent"])

    async def refused(self, work):
        try:
            await work
        except Exception as error:  # each generation has an exception of its own
            return str(error)
        raise AssertionError("was not refused")


def dump(value):
    return value.model_dump(by_alias=True, mode="json")


async def reading():
    async with Session() as one:
        tools = dump(await one.session.list_tools())["tools"]
        assert [tool["name"] for tool in tools] == READING, tools
        assert all(tool["annotations"]["readOnlyHint"] and tool["inputSchema"]["additionalProperties"] is False for tool in tools)
        _, status = await one.call("status")
        assert status["conversations"] > 0 and status["writes_allowed"] is False, status
        ids, cursor = [], None
        while True:
            _, page = await one.call("list_conversations", limit=7, **({"cursor": cursor} if cursor else {}))
            ids += [each["id"] for each in page["conversations"]]
            if not (cursor := page.get("next_cursor")):
                break
        assert len(ids) == len(set(ids)) == status["conversations"], (len(ids), status)
        text, found = await one.call("search", query="question", limit=5)
        assert found["total"] >= 5 and len(found["hits"]) == 5 and "\n| " in text, text
        _, more = await one.call("search", query="question", limit=5, cursor=found["next_cursor"])
        assert not {hit["entry_id"] for hit in found["hits"]} & {hit["entry_id"] for hit in more["hits"]}
        hit = found["hits"][0]
        text, window = await one.call("get_entries", conversation=hit["conversation_id"], around=hit["entry_id"])
        assert any(entry["id"] == hit["entry_id"] for entry in window["entries"]), window
        _, tree = await one.call("get_tree", conversation=hit["conversation_id"])
        assert tree["total"] >= 1 and tree["conversations"][0]["level"] == 0, tree
        for name, arguments in [("search", {}), ("search", {"query": "x", "limit": 0}), ("search", {"query": "x", "more": 1}),
                                ("get_entries", {"conversation": "nothing"}), ("get_tree", {"conversation": ""}),
                                ("get_entries", {"conversation": hit["conversation_id"], "around": "#99999"}),
                                ("list_conversations", {"cursor": "x"}), ("search", {"query": "before:tomorow"})]:
            assert await one.call(name, fails=True, **arguments)
        assert "allow-writes" in await one.refused(one.session.call_tool("append", {"conversation": "x", "text": "y"}))
        listed = dump(await one.session.list_resources())
        uri = listed["resources"][0]["uri"]
        assert uri.startswith("convo://conversation/") and listed["resources"][0]["mimeType"] == "text/plain", listed
        content = dump(await one.session.read_resource(uri))["contents"][0]
        assert content["uri"] == uri and "quote old conversations" in content["text"], content
        await one.refused(one.session.read_resource("convo://conversation/nothing"))
        templates = dump(await one.session.list_resource_templates())["resourceTemplates"]
        assert len(templates) == 2, templates
        return ids[0]


async def writing(conversation):
    async with Session("--allow-writes") as one:
        tools = {tool["name"]: tool for tool in dump(await one.session.list_tools())["tools"]}
        assert list(tools) == READING + WRITING
        assert not any(tools[name]["annotations"]["readOnlyHint"] for name in WRITING)
        text, receipt = await one.call("append", conversation=conversation, text=f"appended by {MODE} {os.getpid()}")
        assert receipt["state"] == "queued" and "convo sync" in text, text
        _, window = await one.call("get_entries", conversation=conversation, **{"from": "end"})
        assert window["pending"][-1]["operation_id"] == receipt["operation_id"], window
        _, started = await one.call("start", text=f"started by {MODE} {os.getpid()}", model="m", name="From an agent")
        for arguments in [{"text": "x"}, {"text": " ", "model": "m"}, {"text": "x", "model": "m", "agent": "a"}]:
            assert "Nothing was queued" in await one.call("start", fails=True, **arguments)
        assert "Nothing was queued" in await one.call("append", fails=True, conversation="nothing", text="x")
        _, status = await one.call("status")
        assert status["outbox"]["queued"] == 2, status
        return [f"appended by {MODE} {os.getpid()}", f"started by {MODE} {os.getpid()}"]


async def main():
    print(json.dumps(await writing(await reading())))


asyncio.run(main())
