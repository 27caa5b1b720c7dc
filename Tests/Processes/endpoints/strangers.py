"""Whom the endpoint must not serve: a web page, a name that was bound anew, a wrong token, another user of the machine."""
import os, socket, subprocess, sys

from worlds.endpoint import Endpoint, ask
from worlds.house import Wrong, check, chat
from worlds.wire import Stream, place

# Told by every answer, and different in each.
CHANGING = {"date", "mistral-correlation-id", "x-kong-request-id", "x-request-id"}
OTHER = 65534  # nobody


def raw(address, head, body=b""):
    """The status, the fields that do not change, and the body of the answer to these bytes."""
    with socket.create_connection(place(address), timeout=10) as link:
        link.sendall(head + b"\r\n" + body)
        stream = Stream(link)
        line, fields, _ = stream.head()
        status = int(line.split()[1])
        data = b"".join(stream.body(fields)) if not head.startswith(b"HEAD") else b""
        return status, {name: value for name, value in fields.items() if name not in CHANGING}, data


def strangers(endpoint):
    """`{what it is: the fields}` of requests that must be refused."""
    host, token = "%s:%d" % place(endpoint.address), endpoint.token
    port = host.split(":")[1]
    right = f"Authorization: Bearer {token}\r\n"
    own = f"Host: {host}\r\n"
    found = {}
    for name in ("evil.test", f"evil.test:{port}", f"127.0.0.1.nip.io:{port}", f"localhost.evil.test:{port}",
                 f"evil.test@127.0.0.1:{port}",
                 f"127.0.0.1:{port}.evil.test", f"0.0.0.0:{port}", f"[::ffff:127.0.0.1].evil:{port}", "169.254.169.254",
                 "api.mistral.ai",
                 f"127.0.0.1:{port}, evil.test", f"127.0.0.2.evil:{port}", f"localhost%2eevil:{port}",
                 f"2130706433.evil:{port}", "*"):
        found[f"Host {name}"] = f"Host: {name}\r\n{right}"
    for origin in ("null", "http://evil.test", f"http://evil.test:{port}", "https://127.0.0.1", "file://",
                   f"http://localhost.evil.test:{port}",
                   "http://localhost:3000", "chrome-extension://aaaa", "", "http://[::1]:1"):
        found[f"Origin {origin!r}"] = f"{own}{right}Origin: {origin}\r\n"
    for words in ("", "Authorization:\r\n", "Authorization: Bearer\r\n", "Authorization: Bearer \r\n",
                  "Authorization: Bearer wrong\r\n",
                  f"Authorization: Bearer {token[:-1]}\r\n", f"Authorization: Bearer {token}x\r\n",
                  f"Authorization: Bearer {token[::-1]}\r\n",
                  f"Authorization: Bearer {token.swapcase()}\r\n", "Authorization: Bearer real\r\n",
                  f"Authorization: Basic {token}\r\n",
                  f"Authorization: {token}\r\n", f"Authorization: Bearer {token} {token}\r\n", f"Cookie: token={token}\r\n",
                  f"Authorization: Bearer {token}\r\nAuthorization: Bearer wrong\r\n",
                  f"Authorization: Bearer wrong\r\nAuthorization: Bearer {token}\r\n"):
        found[f"token {words.replace(token, 'TOKEN').strip()!r}"] = own + words
    return found


def refused(house, options):
    """401 or 403, the same answer for what exists and what does not, and neither the server nor the outbox hears of it."""
    server = house.server(keys=["real"], chats=[chat(0)])
    device = house.device(server, "strangers", MISTRAL_API_KEY="real", CONVO_POLL_INTERVAL="3600", CONVO_SWEEP_INTERVAL="3600")
    endpoint = Endpoint(house, device)
    id = next(iter(server.chats()))
    for _ in range(3):  # the second answer is one that was ready
        for path in ("", f"/{id}", f"/{id}/history"):
            check(endpoint.ask("GET", f"/v1/conversations{path}").status == 200, "its owner is not served")
    asked = server.requests()["total"]
    lines = ["GET /v1/conversations", f"GET /v1/conversations/{id}", f"GET /v1/conversations/{id}/history",
             "GET /v1/conversations/conv_none",
             "GET /v1/models", "GET /v1/nothing", f"DELETE /v1/conversations/{id}", "POST /v1/conversations",
             f"POST /v1/conversations/{id}",
             "POST /v1/chat/completions", "POST /v1/conversations#stream", "GET /", "GET /metrics", "PUT /v1/files"]
    body = b'{"inputs":"a stranger","model":"m"}'
    count = 0
    for name, fields in strangers(endpoint).items():
        told = set()
        for line in lines:
            has_body = line.startswith(("POST", "PUT"))
            length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if has_body else ""
            status, rest, data = raw(endpoint.address, f"{line} HTTP/1.1\r\n{fields}{length}".encode(), body if has_body
                                     else b"")
            count += 1
            check(status in (401, 403, 400) and (status != 400 or name.startswith("Host") or "\r\nAuth" in fields), name,
                  line, status, data[:200])
            check("access-control-allow-origin" not in rest, name, "may be read by a page:", rest)
            check(b"real" not in data and endpoint.token.encode() not in data and id.encode() not in data, name, "is told",
                  data)
            told.add((status, tuple(sorted(rest.items())), data))
        check(len(told) == 1, name, "learns from", len(told), "different answers:", *list(told)[:3])
        preflight = f"OPTIONS /v1/conversations HTTP/1.1\r\n{fields}Access-Control-Request-Method: POST\r\n"
        status, rest, _ = raw(endpoint.address, preflight.encode())
        check(status >= 400 and not any(field.startswith("access-control") for field in rest), name, "preflight", status, rest)
    check(server.requests()["total"] == asked, "the server was asked", server.requests()["total"] - asked, "times")
    check(not device.outbox() and server.times("a stranger") == 0, "something was written")
    for host in ("127.0.0.1", "localhost"):
        good = endpoint.ask("GET", f"/v1/conversations/{id}", Host=f"{host}:{place(endpoint.address)[1]}")
        check(good.status == 200, "Host", host, good)
    endpoint.stop()
    return f"{count} requests refused"


