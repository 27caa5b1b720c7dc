"""Streams that are cut: by the client, by the server, by the end of convod. None looks like a success that it is not."""
import socket, threading, time

from worlds.endpoint import Endpoint, events
from worlds.house import check, chat, wait
from worlds.wire import Ended, Stream, place, reset

from .losses import settle

WORDS = " ".join(f"word{number}" for number in range(30))


def opened(endpoint, id, text):
    """A connection over which a stream begins."""
    host, body = "%s:%d" % place(endpoint.address), b'{"inputs":"%s","stream":true}' % text.encode()
    link = socket.create_connection(place(endpoint.address), timeout=30)
    link.sendall(f"POST /v1/conversations/{id} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {endpoint.token}\r\n"
                 f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return link


def begun(link, count=3):
    """Reads so many pieces of a stream; returns it, and what has come."""
    stream = Stream(link)
    line, fields, _ = stream.head()
    check(" 200 " in line, line)
    pieces = stream.body(fields)
    return pieces, [next(pieces) for _ in range(count)]


def rest(pieces, found):
    """All of the stream's text, and whether it ended as HTTP says that a whole one ends."""
    try:
        found += list(pieces)
        is_whole = True
    except (Ended, OSError):
        is_whole = False
    return b"".join(piece[piece.index(b"\r\n") + 2:-2] for piece in found), is_whole


def judge(text, is_whole, what):
    """What says `done` must have the whole text; what has not, must not look like the end of one."""
    names = [name for name, _ in events(text)]
    said = "".join(data["content"] for name, data in events(text) if name == "message.output.delta")
    if "conversation.response.done" in names:
        check(said == f"echo: {what}", "a stream that is done says", repr(said))
    elif "conversation.response.error" not in names:
        check(not is_whole, "a stream without its last event ends as a whole one:", names)


def by_the_client(house, options):
    """The turn goes on without its client; the same request joins it, while it goes on and when it has ended."""
    server = house.server("delta-ms=30", chats=[chat(0)])
    device = house.device(server, "streams")
    endpoint, id = Endpoint(house, device), f"conv_{0:032x}"
    for number, ended in enumerate((False, True)):
        text = f"{number} {WORDS}"
        link = opened(endpoint, id, text)
        begun(link)
        reset(link)
        if ended:
            settle(device)
        reply = endpoint.ask("POST", f"/v1/conversations/{id}", {"inputs": text, "stream": True})
        check(reply.status == 200 and b"conversation.response.done" in reply.body, "the joined stream:", reply)
        judge(reply.body, True, text)
        settle(device)
        check(server.times(text) == 1, "sent", server.times(text), "times")
    again = endpoint.ask("POST", f"/v1/conversations/{id}", {"inputs": text})
    check(again.status == 200 and server.times(text) == 2, "after its answer the same is a new turn:", server.times(text))
    endpoint.stop()


def by_the_server(house, options):
    """The server's stream ends before its end, cleanly or not."""
    server = house.server("delta-ms=5", chats=[chat(0)])
    device = house.device(server, "streams", CONVO_ENDPOINT_PATIENCE="5")
    endpoint, id = Endpoint(house, device), f"conv_{0:032x}"
    outcomes = []
    for cut in ("end", "reset"):
        for output in ("stored", "dropped"):
            server.set(**{"cut-stream": "next-1", "cut": cut, "cut-stream-output": output})
            text = f"{cut} {output} {WORDS}"
            try:
                found, is_whole = rest(*begun(opened(endpoint, id, text), 2))
                judge(found, is_whole, text)
                outcomes.append("done" if b"conversation.response.done" in found else "cut")
            except (Ended, OSError):
                outcomes.append("closed")
            settle(device)
            check(server.times(text) == 1, text[:20], "is on the server", server.times(text), "times")
    endpoint.stop()
    return ", ".join(outcomes)


def by_the_end(house, options):
    """convod is asked to stop, or killed, while a stream is open: within five seconds, and the client knows."""
    server = house.server("delta-ms=60", chats=[chat(n) for n in range(2)])
    device = house.device(server, "streams", CONVO_SURFACING="5")
    endpoint = Endpoint(house, device)
    for number, end in enumerate((Endpoint.stop, Endpoint.kill)):
        text, id = f"{number} {WORDS}", f"conv_{number:032x}"
        pieces, found = begun(opened(endpoint, id, text))
        started, box = time.monotonic(), []
        reader = threading.Thread(target=lambda: box.append(rest(pieces, found)))
        reader.start()
        end(endpoint)
        check(time.monotonic() - started < 6, f"it took {time.monotonic() - started:.1f} s")
        reader.join(10)
        judge(*box[0], text)
        endpoint.start()
        reply = endpoint.ask("POST", f"/v1/conversations/{id}", {"inputs": text, "stream": True}, timeout=60)
        check(reply.status == 200 and b"conversation.response.done" in reply.body, "the same request afterwards:", reply)
        judge(reply.body, True, text)
        settle(device)
        check(server.times(text) == 1, text[:20], "is on the server", server.times(text), "times")
    wait("nothing is busy", 10, lambda: not server.ask("GET", "/sandbox/busy"))
    endpoint.stop()


CASES = {
    "streams: cut by the client": by_the_client, "streams: cut by the server": by_the_server,
    "streams: cut by the end of convod": by_the_end,
}
