"""Reads every conversation with one installed mistralai: all pages of the list, each one, its history and its messages.

Usage: read.py BASE_URL KEY FILE. Calls synchronously and asynchronously, which must give the same, and writes it into FILE.
"""

import asyncio
import json
import sys

try:
    from mistralai import Mistral
except ImportError:
    from mistralai.client import Mistral

PAGE = 20


def plainly(model):
    return [type(model).__name__, model.model_dump(mode="json", by_alias=True)]


async def read(call):
    rows = []
    while True:
        page = await call("list", page=len(rows) // PAGE, page_size=PAGE, metadata={})
        rows += page
        if len(page) < PAGE:
            break
    found = {"list": [plainly(row) for row in rows]}
    for row in rows:
        for name in ("get", "get_history", "get_messages"):
            found[f"{name} {row.id}"] = plainly(await call(name, conversation_id=row.id))
    return found


async def main(base_url, key, path):
    client = Mistral(api_key=key, server_url=base_url)
    conversations = client.beta.conversations

    async def directly(name, **arguments):
        return getattr(conversations, name)(**arguments)

    async def awaited(name, **arguments):
        return await getattr(conversations, name + "_async")(**arguments)

    found = await read(directly)
    if await read(awaited) != found:
        raise SystemExit("sync and async read different things")
    with open(path, "w") as file:
        json.dump(found, file)
    print(f"{len(found['list'])} conversations")


asyncio.run(main(*sys.argv[1:]))
