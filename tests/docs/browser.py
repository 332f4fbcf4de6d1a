# SPDX-License-Identifier: GPL-2.0-only
"""A browser for tests of the site: Debian's chromium, without a screen and without a network.

Responsible for starting it, for loading pages and for what a page did while it loaded: errors, requests. What is right and wrong with a page as it is shown
is in checks.js.
"""
import http.server
import json
import os
import shutil
import tempfile
import threading
import time
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service

HERE = os.path.dirname(os.path.abspath(__file__))
WIDE, NARROW = 1400, 390
PATIENCE = 120      # seconds for one page, on a busy machine

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars",
         # No name but this machine's has an address: a page that asks for something elsewhere gets an error, which is seen.
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


class Browser:
    """One browser with one page at a time."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="ringbolt-docs-")
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in FLAGS + ["--user-data-dir=" + self.profile]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(PATIENCE)
        with open(os.path.join(HERE, "checks.js"), encoding="utf-8") as script:
            self.script = script.read()

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def set_width(self, width):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})

    def prefer(self, scheme):
        """What the system says: light or dark."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def load(self, address):
        """Complaints about what happened while the page loaded."""
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        try:
            self.driver.get(address)
        except WebDriverException as problem:
            return [f"does not load: {problem.msg}"]
        return self.complaints()

    def complaints(self):
        """Errors on the console, and requests that leave this machine, since the last look."""
        errors = [f"console: {entry['message']}" for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        return errors + [f"asks for {address}" for address in self.requests() if not is_local(address)]

    def requests(self):
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                yield message["params"]["request"]["url"]

    def ask(self, question):
        return self.driver.execute_script(self.script, question)

    def wait_for(self, condition):
        """The value of a JavaScript expression once it is true; None if it does not come true."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            value = self.driver.execute_script("return " + condition)
            if value:
                return value
            time.sleep(0.1)
        return None

    def background(self):
        return self.driver.execute_script("return getComputedStyle(document.body).backgroundColor")

    def set_theme(self, theme):
        """light, dark or auto, as the button of the page does."""
        self.driver.execute_script("document.body.dataset.theme = arguments[0]", theme)


def is_local(address):
    parts = urlsplit(address)
    return parts.scheme in ("file", "data", "blob", "about", "chrome") or parts.hostname == "127.0.0.1"


class Server:
    """The site on a free port of this machine."""

    def __init__(self, folder):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=folder)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def address(self, page):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{page}"

    def close(self):
        self.server.shutdown()
