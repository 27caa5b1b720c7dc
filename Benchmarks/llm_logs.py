"""The same texts in the log of `llm`: what it takes to search, to list and to show them, beside `llm logs`."""
import json, os, statistics, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.join(HERE, "..", "Tests", "sdk"))
from environments import environment

from benchmark import say, shown
from commands import timed
from corpus import rare_word, text

PACKAGE = "llm==0.36"
SHOWN = 20
LIMIT_SECONDS = 1800  # of storing the texts on one side


class LLMLogs:
    """The rows of the benchmark about `llm logs`, which reads an SQLite file and searches it with FTS5.

    llm is a program in Python. To start takes most of a short command, so the rows of searches say what `llm --version` takes beside them.
    """

    def __init__(self, bench):
        self.bench = bench
        self.convo = bench.program("convo")
        self.database, self.folder = bench.path("llm.db"), bench.path("llm")
        self.environment = {**os.environ, "LLM_USER_PATH": self.folder}

    def rows(self, corpus, entries):
        say(f"{PACKAGE} from PyPI, in .build-sdk")
        try:
            python = environment("llm", [PACKAGE])
        except (OSError, subprocess.SubprocessError):
            return say(f"no llm here: left out; it needs Debian's python3-venv, and PyPI for `pip install {PACKAGE}`")
        self.llm = os.path.join(os.path.dirname(python), "llm")
        part, conversations, count = corpus.part(entries, self.bench.path("llm.jsonl"))
        turns = self.fill(python, part)
        wanted = part.queries()
        rare = rare_word(wanted)
        self.check(rare)
        self.searches(wanted, f"words as they come, {count:,} texts")
        self.searches([rare], "a rare word, the same texts")
        self.compare(f"`convo list`, {SHOWN} titles of {conversations:,}", ("list", "--limit", str(SHOWN)),
                     f"`llm logs -n {SHOWN}`, {SHOWN} of {turns:,} turns with their texts", ("logs", "-n", str(SHOWN)))
        longest, length = self.longest(part)
        self.compare(f"`convo history --tail {2 * SHOWN}`, of {length} entries", ("history", longest, "--tail", str(2 * SHOWN)),
                     f"`llm logs --cid -n {SHOWN}`, the same texts", ("logs", "--cid", longest, "-n", str(SHOWN)))

    def ours(self, *arguments):
        return lambda: timed([self.convo, *arguments, "--database", self.database])

    def logs(self, *arguments):
        return lambda: timed([self.llm, *arguments], env=self.environment)

    def compare(self, job, ours, name, peer):
        self.bench.compare(job, self.ours(*ours), name, self.logs(*peer), "", 3)

    def searches(self, queries, name):
        """Queries one after the other, each on both sides; and llm's start alone."""
        ours, peer, starting = [], [], []
        for query in (queries * (3 * self.bench.options.runs))[:3 * self.bench.options.runs]:
            ours.append(self.ours("search", query)())
            peer.append(self.logs("logs", "-n", str(SHOWN), "-q", query)())
            starting.append(self.logs("--version")())
        self.bench.add(f"`convo search`, {name}", ours, f"`llm logs -n {SHOWN} -q` (of that, Python and llm start in "
                       f"{shown(statistics.median(starting))})", peer, "", len(ours))

    def fill(self, python, part):
        """Stores the same texts on both sides: convo-bench as a sync does, llm as it logs turns. Returns how many turns."""
        database = self.bench.new_database("llm.db")
        with open(part.path) as source:
            timed([self.bench.program("convo-bench"), "ingest", database], stdin=source, timeout=LIMIT_SECONDS)
        os.makedirs(self.folder, exist_ok=True)
        log, total = os.path.join(self.folder, "logs.db"), 0
        if os.path.exists(log):
            os.remove(log)
        with open(self.bench.path("turns.jsonl"), "w") as out:
            for described, history in part.pairs():
                turns = list(self.turns(history["entries"]))
                total += len(turns)
                out.write(json.dumps({"id": described["id"], "turns": turns}) + "\n")
        with open(self.bench.path("turns.jsonl")) as source:
            timed([python, os.path.join(HERE, "llm_fill.py"), log], stdin=source, timeout=LIMIT_SECONDS)
        return total

    def turns(self, entries):
        """Pairs of a prompt, which is an input, and a response, which is what comes up to the next input."""
        prompt, answers = "", []
        for entry in entries:
            if entry["type"] != "message.input":
                answers.append(text(entry))
                continue
            if prompt or answers:
                yield prompt, "\n".join(answers)
            prompt, answers = text(entry), []
        yield prompt, "\n".join(answers)

    def check(self, word):
        """Fails unless both sides find the word. This also reads what each start reads into memory."""
        for command in ([self.convo, "search", word, "--json", "--database", self.database], [self.llm, "logs", "-q", word, "--json"]):
            if word not in subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout:
                raise SystemExit(f"{command[0]} does not find {word}")

    def longest(self, part):
        """The conversation with the most entries: its id, and how many they are."""
        return max(((one["id"], len(history["entries"])) for one, history in part.pairs()), key=lambda found: found[1])
