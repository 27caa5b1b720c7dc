"""Short verbs of `convo`, each a process of its own, beside the sqlite3 shell."""
import itertools

import shell
from commands import timed

TIMES = 5  # each run counts so often: a short verb takes milliseconds


class Verbs:
    """The rows of the benchmark about short verbs on the databases that Indexing left; most of their time is the start of a program."""

    def __init__(self, bench):
        self.bench = bench
        self.database, self.peer = bench.path("ours.db"), bench.path("peer.db")

    def rows(self, corpus, rare):
        conversation, history = min(itertools.islice(corpus.pairs(), 5000), key=lambda pair: abs(len(pair[1]["entries"]) - 100))
        remote = conversation["id"]
        hits = shell.best_hits(rare).replace("SELECT rowid", "SELECT (SELECT raw FROM entry WHERE key = entry_fts.rowid)")
        self.compare("`convo search`, a rare word", ["search", rare], hits)
        self.compare("`convo list`", ["list", "--limit", "20"], "SELECT * FROM conversation ORDER BY activity DESC LIMIT 20")
        self.compare(f"`convo history`, {len(history['entries'])} entries", ["history", remote, "--json"],
                     "SELECT raw FROM entry WHERE conversation = (SELECT key FROM conversation WHERE remote_id = "
                     f"'{remote}') ORDER BY position")
        self.compare("`convo append`, durable", ["append", remote, "a few words"],
                     "PRAGMA synchronous = FULL; INSERT INTO operation (id, conversation, kind, request, state, created_at) "
                     f"SELECT hex(randomblob(9)), key, 'append', '{{\"inputs\":\"a few words\"}}', 'queued', created_at "
                     f"FROM conversation WHERE remote_id = '{remote}'")

    def compare(self, job, arguments, sql):
        self.bench.compare(job, lambda: timed([self.bench.program("convo"), *arguments, "--database", self.database]),
                           "sqlite3 shell", lambda: timed(["sqlite3", self.peer, sql]), "2", TIMES)
