"""nginx as the server of an account, whose answers are files; and curl's list of the same requests."""
import json, os, random, shutil, subprocess, time

PAGE = 100  # conversations on a page of the list, as convo asks for them


class Nginx:
    """A server on loopback of the pages of a list, and of histories; the end of a `with` statement ends it."""

    program = shutil.which("nginx")

    def __init__(self, bench, root, history):
        """`root` has the pages of the list as files; `history` is the directive that answers with a history, whose id is $1."""
        self.bench = bench
        port = random.randrange(20_000, 60_000)
        configuration, log = bench.path("nginx.conf"), bench.path("nginx.log")
        with open(configuration, "w") as out:
            out.write(f"""
            worker_processes 1; pid {bench.path('nginx.pid')}; error_log {log}; daemon off; user root;
            events {{ worker_connections 256; }}
            http {{ access_log off; default_type application/json; sendfile on; keepalive_requests 1000000;
              server {{ listen 127.0.0.1:{port}; root {root};
                location = /v1/users/me {{ return 404 '{{"detail":"Not Found"}}'; }}
                location = /v1/whoami {{ return 404 '{{"detail":"Not Found"}}'; }}
                location = /v1/conversations {{ try_files /list-$arg_page.json =404; }}
                location ~ ^/v1/conversations/([^/]+)/history$ {{ {history}; }} }} }}""")
        self.process = subprocess.Popen(["nginx", "-c", configuration, "-e", log])
        self.url = f"http://127.0.0.1:{port}"
        time.sleep(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    @classmethod
    def of(cls, bench, pairs):
        """The server of an account with these conversations and histories, of which the last is the newest."""
        pairs = [*pairs]
        pairs.reverse()
        root = bench.path("www")
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(os.path.join(root, "history"))
        pages = len(pairs) // PAGE + 2  # the last page is empty: that ends the list
        for number in range(pages):
            with open(os.path.join(root, f"list-{number}.json"), "w") as out:
                json.dump([pair[0] for pair in pairs[number * PAGE:(number + 1) * PAGE]], out, ensure_ascii=False)
        for conversation, history in pairs:
            with open(os.path.join(root, "history", conversation["id"] + ".json"), "w") as out:
                json.dump(history, out, ensure_ascii=False)
        server = cls(bench, root, "try_files /history/$1.json =404")
        try:
            with open(bench.path("urls"), "w") as out, open(server.list_urls(pages)) as listing:
                out.write(listing.read())
                for conversation, _ in pairs:
                    out.write(f'url = "{server.url}/v1/conversations/{conversation["id"]}/history"\noutput = /dev/null\n')
        except BaseException:
            server.__exit__()
            raise
        return server

    def list_urls(self, pages):
        """curl's configuration that asks for the pages of the list: its path."""
        target = self.bench.path("list-urls")
        with open(target, "w") as out:
            for number in range(pages):
                out.write(f'url = "{self.url}/v1/conversations?page={number}&page_size={PAGE}"\noutput = /dev/null\n')
        return target
