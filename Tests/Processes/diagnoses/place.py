"""What a fault is planted in: a home of its own with a database, the programs, and a user who is not root."""
import json, os, shutil, sqlite3, subprocess, tempfile, threading, time

IS_ROOT = os.geteuid() == 0
SECRET = "sk-nobody-may-read-this"


class Skipped(Exception):
    """The fault can't be planted here."""


class Wrong(Exception):
    """`convo doctor` does not say what it must."""


def check(right, *words):
    if not right:
        raise Wrong(" ".join(map(str, words)))


def needs_root(why):
    if not IS_ROOT:
        raise Skipped(f"only root can {why}")


def wait(what, seconds, condition):
    end = time.monotonic() + seconds
    while not (value := condition()):
        check(time.monotonic() < end, f"{what}: not within {seconds} s")
        time.sleep(0.02)
    return value


class Finding:
    """What `convo doctor` must say about a fault: where, which code, how it ends, and which words help."""

    def __init__(self, part, code, exit=0, hint=None, says=(), severity=None, fails=None):
        self.part, self.code, self.exit, self.hint = part, code, exit, hint
        self.fails = fails or code  # the failure that decides the exit code
        self.says = (says,) if isinstance(says, str) else says
        self.severity = severity or ("failure" if exit else "warning")


class Bench:
    """What all faults share: the programs, a sandbox, certificates."""

    def __init__(self, binaries):
        self.folder = tempfile.mkdtemp(prefix="convo-doctor.")
        os.chmod(self.folder, 0o755)
        self.processes, self.lock, self.users, self.mounts = [], threading.Lock(), 64000, []
        # Copies, which any user can run, and which a fault may replace.
        self.binaries = os.path.join(self.folder, "bin")
        os.mkdir(self.binaries)
        for name in ("convo", "convod"):
            shutil.copy(os.path.join(binaries, name), self.binaries)
        self.sandbox_program = os.path.abspath(os.path.join(binaries, "convo-sandbox"))
        self.sandbox_url = self.sandbox("--key", "key-ann@ann/lab", "--key", "key-bob@bob/lab")

    def sandbox(self, *words):
        process = self.run([self.sandbox_program, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return process.stdout.readline().strip().removeprefix("listening on ")

    def run(self, words, **options):
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, **options)
        with self.lock:
            self.processes.append(process)
        return process

    def place(self, name):
        with self.lock:
            self.users += 1
            return Place(self, name, self.users)

    def end(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for folder in self.mounts:
            subprocess.run(["umount", folder], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


class Place:
    def __init__(self, bench, name, user):
        self.bench, self.user = bench, user if IS_ROOT else os.geteuid()
        self.home = os.path.join(bench.folder, name)
        self.database = self.path("data", "convo.db")
        for folder in (self.home, self.path("data"), self.path("config"), self.path("bin")):
            os.mkdir(folder, 0o700)
        self.environment = {
            "HOME": self.home, "PATH": self.path("bin"), "CONVO_CONFIG": self.path("config", "config.toml"),
            "CONVO_SERVER_URL": bench.sandbox_url, "MISTRAL_API_KEY": "key-ann", "LC_ALL": "C.UTF-8"}
        self.config(f'database = "{self.database}"')

    def path(self, *names):
        return os.path.join(self.home, *names)

    def write(self, path, text, mode=0o600):
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def config(self, *lines, mode=0o600):
        return self.write(self.path("config", "config.toml"), "\n".join(lines) + "\n", mode)

    def key_file(self, text, mode=0o600):
        del self.environment["MISTRAL_API_KEY"]
        self.config(f'database = "{self.database}"', 'api_key_file = "key"')
        return self.write(self.path("config", "key"), text, mode)

    def give(self):
        """Gives what root has made to the user who runs the programs."""
        if IS_ROOT:
            for folder, _, files in os.walk(self.home):
                for path in (folder, *(os.path.join(folder, file) for file in files)):
                    os.chown(path, self.user, self.user, follow_symlinks=False)

    @property
    def identity(self):
        return {"user": self.user, "group": self.user, "extra_groups": []} if IS_ROOT else {}

    def convo(self, *words, expect=(0,)):
        done = subprocess.run(
            [os.path.join(self.bench.binaries, "convo"), *words], env=self.environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=60, cwd="/", **self.identity)
        check(expect is None or done.returncode in expect, words, "ended with", done.returncode, done.stderr)
        return done

    def sync(self, **options):
        self.give()
        return self.convo("sync", **options)

    def start(self, text):
        self.give()
        return json.loads(self.convo("start", "--model", "m", "--json", "--", text).stdout)["operation_id"]

    def sql(self, *statements):
        connection = sqlite3.connect(self.database, timeout=20)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        self.give()

    def daemon(self, program=None):
        self.give()
        process = self.bench.run(
            [program or os.path.join(self.bench.binaries, "convod")], env=self.environment, cwd="/", stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, **self.identity)
        running = lambda: json.loads(self.convo("status", "--json").stdout)["daemon"]
        wait("convod runs", 20, lambda: process.poll() is not None or running()["pid"] == process.pid)
        check(process.poll() is None, "convod ended with", process.returncode)
        return process

    def systemd(self, linger="yes", **properties):
        """Puts programs in PATH that answer as systemctl and loginctl do."""
        shown = {"LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active", "SubState": "running",
                 "Result": "success", "ExecMainStatus": "0", "NRestarts": "0", "NeedDaemonReload": "no", "ProtectSystem": "strict",
                 "ProtectHome": "read-only", "ReadWritePaths": f"-{self.path('data')}", **properties}
        lines = "\n".join(f"{name}={value}" for name, value in shown.items())
        for name, text in (("systemctl", lines), ("loginctl", f"Linger={linger}")):
            self.write(self.path("bin", name), f"#!/bin/sh\n/bin/cat <<'END'\n{text}\nEND\n", 0o700)

    def judge(self, finding):
        """Runs `convo doctor`, and checks that it finds the fault."""
        done = self.convo("doctor", "--json", expect=None)
        try:
            checks = json.loads(done.stdout)["checks"]
        except ValueError:
            raise Wrong(f"no report, exit {done.returncode}: {done.stderr}") from None
        check(SECRET not in done.stdout + done.stderr, "a secret is shown")
        found = [c for c in checks if c["part"] == finding.part and c["code"] == finding.code]
        told = "\n  ".join(f"{c['severity']} {c['part']} {c['code']}: {c['message']} | {c['hint']}" for c in checks)
        check(len(found) == 1, f"no {finding.part}/{finding.code} in\n  {told}")
        check(found[0]["severity"] == finding.severity, found[0])
        check(found[0]["ok"] == (finding.severity != "failure"), found[0])
        check(done.returncode == finding.exit, f"exit {done.returncode}, not {finding.exit}:\n  {told}")
        for words in finding.says:
            check(words in found[0]["message"], f"{words!r} is not in", found[0]["message"])
        check(finding.hint is None or finding.hint in (found[0]["hint"] or ""), f"{finding.hint!r} is not in", found[0]["hint"])
        for other in checks:
            check(other["hint"] or other["severity"] in ("ok", "note"), "no way out:", other)
        failures = [c["code"] for c in checks if not c["ok"]]
        if finding.exit:
            check(json.loads(done.stderr)["error"]["code"] == failures[0], done.stderr)
            check(failures == [finding.fails], "more than the fault fails:", failures, "\n  ", told)
        return found[0]
