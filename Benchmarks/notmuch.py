"""Searches of `convo` beside notmuch, which has the same texts as mail."""
import os, shutil, subprocess

from benchmark import say
from commands import timed


def configured(target, mailbox, more=""):
    """Writes the configuration of a notmuch that indexes a mailbox: the environment that names it."""
    with open(target, "w") as out:
        out.write(f"[database]\npath={mailbox}\n[user]\nname=a\nprimary_email=a@b.example\n[new]\ntags=a\n{more}")
    return {**os.environ, "NOTMUCH_CONFIG": target}


def counted(environment):
    """How many messages notmuch has indexed."""
    return int(subprocess.run(
        ["notmuch", "count", "*"], env=environment, capture_output=True, text=True, check=True).stdout)


class Notmuch:
    """The rows of the benchmark about notmuch's searches; convo searches the database that Indexing left."""

    def __init__(self, bench):
        self.bench = bench

    def rows(self, corpus, most, rare, wanted):
        """notmuch gets whole conversations, until it has `most` messages."""
        if not shutil.which("notmuch"):
            return say("no notmuch here: left out")
        environment = self.mailbox(corpus, most)
        count, runs = counted(environment), self.bench.options.runs
        for name, queries in (("words as they come", wanted), ("a rare word", [rare])):
            ours, peer = [], []
            for query in (queries * runs)[:max(runs, min(len(queries), 5 * runs))]:
                ours.append(timed([self.bench.program("convo"), "search", query, "--database", self.bench.path("ours.db")]))
                peer.append(timed(["notmuch", "search", "--limit=20", " ".join(f'"{word}"' for word in query.split())],
                                  env=environment))
            self.bench.add(f"`convo search`, {name} (notmuch: {count:,} messages)", ours, "notmuch search", peer, "0.5", len(ours))

    def mailbox(self, corpus, most):
        """Makes the mailbox and its index, unless an earlier run left them: the environment of a notmuch that reads them."""
        root, configuration = self.bench.path("mail"), self.bench.path("notmuch.conf")
        if os.path.exists(root):
            return {**os.environ, "NOTMUCH_CONFIG": configuration}
        for name in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(root, name))
        for number, message in enumerate(corpus.messages(most), 1):
            with open(os.path.join(root, "cur", f"{number}:2,S"), "w") as out:
                out.write(message)
        environment = configured(configuration, root)
        subprocess.run(["notmuch", "new", "--quiet"], env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return environment
