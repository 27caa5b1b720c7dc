"""Without a network: writes are queued or refused, as the setting says, are seen at once, and go once when it is back."""
import json, subprocess, threading, time

from worlds.endpoint import Endpoint, clean_environment, connection, events
from worlds.house import check, chat, letters, plain, wait
from worlds.wire import Gate

from .losses import settle
from .sdk import python

RARELY = {"CONVO_POLL_INTERVAL": "3600", "CONVO_SWEEP_INTERVAL": "3600"}
AGAIN = 45  # seconds within which convod asks again after an outage as short as these


class Place:
    """An endpoint whose network can be taken away, and whose mirror holds the server's conversations."""

    def __init__(self, house, *switches, chats=2, **environment):
        self.server = house.server(*switches, chats=[chat(n) for n in range(chats)])
        self.gate = Gate(self.server.url)
        self.device = house.device(self.server, "offline", CONVO_SERVER_URL=self.gate.url, **environment)
        self.endpoint = Endpoint(house, self.device)
        self.ids = sorted(self.server.chats())
        for id in self.ids:
            check(self.ask("GET", f"/v1/conversations/{id}/history").status == 200, id, "is not there")
        wait("the mirror is whole", 10, lambda: set(self.ids) <= set(self.device.listed()))

    def ask(self, *words, **more):
        return self.endpoint.ask(*words, **more)

    def texts(self, id):
        reply = self.ask("GET", f"/v1/conversations/{id}/history")
        check(reply.status == 200, id, reply)
        return [plain(entry.get("content")) for entry in reply.json["entries"]]

    def lose_network(self):
        """Takes the network away, and waits until libcurl looks whether its idle connections live (once a second).

        What is sent over one that has just died may have arrived: it is in doubt, which other cases are about.
        """
        self.gate.take_away()
        time.sleep(1.2)

    def end(self):
        self.endpoint.stop()
        self.gate.close()


def queued_answer(reply, what):
    check(reply.status == 200, what, reply)
    answer = reply.json
    check((answer["object"], answer["outputs"]) == ("conversation.response", []), what, answer)
    check(reply.headers["Convo-Operation"], what, "names no operation:", reply)
    return answer["conversation_id"]


SDK = """
import sys
try:
    from mistralai import Mistral
except ImportError:
    from mistralai.client import Mistral
conversations = Mistral(api_key=sys.argv[2], server_url=sys.argv[1]).beta.conversations
begun = conversations.start(model="m", inputs="an SDK starts")
assert begun.outputs == [], begun
assert conversations.append(conversation_id=begun.conversation_id, inputs="an SDK appends").outputs == []
with conversations.append_stream(conversation_id=begun.conversation_id, inputs="an SDK streams") as stream:
    events = [event.event for event in stream]
assert events[0] == "conversation.response.started" and events[-1] == "conversation.response.done", events
history = conversations.get_history(conversation_id=begun.conversation_id)
assert [entry.content for entry in history.entries] == ["an SDK starts", "an SDK appends", "an SDK streams"], history
assert conversations.get(conversation_id=begun.conversation_id).model == "m"
assert begun.conversation_id in [each.id for each in conversations.list(page=0, page_size=100, metadata={})]
print(begun.conversation_id, end="")
"""


