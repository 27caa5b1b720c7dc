"""The official SDKs: the same results through the endpoint as straight against the server, and reads with the server gone."""
import difflib, json, re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from environments import environment

from worlds.endpoint import Endpoint, ask, run_client
from worlds.house import check, wait

VERSIONS = ["1.12.4", "2.5.2", "3.7.0"]
SCRIPTS = Path(__file__).resolve().parent.parent.parent / "sdk"
KINDS = ["words", "sandbox:tool sandbox:search sandbox:connector", "sandbox:numbers", "sandbox:think sandbox:chunks",
         "sandbox:image=2 sandbox:file", "sandbox:handoff", "sandbox:silent", "sandbox:long=3000",
         "\u0000 \U0001f600 \\ \" </script>"]
CHANGING = re.compile(
    r"(?P<id>[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?P<host>127\.0\.0\.1:\d+)"
    r"""|(?P<call>(?<="tool_call_id": ")[^"]+)|(?P<quoted>(?<=')[0-9A-Za-z]{9}(?='))"""
    r"|(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00))"
    r"|(?P<signature>(?<=signature=)[0-9a-f]+|(?<=expires=)\d+)")


def python(version):
    """The interpreter of the environment that Tests/sdk/run.py makes."""
    return environment(f"mistralai-{version}", [f"mistralai=={version}"])


def without_chance(text):
    """The text with each id replaced by its number in order of appearance, and times, hosts and signatures by their kind."""
    numbers = {}

    def replaced(match):
        kind = match.lastgroup
        return f"{kind} {numbers.setdefault(match[0], len(numbers))}" if kind in ("id", "call", "quoted") else kind

    return CHANGING.sub(replaced, text)


def chosen(options):
    """The SDKs of the cases whose subject is not the SDK: the last one, but at full size all."""
    return options.sdks if options.appends >= 100 else options.sdks[-1:]


def without_operations(thing):
    """The same without what the endpoint adds to a new conversation's metadata, by which a lost answer is found."""
    if isinstance(thing, list):
        return [without_operations(each) for each in thing]
    if not isinstance(thing, dict):
        return thing
    found = {name: without_operations(value) for name, value in thing.items() if name != "convo_operation_id"}
    if not found.get("metadata", True):
        del found["metadata"]
    return found


def recorded(house, version, name, address, key):
    """Runs every operation and stream; returns what each call gave, a call a line."""
    path = house.path(f"{version}-{name}.json")
    run_client(python(version), SCRIPTS / "exercise.py", address, key, path)
    with open(path) as file:
        return without_chance(json.dumps(without_operations(json.load(file)), indent=1)).splitlines()


def same_results(house, options):
    """Every operation and every stream, sync and async, errors included, with each SDK."""
    def compared(version):
        straight, beyond = (house.server(keys=["real"]) for _ in range(2))
        endpoint = Endpoint(house, house.device(beyond, f"sdk {version}", MISTRAL_API_KEY="real"))
        expected = recorded(house, version, "straight", straight.url, "real")
        found = recorded(house, version, "through", endpoint.address, endpoint.token)
        different = list(difflib.unified_diff(expected, found, "straight", "through", n=3, lineterm=""))
        check(not different, f"{version} has other results:\n" + "\n".join(different[:60]))
        endpoint.stop()
        return f"{version}: {sum(line == '  [' for line in found)} results"

    with ThreadPoolExecutor(len(options.sdks)) as pool:
        return ", ".join(pool.map(compared, options.sdks)) + ", the same"


def is_whole(server, device):
    """Whether the mirror holds every entry of the server."""
    chats, listed = server.chats(), device.listed()
    return all(id in listed and listed[id]["entry_count"] == len(entries) for id, entries in chats.items())


def tokens(text):
    """JSON with its order of keys and its numbers as they are written."""
    return json.loads(text, object_pairs_hook=list, parse_float=str, parse_int=str)


def reads_offline(house, options):
    """What was written through the endpoint, and by another, is read with the server stopped, as the server wrote it."""
    server = house.server(keys=["real"])
    device = house.device(server, "offline", MISTRAL_API_KEY="real")
    endpoint = Endpoint(house, device)
    for text in KINDS:
        begun = endpoint.ask("POST", "/v1/conversations", {"model": "m", "inputs": text, "name": text[:20]})
        check(begun.status == 200, text, begun)
        id = begun.json["conversation_id"]
        more = endpoint.ask("POST", f"/v1/conversations/{id}", {"inputs": "and a stream", "stream": True})
        check(b"conversation.response.done" in more.body, text, more)
        entry = begun.json["outputs"][-1]["id"]
        branch = endpoint.ask("POST", f"/v1/conversations/{id}/restart", {"inputs": "a branch", "from_entry_id": entry})
        check(branch.status == 200, text, branch)
    server.ask("POST", "/v1/conversations", {"model": "m", "inputs": "another writer's"}, key="real")
    wait("the mirror is whole", 20, lambda: is_whole(server, device))
    paths = ["/v1/conversations?page_size=100&metadata=%7B%7D"] + [
        f"/v1/conversations/{id}{part}" for id in server.chats() for part in ("", "/history", "/messages")]
    expected = {path: ask(server.url, "real", "GET", path) for path in paths}
    sdks = {version: house.path(f"{version}-read.json") for version in chosen(options)}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: run_client(python(each[0]), SCRIPTS / "read.py", server.url, "real", each[1]), sdks.items()))
    server.process.terminate()
    server.process.wait(10)
    for path, straight in expected.items():
        through = endpoint.ask("GET", path)
        check((through.status, through.headers["Content-Type"]) == (200, straight.headers["Content-Type"]), path, through)
        check(tokens(through.body) == tokens(straight.body), f"{path}: {through.body[:2000]!r} is not {straight.body[:2000]!r}")
    for version, path in sdks.items():
        again = path + ".offline"
        run_client(python(version), SCRIPTS / "read.py", endpoint.address, endpoint.token, again)
        with open(path) as straight, open(again) as through:
            check(json.load(straight) == json.load(through), f"{version} reads something else with the server stopped")
    house.devices.remove(device)  # the server, which `judge` would ask, is gone
    house.servers.remove(server)
    same = sum(endpoint.ask("GET", path).body == straight.body for path, straight in expected.items())
    endpoint.stop()
    return f"{len(paths)} reads with the server stopped, {same} of them the server's bytes"


CASES = {"sdk: the same results": same_results, "sdk: reads with the server stopped": reads_offline}
