"""Answers that are lost, and what comes back is not what was sent: changed texts, missing metadata, old histories."""
from .house import chat, check, wait

CHANGES = {
    "stored-trimmed": "  ends are trimmed \n", "stored-with-lf": "two\r\nlines", "stored-nfc": "cafe\u0301 \u212b",
    "stored-escaped": "if a < b && c > \"d\"", "stored-in-chunks": "stored in two chunks",
}


def changed(house, operation):
    server = house.server(chats=[chat(0)])
    device = house.device(server)
    device.sync()
    id = next(iter(device.listed()))
    for change, text in CHANGES.items():
        server.set(**{change: "1", "reset-after-commit": f"next-1:{operation}"})
        before = server.writes
        write = device.start(text) if operation == "start" else device.append(id, text)
        device.deliver(write)
        check(server.writes == before + 1, f"{change}: sent {server.writes - before} times")
        server.set(**{change: "0"})


def equal_texts(house):
    """What is said twice on purpose is sent twice, also where an answer is lost."""
    server = house.server("reset-after-commit=next-1:append", chats=[chat(0)])
    device = house.device(server)
    device.sync()
    id = next(iter(device.listed()))
    writes = [device.append(id, text) for text in ("yes", "yes", "question 0")]
    device.writes.clear()
    device.deliver(*writes)
    check(server.times("yes") == 2 and server.times("question 0") == 2, server.chats()[id])


def without_metadata(house, operations):
    """A start and a branch whose answers are lost, by a busy account: more than a page is newer than they are."""
    server = house.server(
        *(f"without-metadata=1{':' + operation if operation else ''}" for operation in operations),
        chats=[chat(n) for n in range(120)])
    device = house.device(server)
    device.sync()
    id = f"conv_{0:032x}"
    entry = device.convo("history", id).json["entries"][1]["id"]
    for operation in ("start", "restart"):
        server.set(**{"reset-after-commit": f"next-1:{operation}"})
        if operation == "start":
            write = device.start("a start whose answer is lost")
        else:
            text = "a branch whose answer is lost"
            write = device.noted(device.convo("restart", id, "--from", entry, "--", text).json["operation_id"], text)
        wait(f"the {operation} is settled", 20, lambda: device.sync(expect=(0, 65, 75)) and device.state(write) in (
            "delivered", "held"))
        if device.state(write) == "held":
            device.held.add(write)
        check(server.count(operation) == 1, f"{operation} sent {server.count(operation)} times")


def is_mirrored(server, device, id):
    return ([entry["id"] for entry in device.convo("history", id).json["entries"]]
            == [entry["id"] for entry in server.chats()[id]])


def replica(house):
    """The list is new, and the history is two seconds old: what is missing comes, ours and another writer's."""
    server = house.server("replica-lag-ms=2000", chats=[chat(n) for n in range(2)])
    device = house.device(server)
    device.sync()
    device.daemon()
    ids = sorted(device.listed())
    server.set(stale="1:get_history")
    write = device.append(ids[0], "our own append")
    server.ask("POST", f"/v1/conversations/{ids[1]}", {"inputs": "another writer's turn"})
    wait("delivery", 10, lambda: device.are("delivered", write))
    wait("all entries", 20, lambda: all(is_mirrored(server, device, id) for id in ids))
    check(device.convo("search", "another").json["hits"], "not found by search")


def new_to_a_replica(house, requests):
    """For two seconds a new conversation, or its history, is not found: what is queued behind its start is delivered."""
    server = house.server("replica-lag-ms=2000", f"stale=1:{requests}")
    device = house.device(server)
    device.daemon()
    begun = device.convo("start", "the first words", "--model", "m").json
    device.noted(begun["operation_id"], "the first words")
    device.append(begun["id"], "the second words")
    wait("delivery", 20, lambda: device.are("delivered", *(operation for operation, _ in device.writes)))
    wait("all entries", 20, lambda: is_mirrored(server, device, next(iter(device.listed()))))
    check(not any(c["deleted_remotely"] for c in device.listed().values()), "marked as deleted")


CASES = {
    "an append comes back changed": lambda house: changed(house, "append"),
    "a start comes back changed": lambda house: changed(house, "start"),
    "equal texts on purpose": equal_texts,
    "metadata is left out of the list": lambda house: without_metadata(house, ["list"]),
    "metadata is left out of get": lambda house: without_metadata(house, ["get"]),
    "metadata is left out everywhere": lambda house: without_metadata(house, [""]),
    "a replica lags": replica,
    "a replica has no history of what is new": lambda house: new_to_a_replica(house, "get_history"),
    "a replica does not know what is new": lambda house: new_to_a_replica(house, "reads"),
}
