"""What stands on the wire: a proxy that loses answers, and an upstream that tells what it was asked."""
import gzip, hashlib, json, select, socket, struct, threading, time

GATEWAY = (b"HTTP/1.1 504 Gateway Timeout\r\nContent-Type: text/html\r\nContent-Length: 19\r\n\r\n<p>Gateway Timeout\n")


class Ended(Exception):
    """The other side has closed the connection."""


class Stream:
    """Reads HTTP/1.1 messages from a socket, piece by piece, as they are on the wire."""

    def __init__(self, link):
        self.link, self.buffer = link, b""

    def more(self):
        data = self.link.recv(65536)
        if not data:
            raise Ended
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def until(self, mark):
        while mark not in self.buffer:
            self.more()
        return self.take(self.buffer.index(mark) + len(mark))

    def head(self):
        """The start line, the fields with names in small letters, and the bytes."""
        data = self.until(b"\r\n\r\n")
        lines = data.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        return lines[0], fields, data

    def body(self, fields, of_answer=False):
        """The pieces of a body."""
        if "chunked" in fields.get("transfer-encoding", ""):
            size = -1
            while size != 0:
                line = self.until(b"\r\n")
                size = int(line.split(b";")[0], 16)
                yield line + self.take(size + 2)
        elif "content-length" in fields:
            left = int(fields["content-length"])
            while left:
                if not self.buffer:
                    self.more()
                piece = self.take(min(left, len(self.buffer)))
                left -= len(piece)
                yield piece
        elif of_answer:
            try:
                while True:
                    if not self.buffer:
                        self.more()
                    yield self.take(len(self.buffer))
            except Ended:
                pass


def reset(link):
    """Ends a connection so that the other side is told that it was broken off."""
    try:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    link.close()


class Proxy:
    """A listener on loopback that meets each connection in a thread of its own."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.meet, args=(link,), daemon=True).start()

    def close(self):
        try:
            # Without the shutdown a thread that waits in accept goes on to listen.
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # closed before
        self.listener.close()


def place(url):
    host, port = url.removeprefix("http://").rsplit(":", 1)
    return host, int(port)


class Gate(Proxy):
    """A network that can be taken away: what is open breaks off, and nobody listens any more until it is back."""

    def __init__(self, url):
        self.target, self.links = place(url), set()
        super().__init__()

    def take_away(self):
        self.close()
        for link in list(self.links):
            reset(link)

    def give_back(self):
        self.listener = socket.create_server(place(self.url), backlog=1024)
        threading.Thread(target=self.serve, daemon=True).start()

    def meet(self, link):
        server = socket.create_connection(self.target, timeout=120)
        for each in (link, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.links |= {link, server}
        back = threading.Thread(target=self.relay, args=(server, link), daemon=True)
        back.start()
        self.relay(link, server)
        back.join()
        self.links -= {link, server}
        link.close()
        server.close()

    @staticmethod
    def relay(source, target):
        """Passes on what comes, the end, and a connection that is broken off."""
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for each in (source, target):
                # A close alone would leave the thread that reads it waiting.
                try:
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                each.close()


class Losing(Proxy):
    """Loses a share of the answers: all of an answer that the server has given, half of it, or the connection before it.

    `ways` are `gateway` (504 in the answer's place), `reset` (nothing), `half` (and then nothing), `silence` (nothing, and
    the connection stays for ten seconds), and `early`, which breaks off both sides before the server answers.
    """

    def __init__(self, url, chance, random, ways=("gateway", "reset", "half"), writes_only=False):
        self.target, self.chance, self.random, self.ways, self.writes_only = place(url), chance, random, ways, writes_only
        self.lock, self.lost, self.passed = threading.Lock(), 0, 0
        super().__init__()

    def fate(self, line):
        """The way in which the answer to this request is lost; `None`: it is not."""
        with self.lock:
            if self.writes_only and not line.startswith(("POST", "DELETE")):
                return None
            if self.random.random() >= self.chance:
                self.passed += 1
                return None
            self.lost += 1
            return self.random.choice(self.ways)

    def meet(self, link):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client, server = Stream(link), None
        try:
            while True:
                line, fields, head = client.head()
                if server is None:
                    server = Stream(socket.create_connection(self.target, timeout=120))
                    server.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                server.link.sendall(head)
                for piece in client.body(fields):
                    server.link.sendall(piece)
                if not self.answer(line, client, server, self.fate(line)):
                    break
        except (Ended, OSError):
            pass
        finally:
            reset(link)
            if server:
                reset(server.link)

    def answer(self, line, client, server, fate):
        """Gives the answer, or loses it; returns whether the connection goes on."""
        if fate == "early":
            time.sleep(self.random.uniform(0, 0.01))
            return False
        if fate is None and not self.waited(client, server):
            return False
        status, fields, head = server.head()
        pieces = server.body(fields, of_answer=True) if " 204 " not in status and not line.startswith("HEAD") else ()
        if fate is None:
            client.link.sendall(head)
            for piece in pieces:
                client.link.sendall(piece)
            return "close" not in fields.get("connection", "")
        whole = head + b"".join(pieces)
        if fate == "gateway":
            client.link.sendall(GATEWAY)
            return True
        if fate == "half":
            client.link.sendall(whole[: len(whole) // 2])
            time.sleep(0.002)
        if fate == "silence":
            client.link.settimeout(10)
            client.more()
        return False

    @staticmethod
    def waited(client, server):
        """Waits for the server's answer; `False` where the client has left before it."""
        while not server.buffer:
            ready, _, _ = select.select([client.link, server.link], [], [], 120)
            if server.link in ready:
                return True
            if client.link in ready and not client.link.recv(1, socket.MSG_PEEK):
                return False
            if not ready:
                return False
        return True


