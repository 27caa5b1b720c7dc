"""Malformed, oversized, truncated and slow requests, with a good client beside them."""
import collections, http.client, re, resource, select, socket, threading, time

from worlds.endpoint import Endpoint
from worlds.house import check, chat, wait
from worlds.wire import place

from .requests import catalogue, mutated

PATIENCE = 10  # seconds that a finished request may go unanswered
GROWTH = 24  # megabytes
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")


class Good(threading.Thread):
    """A client that reads, and now and then appends, all the time; `waits` are the seconds that its requests took."""

    def __init__(self, endpoint, conversation):
        super().__init__(daemon=True)
        self.endpoint, self.conversation = endpoint, conversation
        self.waits, self.wrong, self.texts, self.ended = [], [], [], threading.Event()

    def run(self):
        while not self.ended.wait(0.02):
            number = len(self.waits)
            try:
                if number % 25 == 24:
                    text = f"good {number}"
                    reply = self.endpoint.ask("POST", f"/v1/conversations/{self.conversation}", {"inputs": text})
                    self.texts.append(text)
                else:
                    reply = self.endpoint.ask("GET", f"/v1/conversations/{self.conversation}/history")
                if reply.status != 200:
                    self.wrong.append(repr(reply))
                self.waits.append(reply.seconds)
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(repr(error))

    def end(self):
        self.ended.set()
        self.join()
        return self


def answers(address, one):
    """The statuses that came back until the other side closed; `None` in them: it neither answered nor closed."""
    found = b""
    with socket.create_connection(place(address), timeout=PATIENCE) as link:
        try:
            for piece in one.pieces:
                link.sendall(piece)
        except OSError:
            pass  # refused before all of it was there
        try:
            # Servers that see the end of what we send may close without an answer: they are given time before it.
            if select.select([link], [], [], one.grace)[0]:
                link.settimeout(one.grace)
                found = received(link, max(one.answers, 1))
                link.settimeout(PATIENCE)
            link.shutdown(socket.SHUT_WR)
            while data := link.recv(65536):
                found += data
        except TimeoutError:
            return [*statuses(found), None]
        except OSError:
            pass  # reset: closed
    return statuses(found)


def received(link, count):
    """What comes until so many answers have begun, nothing more comes, or the other side closes."""
    found = b""
    try:
        while whole(found) < count and (data := link.recv(65536)):
            found += data
    except TimeoutError:
        pass
    return found


def statuses(data):
    """Only at the starts of answers: bodies do not hold status lines."""
    return [int(status) for status in STATUS.findall(data) if status != b"100"]


def whole(data):
    return len(statuses(data)) if data.count(b"\r\n\r\n") else 0


def judged(one, found):
    """What is wrong about these answers; empty if nothing is."""
    if None in found:
        return f"{one.name}: neither answered nor closed, after {found[:-1]}"
    if any(status >= 500 for status in found):
        return f"{one.name}: answered {found} to {b''.join(one.pieces)[:1500]!r}"
    taken = sum(status < 400 for status in found)
    if taken > one.answers or (not one.answers and len(found) > 1):
        return f"{one.name}: answered {found[:10]}, and {one.answers} is right"
    return ""


def storm(address, requests, threads):
    """Sends all; returns what is wrong, and how often each status came."""
    wrong, counts, lock, left = [], collections.Counter(), threading.Lock(), iter(requests)

    def work():
        while True:
            with lock:
                one = next(left, None)
            if one is None:
                return
            try:
                found = answers(address, one)
                words = judged(one, found)
            except Exception as error:  # a thread that ends by one would leave the rest unsent
                found, words = [], f"{one.name}: {error!r}"
            with lock:
                counts[found[0] if found else "closed"] += 1
                if words:
                    wrong.append(words)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return wrong, counts


