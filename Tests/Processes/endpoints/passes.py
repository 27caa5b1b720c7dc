"""What is not of the Conversations API passes as it is, streamed both ways; the key goes to the server alone."""
import hashlib, http.client, json, socket, time

from worlds.endpoint import Endpoint, connection
from worlds.house import check, wait
from worlds.wire import Proxy, Stream, Telling, place

KEY = "sk-the-real-key"
BUFFERED = 24 << 20  # bytes that may be under way between two ends of which one does not read
GROWTH = 32  # megabytes


class Elsewhere(Proxy):
    """Notes what it is sent, which must be nothing."""

    def __init__(self):
        self.heads = []
        super().__init__()

    def meet(self, link):
        self.heads.append(link.recv(65536))
        link.close()


class Place:
    def __init__(self, house, **environment):
        self.elsewhere = Elsewhere()
        self.upstream = Telling(house.server(keys=[KEY]).url, self.elsewhere.url)
        device = house.device(house.servers[-1], f"passes {len(house.devices)}", MISTRAL_API_KEY=KEY,
                              CONVO_SERVER_URL=self.upstream.url, **environment)
        self.endpoint = Endpoint(house, device)

    def ask(self, *words, **more):
        return self.endpoint.ask(*words, **more)

    def end(self):
        self.endpoint.stop()
        self.upstream.close()
        self.elsewhere.close()
        token = self.endpoint.token.encode()
        check(not any(token in head for head in self.upstream.asked), "the local token reached the server")
        check(all(b"Bearer " + KEY.encode() in head for head in self.upstream.asked), "a request without the key")
        check(not self.elsewhere.heads, "another server was asked:", self.elsewhere.heads[:2])


def unchanged(house, options):
    """Methods, paths, queries, fields, bodies and statuses."""
    at = Place(house)
    body = bytes(range(256)) * 10
    paths = ["/v1/chat/completions", "/v1/fim/completions?a=b&a=c%20d+e&&=", "/v1/files/a%2Fb/c%20d;x=y", "/v1/models/",
             "/v1/agents?x=%23%3F&y",
             "/v1/x~!$&'()*+,;=:@", "/v1/%C3%A4?q=%22", "/v1/libraries/1/documents//2"]
    for path in paths:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
            reply = at.ask(method, path, body if method in ("POST", "PUT", "PATCH") else None, User_Agent="a program/1",
                           X_Own="v a=l;u,e",
                           Accept="*/*;q=0.1", Accept_Encoding="br;q=1, zstd", Content_Type="multipart/form-data; boundary=x",
                           Connection="keep-alive, X-Hop", X_Hop="mine", TE="trailers", Proxy_Authorization="Basic eA==",
                           Cookie="a=b")
            check(reply.status == 207, method, path, reply)
            found = {name.lower(): reply.headers.get_all(name) for name in reply.headers}
            check((found["content-type"], found["x-twice"], found["set-cookie"], found["etag"]) == (
                ['application/problem+json; charset="x"'], ["one", "two"], ["a=b; Path=/", "c=d"], ['"e"']), method, path,
                found)
            check("x-hop" not in found and "keep-alive" not in found, "fields of one hop pass:", found)
            head = next(each for each in reversed(at.upstream.asked) if b"X-Own" in each or b"x-own" in each).decode("latin-1")
            line, *lines = head.split("\r\n")
            check(line == f"{method} {path} HTTP/1.1", line, "is not", f"{method} {path}")
            fields = {}
            for name, _, value in (each.partition(": ") for each in lines if each):
                fields.setdefault(name.lower(), []).append(value)
            check(fields["authorization"] == [f"Bearer {KEY}"]
                  and fields["host"] == [at.upstream.url.removeprefix("http://")], fields)
            check((fields["user-agent"], fields["x-own"], fields["accept"], fields["accept-encoding"], fields["cookie"]) == (
                ["a program/1"], ["v a=l;u,e"], ["*/*;q=0.1"], ["br;q=1, zstd"], ["a=b"]), method, path, fields)
            check(not {"x-hop", "te", "proxy-authorization", "forwarded", "x-forwarded-for", "via"} & set(fields), "passes:",
                  fields)
            if method in ("POST", "PUT", "PATCH"):
                told = reply.json
                check((told["sha256"], told["length"]) == (hashlib.sha256(body).hexdigest(), len(body)), told)
                check(fields["content-type"] == ["multipart/form-data; boundary=x"]
                      and fields.get("content-length") == [str(len(body))], fields)
    for status in (200, 201, 202, 204, 304, 400, 401, 403, 404, 409, 418, 422, 429, 500, 502, 503):
        reply = at.ask("POST", f"/v1/status/{status}", b"{}")
        check((reply.status, reply.body) == (status, b""), status, "came as", reply)
    packed = at.ask("GET", "/v1/gzip", Accept_Encoding="gzip")
    check(packed.headers["Content-Encoding"] == "gzip" and packed.body[:2] == b"\x1f\x8b", "encoded anew:", packed)
    asked = len(at.upstream.asked)
    for path in ("/", "/v2/models", "/sandbox/requests", "/v1", "/v1x/models", "/metrics", "/v1/../sandbox/requests",
                 "/V1/models"):
        check(at.ask("GET", path).status in (400, 404), path, "is answered", at.ask("GET", path))
    others = [head for head in at.upstream.asked[asked:]
              if not head.startswith((b"GET /v1/conversations", b"GET /v1/users/me", b"GET /v1/whoami"))]
    check(not others, "passed on:", others[:2])
    at.end()
    return f"{len(paths) * 6} requests unchanged"


