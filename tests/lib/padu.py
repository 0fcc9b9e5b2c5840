"""padu: run the real programs as their users would, for stories and tests.

Nothing here knows how the programs work inside: it starts them, gives them
arguments and standard input, and reads what they print with --json.
"""
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time


class Failed(Exception):
    """A step did not hold; the text is a sentence for a person."""


class Refused(Failed):
    """A program said no: .status is its word for why, .result its answer."""

    def __init__(self, sentence, status, result):
        super().__init__(sentence)
        self.status = status
        self.result = result


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, test, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = test()
        if got:
            return got
        time.sleep(0.05)
    raise Failed(f"{what} did not happen within {seconds:.0f} seconds")


class Program:
    """One of the two programs on one folder."""

    def __init__(self, binary, folder, env=None):
        self.binary = binary
        self.folder = folder
        self.env = dict(os.environ, **(env or {}))
        self.daemon = None
        self.out = None

    def rows(self, *args, stdin=None, env=None, timeout=120):
        """Run one command: the rows of its list and its result, or Refused."""
        command = [self.binary, *map(str, args), "--dir", self.folder,
                   "--json"]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True,
            timeout=timeout, env=dict(self.env, **(env or {})), check=False)
        rows, last = [], {}
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                said = json.loads(line)
                if "row" in said:
                    rows.append(said["row"])
                last.update(said)
        name = f"{os.path.basename(self.binary)} {args[0]}"
        if done.returncode == 0 and "result" in last:
            return rows, last["result"]
        error = last.get("error", {})
        said = error.get("message") or done.stderr.strip() or done.stdout
        if done.returncode < 0:
            raise Refused(f"{name} was ended by signal {-done.returncode}",
                          "killed", None)
        raise Refused(f"{name}: {said} (exit {done.returncode})",
                      error.get("status", str(done.returncode)),
                      last.get("result"))

    def call(self, *args, **opts):
        """Run one command; its result, or Refused."""
        return self.rows(*args, **opts)[1]

    def start(self, *args, ready, env=None, log=None):
        """Start the daemon; the match of the line that says it is ready."""
        return self.start_words(
            [self.binary, "run", *map(str, args), "--dir", self.folder],
            ready=ready, env=env, log=log)

    def start_words(self, words, ready, env=None, log=None):
        """The same with a command line of its own."""
        self.out = open(log or os.path.join(self.folder, "..",
                        os.path.basename(self.folder) + ".log"), "a",
                        encoding="utf-8")
        self.daemon = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=self.out, text=True,
            env=dict(self.env, **(env or {})))
        found = []

        def read(daemon):
            for line in daemon.stdout:
                self.out.write(line)
                self.out.flush()
                match = re.search(ready, line)
                if match and not found:
                    found.append(match)

        threading.Thread(target=read, args=(self.daemon,),
                         daemon=True).start()
        wait_for(f"{os.path.basename(self.binary)}: getting ready",
                 lambda: found or self.daemon.poll() is not None)
        if not found:
            raise Failed(f"{os.path.basename(self.binary)} ended with "
                         f"{self.daemon.returncode}; see its log")
        return found[0]

    def kill(self):
        """As a pulled plug: no handler runs."""
        if self.daemon is not None:
            self.daemon.send_signal(signal.SIGKILL)
            self.daemon.wait()
            self.daemon = None

    def stop(self):
        """As its user stops it."""
        if self.daemon is None:
            return
        if self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(30)
            except subprocess.TimeoutExpired as slow:
                self.kill()
                raise Failed(f"{self.binary} did not stop") from slow
        self.daemon = None


class Receiver(Program):
    """The tier above: tests/lib/receiver.c, which misbehaves on order."""

    def __init__(self, binary, folder):
        super().__init__(binary, folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/forward"

    def run(self, key):
        """Until then its port refuses."""
        self.start_words((self.binary, "--dir", self.folder, "--key", key,
                          "--port", str(self.port)), ready="^listening")

    def misbehave(self, mode, times):
        """It does so for the next requests; wait for that with behaves()."""
        with open(os.path.join(self.folder, "control"), "w",
                  encoding="ascii") as f:
            f.write(f"{mode} {times}\n")

    def behaves(self):
        with open(os.path.join(self.folder, "control"),
                  encoding="ascii") as f:
            return f.read().split()[1:] == ["0"]

    def standing(self):
        """The records that it was sent and not told to take back."""
        items = {}
        requests = os.path.join(self.folder, "requests")
        for name in sorted(os.listdir(requests)):
            if name.endswith(".json"):
                with open(os.path.join(requests, name),
                          encoding="utf-8") as f:
                    items.update({x["key"]: x for x in json.load(f)["items"]})
        for key in [x["corrects"] for x in items.values() if "corrects" in x]:
            items.pop(key, None)
        return sorted(x["record"] for x in items.values()
                      if x["type"] == "record")


class Link:
    """The way between laptops and server, on loopback: it can be cut.

    It forwards bytes both ways.  cut_after(n, then) breaks the connection
    once n more bytes have gone up, and calls then().
    """

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.up = True
        self.left = None
        self.then = None
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, nbytes, then):
        with self.lock:
            self.left, self.then = nbytes, then

    def _accept(self):
        while True:
            try:
                laptop, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(laptop,),
                             daemon=True).start()

    def _carry(self, laptop):
        if not self.up:
            laptop.close()
            return
        try:
            server = socket.create_connection(self.target, 10)
        except OSError:
            laptop.close()
            return
        threading.Thread(target=self._pump, args=(server, laptop, False),
                         daemon=True).start()
        self._pump(laptop, server, True)

    def _pump(self, source, sink, upward):
        try:
            while True:
                data = source.recv(4096)
                if not data:
                    break
                if upward:
                    with self.lock:
                        if self.left is not None and len(data) >= self.left:
                            sink.sendall(data[:self.left])
                            self.left, then = None, self.then
                            then()
                            break
                        if self.left is not None:
                            self.left -= len(data)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def close(self):
        self.listener.close()
