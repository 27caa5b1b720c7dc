"""The same texts as mail: what a first sync takes, and one that brings nothing, beside mbsync and an IMAP server."""
import json, os, shutil, subprocess, tempfile

from dovecot import Dovecot

LIMIT_SECONDS = 600  # of one run of mbsync, and of notmuch


class Mailboxes:
    """The rows of the benchmark about mbsync, which keeps a Maildir as an IMAP server has it.

    Each side has a server of its own kind on loopback: convo the sandbox, mbsync dovecot with one mailbox. Both take the same
    texts; convo also indexes them, mbsync writes a file for each, which notmuch can index. Neither waits for the disk after
    each text.
    """

    def __init__(self, binaries, bench):
        """`bench` has the benchmark's own functions: path, say, add, part, message, timed, alternating, counted."""
        self.bench = bench
        self.convo, self.sandbox = (os.path.join(binaries, name) for name in ("convo", "convo-sandbox"))
        self.mbsync = shutil.which("mbsync")

    def syncs(self, lines, messages):
        if not self.mbsync or not Dovecot.program:
            return self.bench.say("no mbsync or no dovecot here: left out; Debian's isync and dovecot-imapd have them")
        part, conversations, count = self.bench.part(lines, messages, "mailboxes.jsonl")
        folder = tempfile.mkdtemp(prefix="convo-mail-")
        servers = []
        try:
            mail = Dovecot(folder, self.messages(part))
            servers.append(mail.process)
            if not mail.answers():
                return self.bench.say(f"dovecot does not start here: mbsync is left out; {mail.complaint()}")
            sandbox = subprocess.Popen([self.sandbox, "--load", self.loadable(part)], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
            servers.append(sandbox)
            url = sandbox.stdout.readline().strip().removeprefix("listening on ")
            self.rows(url, mail.port, conversations, count)
        finally:
            for process in servers:
                process.terminate()
                process.wait()
            shutil.rmtree(folder)

    def rows(self, url, port, conversations, count):
        environment = {**os.environ, "MISTRAL_API_KEY": "bench"}
        database, near = self.bench.path("mailboxes.db"), self.bench.path("near")
        convo = [self.convo, "sync", "--json", "--server-url", url, "--database", database]
        mbsync = [self.mbsync, "-q", "-c", self.configuration(near, port), "bench"]

        def first_of_ours():
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(database + suffix):
                    os.remove(database + suffix)
            seconds = self.bench.timed(convo, env=environment)
            if self.bench.counted("mailboxes.db") != f"{conversations}|{count}":
                raise SystemExit(f"the first sync left something: {self.bench.counted('mailboxes.db')} of {conversations}|{count}")
            return seconds

        def first_of_mbsync():
            shutil.rmtree(near, ignore_errors=True)
            os.makedirs(near)
            seconds = self.bench.timed(mbsync, timeout=LIMIT_SECONDS)
            here = sum(len(os.listdir(os.path.join(near, "INBOX", name))) for name in ("cur", "new"))
            if here != count:
                raise SystemExit(f"mbsync left something: {here} of {count}")
            return seconds

        def first_with_index():
            fetching = first_of_mbsync()
            indexing = self.bench.timed(["notmuch", "new", "--quiet"], env=self.notmuch(near), timeout=LIMIT_SECONDS)
            here = subprocess.run(["notmuch", "count", "*"], env=self.notmuch(near), capture_output=True, text=True, check=True).stdout
            if int(here) != count:
                raise SystemExit(f"notmuch left something: {here.strip()} of {count}")
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
        ours, peer = self.bench.alternating(
            lambda: self.bench.timed(convo, env=environment), lambda: self.bench.timed(mbsync, timeout=LIMIT_SECONDS), 3)
        self.bench.add(f"a sync with nothing changed, those {conversations:,} conversations", ours,
                       f"mbsync: the flags of those {count:,} messages", peer, "", len(ours))

    def messages(self, part):
        number = 0
        with open(part) as source:
            for line in source:
                for entry in json.loads(line)[1]["entries"]:
                    number += 1
                    yield self.bench.message(number, entry)

    def loadable(self, part):
        """The file from which the sandbox starts."""
        target = self.bench.path("mailboxes.json")
        with open(part) as source, open(target, "w") as out:
            pairs = [json.loads(line) for line in source]
            json.dump([{"conversation": one, "entries": history["entries"]} for one, history in pairs], out, ensure_ascii=False)
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

    def notmuch(self, near):
        """The environment of a notmuch that indexes the local mailbox."""
        target = self.bench.path("near.conf")
        with open(target, "w") as out:
            out.write(f"[database]\npath={near}\n[user]\nname=a\nprimary_email=a@b.example\n[new]\ntags=a\n"
                      "ignore=.mbsyncstate;.uidvalidity\n")
        return {**os.environ, "NOTMUCH_CONFIG": target}
