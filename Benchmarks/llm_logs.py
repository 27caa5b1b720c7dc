"""The same texts in the log of `llm`: what it takes to search, to list and to show them, beside `llm logs`."""
import json, os, statistics, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, "..", "Tests", "sdk"))
from environments import environment

PACKAGE = "llm==0.36"
SHOWN = 20
LIMIT_SECONDS = 1800  # of storing the texts on one side


class LLMLogs:
    """The rows of the benchmark about `llm logs`, which reads an SQLite file and searches it with FTS5.

    llm is a program in Python. To start takes most of a short command, so the rows of searches say what `llm --version` takes beside them.
    """

    def __init__(self, binaries, bench):
        """`bench` has the benchmark's own functions: path, say, shown, add, part, text, queries, timed, alternating, mix, options."""
        self.bench = bench
        self.convo, self.ingest = (os.path.join(binaries, name) for name in ("convo", "convo-bench"))
        self.database, self.folder = bench.path("llm.db"), bench.path("llm")
        self.environment = {**os.environ, "LLM_USER_PATH": self.folder}

    def rows(self, lines, entries):
        self.bench.say(f"{PACKAGE} from PyPI, in .build-sdk")
        try:
            python = environment("llm", [PACKAGE])
        except (OSError, subprocess.SubprocessError):
            return self.bench.say(f"no llm here: left out; it needs Debian's python3-venv, and PyPI for `pip install {PACKAGE}`")
        self.llm = os.path.join(os.path.dirname(python), "llm")
        part, conversations, count = self.bench.part(lines, entries, "llm.jsonl")
        turns = self.fill(python, part)
        wanted = self.bench.queries(part)
        rare = max(" ".join(wanted).split(), key=len)
        self.check(rare)
        self.searches(wanted, f"words as they come, {count:,} texts")
        self.searches([rare], "a rare word, the same texts")
        self.add(f"`convo list`, {SHOWN} titles of {conversations:,}", ("list", "--limit", str(SHOWN)),
                 f"`llm logs -n {SHOWN}`, {SHOWN} of {turns:,} turns with their texts", ("logs", "-n", str(SHOWN)))
        longest, length = self.longest(part)
        self.add(f"`convo history --tail {2 * SHOWN}`, of {length} entries", ("history", longest, "--tail", str(2 * SHOWN)),
                 f"`llm logs --cid -n {SHOWN}`, the same texts", ("logs", "--cid", longest, "-n", str(SHOWN)))

    def ours(self, *arguments):
        return lambda: self.bench.timed([self.convo, *arguments, "--database", self.database])

    def logs(self, *arguments):
        return lambda: self.bench.timed([self.llm, *arguments], env=self.environment)

    def add(self, job, ours, name, peer):
        pair = self.bench.alternating(self.ours(*ours), self.logs(*peer), 3)
        self.bench.add(job, *self.bench.mix(pair, name), "", len(pair[0]))

    def searches(self, queries, name):
        """Queries one after the other, each on both sides; and llm's start alone."""
        ours, peer, starting = [], [], []
        for query in (queries * (3 * self.bench.options.runs))[:3 * self.bench.options.runs]:
            ours.append(self.ours("search", query)())
            peer.append(self.logs("logs", "-n", str(SHOWN), "-q", query)())
            starting.append(self.logs("--version")())
        self.bench.add(f"`convo search`, {name}", ours, f"`llm logs -n {SHOWN} -q` (of that, Python and llm start in "
                       f"{self.bench.shown(statistics.median(starting))})", peer, "", len(ours))

    def fill(self, python, part):
        """Stores the same texts on both sides: convo-bench as a sync does, llm as it logs turns. Returns how many turns."""
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(self.database + suffix):
                os.remove(self.database + suffix)
        with open(part) as source:
            self.bench.timed([self.ingest, "ingest", self.database], stdin=source, timeout=LIMIT_SECONDS)
        os.makedirs(self.folder, exist_ok=True)
        log, total = os.path.join(self.folder, "logs.db"), 0
        if os.path.exists(log):
            os.remove(log)
        with open(part) as source, open(self.bench.path("turns.jsonl"), "w") as out:
            for line in source:
                described, history = json.loads(line)
                turns = list(self.turns(history["entries"]))
                total += len(turns)
                out.write(json.dumps({"id": described["id"], "turns": turns}) + "\n")
        with open(self.bench.path("turns.jsonl")) as source:
            self.bench.timed([python, os.path.join(HERE, "llm_fill.py"), log], stdin=source, timeout=LIMIT_SECONDS)
        return total

    def turns(self, entries):
        """Pairs of a prompt, which is an input, and a response, which is what comes up to the next input."""
        prompt, answers = "", []
        for entry in entries:
            if entry["type"] != "message.input":
                answers.append(self.bench.text(entry))
                continue
            if prompt or answers:
                yield prompt, "\n".join(answers)
            prompt, answers = self.bench.text(entry), []
        yield prompt, "\n".join(answers)

    def check(self, word):
        """Fails unless both sides find the word. This also reads what each start reads into memory."""
        for command in ([self.convo, "search", word, "--json", "--database", self.database], [self.llm, "logs", "-q", word, "--json"]):
            if word not in subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout:
                raise SystemExit(f"{command[0]} does not find {word}")

    def longest(self, part):
        """The conversation with the most entries: its id, and how many they are."""
        with open(part) as source:
            pairs = map(json.loads, source)
            return max(((one["id"], len(history["entries"])) for one, history in pairs), key=lambda found: found[1])
