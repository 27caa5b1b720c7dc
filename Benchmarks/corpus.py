"""The conversations that the benchmark stores, serves and searches."""
import itertools, json, math, os, random, re, subprocess


class Corpus:
    """Conversations and their histories in a file: each line is a pair of both, as JSON in the API's shapes."""

    def __init__(self, path, seed):
        self.path, self.seed = path, seed

    @classmethod
    def of(cls, bench):
        """The pairs of the file that --real names, or those that convo-bench generates, the same for the same seed."""
        target, options = bench.path("corpus.jsonl"), bench.options
        if options.real:
            with open(options.real) as source, open(target, "w") as out:
                for pair in json.load(source):
                    out.write(json.dumps(pair, ensure_ascii=False) + "\n")
        elif not os.path.exists(target):
            with open(target + ".part", "w") as out:
                subprocess.run([bench.program("convo-bench"), "corpus", str(options.entries), str(options.seed)],
                               stdout=out, check=True)
            os.rename(target + ".part", target)
        return cls(target, options.seed)

    @property
    def size(self):
        """The bytes of its text."""
        return os.path.getsize(self.path)

    def pairs(self):
        with open(self.path) as source:
            yield from map(json.loads, source)

    def first(self, conversations, target):
        """The first conversations: a corpus in a file of its own, and how many they are."""
        count = 0
        with open(self.path) as source, open(target, "w") as out:
            for count, line in enumerate(itertools.islice(source, conversations), 1):
                out.write(line)
        return Corpus(target, self.seed), count

    def part(self, entries, target):
        """The first conversations, until they have so many entries: a corpus in a file of its own, and the numbers of both."""
        conversations = count = 0
        with open(self.path) as source, open(target, "w") as out:
            for line in source:
                if count >= entries:
                    break
                conversations += 1
                count += len(json.loads(line)[1]["entries"])
                out.write(line)
        return Corpus(target, self.seed), conversations, count

    def messages(self, most=math.inf):
        """The entries of whole conversations as mail, until they are so many."""
        number = 0
        for _, history in self.pairs():
            if number >= most:
                return
            for entry in history["entries"]:
                number += 1
                yield message(number, entry)

    def queries(self):
        """Of one to three words that stand in one entry, drawn as they come; those that both tokenizers read alike."""
        chance = random.Random(self.seed)
        picked, seen = [], 0
        with open(self.path) as source:
            for line in source:
                seen += 1
                if len(picked) < 400:
                    picked.append(line)
                elif chance.random() < 400 / seen:
                    picked[chance.randrange(400)] = line
        result = []
        while len(result) < 200:
            entry = chance.choice(json.loads(chance.choice(picked))[1]["entries"])
            words = [word for word in re.findall(r"\w+", json.dumps(entry.get("content") or "", ensure_ascii=False))
                     if re.fullmatch(r"[a-z]{2,}", word)]
            if words:
                result.append(" ".join(chance.choices(words, k=chance.randint(1, 3))))
        return result


def rare_word(queries):
    """The longest word of queries, which few entries have."""
    return max(" ".join(queries).split(), key=len)


def text(entry):
    """What an entry says, as one text: chunks and the results of tools as JSON."""
    content = entry.get("content") or entry.get("info")
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def message(number, entry):
    """An entry's text as mail."""
    return (f"From: a@b.example\nSubject: {number}\nMessage-ID: <{number}@b.example>\n"
            "Date: Thu, 01 Jan 2026 00:00:00 +0000\nContent-Type: text/plain; charset=utf-8\n\n" + text(entry))