def queued(house, options):
    """`offline_writes = "queue"`: valid answers without outputs; local ids are good before and after; all goes once."""
    at = Place(house, CONVO_OFFLINE_WRITES="queue")
    known, other = at.ids
    at.lose_network()
    begun = queued_answer(at.ask("POST", "/v1/conversations", {"model": "m", "inputs": "an offline start", "name": "n"}),
                          "start")
    for text in ("first", "second"):
        check(queued_answer(at.ask("POST", f"/v1/conversations/{begun}", {"inputs": text}), text) == begun, text,
              "goes elsewhere")
    check(queued_answer(at.ask("POST", f"/v1/conversations/{known}", {"inputs": "to what is known"}), "append") == known,
          "another id")
    entry = at.ask("GET", f"/v1/conversations/{other}/history").json["entries"][1]["id"]
    branch = queued_answer(at.ask("POST", f"/v1/conversations/{other}/restart",
                                  {"inputs": "an offline branch", "from_entry_id": entry}), "restart")
    check(branch not in (other, begun), "a branch has its origin's id")
    stream = at.ask("POST", f"/v1/conversations/{known}", {"inputs": "an offline stream", "stream": True})
    names = [name for name, _ in events(stream.body)]
    check(stream.status == 200 and names[0] == "conversation.response.started" and names[-1] == "conversation.response.done"
          and len(names) == 2, stream)
    # Read your writes.
    check(at.texts(begun) == ["an offline start", "first", "second"], at.texts(begun))
    check(at.texts(known)[2:] == ["to what is known", "an offline stream"], at.texts(known))
    check(at.texts(branch)[-1] == "an offline branch", at.texts(branch))
    check(at.ask("GET", f"/v1/conversations/{begun}").json["name"] == "n", at.ask("GET", f"/v1/conversations/{begun}"))
    listed = at.ask("GET", "/v1/conversations?page_size=100")
    check({begun, branch, known, other} <= {each["id"] for each in listed.json}, listed)
    check(int(listed.headers["Convo-Pending"]) >= 6 and int(listed.headers["Age"]) >= 0
          and listed.headers["Convo-Last-Pull"], listed)
    # What the API would refuse is refused, and not queued.
    before = len(at.device.outbox())
    # It takes the server to say what is wrong with some of them.
    for path, body, status in (("", {"inputs": "x"}, 422), ("", {"inputs": "x", "model": "m", "agent_id": "a"}, 422),
                               ("", {"model": "m"}, 422), (f"/{known}", b"no JSON", 422),
                               ("/conv_none", {"inputs": "x"}, 404), (f"/{known}/restart", {"inputs": "x"}, 422)):
        reply = at.ask("POST", f"/v1/conversations{path}", body)
        check(reply.status in (status, 503), path, body, reply)
    check(len(at.device.outbox()) == before, "what was refused is queued")
    # An SDK takes these answers for valid ones.
    done = subprocess.run([str(python(options.sdks[-1])), "-c", SDK, at.endpoint.address, at.endpoint.token],
                          capture_output=True, text=True,
                          timeout=60, env=clean_environment())
    check(done.returncode == 0, "an SDK offline:", done.stderr[-2000:])
    # A daemon that dies keeps what is queued.
    at.endpoint.kill()
    at.endpoint.start()
    check(at.texts(begun) == ["an offline start", "first", "second"], "after a kill:", at.texts(begun))
    gone = at.ask("DELETE", f"/v1/conversations/{other}")
    check(gone.status in (200, 204) and at.ask("GET", f"/v1/conversations/{other}").status == 404, "a deletion:", gone)
    check(at.server.writes == 0, "something was sent")
    at.gate.give_back()

    def delivered():
        # A program that asks for what is new lets convod see that the server is back.
        at.ask("GET", f"/v1/conversations/{known}", Cache_Control="no-cache")
        return not [each for each in at.device.outbox().values() if each["state"] in ("queued", "sending", "in_doubt")]

    wait("delivery", AGAIN, delivered)
    check({each["state"] for each in at.device.outbox().values()} == {"delivered"}, at.device.outbox())
    sent = ["an offline start", "first", "second", "to what is known", "an offline branch", "an offline stream",
            "an SDK starts", "an SDK appends", "an SDK streams"]
    inputs = at.server.inputs()
    check(all(inputs[letters(text)] == 1 for text in sent), inputs)
    check(other not in at.server.chats(), "what was deleted is on the server")
    # The local ids go on to be good, and name the same as the server's.
    for local, texts in ((begun, sent[:3]), (done.stdout, sent[6:])):
        wait(f"the answers in {local}", 10,
             lambda: at.texts(local) == [each for text in texts for each in (text, f"echo: {text}")])
        remote = next(id for id, entries in at.server.chats().items() if plain(entries[0]["content"]) == texts[0])
        by_both = [at.ask("GET", f"/v1/conversations/{id}/history").json["entries"] for id in (remote, local)]
        check(by_both[0] == by_both[1], local, "is not", remote)
    after = at.ask("POST", f"/v1/conversations/{begun}", {"inputs": "after delivery"})
    check(after.status == 200 and after.json["outputs"][0]["content"] == "echo: after delivery", after)
    listed = [each["id"] for each in at.ask("GET", "/v1/conversations?page_size=100", Cache_Control="no-cache").json]
    check(len(listed) == len(at.server.chats()) and len(set(listed)) == len(listed), "the list has", len(listed), "of",
          len(at.server.chats()))
    at.end()
    return f"{len(sent)} queued writes went once"


