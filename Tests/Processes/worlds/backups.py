"""Backup folders, who writes beside them, and what a backup must hold."""
import os, shutil, sqlite3, tempfile, threading

from worlds.house import check


class Writer:
    """Queues one write after the other, on a thread of its own, and notes when each was acknowledged."""

    def __init__(self, device, *verb):
        self.device, self.verb, self.done, self.seconds, self.failure = device, verb, [], [], None
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.ends.is_set():
            try:
                answer = self.device.convo(*self.verb, "--", f"written {len(self.done)}")
                self.done.append(answer.json["operation_id"])
                self.seconds.append(answer.seconds)
            except Exception as failure:
                self.failure = failure
                return

    def stop(self):
        self.ends.set()
        self.thread.join()
        if self.failure:
            raise self.failure


class Backups:
    """A backup folder, and the database that it is for."""

    def __init__(self, house, device, name="backups"):
        self.house, self.device, self.path = house, device, house.path(name)

    def make(self, expect=0):
        return self.device.convo("backup", self.path, expect=expect)

    def begin(self):
        return self.house.run(
            "convo", "backup", self.path, environment=self.device.surroundings({}), log=self.house.path("backup.log"))

    def names(self):
        return [backup["name"] for backup in self.device.convo("backup", "list", self.path).json]

    def verify(self, expect=0):
        return self.device.convo("backup", "verify", self.path, expect=expect).json

    def restore(self, *name):
        """Restores into a new place, and returns the database's path."""
        target = os.path.join(tempfile.mkdtemp(prefix="restored-", dir=self.house.folder), "convo.db")
        self.device.convo("backup", "restore", self.path, *name, "--to", target)
        return target

    def files(self):
        """The chunks and manifests."""
        return [os.path.join(folder, name) for part in ("chunks", "backups")
                for folder, _, names in os.walk(os.path.join(self.path, part)) for name in names]


def rows(path, sql):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
    try:
        return database.execute(sql).fetchall()
    finally:
        database.close()


def count(path):
    return rows(path, "SELECT COUNT(*) FROM operation")[0][0]


def told(device, **changes):
    """What `convo` tells of all conversations, and of the histories of some, the newest among them."""
    conversations = device.convo("list", "--limit", "100000", **changes).json
    some = conversations[:5] + conversations[5::max(1, len(conversations) // 15)]
    return conversations, {c["id"]: device.convo("history", c["id"], **changes).json for c in some}


def judge(backups, least, most):
    """Checks the newest backup against the database, to which only was added since."""
    database = backups.device.environment["CONVO_DATABASE"]
    target = backups.restore()
    written = [row[0] for row in rows(target, "SELECT id FROM operation ORDER BY sequence")]
    original = [row[0] for row in rows(database, "SELECT id FROM operation ORDER BY sequence")]
    check(written == original[:len(written)], "the writes of the backup are not the first of the database")
    check(least <= len(written) <= most, "the backup holds", len(written), "writes, and not", least, "to", most)
    # Those that the server had from the start; what our own writes have brought may still change.
    entries = ("SELECT c.id, e.id, e.position, e.raw FROM entry e JOIN conversation c ON c.key = e.conversation "
               "WHERE e.id LIKE 'msg_000000%'")
    mirrored, there = rows(target, entries), set(rows(database, entries))
    check(there.issuperset(mirrored), "the backup holds entries that the database does not hold")
    check(set(rows(target, "PRAGMA foreign_key_check")) == set(), "the backup names rows that it does not hold")
    check(rows(target, "PRAGMA integrity_check") == [("ok",)], "the restored database is damaged")
    shutil.rmtree(os.path.dirname(target))
    return len(mirrored)