class Telling(Proxy):
    """An upstream that tells what it was asked; conversations, and who one is, it asks of a sandbox.

    `asked` has the bytes of every head that came, `given` and `taken` count the bytes of bodies, each way, and `passed` has
    the times at which the sandbox's events went on.
    """

    PIECE = bytes(range(256)) * 256

    def __init__(self, url, elsewhere):
        self.sandbox, self.elsewhere = place(url), elsewhere
        self.asked, self.passed, self.given, self.taken, self.open = [], [], 0, 0, 0
        super().__init__()

    def meet(self, link):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Stream(link)
        try:
            while True:
                line, fields, head = client.head()
                self.asked.append(head)
                method, path, _ = line.split(" ", 2)
                if "100-continue" in fields.get("expect", ""):
                    link.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                if path.startswith(("/v1/conversations", "/v1/users/me", "/v1/whoami")):
                    self.pass_on(client, fields, head)
                else:
                    self.tell(client, method, path, fields, head)
        except (Ended, OSError):
            pass
        finally:
            link.close()

    def pass_on(self, client, fields, head):
        with socket.create_connection(self.sandbox, timeout=60) as link:
            server = Stream(link)
            link.sendall(head + b"".join(client.body(fields)))
            _, fields, head = server.head()
            client.link.sendall(head)
            for piece in server.body(fields, of_answer=True) if b" 204 " not in head[:15] else ():
                self.passed += [time.monotonic()] * piece.count(b"\ndata: ")
                client.link.sendall(piece)

    def tell(self, client, method, path, fields, head):
        name, *words = path.split("?")[0].removeprefix("/v1/").split("/")
        action = getattr(self, "do_" + name, None)
        if action:
            return action(client, fields, *words)
        digest, length, pieces = self.drained(client, fields)
        text = json.dumps({
            "head": head.decode("latin-1"), "sha256": digest, "length": length, "pieces": pieces}).encode()
        answer = (b"HTTP/1.1 207 As You Like\r\nContent-Type: application/problem+json; charset=\"x\"\r\n"
                  b"X-Twice: one\r\nX-Twice: two\r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\nETag: \"e\"\r\n"
                  b"Connection: keep-alive, X-Hop\r\nX-Hop: mine\r\nKeep-Alive: timeout=5\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(text))
        client.link.sendall(answer + (b"" if method == "HEAD" else text))

    def drained(self, client, fields):
        """The digest and length of a body, and in how many pieces it came, where it is chunked."""
        digest, length, pieces, chunked = hashlib.sha256(), 0, 0, "chunked" in fields.get("transfer-encoding", "")
        for piece in client.body(fields):
            if chunked:
                piece = piece[piece.index(b"\r\n") + 2:-2]
            digest.update(piece)
            length += len(piece)
            pieces += 1
            self.taken += len(piece)
        return digest.hexdigest(), length, pieces

    def do_sink(self, client, fields, seconds):
        """Begins to read the body after so long."""
        time.sleep(float(seconds))
        digest, length, _ = self.drained(client, fields)
        text = json.dumps({"sha256": digest, "length": length}).encode()
        client.link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)

    def do_status(self, client, fields, status):
        self.drained(client, fields)
        client.link.sendall(b"HTTP/1.1 %s Word\r\n%s\r\n" % (
            status.encode(), b"" if status in ("204", "304") else b"Content-Length: 0\r\n"))

    def do_redirect(self, client, fields, status):
        self.drained(client, fields)
        client.link.sendall(b"HTTP/1.1 %s Elsewhere\r\nLocation: %s/v1/stolen\r\nContent-Length: 0\r\n\r\n" % (
            status.encode(), self.elsewhere.encode()))

    def do_big(self, client, fields, size, chunked=""):
        """So many bytes."""
        self.drained(client, fields)
        left = int(size)
        client.link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n" + (
            b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Content-Length: %d\r\n\r\n" % left))
        while left:
            piece = self.PIECE[:left]
            client.link.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            left -= len(piece)
            self.given += len(piece)
        if chunked:
            client.link.sendall(b"0\r\n\r\n")

    def do_gzip(self, client, fields):
        """A body that stays as it is encoded."""
        self.drained(client, fields)
        data = gzip.compress(b"as it is" * 1000, mtime=0)
        client.link.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data) + data)

    def do_events(self, client, fields, count, milliseconds):
        """Events a while apart, each with the time at which it left."""
        self.drained(client, fields)
        client.link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.open += 1
        try:
            for _ in range(int(count)):
                time.sleep(int(milliseconds) / 1000)
                text = b"data: %.9f\n\n" % time.monotonic()
                client.link.sendall(b"%x\r\n%s\r\n" % (len(text), text))
            client.link.sendall(b"0\r\n\r\n")
        finally:
            self.open -= 1

    def do_cut(self, client, fields, way):
        """Ends in the middle, in a way that HTTP can tell from the end."""
        self.drained(client, fields)
        head = {"length": b"Content-Length: 1000\r\n\r\nhalf", "chunks": b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
                "chunk": b"Transfer-Encoding: chunked\r\n\r\n40\r\nhalf"}[way]
        client.link.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        time.sleep(0.05)
        raise Ended