class Slow(threading.Thread):
    """Connections that say nothing, or begin a head or a body and go on a byte a second.

    `closed` are the seconds that those lived which the other side has closed.
    """

    BEGUN = [b"", b"GET /v1/conv", b"GET /v1/conversations HTTP/1.1\r\nHost: x\r\nX: ",
             b"POST /v1/conversations HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: 9999\r\n\r\n "]

    def __init__(self, endpoint, count):
        super().__init__(daemon=True)
        self.closed, self.ended = [], threading.Event()
        self.links, host = [], "%s:%d" % place(endpoint.address)
        for number in range(count):
            begun = self.BEGUN[number % len(self.BEGUN)]
            if b"%s" in begun:
                begun %= (host.encode(), endpoint.token.encode())
            link = socket.create_connection(place(endpoint.address), timeout=PATIENCE)
            link.sendall(begun)
            link.setblocking(False)
            self.links.append((link, bool(begun)))

    def run(self):
        started = time.monotonic()
        while self.links and not self.ended.wait(1):
            still = [(link, talks) for link, talks in self.links if self.is_open(link, talks)]
            self.closed += [time.monotonic() - started] * (len(self.links) - len(still))
            self.links = still

    @staticmethod
    def is_open(link, talks):
        try:
            while link.recv(4096):
                pass
            return False
        except BlockingIOError:
            pass
        except OSError:
            return False
        try:
            if talks:
                link.send(b" ")
            return True
        except OSError:
            return False

    def end(self):
        self.ended.set()
        self.join()
        for link, _ in self.links:
            link.close()


def malformed(house, options):
    """Each request is answered 4xx or closed, none reaches the server, memory stays as it is, and a good client is served."""
    server = house.server(keys=["real"], chats=[chat(0)])
    device = house.device(server, "hostile", MISTRAL_API_KEY="real", CONVO_POLL_INTERVAL="3600", CONVO_SWEEP_INTERVAL="3600")
    endpoint = Endpoint(house, device)
    id = next(iter(server.chats()))
    wait("the mirror is whole", 10, lambda: endpoint.ask("GET", f"/v1/conversations/{id}/history").status == 200)
    forms = catalogue(endpoint.address, endpoint.token)
    storm(endpoint.address, forms, 4)  # whatever is allocated once
    held = Slow(endpoint, 150)
    held.start()
    good = Good(endpoint, id)
    good.start()
    before, files = endpoint.memory(), endpoint.files()
    wrong, counts = storm(endpoint.address, forms, 4)
    check(server.times("smuggled") == 0, "a second request was smuggled,", server.times("smuggled"), "times")
    count = max(0, options.malformed - len(forms))
    more, others = storm(endpoint.address, (mutated(options.random.choice(forms), options.random) for _ in range(count)), 6)
    after = endpoint.memory()
    if options.slowest:
        wait("every slow request is ended", options.slowest, lambda: not held.links)
    good.end()
    held.end()
    wrong += more
    counts += others
    check(endpoint.process.poll() is None, "convod ended:", device.said()[-2000:])
    check(not wrong, f"{len(wrong)} wrong:\n" + "\n".join(sorted(set(wrong))[:40]))
    check(sum(counts.values()) == len(forms) + count, "sent were", sum(counts.values()), "of", len(forms) + count)
    check(not good.wrong, "the good client:", *good.wrong[:5])
    check(after - before < GROWTH, f"memory grew from {before:.0f} to {after:.0f} MB")
    wait("descriptors are given back", 10, lambda: endpoint.files() <= files + 5)
    for text in good.texts:
        check(server.times(text) == 1, text, "is on the server", server.times(text), "times")
    waits = sorted(good.waits)
    endpoint.stop()
    outcomes = ", ".join(f"{count} {status}" for status, count in counts.most_common(8))
    return (f"{sum(counts.values())} requests ({outcomes}), memory {before:.0f} MB before and {after:.0f} after, "
            f"the good client waited {waits[len(waits) // 2] * 1000:.0f} ms (p50), {waits[-1] * 1000:.0f} ms at most"
            + (f", {len(held.closed)} slow ones were ended, the last after {max(held.closed):.0f} s" if held.closed else ""))


