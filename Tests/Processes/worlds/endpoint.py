"""convod as an endpoint, whose address and token `convo endpoint` tells; and plain HTTP clients of it."""
import http.client, json, os, signal, socket, subprocess, time

from .house import check, wait


class Reply:
    """An answer that came whole; `seconds` is how long it took."""

    def __init__(self, status, headers, body, seconds):
        self.status, self.headers, self.body, self.seconds = status, headers, body, seconds

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:300]!r}"


class Unix(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def connection(address, timeout=30):
    """A connection to `http://HOST:PORT` or `unix:PATH`."""
    if address.startswith("unix:"):
        return Unix(address.removeprefix("unix:"), timeout)
    return http.client.HTTPConnection(address.removeprefix("http://"), timeout=timeout)


def ask(address, key, method, path, body=None, timeout=30, **headers):
    """One request over a connection of its own; an underscore in a header's name stands for a hyphen."""
    fields = {"Authorization": f"Bearer {key}"} if key else {}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None:
        fields["Content-Type"] = "application/json"
    fields.update({name.replace("_", "-"): value for name, value in headers.items()})
    started, link = time.monotonic(), connection(address, timeout)
    try:
        link.request(method, path, body, fields)
        answer = link.getresponse()
        return Reply(answer.status, answer.headers, answer.read(), time.monotonic() - started)
    finally:
        link.close()


def events(text):
    """`[(event, data)]` of a server-sent stream, without an event that was cut."""
    found = []
    for block in text.decode().replace("\r\n", "\n").split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((fields.get("event"), json.loads(fields["data"])))
    return found


class Endpoint:
    """convod of a device, listening; after `kill` or `stop`, `start` listens at the same address again.

    `descriptors` is how many files the process may have open; `None` for as many as here."""

    def __init__(self, house, device, listen="127.0.0.1:0", descriptors=None, **environment):
        self.house, self.device, self.listen, self.environment = house, device, listen, environment
        self.program = ["convod"]
        if descriptors:
            self.program = ["/usr/bin/prlimit", f"--nofile={descriptors}", os.path.join(house.binaries, "convod")]
        self.start()

    def start(self):
        environment = self.device.surroundings(self.environment)
        self.process = self.house.run(*self.program, "--listen", self.listen, environment=environment, log=self.device.log)
        told = wait("convod listens", 20, self.told)
        self.address, self.token = told["address"], told["token"]
        if self.address.startswith("http://"):
            self.listen = self.address.removeprefix("http://")

    def told(self):
        check(self.process.poll() is None, f"convod ended with {self.process.returncode}:", self.device.said())
        said = self.device.convo("endpoint", expect=tuple(range(128)), **self.environment)
        try:
            told = said.json if said.code == 0 else {}
        except ValueError:
            told = {}
        return told if told.get("address") and self.listens(told["address"]) else None

    def listens(self, address):
        link = connection(address, 5)
        try:
            link.connect()
            return True
        except OSError:
            return False
        finally:
            link.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        # By the signal itself where it comes before convod has taken signals over, on a busy machine.
        check(self.process.wait(10) in (0, -signal.SIGTERM), "convod ends badly on SIGTERM:", self.device.said())

    def ask(self, method, path, body=None, **more):
        return ask(self.address, self.token, method, path, body, **more)

    def memory(self, name="VmRSS"):
        """Megabytes that the process has now (VmRSS), or had at most (VmHWM)."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name + ":")) / 1024

    def files(self):
        """How many descriptors it has open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def clean_environment(**more):
    """Without the machine's proxies, which must not lead a client elsewhere."""
    return {**{k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}, **more}


def run_client(python, script, *words, timeout=600):
    """Runs a script with an SDK; returns what it printed, as JSON if it is."""
    done = subprocess.run([str(python), str(script), *map(str, words)], capture_output=True, text=True, timeout=timeout,
                          env=clean_environment())
    check(done.returncode == 0, f"{os.path.basename(str(script))} with {python}: exit {done.returncode}", done.stdout[-300:],
          done.stderr[-3000:])
    return done.stdout
