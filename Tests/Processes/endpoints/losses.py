"""A network that loses answers: through the endpoint each write is on the server once; straight, some are there twice."""
import json, random

from worlds.endpoint import Endpoint, run_client
from worlds.house import check, letters, wait
from worlds.wire import Losing

from .sdk import SCRIPTS, chosen, python

SHARE = 0.3


def written(version, url, key, options, *more):
    """What came of the writes of an SDK that retries."""
    workers = max(1, min(8, options.appends // 5))
    return json.loads(run_client(
        python(version), SCRIPTS / "retrying.py", *more, "--seconds", 300 + options.appends, "--", url, key,
        options.appends // len(chosen(options)), workers, version, timeout=480 + options.appends))


def settle(device):
    """Waits until the outbox holds nothing that could still be sent."""
    def waiting():
        return [item for item in device.outbox().values() if item["state"] in ("queued", "sending", "in_doubt")]

    wait("the outbox is empty", 240, lambda: not waiting())
    left = [item for item in device.outbox().values() if item["state"] in ("held", "refused")]
    check(not left, "left in the outbox:", left[:3])


def judge(server, told):
    """Each text that was answered, or that waits behind a 503, is on the server once; what was deleted is not there."""
    inputs = server.inputs()
    wrong = told["wrong"] + [f"{text!r} is on the server {inputs[letters(text)]} times"
                             for text in told["answered"] + told["queued"] if inputs[letters(text)] != 1]
    wrong += [f"{text!r} was refused with 503, and is on the server {inputs[letters(text)]} times"
              for text, _ in told["refused"] if inputs[letters(text)] != 1]
    wrong += [f"503 without Retry-After or Convo-Operation: {fields}" for _, fields in told["refused"]
              if not {"retry-after", "convo-operation"} <= {name.lower() for name in fields}]
    wrong += [f"{text!r} is answered, and nobody asked" for text, times in inputs.items()
              if "scratch" in text and times]
    check(not wrong, f"{len(wrong)} wrong:", *wrong[:10])


def server_fails(house, options, writes):
    """The server limits the rate, fails before and after it has acted, and breaks streams and connections off."""
    said = []
    for version in chosen(options):
        server = house.server(
            "answer-ms=20", "rate-limit=0.05", "error-500=0.03", "error-503-after-commit=0.05", "error-500-after-commit=0.03",
            "reset-after-commit=0.05", "reset-before-commit=0.03", "cut-stream=0.1", "html-after-commit=0.03",
            f"seed={options.seed}")
        # After a page of HTML convod takes the server for unreachable, which the setting decides about.
        device = house.device(server, f"losses {version}", CONVO_OFFLINE_WRITES=writes)
        endpoint = Endpoint(house, device)
        told = written(version, endpoint.address, endpoint.token, options)
        settle(device)
        # A deletion that the server has carried out and called failed is not found when it is asked for again, as straight.
        told["wrong"] = [text for text in told["wrong"] if not text.startswith("'the deletion': SDKError 404")]
        judge(server, told)
        check(not told["queued"] or writes == "queue", "queued although that is not wanted:", told["queued"][:3])
        struck = sum(server.requests()["faults"].values())
        said.append(f"{len(told['answered'])} answered, {len(told['queued'])} queued, {struck} faults")
        endpoint.stop()
    return f"each once ({'; '.join(said)})"


def straight(house, options):
    """The same writes, the same losses, and nothing between: how many writes the server has more than once."""
    twice = answered = 0
    for version in chosen(options):
        server = house.server("answer-ms=20")
        proxy = Losing(server.url, SHARE, random.Random(options.seed))
        told = written(version, proxy.url, "any", options)
        inputs = server.inputs()
        twice += sum(inputs[letters(text)] > 1 for text in told["answered"])
        answered += len(told["answered"])
        proxy.close()
    return twice, answered


def between_endpoint_and_server(house, options):
    """The server's answers are lost after it has committed."""
    said = []
    for version in chosen(options):
        server = house.server("answer-ms=20")
        # At small size those of reads arrive: each that is lost has convod wait before it asks again.
        proxy = Losing(server.url, SHARE, random.Random(options.seed), writes_only=options.appends < 100)
        device = house.device(server, f"losses {version}", CONVO_SERVER_URL=proxy.url)
        endpoint = Endpoint(house, device)
        told = written(version, endpoint.address, endpoint.token, options)
        settle(device)
        judge(server, told)
        said.append(f"{len(told['answered'])} answered, {len(told['queued'])} queued, {len(told['refused'])} 503, "
                    f"{proxy.lost} answers lost")
        endpoint.stop()
        proxy.close()
    twice, answered = straight(house, options)
    check(twice > 0 or answered < 30, "straight, no write is on the server twice: the proxy loses nothing")
    return f"each once ({'; '.join(said)}); straight, {twice} of {answered} are on the server twice"


def between_client_and_endpoint(house, options, ways, *more):
    said = []
    for version in chosen(options):
        server = house.server("answer-ms=20")
        device = house.device(server, f"losses {version}")
        endpoint = Endpoint(house, device)
        proxy = Losing(endpoint.address, SHARE, random.Random(options.seed), ways)
        told = written(version, proxy.url, endpoint.token, options, *more)
        settle(device)
        judge(server, told)
        said.append(f"{len(told['answered'])} answered, {proxy.lost} answers lost")
        endpoint.stop()
        proxy.close()
    return f"each once ({'; '.join(said)})"


CASES = {
    "losses: the server fails, writes fail": lambda house, options: server_fails(house, options, "fail"),
    "losses: the server fails, writes are queued": lambda house, options: server_fails(house, options, "queue"),
    "losses: between endpoint and server": between_endpoint_and_server,
    # The proxy breaks its connection to the endpoint off, as a network does: after a clean end nobody knows what was read.
    "losses: between client and endpoint": lambda house, options:
        between_client_and_endpoint(house, options, ("early", "reset", "half")),
    "losses: between client and endpoint, with Idempotency-Key": lambda house, options:
        between_client_and_endpoint(house, options, ("gateway", "reset", "half", "early"), "--keys"),
}
