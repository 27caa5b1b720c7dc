"""Whose a database is: two keys, two servers, a key that is rotated, a new owner on purpose, two profiles."""
import os

from .house import chat, check, wait

KEYS = ("key-ann@ann/lab", "key-bob@bob/lab")
UNTOLD = ("users-me=404", "whoami=404")


def shared(house, *switches):
    """A server where Ann has three conversations and Bob one, and Ann's device with a write of each kind waiting."""
    server = house.server(
        *switches, keys=KEYS, chats=[*(chat(n, "ann") for n in range(3)), chat(9, "bob")])
    ann = house.device(server, MISTRAL_API_KEY="key-ann")
    ann.sync()
    ids = sorted(ann.listed())
    check(len(ids) == 3, "Ann has", ids)
    ann.append(ids[0], "an append of Ann's")
    ann.start("a start of Ann's")
    ann.delete(ids[1])
    return server, ann, ids


def judge_untouched(server, device):
    check(server.writes == 0, "sent for another account:", server.requests()["counts"])
    listed = device.listed()
    check(f"conv_{9:032x}" not in listed, "another account's conversation is mixed in")
    check(not any(c["deleted_remotely"] for c in listed.values()), "marked as deleted")


def two_keys(house, *switches):
    server, ann, ids = shared(house, *switches)
    bob = {"MISTRAL_API_KEY": "key-bob"}
    words = ann.convo("sync", expect=78, **bob).err
    check(switches or "ann" in words and "bob" in words, "does not name both:", words)
    check("account adopt" in words and "profile" in words, "does not name the ways out:", words)
    daemon = ann.daemon(waits=False, **bob)
    check(daemon.wait(20) == 78, f"convod with another account's key ended with {daemon.returncode}:", ann.said())
    check(ann.said().count("account adopt") == 1, "convod does not say it once:", ann.said())
    judge_untouched(server, ann)
    ann.sync()
    check(ids[1] not in server.chats(), "the deletion never arrived")


def adopted(house):
    server, ann, ids = shared(house)
    bob = {"MISTRAL_API_KEY": "key-bob"}
    account = ann.convo("account").json
    check(account["user"]["name"] and account["keys"] == 1, account)
    change = ann.convo("account", "adopt", **bob).json
    check(change["held"] == 3 and change["user"] != account["user"], change)
    ann.environment.update(bob)
    ann.user = "bob"
    ann.sync(expect=65)
    ann.judge_held("other_account", *(operation for operation, _ in ann.writes))
    before = [chat for chat in ann.convo("list").json if chat["remote_id"] in ids]
    check(before and all(chat["other_account"] for chat in before), "not known for the account before's:", before)
    check(not any(chat["deleted_remotely"] for chat in before), "marked as deleted:", before)
    check(server.writes == 0, "sent unasked to the new account:", server.requests()["counts"])
    for operation, _ in ann.writes:
        if operation != ann.writes[1][0]:
            ann.convo("outbox", "retry", operation, expect=65)
    words = ann.convo("append", before[0]["id"], "to nobody", expect=65).err
    check("account" in words, "does not say why:", words)
    start = ann.writes[1][0]
    ann.convo("outbox", "retry", start)
    ann.held.discard(start)
    ann.sync(expect=65)
    check(server.times("a start of Ann's", "bob") == 1, "what was retried on purpose is not in the new account")
    ann.convo("sync", expect=78, MISTRAL_API_KEY="key-ann")


def adopted_beside_daemon(house):
    """A convod of Ann's runs on; what is written from then on is Bob's."""
    server = house.server(keys=KEYS, chats=[*(chat(n, "ann") for n in range(3)), chat(9, "bob")])
    ann = house.device(server, MISTRAL_API_KEY="key-ann")
    ann.sync()
    daemon = ann.daemon()
    bob = {"MISTRAL_API_KEY": "key-bob"}
    ann.convo("account", "adopt", **bob)
    ann.environment.update(bob)
    ann.user = "bob"
    ann.start("a start of Bob's")
    check(daemon.wait(20) == 78, f"Ann's convod ended with {daemon.returncode}:", ann.said())
    check(server.writes == 0, "sent with Ann's key:", server.requests()["counts"])
    ann.sync()
    check(server.times("a start of Bob's", "bob") == 1 and server.times("a start of Bob's", "ann") == 0, "not Bob's")
    listed = ann.convo("list").json
    check(not any(chat["deleted_remotely"] for chat in listed), "marked as deleted:", listed)


