"""What a case lives in: a folder of its own, servers, and devices, each a database with the programs that use it."""
import collections, html, json, os, shutil, subprocess, tempfile, time, unicodedata, urllib.request

SURFACING = "1"  # seconds after which a write whose answer was lost counts as not arrived, if it is not there


class Wrong(Exception):
    """The programs did what they must not, or not what they must."""


def check(right, *words):
    if not right:
        raise Wrong(" ".join(map(str, words)))


def wait(what, seconds, condition):
    """Returns the first true value of the condition."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        check(time.monotonic() < end, f"{what}: not within {seconds} s")
        time.sleep(0.05)
    return value


def chat(number, owner=None, **fields):
    """A conversation of two entries, as `convo-sandbox --load` takes it. A higher number was made later."""
    made = f"2026-01-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00"
    entry = {"object": "entry", "completed_at": None}
    record = {
        "conversation": {"object": "conversation", "id": f"conv_{number:032x}", "name": f"chat {number}", "model": "m",
                         "created_at": f"{made}.000000Z", "updated_at": f"{made}.900000Z", **fields},
        "entries": [
            {**entry, "type": "message.input", "id": f"msg_{number:031x}1", "created_at": f"{made}.100000Z", "role": "user",
             "content": f"question {number}"},
            {**entry, "type": "message.output", "id": f"msg_{number:031x}2", "created_at": f"{made}.200000Z", "model": "m",
             "role": "assistant", "content": f"answer {number}"}]}
    return {**record, "owner": {"user": owner, "workspace": "lab"}} if owner else record


def plain(content):
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or [])


def letters(text):
    """The letters and digits of a text, which no server in these cases changes when it stores the text."""
    return "".join(c for c in unicodedata.normalize("NFKD", html.unescape(text)) if c.isalnum())


class House:
    def __init__(self, binaries):
        self.binaries = os.path.abspath(binaries)
        self.folder = tempfile.mkdtemp(prefix="convo-world.")
        self.processes, self.servers, self.devices = [], [], []

    def server(self, *switches, keys=(), chats=()):
        return Server(self, switches, keys, chats)

    def device(self, server, name="convo", **environment):
        return Device(self, server, name, environment)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def run(self, program, *words, environment, log, stdout=None):
        with open(log, "ab") as file:
            process = subprocess.Popen(
                [os.path.join(self.binaries, program), *words], stdin=subprocess.DEVNULL, stdout=stdout or file, stderr=file,
                text=True, env=environment)
        self.processes.append(process)
        return process

    def judge(self):
        """Checks what must hold at the end of every case."""
        for device in self.devices:
            device.judge()

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Server:
    """A sandbox; its paths under `/sandbox` tell what it stores, whatever its faults do to the API's answers."""

    def __init__(self, house, switches, keys, chats):
        words = [word for switch in switches for word in ("--set", switch)]
        words += [word for key in keys for word in ("--key", key)]
        if chats:
            self.put(load := house.path(f"load-{len(house.servers)}.json"), chats)
            words += ["--load", load]
        house.servers.append(self)
        self.process = house.run(
            "convo-sandbox", *words, environment=dict(os.environ), log=house.path("sandbox.log"), stdout=subprocess.PIPE)
        self.url = self.process.stdout.readline().strip().removeprefix("listening on ")
        check(self.url, "the sandbox did not start")

    @staticmethod
    def put(path, value):
        with open(path, "w") as file:
            json.dump(value, file)

    def ask(self, method, path, body=None, key="another"):
        request = urllib.request.Request(
            self.url + path, None if body is None else json.dumps(body).encode(), method=method,
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def set(self, **switches):
        self.ask("POST", "/sandbox/switches", {name.replace("_", "-"): str(value) for name, value in switches.items()})

    def requests(self):
        return self.ask("GET", "/sandbox/requests")

    def count(self, *operations):
        counts = self.requests()["counts"]
        return sum(counts.get(operation, 0) for operation in operations)

    @property
    def writes(self):
        return self.count("start", "append", "restart", "delete", "start_stream", "append_stream", "restart_stream")

    def struck(self, fault):
        return self.requests()["faults"].get(fault, 0)

    def chats(self, user=None):
        """`{id: entries}` of all conversations that are stored, or of one user's."""
        kept = self.ask("GET", "/sandbox/conversations")
        return {record["conversation"]["id"]: record["entries"] for record in kept
                if user is None or (record.get("owner") or {}).get("user") == user}

    def inputs(self, user=None):
        """The letters of each input; a branch's copy of an entry has the entry's id, and does not count."""
        found = {entry["id"]: letters(plain(entry["content"])) for entries in self.chats(user).values() for entry in entries
                 if entry["type"] == "message.input"}
        return collections.Counter(found.values())

    def times(self, text, user=None):
        """How many inputs have this text."""
        return self.inputs(user)[letters(text)]


class Answer:
    """The outcome of a verb of `convo`."""

    def __init__(self, done, seconds):
        self.code, self.out, self.err, self.seconds = done.returncode, done.stdout, done.stderr, seconds

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def said(self):
        return self.out + self.err


class Device:
    """A database, and the environment in which `convo` and `convod` use it; `None` removes a variable."""

    def __init__(self, house, server, name, environment):
        self.house, self.name, self.held, self.writes = house, name, set(), []
        self.user = None  # whose conversations it mirrors; `None` for everybody's
        self.log = house.path(f"{name}.log")
        kept = {k: v for k, v in os.environ.items()
                if not k.startswith(("CONVO_", "MISTRAL_", "XDG_")) and not k.lower().endswith("_proxy")}
        self.environment = dict(
            kept, HOME=house.folder, CONVO_DATABASE=house.path(name, "convo.db"), CONVO_SERVER_URL=server.url,
            MISTRAL_API_KEY="any", CONVO_SURFACING=SURFACING, CONVO_POLL_INTERVAL="1", CONVO_SWEEP_INTERVAL="2")
        self.environment = self.surroundings(environment)
        house.devices.append(self)

    def surroundings(self, changes):
        return {k: v for k, v in {**self.environment, **changes}.items() if v is not None}

    @property
    def folder(self):
        return os.path.dirname(self.environment["CONVO_DATABASE"])

    def convo(self, *words, expect=0, as_json=True, **changes):
        if as_json:
            place = words.index("--") if "--" in words else len(words)
            words = (*words[:place], "--json", *words[place:])
        started = time.monotonic()
        done = subprocess.run(
            [os.path.join(self.house.binaries, "convo"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, env=self.surroundings(changes))
        expected = expect if isinstance(expect, tuple) else (expect,)
        check(done.returncode in expected,
              f"convo {' '.join(words)[:60]} on {self.name!r}: exit {done.returncode}, not {expect}:", done.stderr.strip())
        return Answer(done, time.monotonic() - started)

    def sync(self, expect=0, **changes):
        return self.convo("sync", expect=expect, **changes).json

    def daemon(self, waits=True, **changes):
        process = self.house.run("convod", environment=self.surroundings(changes), log=self.log)
        if waits:
            wait("convod runs", 20, lambda: process.poll() is not None or self.is_served(**changes))
            check(process.poll() is None, f"convod ended with {process.returncode}:", self.said())
        return process

    def is_served(self, **changes):
        return self.convo("status", **changes).json["daemon"]["running"]

    def said(self):
        with open(self.log) as log:
            return log.read()

    def noted(self, operation, text):
        self.writes.append((operation, text))
        return operation

    def start(self, text, **changes):
        return self.noted(self.convo("start", "--model", "m", "--", text, **changes).json["operation_id"], text)

    def append(self, conversation, text, **changes):
        return self.noted(self.convo("append", conversation, "--", text, **changes).json["operation_id"], text)

    def delete(self, conversation):
        return self.convo("delete", conversation, "--remote").json["operation_id"]

    def listed(self):
        return {c["remote_id"]: c for c in self.convo("list", "--limit", "100000").json}

    def outbox(self):
        return {item["id"]: item for item in self.convo("outbox", "--all").json}

    def state(self, operation):
        return self.outbox()[operation]["state"]

    def are(self, state, *operations):
        outbox = self.outbox()
        return all(outbox[operation]["state"] == state for operation in operations)

    def deliver(self, *operations, seconds=20):
        """Runs `convo sync` until the writes are delivered."""
        wait("delivery", seconds, lambda: self.sync(expect=(0, 69, 75)) and self.are("delivered", *operations))

    def judge_held(self, code, *operations):
        """Checks that the writes are held for this reason; they must stay held unless the case sends them."""
        outbox = self.outbox()
        for operation in operations:
            item = outbox[operation]
            check(item["state"] == "held" and item["reason"]["code"] == code, f"not held as {code}:", item)
        self.held.update(operations)

    def judge(self):
        outbox, servers = self.outbox(), self.house.servers
        inputs = sum((server.inputs() for server in servers), collections.Counter())
        for operation, text in self.writes:
            item, times = outbox[operation], inputs[letters(text)]
            if operation in self.held:
                check(item["state"] == "held" and item["reason"] and times <= 1,
                      f"{text!r} should be held with a reason, and is on the server {times} times:", item)
            else:
                check(times == 1 and item["state"] == "delivered",
                      f"{text!r} is on the server {times} times, and {item['state']} here:", item["reason"])
        there = {id for server in servers for id in server.chats(self.user)}
        marked = [id for id, c in self.listed().items() if c["deleted_remotely"] and id in there]
        check(not marked, "marked as deleted, and there:", marked[:3])
