"""Taking in and indexing the corpus, the size of the database, and making the search index anew."""
import json, os, subprocess

import shell
from benchmark import shown
from commands import peak, timed


class Indexing:
    """The rows of the benchmark about storing all texts.

    They leave the databases that Searches, Verbs and Notmuch read: ours.db, and peer.db, which the sqlite3 shell made.
    """

    def __init__(self, bench):
        self.bench = bench
        self.program = bench.program("convo-bench")

    def rows(self, corpus):
        """Returns how many writes others made while the index was made anew, one after the other."""
        ours, peer = self.bench.new_database("ours.db"), self.bench.new_database("peer.db")
        with open(corpus.path) as source:
            output, _, memory = peak([self.program, "ingest", ours], stdin=source)
        taken_in = json.loads(output)
        script = self.bench.path("peer.sql")
        shell.write_script(self.program, ours, corpus, script)
        with open(script) as source:
            seconds = timed(["sqlite3", peer], stdin=source)
        os.remove(script)
        self.bench.add(f"take in and index {taken_in['entries']:,} entries, {memory:.0f} MB at most", [taken_in["seconds"]],
                       "sqlite3 shell, FTS5's own tokenizer", [seconds], "", 1)
        self.size(ours, corpus)
        return self.rebuild(ours, taken_in["seconds"])

    def size(self, database, corpus):
        subprocess.run(["sqlite3", database, "PRAGMA wal_checkpoint(TRUNCATE)"], stdout=subprocess.DEVNULL)
        size, text = os.path.getsize(database), corpus.size
        self.bench.add_row("database size", f"{size / 1e6:.0f} MB", f"JSON text: {text / 1e6:.0f} MB", f"{size / text:.2f} ×", "1.85", 1)

    def rebuild(self, database, first):
        """Makes the search index anew; beside the time that the first indexing took, with all that it stores."""
        command = [self.program, "rebuild", database]
        output, _, memory = peak(command)
        anew = json.loads(output)
        self.bench.add(f"make the search index anew, {memory:.0f} MB at most, the longest step {shown(anew['longest'])}",
                       [anew["seconds"]], "take in and index", [first], "1.1", 1)
        waits = self.bench.waits_beside(command, database)
        self.bench.add_waits("that", waits)
        return len(waits)
