# SPDX-License-Identifier: GPL-2.0-only
"""Boots a guest on the hypervisor, alone on a fresh machine, and hands out the console line by line.

Responsible for starting QEMU or Bochs and for ending them: whatever happens, no machine outlives its deadline. Not for what the
lines mean.

A machine's lines() ends when the machine does. Its status then says how: what QEMU's exit device was given, as QEMU has it (twice
the number, plus one), or a word: "timeout", or what else went wrong.
"""
import os
import re
import selectors
import shutil
import signal
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("BUILD", os.path.join(TOP, "build"))     # as the Makefiles have it

OFF = 1                         # a domain that powered off with code 0
CRASHED = 2 * 0x40 + 1          # the hypervisor ended the domain
PANICKED = 2 * 0x3f + 1         # the guest did (guest-lib/begin.c)
IMAGES = {"debug": os.path.join(BUILD, "ringbolt.elf"), "release": os.path.join(BUILD, "release", "ringbolt.elf")}
BOCHS_PARTS = ("bochs", "script", "grub-mkrescue", "xorriso")


def bochs_is_here():
    return all(map(shutil.which, BOCHS_PARTS))


def cpu_seconds(process):
    """Processor time that a process has used; 0: there is none any more."""
    try:
        with open(f"/proc/{process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return 0.0


class Machine:
    """What both have: a deadline, an end, and lines cut from parts."""

    def __init__(self, seconds):
        self.status = None
        self.process = None
        self.raw = bytearray()      # all that the console had
        self.allow(seconds)

    def allow(self, seconds):
        """The machine may take so long from now on."""
        self.deadline = time.monotonic() + seconds

    def lines(self):
        """The console's lines as they come, without their ends."""
        rest = ""
        try:
            for part in self.parts():
                self.raw += part
                *whole, rest = (rest + part.decode("latin-1").replace("\r", "")).split("\n")
                yield from whole
            if rest:
                yield rest
        finally:
            self.end()

    def end(self):
        """End what we started, and its children: they have a process group of their own."""
        if self.process and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process:
            self.process.wait()


class Qemu(Machine):
    """image: the hypervisor, with or without the 32 at its end. guest: the kernel's file. counted: the clock counts instructions. options: the hypervisor's.
    module: a file that the guest finds as its initial file system. Or instead of guest, command line and module: manifest, a file, and files, those that it
    names, by these names."""

    def __init__(self, image, guest, command_line, seconds, counted=False, options="", module=None, cpus=1, manifest=None, files=(), mem=256):
        super().__init__(seconds)
        modules = [f"{guest} {command_line}"] + ([module] if module else [])
        if manifest:
            modules = [f"{manifest} manifest"] + [f"{path} {name}" for name, path in dict(files).items()]
            options += " manifest"
        self.command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max,-smap", "-m", str(mem), "-nodefaults", "-display", "none", "-no-reboot",
                        "-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
                        "-kernel", image + "32" if image.endswith(".elf") else image, "-append", f"exit=debug {options}", "-initrd", ",".join(modules)]
        self.command += ["-smp", str(cpus)]
        if counted:
            self.command += ["-icount", "shift=0,sleep=off"]

    def type(self, text):
        try:
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass        # it has ended: its status tells

    def parts(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True)
        with self.process.stdin, self.process.stdout, selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(max(0, self.deadline - time.monotonic())):
                    if time.monotonic() < self.deadline:
                        continue        # it was moved
                    self.status = "timeout"
                    return
                part = os.read(self.process.stdout.fileno(), 65536)
                if not part:
                    break
                yield part
        self.status = self.process.wait()


BOCHSRC = """display_library: term
cpu: model=tigerlake, count={cpus}, ips=50000000, reset_on_triple_fault=0
megs: 256
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0-master: type=cdrom, path={iso}, status=inserted
boot: cdrom
log: {folder}/bochs.log
com1: enabled=1, mode=file, dev={serial}
sound: waveoutdrv=dummy
panic: action=fatal
error: action=report
"""

