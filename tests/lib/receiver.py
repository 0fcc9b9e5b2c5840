#!/usr/bin/env python3
"""receiver: an upstream that takes validated records, and misbehaves on order.

    receiver.py --dir DIR [--port N]

It takes any POST and keeps what came in DIR, before it answers:

    DIR/000001.json    the body, as it came
    DIR/000001.head    "name: value" lines: idempotency-key, padu-signature,
                       padu-authority, and answer: ok, 500 or silent

What it says next stands in DIR/mode, one word: ok, 500 (says no, and takes
nothing), slow (two seconds late), silent (takes it and closes the line
without a word), down (closes the line before it reads).  The same key again is taken
again and means the same: whoever reads the folder goes by the items' keys.
"""
import argparse
import http.server
import os
import socket
import threading
import time

KEPT = ("idempotency-key", "padu-signature", "padu-authority")
SLOW_S = 2.0
BODY_MAX = 8 << 20


class Receiver:
    """It listens from start() on; until then its port refuses."""

    def __init__(self, folder, port=0):
        self.folder = folder
        self.lock = threading.Lock()
        os.makedirs(folder, exist_ok=True)
        self.count = sum(n.endswith(".json") for n in os.listdir(folder))
        with socket.socket() as s:
            s.bind(("127.0.0.1", port))
            self.port = s.getsockname()[1]
        self.server = None
        self.seen = []  # what was answered, in order
        self.set_mode("ok")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/records"

    def set_mode(self, mode):
        path = os.path.join(self.folder, "mode")
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(mode + "\n")
        os.replace(path + ".new", path)

    def mode(self):
        with open(os.path.join(self.folder, "mode"), encoding="ascii") as f:
            return f.read().strip()

    def keep(self, body, headers, answer):
        with self.lock:
            self.count += 1
            stem = os.path.join(self.folder, f"{self.count:06d}")
            self.seen.append(answer)
        with open(stem + ".json", "wb") as f:
            f.write(body)
        with open(stem + ".head", "w", encoding="ascii") as f:
            for name in KEPT:
                value = headers.get(name, "")
                f.write(f"{name}: {value.encode('ascii', 'replace').decode()}"
                        "\n")
            f.write(f"answer: {answer}\n")

    def start(self):
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def silence(self):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def do_POST(self):
                mode = owner.mode()
                length = int(self.headers.get("Content-Length", "0"))
                if mode == "down" or length > BODY_MAX:
                    self.silence()
                    return
                body = self.rfile.read(length)
                if len(body) < length:
                    self.silence()
                    return
                if mode == "slow":
                    time.sleep(SLOW_S)
                owner.keep(body, self.headers, mode if mode in
                           ("500", "silent") else "ok")
                if mode == "silent":
                    self.silence()
                    return
                text = b'{"error":"later"}' if mode == "500" else b"{}"
                self.send_response(500 if mode == "500" else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


def main():
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--dir", required=True)
    words.add_argument("--port", type=int, default=0)
    opts = words.parse_args()
    receiver = Receiver(opts.dir, opts.port)
    receiver.start()
    print(f"receiving on {receiver.url}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
