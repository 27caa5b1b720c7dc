"""Faults of the server, the network between, and the account."""
import email.utils, http.server, os, socket, ssl, subprocess, threading, time

from .place import SECRET, Finding

DAY = 86_400


class Listener:
    """A web server on loopback: it answers each GET with one body, and dates its answers by a clock of its own."""

    def __init__(self, body, kind="application/json", offset=0, certificate=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):
                handler.send_response_only(200)
                handler.send_header("Date", email.utils.formatdate(time.time() + offset, usegmt=True))
                handler.send_header("Content-Type", kind)
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body.encode() if handler.command == "GET" else b"")

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a client that refuses the certificate
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.server.server_port}"


AUTHORITY = """
[ca]
default_ca = lunch
[lunch]
database = issued
serial = serial
new_certs_dir = .
default_md = sha256
policy = names
[names]
commonName = supplied
"""


def certificate(place, days):
    """A certificate for 127.0.0.1 that "Lunch Proxy CA" has signed, and the file of that authority.

    It expires in so many days, and is valid for ten before."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=place.home, check=True, capture_output=True, timeout=60)

    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new, "-days", "2", "-subj", "/CN=Lunch Proxy CA", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *new, "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr")
    place.write(place.path("names"), "subjectAltName=IP:127.0.0.1")
    place.write(place.path("issued"), "")
    place.write(place.path("serial"), "01\n")
    place.write(place.path("authority"), AUTHORITY)
    dates = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + day * DAY)) for day in (days - 10, days)]
    openssl("ca", "-batch", "-config", "authority", "-notext", "-in", "server.csr", "-cert", "ca.pem", "-keyfile", "ca.key",
            "-startdate", dates[0], "-enddate", dates[1], "-extfile", "names", "-out", "server.pem")
    os.chmod(place.path("ca.pem"), 0o644)
    return place.path("server.pem"), place.path("server.key")


LIST = "[]"


def key_revoked(place):
    place.environment["MISTRAL_API_KEY"] = SECRET
    return Finding("server", "credentials_refused", 77, "MISTRAL_API_KEY")


def key_in_a_file_revoked(place):
    path = place.key_file(SECRET)
    return Finding("server", "credentials_refused", 77, path)


def key_of_another_account(place):
    place.sync()
    place.environment["MISTRAL_API_KEY"] = "key-bob"
    return Finding("account", "other_account", 78, "convo account adopt")


def server_of_another_database(place):
    place.sync()
    place.environment["CONVO_SERVER_URL"] = place.bench.sandbox()
    return Finding("account", "other_server", 78, "convo account adopt")


def server_without_the_route(place):
    place.environment["CONVO_SERVER_URL"] += "/wrong"
    return Finding("server", "no_route", 78, "CONVO_SERVER_URL")


def server_that_is_not_the_api(place):
    place.environment["CONVO_SERVER_URL"] = Listener("<html>Welcome! Sign in.</html>", "text/html").url
    return Finding("server", "not_the_api", 69, "sign-in page")


def server_in_the_clear(place):
    place.environment.update(CONVO_SERVER_URL="http://example.invalid", MISTRAL_API_KEY=SECRET)
    return Finding("key", "plain_http", 78, "https://")


def server_without_an_address(place):
    place.environment["CONVO_SERVER_URL"] = "https://convo.invalid"
    return Finding("server", "unreachable", 69, "getent hosts")


def server_that_refuses_connections(place):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        place.environment["CONVO_SERVER_URL"] = f"http://127.0.0.1:{closed.getsockname()[1]}"
    return Finding("server", "unreachable", 69, "server_url")


def proxy_that_is_dead(place):
    place.environment.update(
        CONVO_SERVER_URL="https://convo.invalid", https_proxy=f"http://ann:{SECRET}@127.0.0.1:9", MISTRAL_API_KEY=SECRET)
    return Finding("server", "unreachable", 69, "https_proxy")


def proxy_that_intercepts(place):
    place.environment.update(CONVO_SERVER_URL=Listener(LIST, certificate=certificate(place, 2)).url, MISTRAL_API_KEY=SECRET)
    return Finding("server", "insecure", 69, "SSL_CERT_FILE", says="Lunch Proxy CA")


def expired(place, offset):
    server = Listener(LIST, offset=offset, certificate=certificate(place, -2))
    place.environment.update(CONVO_SERVER_URL=server.url, SSL_CERT_FILE=place.path("ca.pem"))


def certificate_expired(place):
    expired(place, 0)
    return Finding("server", "certificate_expired", 69, "renew")


def certificate_expired_by_our_clock(place):
    expired(place, -3 * DAY)
    return Finding("server", "clock_off", 69, "set-ntp", says="3 days ahead")


def clock_off_by_a_day(place):
    place.environment["CONVO_SERVER_URL"] = Listener(LIST, offset=-DAY).url
    return Finding("clock", "clock_off", 78, "set-ntp", says="24 h ahead")


def clock_off_by_minutes(place):
    place.environment["CONVO_SERVER_URL"] = Listener(LIST, offset=600).url
    return Finding("clock", "clock_off", hint="set-ntp", says="behind")


FAULTS = [
    key_revoked, key_in_a_file_revoked, key_of_another_account, server_of_another_database, server_without_the_route, server_that_is_not_the_api,
    server_in_the_clear, server_without_an_address, server_that_refuses_connections, proxy_that_is_dead, proxy_that_intercepts,
    certificate_expired, certificate_expired_by_our_clock, clock_off_by_a_day, clock_off_by_minutes]
