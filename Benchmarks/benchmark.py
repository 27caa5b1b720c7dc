"""One run of the benchmark: its folder, the programs that it measures, and the rows of its table."""
import os, statistics, subprocess, sys, tempfile, time

from commands import timed


def say(text):
    print(text, file=sys.stderr, flush=True)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def shown(seconds):
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.1f} s"


def spread(times):
    """The median of times in seconds, and their 95th percentile."""
    return f"{shown(statistics.median(times))} (p95 {shown(percentile(times, 0.95))})"


class Benchmark:
    """What the groups of rows have in common; each group is a class that gets the benchmark as `bench`.

    A group measures its jobs, and adds a row for each as soon as it has its times. It writes its files into the benchmark's
    folder, which the script removes at the end unless --keep names it; so a group also removes what an earlier run left of
    the databases that it makes.
    """

    def __init__(self, options):
        self.options = options
        self.folder = options.keep or tempfile.mkdtemp(prefix="convo-bench-")
        os.makedirs(self.folder, exist_ok=True)
        self.environment = {**os.environ, "MISTRAL_API_KEY": "bench"}
        self.rows = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self, name):
        """The path of a program of the build."""
        return os.path.join(self.options.bin, name)

    def new_database(self, name):
        """The path of a database that is not there: the file and the log that an earlier run left are removed."""
        target = self.path(name)
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(target + suffix):
                os.remove(target + suffix)
        return target

    def alternating(self, ours, peer, times=1):
        """Runs both in turn. `times` multiplies the runs of short jobs, whose time another process easily doubles."""
        pairs = [(ours(), peer()) for _ in range(self.options.runs * times)]
        return [one for one, _ in pairs], [other for _, other in pairs]

    def compare(self, job, ours, peer_name, peer, mark, times=1):
        """Runs both in turn, and adds their row. `ours` and `peer` run the job once, and return its time in seconds."""
        ours, peer = self.alternating(ours, peer, times)
        self.add(job, ours, peer_name, peer, mark, len(ours))

    def add(self, job, ours, peer_name, peer, mark, runs):
        """Adds a row of times. `ours` and `peer` are in seconds, one for each run."""
        ratio = statistics.median(ours) / statistics.median(peer)
        self.add_row(job, spread(ours), f"{peer_name}: {shown(statistics.median(peer))}", f"{ratio:.2f} ×", mark, runs)

    def add_row(self, job, ours, beside, ratio, mark, runs):
        """Adds a row of what is not a time, or has no peer: each column as the table shows it."""
        self.rows.append((job, ours, beside, ratio, mark, runs))

    def waits_beside(self, command, database, environment=None):
        """Starts one conversation after the other while a command runs: how long each of these writes took, in seconds."""
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken = []
        while process.poll() is None:
            taken.append(timed([self.program("convo"), "start", "hello", "--model", "m", "--database", database]))
            time.sleep(0.02)
        return taken

    def add_waits(self, other, waits):
        """Adds the row of writes that were made beside another job."""
        self.add_row(f"`convo start` beside {other}, {len(waits)} of them", spread(waits), f"the longest: {shown(max(waits))}",
                     "", "100 ms", 1)
