"""A headless Chromium driven through a pipe (DevTools protocol), with the standard library alone.

So it runs with any Python 3.9 of the computer, where the browser is, and not inside the userland.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import struct
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "chrome")
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-background-networking", "--remote-debugging-pipe",
    # no address but this computer's resolves: the network is off
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
_WAIT = 120.0


def find():
    """The browser of this computer: $THERMOSIM_BROWSER, else the first one on PATH; None."""
    named = os.environ.get("THERMOSIM_BROWSER")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


class Chrome:
    """One page of a browser; `problems` is what the console and the network complained of."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="thermosim-browser-")
        to_child, self._out = os.pipe()
        self._in, from_child = os.pipe()
        # the browser reads commands on 3 and writes answers on 4
        wrapper = 'r="$1"; w="$2"; shift 2; exec 3<&"$r" 4>&"$w"; exec "$@"'
        command = ["bash", "-c", wrapper, "bash", str(to_child), str(from_child), program, *_FLAGS]
        command += [f"--user-data-dir={self.folder}", "about:blank"]
        with open(f"{self.folder}.log", "w") as log:
            self.process = subprocess.Popen(
                command, pass_fds=(to_child, from_child), stdout=log, stderr=log
            )
        os.close(to_child)
        os.close(from_child)
        self._buffer, self._number, self._session = b"", 0, None
        self.problems = []
        pages = self.send("Target.getTargets")["targetInfos"]
        page = next(t["targetId"] for t in pages if t["type"] == "page")
        found = self.send("Target.attachToTarget", targetId=page, flatten=True)
        self._session = found["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.send("Network.emulateNetworkConditions", offline=True, latency=0,
                  downloadThroughput=0, uploadThroughput=0)  # fmt: skip

    def send(self, method, **parameters):
        """Call a method and return its result; events that come meanwhile are noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive(_WAIT)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _receive(self, wait):
        while b"\0" not in self._buffer:
            if not select.select([self._in], [], [], wait)[0]:
                raise TimeoutError("the browser does not answer")
            got = os.read(self._in, 1 << 20)
            if not got:
                raise RuntimeError(f"the browser ended: {Path(self.folder + '.log').read_text()}")
            self._buffer += got
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event):
        about, method = event.get("params", {}), event.get("method")
        if method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(about["exceptionDetails"])[:600])
        elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning"):
            self.problems.append(json.dumps(about["args"])[:600])
        elif method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            # Chromium's own notes on software rendering are no fault of a page
            if about["entry"]["source"] != "rendering":
                self.problems.append(about["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            address = about["request"]["url"]
            if not address.startswith(("file:", "data:", "blob:", "about:")):
                self.problems.append(f"asks the network for {address}")

    def open(self, path, width, height=900):
        """Load a file in a window of a width, and forget what was complained of before."""
        self.problems = []
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)  # fmt: skip
        self.send("Page.navigate", url=Path(path).resolve().as_uri())
        self.until("document.readyState === 'complete'")

    def run(self, script):
        """Return the value of a script (promises are awaited)."""
        found = self.send("Runtime.evaluate", expression=script, returnByValue=True,
                          awaitPromise=True)  # fmt: skip
        if "exceptionDetails" in found:
            raise RuntimeError(json.dumps(found["exceptionDetails"])[:800])
        return found["result"].get("value")

    def until(self, script, seconds=60.0):
        """Wait until a script is true."""
        end = time.monotonic() + seconds
        while not self.run(script):
            if time.monotonic() > end:
                raise TimeoutError(f"never true: {script}; {self.problems}")
            time.sleep(0.1)

    def press(self, key):
        """Press a key where the focus is."""
        text = {"text": key} if len(key) == 1 else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    def shot(self, selector=None, path=None, scale=1.0):
        """Return a PNG of the window, or of an element; `path` keeps it too."""
        clip = {}
        if selector:
            box = self.run(
                f"(() => {{const r = document.querySelector({json.dumps(selector)})"
                ".getBoundingClientRect(); return {x: r.x + scrollX, y: r.y + scrollY, "
                f"width: r.width, height: r.height, scale: {scale}}}}})()"
            )
            clip = {"clip": box, "captureBeyondViewport": True}
        data = base64.b64decode(self.send("Page.captureScreenshot", format="png", **clip)["data"])
        if path:
            Path(path).write_bytes(data)
        return data

    def pdf(self, path=None):
        """Return the page as printed on A4."""
        data = base64.b64decode(self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69,
                                          printBackground=True)["data"])  # fmt: skip
        if path:
            Path(path).write_bytes(data)
        return data

    def close(self):
        """End the browser."""
        self._session = None
        try:
            self.send("Browser.close")
        except (RuntimeError, OSError):
            self.process.kill()
        self.process.wait(30)
        os.close(self._in)
        os.close(self._out)
        Path(f"{self.folder}.log").unlink()
        shutil.rmtree(self.folder, ignore_errors=True)


def pixels(png):
    """Return width, height and rows of (r, g, b) of a PNG of 8 bits without interlacing."""
    at, data, head = 8, b"", None
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        head = struct.unpack(">IIBB", body[:10]) if kind == b"IHDR" else head
        data += body if kind == b"IDAT" else b""
        at += 12 + size
    width, height, depth, colour = head
    assert depth == 8, depth
    step = {2: 3, 6: 4}[colour]
    raw, stride, rows, last = zlib.decompress(data), step * width, [], bytes(step * width)
    for y in range(height):
        kind, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1 :][:stride])
        for i in range(stride):
            a, b = line[i - step] if i >= step else 0, last[i]
            c = last[i - step] if i >= step else 0
            line[i] = (line[i] + _predicted(kind, a, b, c)) & 255
        rows.append([tuple(line[i : i + 3]) for i in range(0, stride, step)])
        last = line
    return width, height, rows


def _predicted(kind, a, b, c):
    if kind == 4:
        p = a + b - c
        return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
    return (0, a, b, (a + b) // 2)[kind]