def redirects(house, options):
    """A redirect is the client's affair: the key goes nowhere else."""
    at = Place(house)
    for status in (301, 302, 303, 307, 308):
        for method in ("GET", "POST"):
            reply = at.ask(method, f"/v1/redirect/{status}", b"{}" if method == "POST" else None)
            check(reply.status == status and reply.headers["Location"] == f"{at.elsewhere.url}/v1/stolen", method, status,
                  reply)
    at.end()
    return "10 redirects told, none followed"


def truncated(house, options):
    """An answer that the server cuts is cut for the client too."""
    at = Place(house)
    for way in ("length", "chunks", "chunk"):
        try:
            reply = at.ask("GET", f"/v1/cut/{way}")
            check(reply.status >= 500, way, "looks whole:", reply)
        except (http.client.IncompleteRead, ConnectionError, http.client.RemoteDisconnected):
            pass
    at.upstream.close()
    at.upstream.meet = lambda link: link.close()
    reply = at.ask("GET", "/v1/models")
    check(reply.status in (502, 503, 504) and reply.headers["Content-Type"].startswith("application/json"),
          "without a server:", reply)
    check(reply.json.get("message") or reply.json.get("detail"), reply)
    at.endpoint.stop()
    return "cut three ways"


def sized(count):
    """So many bytes, in pieces."""
    piece = Telling.PIECE
    for _ in range(count // len(piece)):
        yield piece
    yield piece[: count % len(piece)]


def digest(count):
    found = hashlib.sha256()
    for piece in sized(count):
        found.update(piece)
    return found.hexdigest()


def large(house, options):
    """Large bodies pass both ways, with a length and in chunks, in the memory of small ones."""
    at, count = Place(house), options.megabytes * 1_000_003
    at.ask("GET", "/v1/big/20000000")
    at.ask("POST", "/v1/sink/0", bytes(20_000_000))
    before, expected = at.endpoint.memory(), digest(count)
    peak = [before]
    for chunked in ("", "/chunked"):
        link = connection(at.endpoint.address, 120)
        link.request("GET", f"/v1/big/{count}{chunked}", headers={"Authorization": f"Bearer {at.endpoint.token}"})
        answer, found = link.getresponse(), hashlib.sha256()
        while data := answer.read(1 << 20):
            found.update(data)
            peak.append(at.endpoint.memory())
        check(found.hexdigest() == expected, "what came down differs", chunked)
        check((answer.headers["Content-Length"] is None) == bool(chunked), "the length:", answer.headers["Content-Length"])
        link.close()
    for fields in ({"Content-Length": str(count)}, {"Transfer-Encoding": "chunked"}):
        link = connection(at.endpoint.address, 120)
        link.request("POST", "/v1/sink/0", sized(count), {"Authorization": f"Bearer {at.endpoint.token}", **fields},
                     encode_chunked="Transfer-Encoding" in fields)
        told = json.loads(link.getresponse().read())
        peak.append(at.endpoint.memory())
        check(told == {"sha256": expected, "length": count}, "what went up differs:", told)
        link.close()
    check(max(peak) - before < GROWTH, f"memory grew from {before:.0f} to {max(peak):.0f} MB")
    at.end()
    return f"{options.megabytes} MB each way, twice; memory {before:.0f} MB before, {max(peak):.0f} at most"


def held_back(house, options):
    """Who does not read holds the other end back, and not in the endpoint's memory."""
    at, count = Place(house), 400_000_000
    before = at.endpoint.memory()
    host = at.endpoint.address.removeprefix("http://")
    head = f"Host: {host}\r\nAuthorization: Bearer {at.endpoint.token}\r\n"

    with socket.create_connection(place(at.endpoint.address), timeout=30) as link:
        link.sendall(f"GET /v1/big/{count} HTTP/1.1\r\n{head}\r\n".encode())
        time.sleep(1.5)
        given = at.upstream.given
        check(0 < given < BUFFERED, f"the server gave {given >> 20} MB to a client that does not read")
    with socket.create_connection(place(at.endpoint.address), timeout=30) as link:
        link.sendall(f"POST /v1/sink/4 HTTP/1.1\r\n{head}Content-Length: {count}\r\n\r\n".encode())
        link.settimeout(1)
        sent = 0
        try:
            while sent < count:
                sent += link.send(Telling.PIECE)
        except TimeoutError:
            pass
        check(0 < sent < BUFFERED, f"the client gave {sent >> 20} MB to a server that does not read")
        grown = at.endpoint.memory() - before
    check(grown < GROWTH, f"memory grew by {grown:.0f} MB")
    at.end()
    return f"{given >> 20} MB under way downwards, {sent >> 20} MB upwards"


def streamed(house, options):
    """Each event passes when it comes; a client that leaves ends the server's stream."""
    at = Place(house)
    link = socket.create_connection(place(at.endpoint.address), timeout=30)
    host = "%s:%d" % place(at.endpoint.address)
    head = (f"POST /v1/events/%s HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {at.endpoint.token}\r\n"
            "Content-Length: 2\r\n\r\n{}")
    link.sendall((head % "40/20").encode())
    stream = Stream(link)
    _, fields, _ = stream.head()
    check(fields["content-type"] == "text/event-stream" and "content-length" not in fields, fields)
    delays = []
    for piece in stream.body(fields):
        now = time.monotonic()
        delays += [now - float(line.removeprefix(b"data: ")) for line in piece.split(b"\n") if line.startswith(b"data: ")]
    link.close()
    check(len(delays) == 40, len(delays), "events of 40")
    check(sorted(delays)[20] < 0.05, f"an event takes {sorted(delays)[20] * 1000:.1f} ms")
    with socket.create_connection(place(at.endpoint.address), timeout=30) as link:
        link.sendall((head % "100000/10").encode())
        link.recv(100)
        wait("the server's stream is open", 5, lambda: at.upstream.open == 1)
    wait("the server's stream is ended", 10, lambda: at.upstream.open == 0)
    at.end()
    return f"an event passes in {sorted(delays)[20] * 1000:.1f} ms (p50), {max(delays) * 1000:.1f} ms at most"


CASES = {
    "passes: unchanged": unchanged, "passes: redirects": redirects, "passes: cut answers": truncated,
    "passes: large bodies": large, "passes: back-pressure": held_back, "passes: events": streamed,
}
