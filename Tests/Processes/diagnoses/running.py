"""Faults of the daemon, the outbox, the clock and the service."""
import json, os, sqlite3, shutil, signal, socket, subprocess, sys, time

from .place import IS_ROOT, Finding, Skipped, check, wait

HOUR = 3600


def moment(seconds):
    """A time in RFC 3339, so many seconds from now."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + seconds))


def lock_left_behind(place):
    """It is harmless, and `convo doctor` says so."""
    process = place.daemon()
    process.kill()
    process.wait()
    return Finding("daemon", None, says=("locks nothing", str(process.pid)), severity="ok")


def daemon_stopped(place):
    process = place.daemon()
    stop_between_writes(process, place.database)
    return Finding("daemon", "daemon_stopped", 75, f"kill -CONT {process.pid}")


def delivery_stopped(place):
    """A command that holds the lock of those who deliver, as Ctrl-Z leaves it."""
    place.sync()
    holder = place.bench.run(
        [sys.executable, "-c", HOLDER, place.database + ".engine"], stdout=subprocess.PIPE, text=True)
    check(holder.stdout.readline() == "locked\n", "the lock was not taken")
    holder.send_signal(signal.SIGSTOP)
    return Finding("outbox", "delivery_stopped", 75, f"kill -CONT {holder.pid}")


def stop_between_writes(process, database):
    """Stops a process when it does not hold the database: that would be a fault of its own."""
    for _ in range(200):
        process.send_signal(signal.SIGSTOP)
        connection = sqlite3.connect(database, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
            return
        except sqlite3.OperationalError:
            process.send_signal(signal.SIGCONT)
            time.sleep(0.02)
        finally:
            connection.close()
    check(False, "the daemon never lets go of the database")


def daemon_stuck(place):
    """A process that holds the lock, and pulls nothing while the server answers."""
    place.sync()
    file = place.database + ".daemon"
    holder = place.bench.run(
        [sys.executable, "-c", HOLDER, file], stdout=subprocess.PIPE, text=True)
    check(holder.stdout.readline() == "locked\n", "the lock was not taken")
    os.utime(file, (time.time() - 9 * HOUR, time.time() - 9 * HOUR))
    place.sql(f"UPDATE fact SET value = '{moment(-8 * HOUR)}' WHERE name = 'last_pull_at'")
    return Finding("daemon", "daemon_stuck", 75, "restart convod", says=(str(holder.pid), "8 h"))


HOLDER = """
import fcntl, os, struct, sys, time
file = open(sys.argv[1], "w")
file.write(f"{os.getpid()}\\n")
file.flush()
fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
print("locked", flush=True)
time.sleep(600)
"""


def daemon_of_an_older_version(place):
    program = shutil.copy(os.path.join(place.bench.binaries, "convod"), place.path("convod"))
    os.chmod(program, 0o755)
    place.daemon(program)
    os.remove(program)
    return Finding("daemon", "outdated_daemon", hint="restart convod")


def listening(place, name):
    """Has the settings name a socket for the endpoint."""
    place.config(f'database = "{place.database}"', f'listen = "unix:{place.path(name)}"')


def endpoint_idle(place):
    listening(place, "socket")
    return Finding("endpoint", "endpoint_idle", hint="service start", says=place.path("socket"), severity="note")


def endpoint_missing(place):
    """convod was started before the settings named an address."""
    place.daemon()
    listening(place, "socket")
    return Finding("endpoint", "endpoint_missing", hint="service restart", says=place.path("socket"))


def endpoint_elsewhere(place):
    listening(place, "socket")
    place.daemon()
    wait("the endpoint listens", 20, lambda: json.loads(place.convo("endpoint", "--json").stdout)["running"])
    listening(place, "another")
    return Finding("endpoint", "endpoint_elsewhere", hint="service restart", says=(place.path("socket"), place.path("another")))


def endpoint_taken(place):
    place.taken = socket.create_server(("127.0.0.1", 0))
    place.config(f'database = "{place.database}"', f'listen = "127.0.0.1:{place.taken.getsockname()[1]}"')
    return Finding("endpoint", "endpoint_taken", 78, "another place", says="Another program")


def endpoint_token_exposed(place):
    listening(place, "socket")
    place.write(place.database + ".endpoint-token", "x" * 40, 0o644)
    return Finding("endpoint", "exposed_key_file", 78, says=".endpoint-token")


def no_inotify(place):
    """A user of its own has made as many instances as it may."""
    with open("/proc/sys/fs/inotify/max_user_instances") as file:
        limit = int(file.read())
    if not IS_ROOT or limit > 800:
        raise Skipped("it would take inotify from other programs of this user")
    place.give()
    taker = place.bench.run([sys.executable, "-c", TAKER, str(place.user)], stdout=subprocess.PIPE, text=True)
    check(taker.stdout.readline() == "taken\n", "inotify was not taken")
    return Finding("wakeups", "no_inotify", hint="max_user_instances")


TAKER = """
import ctypes, os, sys, time
system = ctypes.CDLL(None)
os.setuid(int(sys.argv[1]))
while system.inotify_init1(0) >= 0:
    pass