def failing(house, options):
    """`offline_writes = "fail"`: 503 with Retry-After, nothing is queued, reads go on."""
    at = Place(house, CONVO_OFFLINE_WRITES="fail", CONVO_ENDPOINT_PATIENCE="3")
    known = at.ids[0]
    at.lose_network()
    for path, body in (("", {"model": "m", "inputs": "a start that fails"}), (f"/{known}", {"inputs": "an append that fails"}),
                       (f"/{known}", {"inputs": "a stream that fails", "stream": True})):
        reply = at.ask("POST", f"/v1/conversations{path}", body)
        check(reply.status == 503 and int(reply.headers["Retry-After"]) >= 0, path, body, reply)
        check(reply.headers["Content-Type"].startswith("application/json"), reply)
        check(reply.json.get("message") or reply.json.get("detail"), reply)
    check(at.ask("DELETE", f"/v1/conversations/{known}").status == 503, "a deletion is taken")
    check(len(at.texts(known)) == 2, "what failed is in the history:", at.texts(known))
    open_ones = [each for each in at.device.outbox().values() if each["state"] in ("queued", "sending", "in_doubt", "held")]
    check(not open_ones, "queued:", open_ones)
    at.gate.give_back()
    wait("the server is reached", AGAIN, lambda: at.ask("POST", f"/v1/conversations/{known}",
                                                        {"inputs": "and now"}).status == 200)
    settle(at.device)
    inputs = at.server.inputs()
    check(inputs[letters("and now")] == 1 and not any("fails" in text for text in inputs), inputs)
    check(known in at.server.chats(), "deleted after all")
    at.end()