CLIENT = """
import socket, sys
link = socket.socket(socket.AF_UNIX)
link.settimeout(10)
try:
    link.connect(sys.argv[1])
    link.sendall(sys.argv[2].encode())
    print((link.recv(65536) or b"closed").split(b"\\r")[0].decode(), end="")
except PermissionError:
    print("no permission", end="")
except OSError:
    print("closed", end="")
"""


def other_users(house, options):
    """The socket is 0600; where its mode is opened up, another user is still refused, with the right token too."""
    server = house.server(keys=["real"], chats=[chat(0)])
    path = house.path("endpoint.socket")
    endpoint = Endpoint(house, house.device(server, "socket", MISTRAL_API_KEY="real"), listen=f"unix:{path}")
    id = next(iter(server.chats()))
    check(endpoint.ask("GET", f"/v1/conversations/{id}/history").status == 200, "its owner is not served over the socket")
    check(ask(endpoint.address, "wrong", "GET", "/v1/conversations").status == 401, "a wrong token over the socket")
    check(os.stat(path).st_mode & 0o777 == 0o600, "the socket's mode is", oct(os.stat(path).st_mode))
    said = "owner served"
    if os.getuid() == 0:
        request = (f"GET /v1/conversations/{id} HTTP/1.1\r\nHost: localhost\r\n"
                   f"Authorization: Bearer {endpoint.token}\r\n\r\n")

        def as_other():
            # The interpreter itself may be in a folder that is root's alone.
            return subprocess.run([sys.executable, "-c",
                                   f"import os, socket, sys\nos.setgid({OTHER}); os.setuid({OTHER})\n{CLIENT}", path, request],
                                  capture_output=True, text=True, timeout=30, check=True).stdout

        os.chmod(house.folder, 0o711)
        check(as_other() == "no permission", "another user:", as_other())
        os.chmod(path, 0o666)
        told = as_other()
        check(told == "closed" or " 401 " in told or " 403 " in told, "another user, where the mode lets him:", told)
        said += f", another user has {'a closed connection' if told == 'closed' else told}"
    endpoint.kill()
    endpoint.start()  # a socket that a killed convod left behind is in nobody's way
    check(endpoint.ask("GET", f"/v1/conversations/{id}").status == 200, "after a kill")
    endpoint.stop()
    check(not os.path.exists(path), "the socket stays behind")
    return said


def renewed(house, options):
    """A token counts until another one is made, without a restart; each profile has its own; the files are 0600."""
    server = house.server(keys=["real"])
    device = house.device(server, "renewal", MISTRAL_API_KEY="real")
    endpoint = Endpoint(house, device)
    before = endpoint.token
    for _ in range(3):  # the second answer is one that was ready
        check(ask(endpoint.address, before, "GET", "/v1/conversations").status == 200, "the first token does not count")
    check(len(before) >= 40 and not before.startswith("-"), "a weak token:", before)
    after = device.convo("endpoint", "token", "--renew", as_json=False).out.strip()
    check(after != before and device.convo("endpoint", "token", as_json=False).out.strip() == after, before, after)
    check(ask(endpoint.address, before, "GET", "/v1/conversations").status == 401, "the token before still counts")
    check(ask(endpoint.address, after, "GET", "/v1/conversations").status == 200, "the new token does not count")
    other = Endpoint(house, house.device(server, "other", MISTRAL_API_KEY="real"))
    check(other.token not in (before, after), "two stores have one token")
    check(ask(other.address, after, "GET", "/v1/conversations").status == 401, "another store's token counts")
    for root, _, names in os.walk(house.folder):
        for name in names:
            path = os.path.join(root, name)
            if not os.path.islink(path) and os.stat(path).st_mode & 0o077 and not name.endswith((".log", ".json")):
                raise Wrong(f"{path} can be read by others: {oct(os.stat(path).st_mode)}")
            if name.endswith(".log"):
                with open(path) as log:
                    said = log.read()
                check(not any(secret in said for secret in (before, after, other.token)), "a token is in", path)
    endpoint.stop()
    other.stop()


CASES = {
    "strangers: renewed tokens": renewed, "strangers: refused, and nothing learned": refused,
    "strangers: other users on the socket": other_users,
}