def two_servers(house):
    server, ann, ids = shared(house)
    other = house.server(keys=KEYS, chats=[chat(n, "ann") for n in range(20, 23)])
    words = ann.convo("sync", expect=78, CONVO_SERVER_URL=other.url).err
    check(server.url.split("//")[1] in words and other.url.split("//")[1] in words, "does not name both:", words)
    daemon = ann.daemon(waits=False, CONVO_SERVER_URL=other.url)
    check(daemon.wait(20) == 78, f"convod with another server ended with {daemon.returncode}:", ann.said())
    judge_untouched(other, ann)
    check(len(ann.listed()) == 4, "the other server's conversations are mixed in")
    ann.sync(CONVO_SERVER_URL=server.url + "/")


def write_key(path, key):
    with open(path + ".new", "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(key + "\n")
    os.rename(path + ".new", path)


def rotated(house, *switches):
    """In the file, while convod runs; first a key of the same account, then another account's."""
    server = house.server(*switches, keys=KEYS, chats=[chat(0, "ann"), chat(9, "bob")])
    file = house.path("key")
    write_key(file, "key-ann")
    with open(house.path("config.toml"), "w") as config:
        config.write('api_key_file = "key"\n')
    ann = house.device(server, MISTRAL_API_KEY=None, CONVO_CONFIG=house.path("config.toml"))
    daemon = ann.daemon()
    id = wait("the first pull", 10, lambda: next(iter(ann.listed()), None))
    write_key(file, "key-new")
    server.set(keys="key-new@ann/lab,key-bob@bob/lab")
    write = ann.append(id, "with the new key")
    wait("delivery with the new key", 15, lambda: ann.are("delivered", write))
    check(daemon.poll() is None, "convod ended over a rotated key:", ann.said())
    write_key(file, "key-bob")
    server.set(keys="key-last@ann/lab,key-bob@bob/lab")
    before = server.writes
    write = ann.append(id, "not with another account's key")
    check(daemon.wait(20) == 78, f"convod with another account's key ended with {daemon.returncode}:", ann.said())
    check(server.writes == before and not server.times("not with another account's key", "bob"), "sent for another account")
    write_key(file, "key-last")
    ann.deliver(write)


def refused_key(house):
    """The server refuses the key, and there is no other: the write waits, and goes with the right one."""
    server = house.server(keys=KEYS, chats=[chat(0, "ann")])
    ann = house.device(server, MISTRAL_API_KEY="key-ann")
    ann.sync()
    write = ann.append(next(iter(ann.listed())), "waits for a key")
    ann.convo("sync", expect=77, MISTRAL_API_KEY="key-gone")
    check(ann.state(write) == "queued", "with a refused key the write is", ann.state(write))
    ann.sync()


def profiles(house):
    """Two accounts side by side, each with a daemon and a database of its own."""
    server = house.server(keys=KEYS, chats=[chat(0, "ann"), chat(9, "bob")])
    folder = house.path(".config", "convo")
    os.makedirs(folder, mode=0o700)
    with open(os.path.join(folder, "config.toml"), "w") as config:
        for name in ("ann", "bob"):
            write_key(os.path.join(folder, name), f"key-{name}")
            config.write(f'[profile.{name}]\napi_key_file = "{name}"\n')
    own = {name: house.device(server, name, MISTRAL_API_KEY=None, CONVO_DATABASE=None, CONVO_PROFILE=name)
           for name in ("ann", "bob")}
    daemons = [device.daemon() for device in own.values()]
    writes = {name: device.start(f"from {name}") for name, device in own.items()}
    for name, device in own.items():
        wait(f"delivery for {name}", 10, lambda: device.are("delivered", writes[name]))
        check(server.times(f"from {name}", name) == 1, f"not in the account of {name}")
        wait(f"the mirror of {name}", 10, lambda: len(device.listed()) == 2)
    check(all(daemon.poll() is None for daemon in daemons), "a daemon ended")
    paths = {device.convo("status").json["database"] for device in own.values()}
    check(len(paths) == 2, "two profiles share", paths)
    own["ann"].convo("list", expect=78, CONVO_PROFILE="mistyped")


CASES = {
    "two keys, the server tells whose": two_keys,
    "two keys, the server does not tell": lambda house: two_keys(house, *UNTOLD),
    "another account, adopted": adopted,
    "another account, adopted beside a daemon": adopted_beside_daemon,
    "two servers": two_servers,
    "a rotated key, the server tells whose": rotated,
    "a rotated key, the server does not tell": lambda house: rotated(house, *UNTOLD),
    "a refused key": refused_key,
    "two profiles side by side": profiles,
}
