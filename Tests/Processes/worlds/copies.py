"""Which copy a database is: a backup that is put back, a second machine, a second name."""
import os, shutil

from .house import chat, check, wait


def put_back(house):
    """What had waited in the backup was delivered since: it is looked for before it is sent."""
    server = house.server(chats=[chat(n) for n in range(3)])
    device = house.device(server)
    device.sync()
    ids = sorted(device.listed())
    writes = [device.append(ids[0], "in the backup, an append"), device.start("in the backup, a start")]
    deletion = device.delete(ids[1])
    backup = house.path("backup")
    shutil.copytree(device.folder, backup)
    device.sync()
    sent = server.writes
    shutil.rmtree(device.folder)
    shutil.copytree(backup, device.folder)
    device.sync(expect=65)
    device.judge_held("copied", *writes, deletion)
    daemon = device.daemon()
    later = device.start("written after the backup was put back")
    wait("delivery of a new write", 10, lambda: device.are("delivered", later))
    check(server.writes == sent + 1, "sent again unasked:", server.requests()["counts"])
    device.convo("outbox", "retry", "--all")
    device.held.clear()
    wait("all is found on the server", 15, lambda: device.are("delivered", *writes, deletion))
    check(server.count("start", "append") == sent, "sent again:", server.requests()["counts"])
    check(daemon.poll() is None, device.said())


def second_machine(house):
    """The folder was copied, and both go on. What the original never sent is sent by the copy, on purpose."""
    server = house.server(chats=[chat(n) for n in range(2)])
    first = house.device(server)
    first.sync()
    ids = sorted(first.listed())
    writes = [first.append(ids[0], "on both, sent by the first"), first.start("on both, cancelled on the first")]
    second = house.device(server, "second")
    shutil.copytree(first.folder, second.folder)
    first.convo("outbox", "cancel", writes[1])
    first.sync()
    cancelled = first.writes.pop()
    daemons = [first.daemon(), second.daemon()]
    new = first.append(ids[1], "new on the first"), second.append(ids[1], "new on the second")
    wait("delivery", 15, lambda: first.are("delivered", new[0]) and second.are("delivered", new[1]))
    second.judge_held("copied", *writes)
    second.convo("outbox", "retry", "--state", "held")
    second.held.clear()
    second.writes += [(writes[0], "on both, sent by the first"), cancelled]
    wait("the copy's writes are settled", 20, lambda: second.are("delivered", *writes))
    check(all(daemon.poll() is None for daemon in daemons), first.said(), second.said())


def symlink(house):
    """One file under three names, one of them relative: one daemon, one lock, each write once."""
    server = house.server(chats=[chat(0)])
    device = house.device(server)
    device.sync()
    id = next(iter(device.listed()))
    link = house.path("link.db")
    os.symlink(os.path.join("convo", "..", "convo", "convo.db"), link)
    by_link = {"CONVO_DATABASE": link}
    daemon = device.daemon(**by_link)
    second = device.daemon(waits=False)
    check(second.wait(20) == 75, f"a second daemon by the file's own name ended with {second.returncode}")
    writes = []
    for number in range(4):
        writes.append(device.append(id, f"by its own name {number}"))
        writes.append(device.append(id, f"by a link {number}", **by_link))
        device.sync(expect=(0, 75), **({} if number % 2 else by_link))
    wait("delivery", 15, lambda: device.are("delivered", *writes))
    said = [entry["content"] for entry in server.chats()[id] if entry["type"] == "message.input"][1:]
    check(said == [text for _, text in device.writes], "out of order:", said)
    check(daemon.poll() is None and device.is_served(), device.said())


CASES = {
    "a backup is put back": put_back, "a copy on a second machine": second_machine, "a symlink": symlink,
}
