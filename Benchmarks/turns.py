"""Long conversations and bursts of appends: what a turn costs, and how that grows."""
import json, os, random, re, socket, subprocess, threading, time

from benchmark import say
from commands import peak, timed
from nginx import Nginx


class Turns:
    """The rows of the benchmark about one conversation of many entries, and about many appends to one."""

    def __init__(self, bench):
        self.bench = bench
        self.convo, self.sandbox = bench.program("convo"), bench.program("convo-sandbox")
        self.received = 0

    def conversation(self, number, first, count):
        """A conversation and its history: `count` entries of about 800 bytes, of words by Zipf's law."""
        chance = random.Random(number)
        words = [f"{chance.choice('bdfgklmnprst')}{chance.choice('aeiou')}{number:x}" for number in range(4096)]
        weights = [1 / (rank + 1) for rank in range(len(words))]
        identity, entries = f"conv_{number:032x}", []
        for place in range(first, first + count):
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_767_225_600 + place)) + f".{place % 10**6:06}Z"
            kind, role = ("message.input", "user") if place % 2 == 0 else ("message.output", "assistant")
            entries.append({
                "object": "entry", "type": kind, "id": f"msg_{place:032x}", "role": role, "created_at": moment,
                "completed_at": None, "content": " ".join(chance.choices(words, weights, k=120))})
        updated = entries[-1]["created_at"]
        conversation = {
            "object": "conversation", "id": identity, "name": None, "description": None, "model": "m",
            "created_at": entries[0]["created_at"], "updated_at": updated}
        return [conversation, {"object": "conversation.history", "conversation_id": identity, "entries": entries}]

    def database(self, name, groups):
        """Syncs conversations from files that nginx serves: the time, the peak memory, and the size of the histories."""
        target = self.bench.path(name + ".jsonl")
        with open(target, "w") as out:
            for pair in groups:
                out.write(json.dumps(pair) + "\n")
        with Nginx.of(self.bench, groups) as server:
            _, seconds, memory = peak(
                [self.convo, "sync", "--json", "--server-url", server.url, "--database", self.bench.new_database(name + ".db")],
                env=self.bench.environment)
        return seconds, memory, os.path.getsize(target)

    def long(self, entries):
        """One conversation of many entries, beside the same number in short ones."""
        if not Nginx.program:
            return say("no nginx here: long conversations are left out")
        groups = [self.conversation(number, number * 100, 100) for number in range(max(1, entries // 100))]
        entries = len(groups) * 100
        short, _, _ = self.database("short", groups)
        joined = self.conversation(1 << 40, 0, 1)
        joined[1]["entries"] = [entry for _, history in groups for entry in history["entries"]]
        joined[0]["updated_at"] = joined[1]["entries"][-1]["created_at"]
        long, memory, size = self.database("long", [joined])
        self.bench.add(
            f"first sync of one conversation, {entries:,} entries, {size / 1e6:.0f} MB; {memory:.0f} MB of memory at most (mark: 64)",
            [long], "the same in conversations of 100", [short], "1.2", 1)
        remote = joined[0]["id"]
        command = [self.convo, "history", remote, "--database", self.bench.path("long.db")]
        _, _, memory = peak(command)
        script = "SELECT raw FROM entry WHERE conversation = (SELECT key FROM conversation LIMIT 1) ORDER BY position"
        file = self.bench.path("history")

        def beside_the_shell(job, command):
            self.bench.compare(job, lambda: timed(command, file),
                               "sqlite3 shell, the JSON", lambda: timed(["sqlite3", self.bench.path("long.db"), script], file), "3")

        beside_the_shell(f"`convo history` of it, to a file; into a pipe {memory:.0f} MB at most (mark: 32)", command)
        beside_the_shell("`convo history --json` of it, to a file", command + ["--json"])
        self.bench.add("`convo history` of it, the first line", [self.first_line(command) for _ in range(self.bench.options.runs * 5)],
                       "limit", [0.02], "1", self.bench.options.runs * 5)

        def append(database, target):
            return lambda: timed([self.convo, "append", target, "a few words", "--database", self.bench.path(database)])

        self.bench.compare("`convo append` to it, queued", append("long.db", remote),
                           "to one of 100 entries", append("short.db", groups[0][0]["id"]), "1.1", 5)

    def first_line(self, command):
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        process.stdout.readline()
        seconds = time.monotonic() - start
        process.stdout.read()
        process.wait()
        return seconds

    def burst(self, appends):
        """Appends that were queued offline go to one conversation, beside curl that posts the same on one connection."""
        if not os.path.exists(self.sandbox):
            return say("no convo-sandbox here: bursts are left out")
        server = subprocess.Popen([self.sandbox], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        relay = None
        try:
            url = server.stdout.readline().strip().removeprefix("listening on ")
            relay = Relay(url)
            ours, counts = self.push(url, appends)
            self.push(relay.url, appends, relay)
            remote = self.started(url)
            body = json.dumps({"inputs": "a few words of mine", "stream": False})
            start = time.monotonic()
            posts = subprocess.run(
                ["curl", "-s", "-o", self.bench.path("posted"), "-w", "%{size_request} %{size_upload} %{size_header} %{size_download}\n",
                 "-H", "Content-Type: application/json", "-H", "Authorization: Bearer bench", "-d", body,
                 f"{url}/v1/conversations/{remote}?n=[1-{appends}]"], capture_output=True, text=True, check=True).stdout
            peer = time.monotonic() - start
        finally:
            if relay:
                relay.close()
            server.terminate()
            server.wait()
        self.bench.add(f"push {appends:,} queued appends to one conversation", [ours], "curl, the posts alone", [peer], "1.5", 1)
        requests, least = sum(counts.values()), sum(map(int, posts.split()))
        self.bench.add_row(
            "requests of that", f"{requests:,}: " + ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())),
            f"appends: {appends:,}", f"{requests / appends:.2f} ×", "2.1", 1)
        self.bench.add_row(
            "bytes received", f"{self.received / 1e6:.1f} MB", f"curl, sent and received: {least / 1e6:.1f} MB",
            f"{self.received / least:.2f} ×", "3", 1)

    def started(self, url):
        answer = subprocess.run(
            ["curl", "-s", "-H", "Content-Type: application/json", "-H", "Authorization: Bearer bench",
             "-d", '{"inputs":"hello","model":"mistral-small-latest","stream":false}', url + "/v1/conversations"],
            capture_output=True, check=True)
        return json.loads(answer.stdout)["conversation_id"]

    def push(self, url, appends, relay=None):
        """Queues appends while nobody listens, then pushes them: the time, and the requests that the server counted."""
        remote = self.started(url)
        database = self.bench.path(f"burst-{remote}.db")
        common = ["--server-url", url, "--database", database]
        timed([self.convo, "sync", *common], env=self.bench.environment)
        for _ in range(appends):
            timed([self.convo, "append", remote, "a few words of mine", *common], env=self.bench.environment)
        before = self.counted(url)
        if relay:
            relay.received = 0
        seconds = timed([self.convo, "sync", *common], env=self.bench.environment)
        if relay:
            self.received = relay.received
        after = self.counted(url)
        left = json.loads(subprocess.run(
            [self.convo, "outbox", "--json", *common], env=self.bench.environment, capture_output=True, check=True).stdout)
        if left:
            raise SystemExit(f"{len(left)} appends of {appends} were not delivered")
        counts = {name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)}
        return seconds, {name: counts[name] for name in counts if name in ("append", "get", "get_history", "list")}

    def counted(self, url):
        text = subprocess.run(["curl", "-s", url + "/sandbox/requests"], capture_output=True, check=True).stdout
        return json.loads(text)["counts"]


class Relay:
    """Passes TCP connections on to a server, and counts the bytes of its answers."""

    def __init__(self, url):
        self.target = ("127.0.0.1", int(re.search(r":(\d+)$", url)[1]))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.received, self.lock = 0, threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                here, _ = self.listener.accept()
            except OSError:
                return
            there = socket.create_connection(self.target)
            for one, other, is_answer in ((here, there, False), (there, here, True)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.pass_on, args=(one, other, is_answer), daemon=True).start()

    def pass_on(self, one, other, is_answer):
        try:
            while data := one.recv(1 << 16):
                if is_answer:
                    with self.lock:
                        self.received += len(data)
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
