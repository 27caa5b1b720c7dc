"""An IMAP server on loopback with one user and one mailbox, for mbsync."""
import grp, os, pwd, shutil, socket, subprocess, time

LIMIT_SECONDS = 3600  # of the server, whatever becomes of the benchmark
PATIENCE_SECONDS = 10


class Dovecot:
    """dovecot without root's rights: the caller runs it, or `nobody` where the caller is root.

    The one password is no secret: the server listens on 127.0.0.1 only, and has texts that the benchmark made.
    """

    program = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")

    def __init__(self, folder, messages):
        """Lays `messages` into a Maildir below `folder`, and starts a server of it; the caller ends `process`."""
        self.folder = folder
        for name in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(folder, "mail", name))
        for number, message in enumerate(messages, 1):
            with open(os.path.join(folder, "mail", "cur", f"{1_767_225_600 + number}.{number}.bench:2,S"), "w") as out:
                out.write(message)
        is_root = os.getuid() == 0
        user = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.getuid())
        self.port = self.free_port()
        self.configure(user)
        if is_root:
            for place, _, names in os.walk(folder):
                for path in (place, *(os.path.join(place, name) for name in names)):
                    os.chown(path, user.pw_uid, user.pw_gid)
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if is_root else {}
        with open(os.path.join(folder, "output"), "wb") as output:  # what it says before it has its log
            # setpriv has the kernel end `timeout`, which ends dovecot, where the caller is killed.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "timeout", "--kill-after=10", str(LIMIT_SECONDS),
                 self.program, "-F", "-c", os.path.join(folder, "dovecot.conf")],
                cwd=folder, stdout=output, stderr=output, **identity)

    def free_port(self):
        """A port that the system chose; dovecot takes no 0 for that."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return listener.getsockname()[1]

    def configure(self, user):
        with open(os.path.join(self.folder, "dovecot.conf"), "w") as out:
            out.write(f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/run
log_path = {self.folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = {user.pw_name}
default_internal_group = {grp.getgrgid(user.pw_gid).gr_name}
default_login_user = {user.pw_name}
first_valid_uid = {user.pw_uid}
mail_location = maildir:{self.folder}/mail
passdb {{
  driver = static
  args = password=bench
}}
userdb {{
  driver = static
  args = uid={user.pw_uid} gid={user.pw_gid} home={self.folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
""")

    def answers(self):
        """Whether the server greets a client before it ends or ten seconds have passed."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as connection:
                    return connection.recv(64).startswith(b"* OK")
            except OSError:
                time.sleep(0.05)
        return False

    def complaint(self):
        """What the server wrote last."""
        lines = []
        for name in ("output", "log"):
            if os.path.exists(os.path.join(self.folder, name)):
                with open(os.path.join(self.folder, name)) as file:
                    lines += file.read().splitlines()
        return lines[-1] if lines else "it said nothing"
