#!/usr/bin/env python3
"""browse.py - looks at weir's page with a real browser: Chromium, driven by
chromedriver (W3C WebDriver over HTTP; nothing but Python's own library).

browse.py PAGE-URL FOLDER DNS-PORT

Screenshots go to FOLDER.  Prints a line for each check: "ok WHAT" or
"FAILED WHAT: what was seen"; ends with 1 if one failed.  PAGE-URL's resolver
blocks all below bad.example.
"""
import json
import subprocess
import sys
import time
import urllib.request

page, folder, dns_port = sys.argv[1:4]
failed = 0


def check(what, good, seen=""):
    global failed
    failed += not good
    print("ok %s" % what if good else "FAILED %s: %s" % (what, seen))


class Browser:
    """One session; methods are the commands of WebDriver that are needed."""

    def __init__(self):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.driver.stdout:
            if "successfully on port" in line:
                port = line.rsplit("port", 1)[1].strip(" .\n")
                break
        self.url = "http://127.0.0.1:" + port
        try:
            self.begin()
        except OSError:
            self.driver.terminate()
            raise

    def begin(self):
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "goog:chromeOptions": {"args": [
                "--headless=new", "--hide-scrollbars", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking"]}}}})
        self.url += "/session/" + answer["sessionId"]

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "application/json"},
            method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())["value"]

    def run(self, script, *args):
        return self.ask("POST", "/execute/sync",
                        {"script": script, "args": list(args)})

    def log(self, kind):
        return self.ask("POST", "/se/log", {"type": kind})

    def devtools(self, command, params):
        return self.ask("POST", "/goog/cdp/execute",
                        {"cmd": command, "params": params})

    def shot(self, name, width, height, scheme):
        import base64
        self.devtools("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": scheme}]})
        self.devtools("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1,
            "mobile": False})
        time.sleep(0.3)
        wide = self.run("return document.documentElement.scrollWidth")
        check("%s fits into its width" % name, wide <= width, wide)
        cut = self.run(
            "return [...document.querySelectorAll('#live td:nth-child(-n+2)')]"
            ".filter((e) => e.scrollWidth > e.clientWidth + 1).length")
        check("%s cuts no time and no outcome" % name, cut == 0, cut)
        cut = self.run(
            "return [...document.querySelectorAll('.scroll')]"
            ".filter((e) => e.scrollWidth > e.clientWidth).length")
        check("%s hides no column" % name, cut == 0, cut)
        picture = self.devtools("Page.captureScreenshot", {
            "captureBeyondViewport": True})["data"]
        with open("%s/page-%s.png" % (folder, name), "wb") as out:
            out.write(base64.b64decode(picture))

    def close(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def wait_for(ask, seconds):
    """Seconds until it is true; None."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if ask():
            return time.monotonic() - began
        time.sleep(0.02)
    return None


def dig(name):
    subprocess.run(["dig", "+time=2", "+tries=1", "-p", dns_port, "@127.0.0.1",
                    name, "A"], stdout=subprocess.DEVNULL, check=False)


def text(browser, css):
    return browser.run(
        "const e = document.querySelector(arguments[0]);"
        "return e ? e.textContent : ''", css)


def look(browser):
    browser.ask("POST", "/url", {"url": page})
    check("totals are there", wait_for(
        lambda: text(browser, "#queries").isdigit(), 10) is not None,
        text(browser, "#queries"))
    blocked = int(text(browser, "#blocked"))
    check("blocked ones are counted", blocked > 0, blocked)
    check("the state", "protecting" in text(browser, "#state"),
          text(browser, "#state"))
    dig("fresh.bad.example")
    took = wait_for(lambda: "fresh.bad.example" in text(browser, "#live"), 5)
    check("an event shows within a second", took is not None and took < 1, took)
    check("the number follows", wait_for(
        lambda: text(browser, "#blocked") == str(blocked + 1), 5) is not None,
        text(browser, "#blocked"))
    check("top names", wait_for(
        lambda: "fresh.bad.example" in text(browser, "#names"), 8) is not None,
        text(browser, "#names"))
    check("top domains", "bad.example" in text(browser, "#domains"),
          text(browser, "#domains"))
    check("top clients", "127.0.0.1" in text(browser, "#clients"),
          text(browser, "#clients"))
    check("the feed", "threats" in text(browser, "#feeds"),
          text(browser, "#feeds"))
    check("its state, and that of the others", wait_for(
        lambda: "deny" in text(browser, "#states") and
        "threats" in text(browser, "#states"), 8) is not None,
        text(browser, "#states"))


def look_at_hostile(browser):
    dig("<script>alert(1)</script>.bad.example")
    dig("<img/src=x/onerror=alert(1)>.bad.example")
    # Parentheses are escaped in names as they are printed.
    wait_for(lambda: "<img/src" in text(browser, "#live"), 5)
    check("a hostile name is text", r"<script>alert\(1\)</script>" in
          text(browser, "#live"), text(browser, "#live")[:200])
    check("and no element", browser.run(
        "return document.querySelectorAll('main script, main img').length")
        == 0)


def search(browser, name):
    browser.run("document.querySelector('#name').value = arguments[0];"
                "document.querySelector('#search button').click()", name)
    wait_for(lambda: text(browser, "#answer") not in ("", "asking …"), 12)
    return text(browser, "#answer")


def look_at_search(browser):
    seen = search(browser, "www.bad.example")
    check("search: why it is blocked", "blocked" in seen and "threats" in seen,
          seen)
    seen = search(browser, "good.example")
    check("search: not blocked", "blocked" not in
          seen.replace("not blocked", ""), seen)
    seen = search(browser, "--help")
    check("search: an option is no option", "usage" not in seen, seen)
    seen = search(browser, "a..b")
    check("search: not a name", "not a domain name" in seen, seen)
    search(browser, "www.bad.example")


def look_at_logs(browser):
    # The name that is none is answered with 400, which Chromium notes.
    errors = [entry["message"] for entry in browser.log("browser")
              if "/api/explain" not in entry["message"]]
    check("no error in the console", not errors, errors)
    away = []
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            if not url.startswith((page, "data:", "blob:", "chrome:")):
                away.append(url)
    check("no request to elsewhere", not away, away)


browser = Browser()
try:
    look(browser)
    look_at_hostile(browser)
    look_at_search(browser)
    browser.shot("wide-light", 1200, 1500, "light")
    browser.shot("wide-dark", 1200, 1500, "dark")
    browser.shot("narrow-light", 390, 2000, "light")
    browser.shot("narrow-dark", 390, 2000, "dark")
    look_at_logs(browser)
finally:
    browser.close()
sys.exit(failed > 0)
