"""The sqlite3 shell, beside which Convo stores, searches and reads: the same rows, and the same questions in SQL."""
import os, re, subprocess

MIGRATIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "migrations")


def write_script(program, database, corpus, target):
    """The same schema, but for the tokenizer, which the shell has not, and the same rows, as convo-bench (`program`) writes them.

    Neither merges parts of the index while it commits; Convo does so afterwards, within the time that is measured.
    """
    with open(target, "w") as out:
        out.write("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;\n")
        for name in sorted(os.listdir(MIGRATIONS)):
            if name.startswith("m0007"):  # as PlainTextMigration does
                for table in ("entry", "conversation"):
                    out.write(f"ALTER TABLE {table}_index RENAME TO {table}_fts;\n")
            with open(os.path.join(MIGRATIONS, name)) as schema:
                out.write(schema.read().replace("tokenize = 'convo'", "tokenize = 'unicode61'"))
        out.flush()
        with open(corpus.path) as source:
            subprocess.run([program, "sql", database], stdin=source, stdout=out, check=True)


def best_hits(query, limit=20):
    """The SQL that has FTS5 rank all hits of a query."""
    match = " AND ".join('"' + word + '"' for word in query.split())
    return f"SELECT rowid FROM entry_fts WHERE entry_fts MATCH '{match}' ORDER BY rank LIMIT {limit};"


def ranked(database, queries):
    """The seconds in which FTS5 ranks the hits of each query, in one process."""
    script = ".timer on\n" + "\n".join(map(best_hits, queries)) + "\n"
    output = subprocess.run(["sqlite3", database], input=script, capture_output=True, text=True, check=True)
    return [float(real) for real in re.findall(r"Run Time: real ([0-9.]+)", output.stdout)]


def counted(database):
    """The numbers of conversations and entries in a database."""
    sql = "SELECT (SELECT COUNT(*) FROM conversation), (SELECT COUNT(*) FROM entry)"
    return subprocess.run(["sqlite3", database, sql], capture_output=True, text=True, check=True).stdout.strip()
