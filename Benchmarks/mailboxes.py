"""The same texts as mail: what a first sync takes, and one that brings nothing, beside mbsync and an IMAP server."""
import json, os, shutil, subprocess, tempfile

import notmuch
import shell
from benchmark import say
from commands import timed
from dovecot import Dovecot

LIMIT_SECONDS = 600  # of one run of mbsync, and of notmuch


class Mailboxes:
    """The rows of the benchmark about mbsync, which keeps a Maildir as an IMAP server has it.

    Each side has a server of its own kind on loopback: convo the sandbox, mbsync dovecot with one mailbox. Both take the same
    texts; convo also indexes them, mbsync writes a file for each, which notmuch can index. Neither waits for the disk after
    each text.
    """

    def __init__(self, bench):
        self.bench = bench
        self.mbsync = shutil.which("mbsync")

    def syncs(self, corpus, messages):
        if not self.mbsync or not Dovecot.program:
            return say("no mbsync or no dovecot here: left out; Debian's isync and dovecot-imapd have them")
        if not os.path.exists(self.bench.program("convo-sandbox")):
            return say("no convo-sandbox here: mbsync is left out")
        part, conversations, count = corpus.part(messages, self.bench.path("mailboxes.jsonl"))
        folder = tempfile.mkdtemp(prefix="convo-mail-")
        servers = []
        try:
            mail = Dovecot(folder, part.messages())
            servers.append(mail.process)
            if not mail.answers():
                return say(f"dovecot 2.3 does not start here: mbsync is left out; {mail.complaint()}")
            sandbox = subprocess.Popen([self.bench.program("convo-sandbox"), "--load", self.loadable(part)],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            servers.append(sandbox)
            url = sandbox.stdout.readline().strip().removeprefix("listening on ")
            self.rows(url, mail.port, conversations, count)
        finally:
            for process in servers:
                process.terminate()
                process.wait()
            shutil.rmtree(folder)

    def rows(self, url, port, conversations, count):
        database, near = self.bench.path("mailboxes.db"), self.bench.path("near")
        convo = [self.bench.program("convo"), "sync", "--json", "--server-url", url, "--database", database]
        mbsync = [self.mbsync, "-q", "-c", self.configuration(near, port), "bench"]

        def first_of_ours():
            self.bench.new_database("mailboxes.db")
            seconds = timed(convo, env=self.bench.environment)
            if shell.counted(database) != f"{conversations}|{count}":
                raise SystemExit(f"the first sync left something: {shell.counted(database)} of {conversations}|{count}")
            return seconds

        def first_of_mbsync():
            shutil.rmtree(near, ignore_errors=True)
            os.makedirs(near)
            seconds = timed(mbsync, timeout=LIMIT_SECONDS)
            here = sum(len(os.listdir(os.path.join(near, "INBOX", name))) for name in ("cur", "new"))
            if here != count:
                raise SystemExit(f"mbsync left something: {here} of {count}")
            return seconds

        def first_with_index():
            fetching = first_of_mbsync()
            environment = notmuch.configured(self.bench.path("near.conf"), near, "ignore=.mbsyncstate;.uidvalidity\n")
            indexing = timed(["notmuch", "new", "--quiet"], env=environment, timeout=LIMIT_SECONDS)
            here = notmuch.counted(environment)
            if here != count:
                raise SystemExit(f"notmuch left something: {here} of {count}")
            return fetching, indexing

        first_of_ours(), first_of_mbsync()  # each server reads its files, and dovecot makes an index of them
        job = f"first sync of {count:,} entries from convo-sandbox, with an index of their words"
        if shutil.which("notmuch"):
            ours, peer = self.bench.alternating(first_of_ours, first_with_index)
            self.bench.add(job, ours, "mbsync from dovecot, one mailbox of the same texts, and `notmuch new`", [sum(pair) for pair in peer],
                           "", len(ours))
            job, peer = "the same", [first for first, _ in peer]
        else:
            ours, peer = self.bench.alternating(first_of_ours, first_of_mbsync)
        self.bench.add(job, ours, "mbsync alone: no index, and no wait for the disk (`FSync no`)", peer, "", len(ours))
        self.bench.compare(f"a sync with nothing changed, those {conversations:,} conversations",
                           lambda: timed(convo, env=self.bench.environment),
                           f"mbsync: the flags of those {count:,} messages", lambda: timed(mbsync, timeout=LIMIT_SECONDS), "", 3)

    def loadable(self, part):
        """The file from which the sandbox starts."""
        target = self.bench.path("mailboxes.json")
        with open(target, "w") as out:
            json.dump([{"conversation": one, "entries": history["entries"]} for one, history in part.pairs()], out, ensure_ascii=False)
        return target

    def configuration(self, near, port):
        """mbsync's, without a wait for the disk after each message: convo's store does not wait either."""
        target = self.bench.path("mbsyncrc")
        with open(target, "w") as out:
            out.write(f"""FSync no

IMAPAccount bench
Host 127.0.0.1
Port {port}
User bench
Pass bench
SSLType None
AuthMechs LOGIN

IMAPStore far
Account bench

MaildirStore near
Path {near}/
Inbox {near}/INBOX

Channel bench
Far :far:
Near :near:
Patterns INBOX
Create Near
SyncState *
""")
        return target