GRUB_CFG = """set timeout=0
terminal_output console
menuentry ringbolt {{
	multiboot2 /boot/ringbolt.elf exit=debug {options}
	module2 /boot/guest {name} {command_line}
	boot
}}
"""


def make_iso(image, guest, command_line, options, folder):
    """A CD that GRUB starts the hypervisor from, by BIOS and, where grub-efi-amd64-bin is installed, by UEFI: folder/boot.iso. None, or what went wrong."""
    tree = os.path.join(folder, "iso")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(tree, "boot", "grub"))
    shutil.copy(image, os.path.join(tree, "boot", "ringbolt.elf"))
    shutil.copy(guest, os.path.join(tree, "boot", "guest"))
    with open(os.path.join(tree, "boot", "grub", "grub.cfg"), "w") as config:
        config.write(GRUB_CFG.format(name=os.path.basename(guest), command_line=command_line, options=options))
    made = subprocess.run(["grub-mkrescue", "-o", os.path.join(folder, "boot.iso"), tree], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    shutil.rmtree(tree)
    return None if made.returncode == 0 else made.stdout


class QemuGrub(Qemu):
    """QEMU with GRUB from a CD, as a PC has it. firmware: a file for -bios, or None: QEMU's BIOS."""

    def __init__(self, image, guest, command_line, seconds, folder, firmware=None, options="", cpus=1):
        super().__init__(image, guest, command_line, seconds, cpus=cpus)
        self.files = image, guest, command_line, options, folder
        kernel = self.command.index("-kernel")
        del self.command[kernel:kernel + 6]     # -kernel, -append, -initrd
        self.command += ["-machine", "q35", "-cdrom", os.path.join(folder, "boot.iso")]
        if firmware:
            self.command += ["-bios", firmware]

    def parts(self):
        wrong = make_iso(*self.files)
        if wrong is None:
            yield from super().parts()
        else:
            self.status = "no ISO"
            yield wrong


class Bochs(Machine):
    """image: the hypervisor's 64-bit file. folder: for what it needs on the disk, its own."""

    def __init__(self, image, guest, command_line, seconds, folder, options="", cpus=1):
        super().__init__(seconds)
        self.image, self.guest, self.command_line, self.folder, self.options, self.cpus = image, guest, command_line, folder, options, cpus
        self.iso = os.path.join(folder, "boot.iso")

    def ending(self, output):
        """Bochs has no exit status to offer: what the hypervisor prints at the end serves."""
        ended = re.search(r"domain 0 (?:powers off|restarts|crashed) \(code (\d+)\)", output)
        if "panic" in output.replace("guest panic", ""):
            return "hypervisor panic"
        if "no domain is left" not in output:
            return "emulator's end" if self.process.poll() is not None else None
        if "domain 0 is ended:" in output:
            return CRASHED
        return 2 * int(ended.group(1)) + 1 if ended else None

    def start(self, serial):
        with open(os.path.join(self.folder, "bochsrc"), "w") as config:
            config.write(BOCHSRC.format(cpus=self.cpus, iso=self.iso, serial=serial, folder=self.folder))
        with open(os.path.join(self.folder, "commands"), "w") as commands:
            commands.write("c\nquit\n")
        # Bochs' display wants a terminal that is large enough.
        command = f"stty rows 60 cols 140; exec bochs -q -f {self.folder}/bochsrc -rc {self.folder}/commands"
        self.process = subprocess.Popen(["script", "-qec", command, "/dev/null"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, start_new_session=True, env=dict(os.environ, TERM="xterm"))

    def parts(self):
        serial = os.path.join(self.folder, "serial")
        wrong = make_iso(self.image, self.guest, self.command_line, self.options, self.folder)
        if wrong is not None:
            self.status = "no ISO"
            yield wrong
            return
        self.start(serial)
        while self.status is None:
            late = time.monotonic() >= self.deadline
            if os.path.exists(serial):
                with open(serial, "rb") as text:
                    text.seek(len(self.raw))
                    part = text.read()
                if part:
                    yield part
            self.status = self.ending(self.raw.decode(errors="replace")) or ("timeout" if late else None)
            if self.status is None:
                time.sleep(0.2)
        self.end()
        os.remove(self.iso)