def bodies(house, options):
    """A body that is too large is refused before all of it has come, and costs no memory."""
    server = house.server()
    endpoint = Endpoint(house, house.device(server, "bodies"))
    host = "%s:%d" % place(endpoint.address)
    head = (f"POST /v1/conversations HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {endpoint.token}\r\n"
            "Content-Type: application/json\r\n").encode()
    before, sent = endpoint.memory(), []
    for fields, piece in ((b"Content-Length: 4294967296\r\n", b"[" * 65536),
                          (b"Transfer-Encoding: chunked\r\n", b"10000\r\n" + b"[" * 65536 + b"\r\n"),
                          (b"Content-Length: 4294967296\r\nExpect: 100-continue\r\n", b"")):
        with socket.create_connection(place(endpoint.address), timeout=PATIENCE) as link:
            link.sendall(head + fields + b"\r\n")
            count, answer = 0, b""
            while count < 1 << 30 and not answer:
                try:
                    if select.select([link], [], [], 0 if piece else PATIENCE)[0]:
                        answer = link.recv(65536) or b"closed"
                    elif piece:
                        link.sendall(piece)
                        count += len(piece)
                    else:
                        break
                except OSError:
                    answer = b"closed"
            status = STATUS.match(answer)
            check(answer == b"closed" or status and status[1].startswith(b"4"), fields, "is answered", answer[:100], "after",
                  count)
            check(count < 128 << 20, fields, "is refused after", count, "bytes")
            sent.append(f"{count >> 20} MB")
    check(endpoint.memory() - before < 96, f"memory grew from {before:.0f} to {endpoint.memory():.0f} MB")
    check(server.writes == 0 and not endpoint.device.outbox(), "something was written")
    endpoint.stop()
    return "refused after " + ", ".join(sent)


def is_answered(endpoint, path):
    """Whether a request is answered now; convod must still run."""
    try:
        return endpoint.ask("GET", path, timeout=2).status == 200
    except (OSError, http.client.HTTPException):
        check(endpoint.process.poll() is None, "convod ended:", endpoint.device.said()[-1000:])
        return False


def connections(house, options):
    """More connections than the process may have: it goes on when they have gone."""
    server = house.server(chats=[chat(0)])
    endpoint = Endpoint(house, house.device(server, "connections"))
    path = f"/v1/conversations/{next(iter(server.chats()))}/history"
    check(endpoint.ask("GET", path).status == 200, "the history is not there")
    allowed = resource.prlimit(endpoint.process.pid, resource.RLIMIT_NOFILE)[0]
    many = min(600, (allowed - 128) // 2 - 20)  # as many as clients may have
    links = [socket.create_connection(place(endpoint.address), timeout=PATIENCE) for _ in range(many)]
    beside = endpoint.ask("GET", path)
    check(beside.status == 200, f"beside {many} connections that say nothing:", beside)
    for link in links:
        link.close()
    wait("they are gone", 10, lambda: endpoint.files() < 100)
    limit = endpoint.files() + 60
    resource.prlimit(endpoint.process.pid, resource.RLIMIT_NOFILE, (limit, limit))
    links = []
    for _ in range(300):  # some find no place, not even in the queue of those that wait
        link = socket.socket()
        link.setblocking(False)
        link.connect_ex(place(endpoint.address))
        links.append(link)
    time.sleep(0.5)
    for link in links:
        link.close()

    wait("it answers again", 20, lambda: is_answered(endpoint, path))
    endpoint.stop()
    return f"served beside {many} connections, and again after its descriptors had run out"


def descriptors(house, options):
    """Connections that say nothing, more than the process may have open files: it goes on delivering beside them."""
    server = house.server(chats=[chat(0)])
    endpoint = Endpoint(house, house.device(server, "descriptors"), descriptors=200)
    conversation = next(iter(server.chats()))
    links = []
    for _ in range(300):
        link = socket.socket()
        link.setblocking(False)
        link.connect_ex(place(endpoint.address))
        links.append(link)
    for number in range(5):
        endpoint.device.convo("append", conversation, "--wait", "--", f"beside connections {number}")
    files = endpoint.files()
    check(files < 150, f"connections have taken {files} of 200 descriptors")
    for link in links:
        link.close()
    wait("it answers again", 20, lambda: is_answered(endpoint, f"/v1/conversations/{conversation}/history"))
    endpoint.stop()
    return f"5 writes delivered beside 300 connections, {files} of 200 descriptors in use"


CASES = {
    "hostile: malformed and slow requests": malformed, "hostile: bodies over the limit": bodies,
    "hostile: too many connections": connections, "hostile: few descriptors": descriptors,
}
