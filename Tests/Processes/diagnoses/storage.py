"""Faults of the database's files, and of what stands in them."""
import os, shutil, sqlite3, subprocess

from .place import Finding, Skipped, needs_root


def folder_not_writable(place):
    place.sync()
    os.chmod(place.path("data"), 0o500)
    return Finding("folder", "not_writable", 74, "chmod 700", says="0500")


def folder_too_open(place):
    place.sync()
    os.chmod(place.path("data"), 0o777)
    return Finding("folder", "exposed_folder", hint="chmod 700", says="0777")


def database_of_another_user(place):
    needs_root("make a file of another user")
    place.sync()
    os.chown(place.database, 1, 1)
    place.give = lambda: None
    return Finding("database", "foreign_owner", 74, "sudo chown", says="user 1,")


def database_read_only(place):
    place.sync()
    os.chmod(place.database, 0o400)
    return Finding("database", "read_only", 74, "chmod 600")


def database_too_open(place):
    place.sync()
    os.chmod(place.database, 0o644)
    return Finding("database", "exposed_database", says="0644", severity="note")


def companion_not_writable(place):
    place.sync()
    os.chmod(place.write(place.database + ".wakeup", "\n"), 0o400)
    return Finding("database", "not_writable", 74, "chmod 600", says=".wakeup")


def companion_is_a_link(place):
    place.sync()
    os.symlink("/dev/null", place.database + ".waiting")
    return Finding("database", "strange_file", 74, "move it away", says=".waiting")


def newer_schema(place):
    place.sync()
    place.sql("PRAGMA user_version = 9999")
    return Finding("database", "newer_database", 78, "Update Convo")


def not_a_database(place):
    place.write(place.database, "this is a letter\n" * 1000)
    return Finding("database", "corrupt_database", 74, "doctor --repair", says="not an SQLite file")


def database_of_another_program(place):
    place.sql("CREATE TABLE recipe (name TEXT)", "PRAGMA user_version = 3")
    return Finding("database", "not_a_convo_database", 65, "--database")


def damaged_page(place):
    place.sync()
    for number in range(30):
        place.start(f"a text that fills a page {number} " * 40)
    place.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    connection = sqlite3.connect(place.database)
    page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'operation'").fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with open(place.database, "r+b") as file:
        file.seek((page - 1) * size + 1)
        file.write(b"\xff" * 200)
    return Finding("integrity", "corrupt_database", 74, "doctor --repair")


def index_damaged(place):
    place.sync()
    for number in range(3):
        place.start(f"words for the index {number}")
    connection = sqlite3.connect(place.database)
    table = connection.execute("SELECT name FROM sqlite_schema WHERE name LIKE '%entr%\\_data' ESCAPE '\\'").fetchone()[0]
    connection.execute(f"DELETE FROM {table} WHERE id > 10")
    connection.commit()
    connection.close()
    return Finding("integrity", "corrupt_database", 74, "doctor --repair")


def index_behind(place):
    place.sync()
    for number in range(3):
        place.start(f"words for the index {number}")
    place.sql("UPDATE index_state SET version = 1")
    return Finding("index", "outdated_index", hint="--rebuild-index")


def second_name(place):
    place.sync()
    os.link(place.database, place.path("data", "other.db"))
    return Finding("database", "hard_linked", 74, "-samefile")


def copied(place):
    place.sync()
    place.start("it may be sent twice")
    copy = place.path("copy")
    os.mkdir(copy, 0o700)
    for name in os.listdir(place.path("data")):
        shutil.copy(place.path("data", name), copy)
    place.environment["CONVO_DATABASE"] = os.path.join(copy, "convo.db")
    return Finding("instance", "copied", hint="outbox retry")


def long_log(place):
    place.sync()
    place.reader = sqlite3.connect(place.database, isolation_level=None)
    place.reader.execute("BEGIN")
    place.reader.execute("SELECT COUNT(*) FROM fact").fetchone()
    writer = sqlite3.connect(place.database)
    writer.execute("PRAGMA synchronous = OFF")
    writer.execute("CREATE TABLE filler (bytes BLOB)")
    writer.execute("INSERT INTO filler VALUES (zeroblob(70000000))")
    writer.commit()
    writer.execute("DROP TABLE filler")
    writer.commit()
    place.writer = writer
    return Finding("log", "long_log", hint="fuser -v")


def disk_full(place):
    needs_root("mount a small disk")
    options = f"size=4m,mode=0700,uid={place.user},gid={place.user}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place.path("data")], capture_output=True)
    if mounted.returncode != 0:
        raise Skipped("no disk can be mounted here")
    place.bench.mounts.append(place.path("data"))
    place.sync()
    with open(place.path("data", "filler"), "wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            pass
    return Finding("folder", "disk_full", 74, "Free some space")


def files_folder_missing(place):
    place.environment["CONVO_SERVER_URL"] = place.bench.sandbox()
    place.give()
    place.convo("start", "--model", "m", "--wait", "--", "sandbox:image")
    place.sync()
    folder = place.database + ".files"
    if not os.path.isdir(folder):
        raise Skipped("the sandbox has made no file")
    shutil.move(folder, place.path("elsewhere"))
    return Finding("files", "files_missing", 74, "Put the folder back")


FAULTS = [
    folder_not_writable, folder_too_open, database_of_another_user, database_read_only, database_too_open, companion_not_writable,
    companion_is_a_link, newer_schema, not_a_database, database_of_another_program, damaged_page, index_damaged, index_behind,
    second_name, copied, long_log, disk_full, files_folder_missing]
