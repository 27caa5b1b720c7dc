"""What stands between: portals, proxies, a server that asks to wait, and a daemon that is killed in the middle."""
import os, signal

from .house import chat, check, wait

PORTALS = ("portal-302", "portal-403", "portal-404", "portal-detail", "html")


def portal(house, scope):
    """For a while something that is not the API answers. Nothing is refused, and all goes by itself afterwards."""
    server = house.server(chats=[chat(n) for n in range(3)])
    device = house.device(server)
    device.sync()
    ids = sorted(device.listed())
    daemon = device.daemon()
    for fault in PORTALS:
        server.set(**{fault: f"1{scope}"})
        struck = server.struck(fault)
        writes = [device.append(ids[0], f"an append behind {fault}"), device.start(f"a start behind {fault}")]
        wait(f"{fault} strikes", 10, lambda: server.struck(fault) > struck)
        states = [device.state(write) for write in writes]
        check(set(states) <= {"queued", "sending", "in_doubt"}, f"behind {fault}: {states}")
        server.set(**{fault: "0"})
        writes.append(device.append(ids[1], f"an append after {fault}"))
        wait(f"delivery after {fault}", 20, lambda: device.are("delivered", *writes))
    check(daemon.poll() is None, "convod ended:", device.said())


def sync_behind_a_portal(house):
    server = house.server(chats=[chat(0)])
    device = house.device(server)
    device.sync()
    id = next(iter(device.listed()))
    for fault in PORTALS:
        write = device.append(id, f"by hand behind {fault}")
        server.set(**{fault: "1"})
        error = device.convo("sync", expect=69).err
        check("not_the_api" in error, f"{fault} is called", error)
        check(device.state(write) in ("queued", "in_doubt"), f"behind {fault}: {device.state(write)}")
        server.set(**{fault: "0"})
        device.deliver(write)


def api_refuses(house):
    """The API's own word counts at once."""
    server = house.server(chats=[chat(0)])
    device = house.device(server)
    device.sync()
    id = next(iter(device.listed()))
    refused = device.append(id, "sandbox:error=400")
    device.writes.clear()
    device.sync(expect=65)
    check(device.state(refused) == "refused" and server.count("append") == 1, device.outbox()[refused])


def deletion(house):
    """A deletion is done on the API's own word only, also where its answer is lost."""
    server = house.server(chats=[chat(n) for n in range(4)])
    device = house.device(server)
    device.sync()
    ids = sorted(device.listed())
    for id, fault in zip(ids, ("proxy-404", "portal-detail")):
        server.set(**{fault: "next-1:delete"})
        write = device.delete(id)
        device.sync(expect=(69, 75))
        check(id in server.chats() and device.state(write) in ("queued", "in_doubt"), f"after {fault}: {device.state(write)}")
        device.deliver(write)
        check(id not in server.chats(), f"{id} was never deleted")
    for id, fault in zip(ids[2:], ("reset-after-commit", "proxy-502-after-commit")):
        server.set(**{fault: "next-1:delete"})
        device.deliver(device.delete(id))
        check(id not in server.chats(), f"{id} was never deleted")
    check(all(c["deleted_remotely"] for c in device.listed().values()), "what was deleted is not marked")


def proxys_not_found(house):
    """A proxy's 404 to a read makes nothing deleted."""
    server = house.server(chats=[chat(n) for n in range(3)])
    device = house.device(server)
    device.sync()
    server.set(**{"proxy-404": "1:reads"})
    device.sync(expect=69)
    server.set(**{"proxy-404": "1:get", "disappearance": "1:list"})
    device.sync(expect=(69, 75))
    check(not any(c["deleted_remotely"] for c in device.listed().values()), "a proxy's 404 has marked conversations")
    server.set(**{"proxy-404": "0", "disappearance": "0"})
    device.sync()


def asked_to_wait(house):
    """`Retry-After` of five minutes: what can go is delivered, and the sync ends at once with the time."""
    server = house.server("retry-after-seconds=300", chats=[chat(0)])
    device = house.device(server)
    device.sync()
    id = next(iter(device.listed()))
    server.set(**{"rate-limit": "1:list"})
    first = device.append(id, "can go")
    answer = device.convo("sync", expect=75)
    check(answer.seconds < 10, f"took {answer.seconds:.0f} s")
    check("until" in answer.err, "does not say until when:", answer.err)
    check(device.state(first) == "delivered", "not pushed:", device.outbox()[first])
    server.set(**{"rate-limit": "1:writes"})
    second = device.append(id, "has to wait")
    answer = device.convo("sync", expect=75)
    check(answer.seconds < 10 and "until" in answer.err, f"took {answer.seconds:.0f} s:", answer.err)
    check(device.state(second) == "queued", device.outbox()[second])
    server.set(**{"rate-limit": "0"})
    device.sync()


def killed(house):
    """The daemon dies by SIGKILL while the server works on its writes, three times."""
    server = house.server("answer-ms=300", chats=[chat(n) for n in range(3)])
    device = house.device(server)
    device.sync()
    ids, writes = sorted(device.listed()), []
    for round in range(3):
        daemon = device.daemon()
        writes += [device.append(id, f"append {round} to {number}") for number, id in enumerate(ids)]
        writes.append(device.start(f"start {round}"))
        wait("a write is on its way", 10, lambda: server.ask("GET", "/sandbox/busy"))
        os.kill(daemon.pid, signal.SIGKILL)
        daemon.wait()
    device.daemon()
    wait("delivery", 30, lambda: device.are("delivered", *writes))


def lost_answers(house):
    """Each way in which an answer is lost, for each kind of write."""
    server = house.server(chats=[chat(0)])
    device = house.device(server)
    device.sync()
    id = next(iter(device.listed()))
    for fault in ("reset-before-commit", "error-500-after-commit", "html-after-commit", "proxy-502-after-commit"):
        server.set(**{fault: "next-3:writes"})
        entry = device.convo("history", id).json["entries"][1]["id"]
        writes = [device.append(id, f"append, {fault}"), device.start(f"start, {fault}")]
        text = f"restart, {fault}"
        branch = device.convo("restart", id, "--from", entry, "--", text).json["operation_id"]
        device.deliver(*writes, device.noted(branch, text))


CASES = {
    "a portal answers writes": lambda house: portal(house, ":writes"),
    "a portal answers everything": lambda house: portal(house, ""),
    "convo sync behind a portal": sync_behind_a_portal,
    "the API itself refuses": api_refuses,
    "a proxy answers a deletion": deletion,
    "a proxy answers reads with 404": proxys_not_found,
    "the server asks to wait for minutes": asked_to_wait,
    "convod is killed in the middle": killed,
    "answers are lost": lost_answers,
}
