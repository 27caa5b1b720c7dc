"""An account with very many conversations: what a sync costs that brings nothing, and a daemon that has nothing to do."""
import json, os, random, shutil, subprocess, time

WORDS = "budget plan notes draft review letter recipe travel code question summary report idea table chart weekly".split()
BEGUN = 1_767_225_600  # the newest conversation, in seconds since 1970; each further one is a minute older
HISTORY = json.dumps({"object": "conversation.history", "conversation_id": "$1", "entries": [
    {"object": "entry", "type": "message.input", "id": "msg_i$1", "role": "user", "created_at": "2015-01-01T00:00:00Z",
     "completed_at": None, "content": "a few words"},
    {"object": "entry", "type": "message.output", "id": "msg_o$1", "role": "assistant", "created_at": "2015-01-01T00:00:01Z",
     "completed_at": "2015-01-01T00:00:01Z", "model": "mistral-medium-latest", "content": "and an answer"}]})


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".250000Z"


class Listed:
    """The rows of the benchmark about a long list: the pages are files, and each history is the same two short entries."""

    def __init__(self, binaries, bench):
        """`bench` has the benchmark's own functions: path, say, add, rows, timed, alternating, nginx, list_urls, idle, options."""
        self.bench = bench
        self.convo, self.convod = (os.path.join(binaries, name) for name in ("convo", "convod"))
        self.environment = {**os.environ, "MISTRAL_API_KEY": "bench"}

    def pages(self, root, count, size=100):
        """Writes the pages, of which the last one is not full, and says how many they are."""
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
        chance = random.Random(self.bench.options.seed)
        pages = count // size + 1
        for page in range(pages):
            rows = [{
                "object": "conversation", "id": f"conv_{count - place:032x}", "name": " ".join(chance.choices(WORDS, k=4)),
                "description": None, "instructions": None, "tools": [], "metadata": None,
                "completion_args": {"temperature": 0.3, "max_tokens": None}, "model": "mistral-medium-latest",
                "created_at": moment(BEGUN - place * 60), "updated_at": moment(BEGUN - place * 60 + 1),
            } for place in range(page * size, min(count, (page + 1) * size))]
            with open(os.path.join(root, f"list-{page}.json"), "w") as out:
                json.dump(rows, out)
        return pages

    def syncs(self, count):
        if not shutil.which("nginx"):
            return self.bench.say("no nginx here: the long list is left out")
        root, database = self.bench.path("listed"), self.bench.path("listed.db")
        pages = self.pages(root, count)
        server, url = self.bench.nginx(root, f"return 200 '{HISTORY}'")
        try:
            urls = self.bench.list_urls(url, pages)
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(database + suffix):
                    os.remove(database + suffix)
            command = [self.convo, "sync", "--json", "--server-url", url, "--database", database]
            seconds = self.bench.timed(command, env=self.environment)
            self.bench.say(f"{count:,} short conversations in {seconds:.0f} s")
            ours, peer = self.bench.alternating(
                lambda: self.bench.timed(command, env=self.environment), lambda: self.bench.timed(["curl", "-s", "--config", urls]))
            self.bench.add(f"a sync with nothing changed, {count:,} conversations", ours, "curl, the list alone", peer, "1.3", len(ours))
            megabytes, share = self.bench.idle([self.convod, "--server-url", url, "--database", database], self.environment)
            self.bench.rows.append((f"an idle convod, {count:,} conversations: memory", f"{megabytes:.0f} MB", "", "", "30 MB", 1))
            self.bench.rows.append(
                ("the same, between two polls: share of a core", f"{share * 100:.3f} %", "", "", "0.1 %", 1))
        finally:
            server.terminate()
            server.wait()
