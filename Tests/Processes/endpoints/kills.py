"""convod dies by SIGKILL while an SDK that retries starts, appends and streams through it, and the network loses answers."""
import json, sqlite3, subprocess, threading, time

from worlds.endpoint import Endpoint, clean_environment
from worlds.house import check, wait
from worlds.wire import Losing

from .losses import judge, settle
from .sdk import SCRIPTS, is_whole, python, tokens

WORKERS = 4


def killed(house, options):
    """Nothing is lost, nothing is there twice, and a stream that was cut is not taken for a whole one."""
    server = house.server("answer-ms=30", "delta-ms=10")
    proxy = Losing(server.url, 0.1, options.random, ("gateway", "reset", "half"))
    device = house.device(server, "kills", CONVO_SERVER_URL=proxy.url)
    endpoint = Endpoint(house, device)
    version, until = options.sdks[-1], house.path("until")
    seconds = 60 + options.kills * 4
    client = subprocess.Popen(
        [str(python(version)), str(SCRIPTS / "retrying.py"), "--until", until, "--seconds", str(seconds), "--",
         endpoint.address, endpoint.token, "0", str(WORKERS), version],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
    house.processes.append(client)
    said = []
    reader = threading.Thread(target=lambda: said.extend(client.communicate()))
    reader.start()
    for _ in range(options.kills):
        before = server.writes
        wait("writes reach the server", 30, lambda: server.writes > before + 2 * WORKERS)
        time.sleep(options.random.uniform(0, 0.3))
        endpoint.kill()
        check_integrity(device)
        if options.random.randrange(5) == 0:  # and another one while it starts
            process = house.run("convod", "--listen", endpoint.listen, environment=device.environment, log=device.log)
            time.sleep(options.random.uniform(0, 0.15))
            process.kill()
            process.wait()
        endpoint.start()
    with open(until, "w"):
        pass
    reader.join(seconds)
    check(client.returncode == 0, "the client ends badly:", said[1][-2000:] if said else "not at all")
    told = json.loads(said[0])
    settle(device)
    judge(server, told)
    check(not told["refused"], "503 in the end:", told["refused"][:3])
    wait("the mirror is whole", 20, lambda: is_whole(server, device))
    for id in server.chats():
        path = f"/v1/conversations/{id}/history"
        check(tokens(endpoint.ask("GET", path).body)[2] == tokens(json.dumps(server.ask("GET", path)))[2], path, "differs")
    endpoint.stop()
    check_integrity(device)
    proxy.close()
    return (f"{options.kills} kills, {proxy.lost} answers lost, {len(told['answered'])} writes answered, "
            f"{told['repeated']} calls repeated, each write once")


def check_integrity(device):
    with sqlite3.connect(device.environment["CONVO_DATABASE"], timeout=20) as database:
        finding = database.execute("PRAGMA integrity_check").fetchone()[0]
    check(finding == "ok", "integrity_check:", finding)


CASES = {"kills": killed}
