# SPDX-License-Identifier: GPL-2.0-only
"""A debugger's side of QEMU's gdb stub: stop, go on, breakpoints, and the monitor's commands.

Only what the watcher needs of GDB's remote serial protocol ("Remote Protocol" in GDB's manual).
"""
import re
import select
import socket
import time


class Gone(Exception):
    """The machine has ended."""


class Stub:
    def __init__(self, path, seconds):
        self._socket = socket.socket(socket.AF_UNIX)
        self._buffer = b""
        self._connect(path, time.monotonic() + seconds)

    def _connect(self, path, deadline):
        while True:
            try:
                self._socket.connect(path)
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise Gone("QEMU does not listen for its debugger") from None
                time.sleep(0.02)

    def close(self):
        self._socket.close()

    # ---------------------------------------------------------------- packets
    def _send(self, data):
        try:
            self._socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 255))
        except OSError:
            raise Gone("the machine ended") from None

    def _receive(self, seconds):
        """A packet, or None if none came in time."""
        deadline = time.monotonic() + seconds
        while True:
            packet = re.search(rb"\$([^#]*)#..", self._buffer, re.S)
            if packet:
                self._buffer = self._buffer[packet.end():]
                self._acknowledge()
                return packet[1]
            if not select.select([self._socket], [], [], max(0, deadline - time.monotonic()))[0]:
                return None
            self._more()

    def _acknowledge(self):
        try:
            self._socket.sendall(b"+")
        except OSError:
            pass

    def _more(self):
        try:
            part = self._socket.recv(65536)
        except OSError:
            part = b""
        if not part:
            raise Gone("the machine ended")
        self._buffer += part

    def _ask(self, data, seconds=60):
        self._send(data)
        answer = self._receive(seconds)
        if answer is None:
            raise Gone(f"QEMU's gdb stub does not answer {data[:20]}")
        return answer

    # ---------------------------------------------------------------- commands
    def breakpoint(self, address, on=True):
        if self._ask(b"%c0,%x,1" % (b"Z" if on else b"z", address)) != b"OK":
            raise Gone(f"no breakpoint at {address:#x}")

    def go(self):
        self._send(b"c")

    def wait(self, seconds):
        """True if the machine stopped meanwhile."""
        answer = self._receive(seconds)
        if answer is not None and answer[:1] in b"WX":
            raise Gone("the machine ended")
        return answer is not None

    def stop(self):
        try:
            self._socket.sendall(b"\x03")
        except OSError:
            raise Gone("the machine ended") from None
        if not self.wait(120):
            raise Gone("the machine does not stop")

    def monitor(self, command):
        """What a command of QEMU's monitor prints."""
        text = b""
        answer = self._ask(b"qRcmd," + command.encode().hex().encode())
        while answer != b"OK":
            if answer[:1] != b"O":
                raise Gone(f"the monitor refuses '{command}': {answer}")
            text += bytes.fromhex(answer[1:].decode())
            answer = self._receive(60) or b"E"
        return text.decode(errors="replace")
