"""Requests that no server should take: malformed, oversized and truncated ones, and forms that smuggle a second request.

Each is a `Hostile` with what may come back. All carry the right token, so that only their form can refuse them.
"""
import dataclasses, json

from worlds.wire import place

START = json.dumps({"model": "m", "inputs": "from a form"}).encode()
SMUGGLED = json.dumps({"model": "m", "inputs": "smuggled"}).encode()


@dataclasses.dataclass
class Hostile:
    """`pieces` are sent one after the other. Valid ones (`answers` > 0) may be answered so often, and refused as well."""

    name: str
    pieces: list
    answers: int = 0
    grace: float = 0.3  # seconds after which our side says that it sends no more, if nothing has come by then


def catalogue(address, token):
    """The forms, each once."""
    host = "%s:%d" % place(address)
    plain = f"Host: {host}\r\nAuthorization: Bearer {token}\r\n".encode()
    typed = plain + b"Content-Type: application/json\r\n"
    found = []

    def add(name, *pieces, **more):
        found.append(Hostile(name, list(pieces), **more))

    def get(line=b"GET /v1/conversations HTTP/1.1", fields=b"", rest=b""):
        return line + b"\r\n" + plain + fields + b"\r\n" + rest

    def post(fields, body=b""):
        return b"POST /v1/conversations HTTP/1.1\r\n" + typed + fields + b"\r\n" + body

    def chunks(*parts):
        return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))

    size = b"Content-Length: %d\r\n" % len(START)
    chunked = b"Transfer-Encoding: chunked\r\n"
    second = b"POST /v1/conversations HTTP/1.1\r\n" + typed + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED

    for name, text in {
        "nothing but NULs": bytes(64), "noise": bytes(range(256)) * 4,
        "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "no version": b"GET /v1/conversations\r\n\r\n",
        "no path": b"GET HTTP/1.1\r\n\r\n",
        "SSH": b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "SOCKS": b"\x05\x01\x00\r\n\r\n",
    }.items():
        add(name, text)
    for version in (b"HTTP/0.9", b"HTTP/9.9", b"HTTP/1.10", b"HTTP/1", b"http/1.1", b"HTTP /1.1", b"HTTP/1.1 x"):
        add(f"version {version.decode()}", get(b"GET /v1/conversations " + version))
    for method in (b"G\0T", b"GET\0", b"", b"GE T", b"{}", b"x" * 5000):
        add(f"method {method[:9]!r}", get(method + b" /v1/conversations HTTP/1.1"))
    add("no Host", b"GET /v1/conversations HTTP/1.1\r\nAuthorization: Bearer %s\r\n\r\n" % token.encode())
    add("two Hosts", get(fields=b"Host: evil.test\r\n"))
    add("an empty Host", get().replace(b"Host: %s" % host.encode(), b"Host: "))
    add("CONNECT", get(b"CONNECT evil.test:443 HTTP/1.1"))
    add("CONNECT to itself", get(b"CONNECT %s HTTP/1.1" % host.encode()))
    add("TRACE", get(b"TRACE /v1/conversations HTTP/1.1"))
    add("OPTIONS *", get(b"OPTIONS * HTTP/1.1"))
    add("another's absolute form", get(b"GET http://evil.test/v1/conversations HTTP/1.1"))
    add("our absolute form", get(b"GET http://%s/v1/conversations HTTP/1.1" % host.encode()), answers=1)
    add("a scheme that is none", get(b"GET file:///etc/passwd HTTP/1.1"))

    # Paths that lead elsewhere: the server has things under /sandbox, and without a leading /v1 nothing may pass.
    for path in (b"/v1/../sandbox/conversations", b"/v1/%2e%2e/sandbox/conversations", b"/v1/..%2fsandbox/conversations",
                 b"/v1/conversations/../../sandbox/conversations", b"/v1/x/..\\..\\sandbox/conversations",
                 b"/v1/./../sandbox/requests",
                 b"//sandbox/conversations", b"/sandbox/conversations", b"/v1/conversations/%00", b"/v1/conversations/a\0b",
                 b"/v1/conversations/%0d%0aX:%20y", b"/v1/conversations/%ff%fe", b"/v1/conversations/%zz", b"/v1@evil.test/",
                 b"/v1/;/../../sandbox/conversations",
                 b"@evil.test/v1/conversations", b"evil.test:80", b"/v1/conversations/" + b"x" * 70000,
                 b"/v1/conversations?page=-1",
                 b"/v1/conversations?page_size=99999999999999999999", b"/v1/conversations?metadata=" + b"%7B" * 3000,
                 b"/v1/conversations/" + b"%2e%2e%2f" * 40 + b"sandbox/conversations"):
        add(f"path {path[:40]!r}", get(b"GET " + path + b" HTTP/1.1"))

    for name, line in {
        "without a colon": b"NoColon\r\n", "a space in the name": b"Na me: x\r\n", "a space before the colon": b"Name : x\r\n",
        "no name": b": x\r\n", "NUL in the name": b"N\0me: x\r\n", "NUL in the value": b"Name: a\0b\r\n",
        "a bare CR": b"Name: a\rb\r\n",
        "obs-fold": b"Name: a\r\n b\r\n", "a first line that is folded": b" Name: a\r\n",
        "8 bits in the name": b"N\xe4me: x\r\n",
        "DEL in the name": b"N\x7fme: x\r\n",
    }.items():
        add(f"field {name}", get(fields=line))
    add("obs-fold in Transfer-Encoding", post(b"Transfer-Encoding:\r\n chunked\r\n", chunks(START)))
    add("bare LFs", get().replace(b"\r\n", b"\n"), answers=1)
    add("a bare LF at the end of the head", post(size).replace(b"\r\n\r\n", b"\r\n\n") + START, answers=1)
    add("a field of 40 KiB", get(fields=b"X: " + b"x" * 40_000 + b"\r\n"))
    add("20,000 fields", get(fields=b"X: y\r\n" * 20_000))
    add("a megabyte of head", get(fields=b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(1000))))
    add("a token of 30 KiB", get().replace(token.encode(), token.encode() * 700))

    for length in (b"-1", b"+%d" % len(START), b"0x10", b"1e3", b"", b" ", b"99999999999999999999", b"18446744073709551617",
                   b"5 5", b"5,5", b"5;", b"\xb2",
                   b"9223372036854775807", b"1099511627776"):
        add(f"length {length!r}", post(b"Content-Length: " + length + b"\r\n", START))
    add("two lengths", post(size + b"Content-Length: 3\r\n", START))
    add("the same length twice, in a list", post(b"Content-Length: 3, %d\r\n" % len(START), START))
    add("length and chunks", post(size + chunked, chunks(START) + second))
    add("chunks and length", post(chunked + b"Content-Length: 4\r\n", chunks(START) + second))
    add("chunks and a length of zero", post(b"Content-Length: 0\r\n" + chunked, chunks(START) + second))
    for coding in (b"xchunked", b"chunked, identity", b"identity, x", b"chunked\x0b", b"\"chunked\"", b"chunked, chunked",
                   b"gzip", b"cow", b"chun ked"):
        add(f"coding {coding!r}", post(b"Transfer-Encoding: " + coding + b"\r\n", chunks(START)))
    add("two codings", post(chunked + b"Transfer-Encoding: identity\r\n", chunks(START)))
    add("a space before the colon of the coding", post(b"Transfer-Encoding : chunked\r\n" + size, START + second))
    add("chunks in HTTP/1.0", post(chunked, chunks(START)).replace(b"HTTP/1.1", b"HTTP/1.0"), answers=1)
    for number in (b"-1", b"0x5", b"g", b"", b" 5", b"f" * 17, b"7fffffffffffffff", b"5\0", b"+5", b"5_0"):
        add(f"chunk {number!r}", post(chunked, number + b"\r\n" + START + b"\r\n0\r\n\r\n"))
    add("a chunk without its end", post(chunked, b"5\r\n" + START + b"\r\n0\r\n\r\n"))
    add("a chunk's size ends in LF", post(chunked, b"%x\n%s\r\n0\r\n\r\n" % (len(START), START)), answers=1)
    add("a chunk's extension of 100 KiB", post(chunked, b"5;" + b"x" * 100_000 + b"\r\n"))
    add("trailers without end", post(chunked, chunks(START)[:-2] + b"X: y\r\n" * 20_000))
    add("a trailer that is no field", post(chunked, chunks(START)[:-2] + b"\0\r\n\r\n"))

    # Truncated: what is announced never comes.
    whole = post(size, START)
    for at in (1, 10, 40, len(whole) // 2, len(whole) - len(START), len(whole) - 1):
        add(f"cut after {at} bytes", whole[:at])
    add("cut in a chunk", post(chunked, chunks(START)[:20]))
    add("cut between chunks", post(chunked, chunks(START)[: -len(b"0\r\n\r\n")]))

    # Well-formed for HTTP, and no request of the API.
    for name, body in {
        "no JSON": b"{", "an array": b"[]", "NUL": b"\0", "a string with NUL": b'{"inputs":"\0","model":"m"}',
        "half a character": b'{"inputs":"\xff","model":"m"}',
        "deep": b"[" * 100_000 + b"]" * 100_000, "deep objects": b'{"inputs":' * 50_000 + b"1" + b"}" * 50_000,
        "half a surrogate": b'{"inputs":"\\ud800","model":"m","x":1}',
        "a number without end": b'{"inputs":' + b"9" * 100_000 + b',"model":"m"}',
        "UTF-16": '{"inputs":"x","model":"m"}'.encode("utf-16"),
        "two documents": START + START, "nothing": b"", "a form": b"inputs=x&model=m",
        "a wrong field": b'{"inputs":"x","model":"m","nonsense":1}',
    }.items():
        add(f"body: {name}", post(b"Content-Length: %d\r\n" % len(body), body))
    add("a body of another kind", post(size, START).replace(b"application/json", b"text/plain"), answers=1)
    add("Expect nonsense", post(b"Expect: 200-maybe\r\n" + size, START), answers=1)
    add("an upgrade", get(fields=b"Connection: Upgrade\r\nUpgrade: h2c, websocket\r\nHTTP2-Settings: AAMAAABkAARAAAAA\r\n"),
        answers=1)
    add("three in a row", get() * 3, answers=3)
    add("one, and noise behind it", get() + bytes(200), answers=1)
    add("one with a body that looks like another", get(fields=size, rest=START), answers=1)
    add("fifty in a row and none read", get() * 50, answers=50)
    return found


def mutated(one, random):
    """The same request with a few bytes changed, lost, doubled or added, or its rest missing."""
    data = bytearray(b"".join(one.pieces)[:20_000])
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data)) if data else 0
        match random.randrange(5):
            case 0: data[at:at + 1] = bytes([random.randrange(256)])
            case 1: del data[at:at + random.randint(1, 8)]
            case 2: data[at:at] = data[at:at + random.randint(1, 40)]
            case 3: data[at:at] = random.choice([b"\r\n", b"\n", b"\0", b" ", b"\t", b":", b"Content-Length: 7\r\n",
                                                 b"\r\n\r\n", b"\xff"])
            case 4: del data[at:]
    # A mutation may be harmless: only that it is answered or closed is judged, and not how often.
    return Hostile(f"mutated: {one.name}", [bytes(data)], answers=1000, grace=0.03)
