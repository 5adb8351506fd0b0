"""Mermaid's own parser on diagrams: mermaid_page.py KEPT FILE..."""
import os
import sys

from browser import Checks, fetched, start

kept, *files = sys.argv[1:]
check = Checks()
driver = start()
with open("mermaid.html", "w", encoding="utf-8") as page:
    page.write(f'<script src="file://{fetched(kept, "mermaid@11.6.0")}/dist/mermaid.min.js"></script>')
driver.get("file://" + os.path.abspath("mermaid.html"))
for name in files:
    with open(name, encoding="utf-8") as diagram:
        told = driver.execute_async_script(
            "mermaid.render('d', arguments[0]).then((r) => arguments[1](r.svg), (e) => arguments[1]('no: ' + e));",
            diagram.read())
    check(name, told.startswith("<svg") and "Syntax error" not in told, told[:300])
    check(f"{name}: nothing runs in it", "<img" not in told and "<script" not in told)
check("a wrong diagram is refused", driver.execute_async_script(
    "mermaid.parse('flowchart LR\\n  a[\"x').then(() => arguments[0](false), () => arguments[0](true));"))
driver.quit()
check.end()