print("taken", flush=True)
time.sleep(600)
"""


def write_refused(place):
    place.start("sandbox:error=400")
    place.convo("sync", expect=(65,))
    return Finding("outbox", "writes_refused", says="1 write")


def write_held(place):
    place.start("wait for me")
    place.sql("UPDATE operation SET state = 'held', reason_code = 'ambiguous', reason_message = 'two could be it'")
    return Finding("outbox", "writes_held", hint="outbox retry", says="two could be it")


def write_in_doubt(place):
    place.start("was it taken?")
    at = int((time.time() - 5 * HOUR) * 1_000_000)
    place.sql(
        f"UPDATE operation SET state = 'in_doubt', sent = {at}, doubted = {at}, doubted_uptime = 1, doubted_boot = 'another'")
    return Finding("outbox", "writes_in_doubt", hint="convo sync")


def write_waiting(place):
    place.start("does anybody send me?")
    place.sql(f"UPDATE operation SET created_at = '{moment(-5 * HOUR)}'")
    return Finding("outbox", "writes_waiting", hint="convo sync")


def clock_behind_the_database(place):
    """The last pull was tomorrow, and no server can be asked."""
    place.sync()
    place.sql(f"UPDATE fact SET value = '{moment(30 * HOUR)}' WHERE name = 'last_pull_at'")
    place.environment["LD_LIBRARY_PATH"] = place.home
    place.write(place.path("libcurl.so.4"), "no library", 0o644)
    place.write(place.path("libcurl-gnutls.so.4"), "no library", 0o644)
    return Finding("clock", "clock_behind", 78, "set-ntp", severity="warning", fails="libcurl_missing")


def unit_not_installed(place):
    place.systemd(LoadState="not-found", UnitFileState="", ActiveState="inactive", SubState="dead")
    return Finding("service", "not_installed", hint="convo service install", severity="note")


def unit_disabled(place):
    place.systemd(UnitFileState="disabled", ActiveState="inactive", SubState="dead")
    return Finding("service", "service_disabled", hint="convo service install")


def unit_stopped(place):
    place.systemd(ActiveState="inactive", SubState="dead")
    return Finding("service", "service_stopped", hint="convo service start")


def unit_failed(place):
    place.systemd(ActiveState="failed", SubState="failed", Result="exit-code", ExecMainStatus="77")
    return Finding("service", "service_failed", 77, "convo service start", says="refused the key")


def unit_restarting(place):
    place.systemd(
        ActiveState="activating", SubState="auto-restart", Result="exit-code", ExecMainStatus="217", NRestarts="12")
    return Finding("service", "service_restarting", 78, "convo service install", says=("12 times", "user namespaces"))


def unit_masked(place):
    place.systemd(LoadState="masked", UnitFileState="masked", ActiveState="inactive", SubState="dead")
    return Finding("service", "unusable_unit", 78, "unmask")


def lingering_off(place):
    place.systemd(linger="no")
    return Finding("service", "no_lingering", hint="--linger")


def database_outside_of_the_unit(place):
    place.systemd(ReadWritePaths="-/home/somebody/.local/share/convo")
    return Finding("service", "outside_read_write_paths", 78, "convo service install", says=place.path("data"))


def unit_changed(place):
    place.systemd(NeedDaemonReload="yes")
    return Finding("service", "unit_changed", hint="daemon-reload")


FAULTS = [
    lock_left_behind, daemon_stopped, delivery_stopped, daemon_stuck, daemon_of_an_older_version, endpoint_idle, endpoint_missing,
    endpoint_elsewhere, endpoint_taken, endpoint_token_exposed, no_inotify, write_refused, write_held, write_in_doubt, write_waiting, clock_behind_the_database, unit_not_installed, unit_disabled, unit_stopped, unit_failed,
    unit_restarting, unit_masked, lingering_off, database_outside_of_the_unit, unit_changed]
