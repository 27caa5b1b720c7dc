"""A first sync, one that brings nothing, an idle daemon, and writes beside a first sync."""
import shell
from benchmark import say
from commands import idle, peak, timed
from nginx import Nginx


class Syncs:
    """The rows of the benchmark about an account of usual conversations, whose answers nginx has as files."""

    def __init__(self, bench):
        self.bench = bench

    def rows(self, corpus, conversations, starts):
        """`starts`: how many writes are made beside first syncs, one after the other."""
        if not Nginx.program:
            return say("no nginx here: the first sync is left out")
        some, count = corpus.first(conversations, self.bench.path("some.jsonl"))
        with Nginx.of(self.bench, some.pairs()) as server:
            database = self.bench.path("sync.db")
            command = [self.bench.program("convo"), "sync", "--json", "--server-url", server.url, "--database", database]
            self.first(some, count, command)
            urls = self.bench.path("list-urls")
            self.bench.compare(f"a sync with nothing changed, {count:,} conversations",
                               lambda: timed(command, env=self.bench.environment),
                               "curl, the list alone", lambda: timed(["curl", "-s", "--config", urls]), "1.5")
            convod = [self.bench.program("convod"), "--server-url", server.url, "--database", database]
            megabytes, _ = idle(convod, self.bench.environment)
            self.bench.add_row(f"memory of an idle convod, {count:,} conversations", f"{megabytes:.0f} MB", "", "", "30 MB", 1)
            self.beside(command, starts)

    def first(self, corpus, count, command):
        """First syncs of the corpus, each beside curl, which gets the same answers, and the shell, which stores the same rows."""
        ours, limits, memory = [], [], []
        script = self.bench.path("sync.sql")
        for _ in range(self.bench.options.runs):
            database, peer = self.bench.new_database("sync.db"), self.bench.new_database("sync-peer.db")
            _, seconds, megabytes = peak(command, env=self.bench.environment)
            ours.append(seconds)
            memory.append(megabytes)
            if not limits:
                shell.write_script(self.bench.program("convo-bench"), database, corpus, script)
            limit = timed(["curl", "-s", "--parallel", "--parallel-max", "6", "--config", self.bench.path("urls")])
            with open(script) as source:
                limit += timed(["sqlite3", peer], stdin=source)
            limits.append(limit)
            if shell.counted(database) != shell.counted(peer):
                raise SystemExit(f"the first sync left something: {shell.counted(database)} of {shell.counted(peer)}")
        self.bench.add(f"first sync of {count:,} conversations, {max(memory):.0f} MB at most", ours,
                       "curl --parallel, plus the sqlite3 shell", limits, "1.3", len(ours))

    def beside(self, command, starts):
        """As many writes as beside a rebuild of the index, whose longest one stands beside the longest of these."""
        waits = []
        while len(waits) < starts:
            database = self.bench.new_database("sync.db")
            waits += self.bench.waits_beside(command, database, self.bench.environment)
        self.bench.add_waits("a first sync", waits)
