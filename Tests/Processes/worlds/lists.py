"""Lists and histories that are not as they should be: without an end, odd, too long, or suddenly short."""
import http.client, http.server, json, threading, urllib.parse

from .house import chat, check, wait

SHAPES = ("no-time", "time-without-zone", "no-id", "number-id", "no-type", "null", "too-deep", "not-utf8")
PIECES = 56  # of five quarters of a MiB: more than the 64 MiB that an answer may have


def page_ignored(house):
    """The server knows no pages: each is the first one."""
    server = house.server("page-ignored=1:list", chats=[chat(n) for n in range(250)])
    device = house.device(server)
    device.sync()
    check(0 < server.count("list") < 12, f"the list was asked for {server.count('list')} times")
    check(len(device.listed()) >= 100, f"{len(device.listed())} conversations came")
    asked = server.count("list")
    write = device.start("beside a list without an end")
    device.daemon()
    wait("delivery", 10, lambda: device.are("delivered", write))
    wait("it polls", 10, lambda: server.count("list") > asked)
    check(server.count("list") < asked + 20, "the list is asked for again and again")


def odd_row(house):
    """Of five rows one is odd: the others come, what waits is delivered, and the odd one comes or is named."""
    server = house.server(chats=[chat(n) for n in range(5)])
    middle = f"conv_{2:032x}"
    for shape in SHAPES:
        server.set(odd_item="1:list", odd_shape=shape)
        device = house.device(server, shape)
        write = device.start(f"beside a row with {shape}")
        report = device.sync(expect=(0, 65, 69, 75))
        check(device.are("delivered", write), f"{shape}: not delivered:", report)
        listed = device.listed()
        good = {f"conv_{n:032x}" for n in (0, 1, 3, 4)}
        check(good <= set(listed), f"{shape}: of the others came", sorted(set(listed) & good))
        for told in (report["set_aside"], device.convo("status").json["set_aside"]):
            check(middle in listed or any(item["position"] == 2 or item["name"] == "chat 2" for item in told),
                  f"{shape}: the odd one is neither mirrored nor named:", told)
        check(not any(c["deleted_remotely"] for c in listed.values()), f"{shape}: marked as deleted")
        server.ask("DELETE", "/v1/conversations/" + next(id for id in server.chats() if id not in good | {middle}))
        device.writes.clear()
    server.set(odd_item="0")


def odd_entry(house):
    """Of three histories each has an odd entry: the others' entries come, and the odd one comes or is named."""
    server = house.server(chats=[chat(n) for n in range(3)])
    for shape in SHAPES:
        server.set(odd_item="1:get_history", odd_shape=shape)
        device = house.device(server, shape)
        report = device.sync(expect=(0, 65, 75))
        for n in range(3):
            id = f"conv_{n:032x}"
            entries = device.convo("history", id).json["entries"]
            named = [item for item in report["set_aside"] if item["remote_id"] == id]
            check(any(isinstance(e, dict) and e.get("content") == f"question {n}" for e in entries),
                  f"{shape}: the good entry is lost; set aside: {named}")
            check(len(entries) == 2 or named, f"{shape}: the odd one is neither held nor named")
    server.set(odd_item="0")


class Between(http.server.ThreadingHTTPServer):
    """Passes requests on to the server; the history of one conversation is longer than anyone takes in."""

    daemon_threads, request_queue_size = True, 128

    def __init__(self, server, long):
        super().__init__(("127.0.0.1", 0), Passing)
        self.target, self.long, self.downloads = urllib.parse.urlsplit(server.url).netloc, long, 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, *_):
        pass  # the client has had enough


class Passing(http.server.BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True

    def log_message(self, *_):
        pass

    def reply(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.server.long and self.path.split("?")[0].endswith(f"{self.server.long}/history"):
            return self.reply_at_length()
        to = http.client.HTTPConnection(self.server.target)
        to.request(self.command, self.path, body, {
            name: self.headers[name] for name in ("authorization", "content-type") if self.headers[name]})
        answer = to.getresponse()
        text = answer.read()
        self.send_response(answer.status)
        if answer.getheader("content-type"):
            self.send_header("Content-Type", answer.getheader("content-type"))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        to.close()

    def reply_at_length(self):
        self.server.downloads += 1
        entry = {**chat(0)["entries"][0], "content": "@"}
        start, end = json.dumps(
            {"object": "conversation.history", "conversation_id": self.server.long, "entries": [entry]}).split("@")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (start.encode(), *[b"long " * (1 << 18)] * PIECES, end.encode(), b""):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    do_GET = do_POST = do_DELETE = reply


def over_the_limit(house):
    """It is downloaded once, named, and comes when it has changed and is short."""
    server = house.server(chats=[chat(n) for n in range(3)])
    long = f"conv_{1:032x}"
    between = Between(server, long)
    device = house.device(server, CONVO_SERVER_URL=between.url)
    device.daemon()
    wait("it is named", 30, lambda: any(item["remote_id"] == long for item in device.convo("status").json["set_aside"]))
    looks = server.count("list")
    write = device.start("beside it")
    wait("delivery", 10, lambda: device.are("delivered", write))
    wait("four more looks", 15, lambda: server.count("list") >= looks + 4)
    check(between.downloads == 1, f"downloaded {between.downloads} times")
    check(device.listed()[f"conv_{0:032x}"]["entry_count"] == 2, "another conversation did not come")
    between.long = None
    server.ask("POST", f"/v1/conversations/{long}", {"inputs": "shorter now"})
    wait("it comes when it is short", 15, lambda: len(device.convo("history", long).json["entries"]) == 4)
    check(not device.convo("status").json["set_aside"], "it is set aside, and here")
    between.shutdown()
    between.server_close()


def few_disappear(house):
    server = house.server(chats=[chat(n) for n in range(20)])
    device = house.device(server)
    device.sync()
    for n in range(3):
        server.ask("DELETE", f"/v1/conversations/conv_{n:032x}")
    device.sync()
    check(sum(c["deleted_remotely"] for c in device.listed().values()) == 3, "three were deleted, and not marked")


def many_disappear(house):
    """Three of four are missing for a while, and then are really gone: marked when a person says so."""
    server = house.server(chats=[chat(n) for n in range(40)])
    device = house.device(server)

    def marked():
        return sum(c["deleted_remotely"] for c in device.listed().values())

    device.sync()
    server.set(disappearance=1)
    report = device.sync(expect=65)
    check(report["withheld_deletions"] > 10, report)
    check("many_deletions" in [failure["code"] for failure in report["failures"]], report)
    write = device.start("while they are missing")
    daemon = device.daemon()
    wait("delivery", 10, lambda: device.are("delivered", write))
    check(marked() == 0, f"{marked()} are marked as deleted")
    server.set(disappearance=0)
    daemon.terminate()
    check(daemon.wait(10) == 0, device.said())
    device.sync()
    for n in range(15):
        server.ask("DELETE", f"/v1/conversations/conv_{n:032x}")
    device.sync(expect=65)
    check(marked() == 0, f"{marked()} are marked as deleted unasked")
    device.convo("sync", "--accept-deletions")
    check(marked() == 15, f"{marked()} of 15 are marked")


CASES = {
    "a list ignores its page": page_ignored, "an odd row": odd_row, "an odd entry": odd_entry,
    "a history over the limit": over_the_limit, "few disappear": few_disappear, "many disappear": many_disappear,
}
