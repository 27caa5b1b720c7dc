"""Searches in the process: their times, how good the first hits are, and what is offered for a misspelt word."""
import json, random, statistics, subprocess

from benchmark import percentile, say, shown
from shell import ranked


def searched(program, database, queries):
    """The seconds of each search, all in one process of convo-bench (`program`)."""
    output = subprocess.run([program, "search", database], input="\n".join(queries) + "\n", capture_output=True, text=True, check=True)
    return [int(line.split("\t")[0]) / 1e6 for line in output.stdout.splitlines()]


class Searches:
    """The rows of the benchmark about searches in the databases that Indexing left, without the start of a program."""

    def __init__(self, bench):
        self.bench = bench
        self.program = bench.program("convo-bench")
        self.database, self.peer = bench.path("ours.db"), bench.path("peer.db")

    def times(self, queries):
        ours, peers = [], []
        for _ in range(min(self.bench.options.runs, 3)):
            ours.append(searched(self.program, self.database, queries))
            peers.append(ranked(self.peer, queries))
        typical, peer = ([statistics.median(run) for run in zip(*both)] for both in (ours, peers))
        runs = f"200 × {len(ours)}"
        self.bench.add("search, in the process, with snippets: p50", [statistics.median(typical)], "FTS5 ORDER BY rank",
                       [max(0.001, statistics.median(peer))], "1.2", runs)
        self.bench.add("search, in the process, with snippets: p99", [percentile(typical, 0.99)], "FTS5 ORDER BY rank",
                       [percentile(peer, 0.99)], "0.1", runs)

    def quality(self):
        """How good the first ten hits are, beside FTS5's ranking of all hits; and the times of the same searches."""
        output = subprocess.run([self.program, "quality", self.database, "25", str(self.bench.options.seed)],
                                capture_output=True, text=True, check=True)
        classes = [json.loads(line) for line in output.stdout.splitlines()]
        for one in classes:
            say(f"quality: {one['words']} words, {one['from']:,} hits and more: {one['quality']:.3f}, the worst "
                f"{one['worst']:.3f}, without age {one['quality_without_age']:.3f}, {one['queries']} queries, p99 "
                f"{shown(percentile(one['microseconds'], 0.99) / 1e6)}")
        self.add_quality("up to 10,000 hits", [one for one in classes if one["from"] < 10_000])
        self.add_quality("more hits", [one for one in classes if one["from"] >= 10_000])

    def add_quality(self, name, classes):
        """Adds the rows of classes of queries, which have about as many hits; none where there are no such queries."""
        count = sum(one["queries"] for one in classes)
        if not count:
            return
        mean, plain = (sum(one[part] * one["queries"] for one in classes) / count for part in ("quality", "quality_without_age"))
        times = [microseconds / 1e6 for one in classes for microseconds in one["microseconds"]]
        self.bench.add_row(f"search, {name}: the first ten, by BM25 and age", f"{mean:.3f} (without age {plain:.3f})",
                           "FTS5's bm25() of all hits: 1", f"{mean:.3f}", "0.95 at least", count)
        self.bench.add(f"search, {name}: p50", [statistics.median(times)], "limit", [0.05], "1", count)
        self.bench.add(f"search, {name}: p99", [percentile(times, 0.99)], "limit", [0.05], "1", count)

    def misspelt(self, queries):
        """A query with a word that is a letter away from one that occurs; the time in which something else is offered."""
        chance = random.Random(self.bench.options.seed)
        text = ""
        for query in queries:
            word = max(query.split(), key=len)
            place = chance.randrange(1, len(word) + 1)
            text += word[:place] + chance.choice("qxzjk") + word[place:] + "\n"
        output = subprocess.run([self.program, "nearby", self.database], input=text, capture_output=True, text=True, check=True)
        answers = [line.split("\t") for line in output.stdout.splitlines()]
        times = [int(microseconds) / 1e6 for microseconds, *_ in answers]
        offered = sum(count != "0" for _, count, *_ in answers)
        self.bench.add(f"a misspelt word: something is offered for {offered * 100 // len(times)} %: p50", [statistics.median(times)],
                       "limit", [0.05], "1", len(times))
        self.bench.add("a misspelt word: p95", [percentile(times, 0.95)], "limit", [0.05], "1", len(times))