def together(*calls):
    """Calls them at the same time; returns what they return."""
    found = [None] * len(calls)

    def one(number, call):
        found[number] = call()

    threads = [threading.Thread(target=one, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join()
    return found


def joins(house, options):
    """The same request joins the first while that is unsettled; after its answer it is a new turn, but for a key."""
    at = Place(house, "answer-ms=600", **RARELY)
    first, second = at.ids

    def append(text, id=first, body=None, **headers):
        return lambda: at.ask("POST", f"/v1/conversations/{id}", body or {"inputs": text}, **headers)

    def ids(reply):
        check(reply.status == 200, reply)
        return [each["id"] for each in reply.json["outputs"]]

    def sent(text, times):
        check(at.server.times(text) == times, f"{text!r} is on the server {at.server.times(text)} times, not {times}")

    one, two, three = together(append("at once"), append("at once"), append("", body=b' { "inputs" :\n"at\\u0020once"}'))
    check(ids(one) == ids(two) == ids(three), "at once:", one, two, three)
    sent("at once", 1)
    check(ids(append("twice on purpose")()) != ids(append("twice on purpose")()), "the second was swallowed")
    sent("twice on purpose", 2)
    # A program that keeps connections open says it again, over the same one or over another.
    links = [connection(at.endpoint.address) for _ in range(2)]
    spoken = []
    for link in (links[0], links[1], links[1], links[0]):
        body = b'{"inputs":"over two connections"}'
        link.request("POST", f"/v1/conversations/{first}", body, {
            "Authorization": f"Bearer {at.endpoint.token}", "Content-Type": "application/json"})
        spoken.append(json.loads(link.getresponse().read())["outputs"][0]["id"])
    sent("over two connections", 4)
    check(len(set(spoken)) == 4, "an answer was given twice:", spoken)
    one, two = together(append("to two"), append("to two", second))
    check(ids(one) != ids(two), "two conversations have one answer")
    sent("to two", 2)
    one, two = together(append("with keys", Idempotency_Key="a"), append("with keys", Idempotency_Key="b"))
    check(ids(one) != ids(two), "two keys have one answer")
    sent("with keys", 2)
    again = append("with keys", Idempotency_Key="a")()
    check(ids(again) == ids(one) and again.json["conversation_id"] == first, "the same key:", again, one)
    sent("with keys", 2)
    other = append("something else", Idempotency_Key="a")()
    check(other.status in (409, 422), "another request under the same key:", other)
    sent("something else", 0)
    start = lambda **headers: at.ask("POST", "/v1/conversations", {"model": "m", "inputs": "a start"}, **headers)
    one, two = together(start, start)
    check(one.json["conversation_id"] == two.json["conversation_id"], "a start at once:", one, two)
    sent("a start", 1)
    one, two = together(lambda: start(Idempotency_Key="s"), lambda: start(Idempotency_Key="s"))
    check(one.json == two.json, "a start with a key:", one, two)
    check(start(Idempotency_Key="s").json["conversation_id"] == one.json["conversation_id"], "after its answer")
    sent("a start", 2)
    stream = lambda: events(at.ask("POST", f"/v1/conversations/{first}", {"inputs": "a stream at once", "stream": True}).body)
    one, two = together(stream, stream)
    for each in (one, two):
        check((each[0][0], each[-1][0]) == ("conversation.response.started", "conversation.response.done"),
              [name for name, _ in each])
        text = "".join(data["content"] for name, data in each if name == "message.output.delta")
        check(text == "echo: a stream at once", "a joined stream says", text)
    sent("a stream at once", 1)
    gone, again = together(*[lambda: at.ask("DELETE", f"/v1/conversations/{second}", Idempotency_Key="d")] * 2)
    check(gone.status == again.status == 204, "a deletion at once:", gone, again)
    at.end()


def patience(house, options):
    """What became of a lost answer is not known in time: 503 with the operation's name; the same request joins it."""
    at = Place(house, "late-commit=next-1:append", "late-commit-ms=2500", CONVO_ENDPOINT_PATIENCE="1", CONVO_SURFACING="6",
               **RARELY)
    call = lambda: at.ask("POST", f"/v1/conversations/{at.ids[0]}", {"inputs": "a slow answer"})
    first = call()
    check(first.status == 503 and int(first.headers["Retry-After"]) >= 0 and first.headers["Convo-Operation"], first)
    second = call()
    check(second.status == 503 and second.headers["Convo-Operation"] == first.headers["Convo-Operation"], "joins another:",
          second, first)
    last = wait("the answer", 20, lambda: (reply := call()).status == 200 and reply)
    check(last.json["outputs"][0]["content"] == "echo: a slow answer", last)
    check(at.server.times("a slow answer") == 1, "sent", at.server.times("a slow answer"), "times")
    settle(at.device)
    at.end()


def others(house, options):
    """Other programs' writes, ten of one conversation at once, and a key that the server does not take any more."""
    at = Place(house, "answer-ms=50", MISTRAL_API_KEY="real", CONVO_OFFLINE_WRITES="queue")
    first, second = at.ids
    texts = [f"one of ten: {number}" for number in range(10)]
    replies = together(*[lambda text=text: at.ask("POST", f"/v1/conversations/{first}", {"inputs": text}) for text in texts])
    check([reply.status for reply in replies] == [200] * 10, replies)
    check([reply.json["outputs"][0]["content"] for reply in replies] == [f"echo: {text}" for text in texts], replies)
    check(all(at.server.times(text) == 1 for text in texts), at.server.inputs())
    at.device.append(second, "by convo append")
    check("by convo append" in at.texts(second), "a write of `convo append` is not seen")
    wait("its answer", 10, lambda: "echo: by convo append" in at.texts(second))
    at.server.set(keys="another@bob")
    refused = at.ask("POST", f"/v1/conversations/{first}", {"inputs": "with a key that is gone"})
    check(refused.status == 401, "with a key that is gone:", refused)
    check(at.ask("GET", f"/v1/conversations/{first}/history").status == 200, "the mirror is closed with the key")
    passed = at.ask("GET", "/v1/users/me")
    check(passed.status == 401, "passed on with a key that is gone:", passed)
    at.server.set(keys="")
    open_ones = [each for each in at.device.outbox().values()
                 if each["state"] in ("queued", "sending", "in_doubt", "held", "refused")]
    check(not open_ones, "what was refused is still in the outbox:", open_ones)
    settle(at.device)
    at.end()


def freshness(house, options):
    """Reads come from the mirror and say how old it is; `Cache-Control: no-cache` asks the server first."""
    at = Place(house, **RARELY)
    id = at.ids[0]
    texts = at.texts(id)
    time.sleep(1.1)
    asked = at.server.requests()["total"]
    at.server.ask("POST", f"/v1/conversations/{id}", {"inputs": "another writer"})
    for path in (f"/v1/conversations/{id}", f"/v1/conversations/{id}/history", f"/v1/conversations/{id}/messages",
                 "/v1/conversations"):
        reply = at.ask("GET", path)
        check(reply.status == 200 and int(reply.headers["Age"]) >= 1 and reply.headers["Convo-Last-Pull"]
              and int(reply.headers["Convo-Pending"]) == 0, reply)
    check(at.texts(id) == texts, "the mirror knows what nobody told it")
    check(at.server.requests()["total"] == asked + 1, "the server was asked for what is in the mirror")
    reply = at.ask("GET", f"/v1/conversations/{id}/history", Cache_Control="no-cache")
    check([plain(each["content"]) for each in reply.json["entries"]] == [*texts, "another writer", "echo: another writer"],
          reply)
    check(int(reply.headers["Age"]) == 0, reply)
    check(at.texts(id)[2:] == ["another writer", "echo: another writer"], "what was read is not kept")
    new = at.server.ask("POST", "/v1/conversations",
                        {"model": "m", "inputs": "a conversation of another writer"})["conversation_id"]
    check(at.texts(new) == ["a conversation of another writer", "echo: a conversation of another writer"],
          "what the mirror lacks")
    check(new in [each["id"] for each in at.ask("GET", "/v1/conversations", Cache_Control="no-cache").json],
          "the list, asked for")
    at.lose_network()
    check(at.texts(new)[0] == "a conversation of another writer", "what was read is not kept")
    stale = at.ask("GET", f"/v1/conversations/{id}/history", Cache_Control="no-cache")
    check(stale.status in (502, 503, 504) or stale.status == 200 and int(stale.headers["Age"]) > 0,
          "no-cache without a server:", stale)
    check(at.ask("GET", "/v1/conversations/conv_none").status in (404, 502, 503, 504), "what nobody knows")
    at.end()


def visible(house, options):
    """What another process writes is seen by the next read, however often the same was read before."""
    at = Place(house, **RARELY)
    id = at.ids[0]
    at.lose_network()
    before = at.texts(id)

    def read(pending, last):
        for _ in range(3):  # from the second on, the answer is one that was ready
            reply = at.ask("GET", f"/v1/conversations/{id}/history")
            check(plain(reply.json["entries"][-1]["content"]) == last, last, "is not seen:", reply)
            for path in (f"/v1/conversations/{id}", f"/v1/conversations/{id}/messages", "/v1/conversations"):
                reply = at.ask("GET", path)
                check(reply.status == 200 and reply.headers["Convo-Pending"] == str(pending), path, pending, reply)

    read(0, before[-1])
    for number in range(1, 11):
        at.device.convo("append", id, "--", f"number {number}")
        read(number, f"number {number}")
    at.device.convo("outbox", "cancel", "--all", "--yes")
    read(0, before[-1])
    at.end()


CASES = {
    "others": others, "offline: queued writes": queued, "offline: failing writes": failing, "joins": joins,
    "joins: patience": patience,
    "freshness": freshness, "freshness: writes are visible": visible,
}
