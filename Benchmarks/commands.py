"""What a command takes: time, memory, and, where it has nothing to do, a share of a core."""
import os, re, subprocess, threading, time


def timed(command, into=os.devnull, **more):
    """Runs a command, whose output goes to a file: how long it took, in seconds. Ends the benchmark where it fails."""
    start = time.monotonic()
    with open(into, "wb") as out:
        result = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, **more)
    if result.returncode:
        raise SystemExit(f"{command}: {result.stderr.decode()[:500]}")
    return time.monotonic() - start


def peak(command, **more):
    """Runs a command: its answer, how long it took, and its peak memory in MB. Ends the benchmark where it fails.

    Asked of the process while it runs: what wait4(2) says counts the memory of this one, from before the exec.
    """
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, **more)
    highest = 0

    def watch():
        nonlocal highest
        while process.poll() is None:
            try:
                with open(f"/proc/{process.pid}/status") as status:
                    highest = max(highest, int((re.search(r"VmHWM:\s*(\d+) kB", status.read()) or [0, 0])[1]))
            except OSError:
                return
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    output = process.stdout.read()
    seconds = time.monotonic() - start
    watcher.join()
    if process.wait():
        raise SystemExit(f"{command} failed")
    return output, seconds, highest / 1024


def idle(command, environment):
    """A daemon that has nothing left to do: its resident memory in MB, and the share of a core that it takes between two polls."""
    daemon = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    clock = ~daemon.pid << 3 | 2  # the processor time of that process, its ended threads included: clock_getcpuclockid(3)
    try:
        time.sleep(10)
        with open(f"/proc/{daemon.pid}/status") as status:
            megabytes = int(re.search(r"VmRSS:\s*(\d+) kB", status.read())[1]) / 1024
        before = time.clock_gettime(clock)
        time.sleep(15)
        return megabytes, (time.clock_gettime(clock) - before) / 15
    finally:
        daemon.terminate()
        daemon.wait()
