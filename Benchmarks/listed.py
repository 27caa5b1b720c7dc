"""An account with very many conversations: what a sync costs that brings nothing, and a daemon that has nothing to do."""
import json, os, random, shutil, time

from benchmark import say
from commands import idle, timed
from nginx import PAGE, Nginx

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

    def __init__(self, bench):
        self.bench = bench

    def pages(self, root, count):
        """Writes the pages, of which the last one is not full, and says how many they are."""
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
        chance = random.Random(self.bench.options.seed)
        pages = count // PAGE + 1
        for page in range(pages):
            rows = [{
                "object": "conversation", "id": f"conv_{count - place:032x}", "name": " ".join(chance.choices(WORDS, k=4)),
                "description": None, "instructions": None, "tools": [], "metadata": None,
                "completion_args": {"temperature": 0.3, "max_tokens": None}, "model": "mistral-medium-latest",
                "created_at": moment(BEGUN - place * 60), "updated_at": moment(BEGUN - place * 60 + 1),
            } for place in range(page * PAGE, min(count, (page + 1) * PAGE))]
            with open(os.path.join(root, f"list-{page}.json"), "w") as out:
                json.dump(rows, out)
        return pages

    def syncs(self, count):
        if not Nginx.program:
            return say("no nginx here: the long list is left out")
        root, database = self.bench.path("listed"), self.bench.new_database("listed.db")
        pages = self.pages(root, count)
        with Nginx(self.bench, root, f"return 200 '{HISTORY}'") as server:
            urls = server.list_urls(pages)
            where = ["--server-url", server.url, "--database", database]

            def sync():
                return timed([self.bench.program("convo"), "sync", "--json", *where], env=self.bench.environment)

            say(f"{count:,} short conversations in {sync():.0f} s")
            self.bench.compare(f"a sync with nothing changed, {count:,} conversations", sync,
                               "curl, the list alone", lambda: timed(["curl", "-s", "--config", urls]), "1.3")
            megabytes, share = idle([self.bench.program("convod"), *where], self.bench.environment)
            self.bench.add_row(f"an idle convod, {count:,} conversations: memory", f"{megabytes:.0f} MB", "", "", "30 MB", 1)
            self.bench.add_row("the same, between two polls: share of a core", f"{share * 100:.3f} %", "", "", "0.1 %", 1)
