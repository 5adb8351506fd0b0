"use strict";
/* The page's own life: which subjects are listed, and the story of the one that is chosen. Everything
 * of a target comes from the data block and goes into the page as text, never as markup. */
(() => {
    const byId = (id) => document.getElementById(id);
    /* a line a subject; the last one is what they share */
    const lines = byId("data").textContent.trimEnd().split("\n");
    const data = JSON.parse(lines.pop());
    const text = (index) => data.strings[index] ?? null;

    /* ---- elements ---- */

    function make(name, className, ...children) {
        const element = document.createElement(name);
        if (className) element.className = className;
        element.append(...children.filter((child) => child !== null && child !== ""));
        return element;
    }
    const code = (content) => make("code", "", content);

    function copyButton(content, what) {
        const button = make("button", "copy", "Copy");
        button.type = "button";
        button.setAttribute("aria-label", `Copy ${what}`);
        button.addEventListener("click", async () => {
            const done = await copy(content);
            button.textContent = done ? "Copied" : "Press Ctrl+C";
            setTimeout(() => { button.textContent = "Copy"; }, 1600);
        });
        return button;
    }

    /* Pages of a disk have no clipboard in some browsers: the selection serves there. */
    async function copy(content) {
        try {
            await navigator.clipboard.writeText(content);
            return true;
        } catch {
            const area = make("textarea", "unseen");
            area.value = content;
            document.body.append(area);
            area.select();
            const done = document.execCommand("copy");
            area.remove();
            return done;
        }
    }

    /* ---- what the data says ---- */

    const told = [];
    function subjectAt(index) {
        if (told[index] === undefined) {
            const subject = JSON.parse(lines[index]);
            told[index] = { ...subject, target: data.targets[subject.t] };
        }
        return told[index];
    }
    const objectsOf = (subject) => subject.objects.map((row) => ({
        name: text(row[0]), path: text(row[1]), by: text(row[2]), via: text(row[3]), needs: row[4],
        trail: Array.from({ length: row[5].length / 3 }, (_, i) => row[5].slice(i * 3, i * 3 + 3).map(text)),
    }));
    const findingsOf = (owner) => owner.findings.map((finding) => ({
        rule: text(finding[0]), severity: text(finding[1]), message: text(finding[2]), object: text(finding[3]),
        by: text(finding[4]), symbol: text(finding[5]), version: text(finding[6]), fix: text(finding[7]), accepted: text(finding[8]),
        place: text(finding[9]), replaces: text(finding[10]), lines: finding.slice(11).map(text).join("\n"),
    }));

    /* ---- the stations of a start ---- */

    const STATIONS = [["exec", "Kernel"], ["load", "Libraries"], ["version", "Versions"], ["relocate", "Symbols"], ["run", "main()"]];

    function stationState(subject, index) {
        const at = STATIONS.findIndex(([phase]) => phase === text(subject.phase));
        const verdict = text(subject.verdict);
        if (verdict === "runs") return ["passed", "passed"];
        if (verdict === "unknown") return index === 0 && text(subject.kind) !== "shared-object" ? ["passed", "passed"] : ["open", "not known"];
        if (verdict === "degraded") return index < 4 ? ["passed", "passed"] : ["later", "fails later"];
        if (index < at) return ["passed", "passed"];
        return index === at ? ["stopped", "stops here"] : ["", "not reached"];
    }

    function stations(subject) {
        const list = make("ol", "stations");
        STATIONS.forEach(([, name], i) => {
            const [state, says] = stationState(subject, i);
            list.append(make("li", state, name, make("br"), make("small", "", says)));
        });
        return make("section", "", heading("Where it stops", "how far the start comes"), list);
    }

    function heading(title, small) {
        const element = make("h3", "", title);
        if (small) element.append(" ", make("small", "", small));
        return element;
    }

    /* ---- parts of a story ---- */

    function title(subject) {
        const facts = [text(subject.kind), text(subject.platform), text(subject.libc), text(subject.linkage)]
            .filter((fact) => fact !== null && fact !== "none");
        const box = make("div", `title ${text(subject.verdict)}`, make("span", "badge", text(subject.verdict)));
        const name = make("h2", "mono", text(subject.path));
        name.tabIndex = -1;
        box.append(name, make("p", "", facts.join(" · ")));
        const origin = [text(subject.stage), text(subject.origin)].filter((part) => part !== null);
        if (origin.length !== 0) box.append(make("p", "", "copied from ", code(origin.join(":"))));
        if (data.targets.length > 1) box.append(make("p", "", "in ", code(text(subject.target.root)), ` for ${text(subject.target.platform)}`));
        return box;
    }

    function words(subject) {
        const runtime = text(subject.runtime);
        const lines = runtime !== null ? [runtime] : subject.stderr.map(text);
        if (lines.length === 0) return null;
        const who = runtime !== null ? `the container runtime (${text(subject.errno) ?? "before the start"})`
            : subject.exit >= 0 ? `exit status ${subject.exit}` : "";
        const said = lines.join("\n");
        return make("section", text(subject.verdict), heading("What it will say", who),
            make("div", "quote", make("pre", "", said), copyButton(said, "the message")));
    }

    function fixBox(fix) {
        return make("div", "fix", make("b", "", "Fix"), " ", fix, copyButton(fix, "the fix"));
    }

    function finding(found) {
        const box = make("li", "", make("p", "", found.message));
        if (found.place !== null) box.append(make("p", "where", code(found.place)));
        if (found.accepted !== null) box.append(make("p", "where", `Accepted: ${found.accepted}`));
        if (found.fix !== null) box.append(fixBox(found.fix));
        if (found.fix !== null && found.replaces !== null)
            box.append(make("p", "where", found.replaces), make("div", "quote runs", make("pre", "", found.lines), copyButton(found.lines, "the lines")));
        return box;
    }

    function about(rule) {
        const page = data.pages[rule];
        if (page === undefined) return null;
        const more = make("details", "", make("summary", "", `About ${rule}`));
        more.addEventListener("toggle", () => more.append(manual(page)), { once: true });
        return more;
    }

    const SHOWN = 6;

    /* All findings of one rule; a fix that the next ones share is told behind the last of them. */
    function ofRule(list) {
        const { rule, severity } = list[0];
        const same = (a, b) => b !== undefined && a.fix === b.fix && a.lines === b.lines;
        const items = list.map((found, i) => finding(same(found, list[i + 1]) ? { ...found, fix: null } : found));
        const box = make("article", `finding ${severity}`, make("p", "", make("span", "badge", `${severity}: ${rule}`)),
            make("ul", "", ...items.slice(0, SHOWN)));
        if (items.length > SHOWN)
            box.append(make("details", "", make("summary", "", `and ${items.length - SHOWN} more`), make("ul", "", ...items.slice(SHOWN))));
        box.append(about(rule) ?? "");
        return box;
    }

    function findings(list, name) {
        if (list.length === 0) return null;
        const rules = new Map();
        for (const found of list) {
            const key = `${found.severity} ${found.rule}`;
            rules.set(key, [...rules.get(key) ?? [], found]);
        }
        return make("section", "", heading(name), make("div", "findings", ...[...rules.values()].map(ofRule)));
    }

    /* They are many, and matter where they decide. */
    function notes(list, decide) {
        if (list.length === 0) return null;
        if (decide) return findings(list, "Notes");
        return make("details", "", make("summary", "", list.length === 1 ? "1 note" : `${list.length} notes`), findings(list, "Notes"));
    }

    /* The Markdown of the manual's pages: headings, items, literal blocks, paragraphs. */
    function manual(page) {
        const box = make("div", "page");
        for (const block of page.split(/\n{2,}/)) {
            const lines = block.split("\n");
            if (block.startsWith("# ")) continue;
            if (block.startsWith("## ")) box.append(make("h4", "", block.slice(3)));
            else if (block.startsWith("    ")) {
                const content = lines.map((line) => line.slice(4)).join("\n"), last = box.lastElementChild;
                if (last?.tagName === "PRE") last.append("\n\n" + content);
                else box.append(make("pre", "", content));
            } else if (block.startsWith("- ")) {
                box.append(make("ul", "", ...block.slice(2).split(/\n- /).map((item) => inline(make("li", ""), item))));
            } else box.append(inline(make("p", ""), block));
        }
        return box;
    }

    function inline(element, content) {
        for (const part of content.split(/(`[^`]*`|\*\*[^*]*\*\*)/)) {
            if (/^`.*`$/s.test(part)) element.append(code(part.slice(1, -1)));
            else if (part.startsWith("**")) element.append(make("b", "", part.slice(2, -2)));
            else element.append(part);
        }
        return element;
    }

    /* ---- step by step ---- */

    function searchOf(object) {
        if (object.trail.length === 0) return null;
        const list = make("ul", "");
        for (const [path, via, outcome] of object.trail) list.append(make("li", "", via ?? "", " ", code(path), ` : ${outcome}`));
        const places = object.trail.length === 1 ? "1 place" : `${object.trail.length} places`;
        return make("details", "", make("summary", "", `passed over ${places}`), list);
    }

    function loadStep(object) {
        const step = make("li", object.path === null ? "bad" : "", code(object.name ?? object.path ?? "?"));
        if (object.by !== null) step.append(" for ", code(object.by));
        if (object.path === null) step.append(" is not found");
        else if (object.path !== object.name) step.append(" → ", code(object.path));
        step.append(" ", make("span", "via", object.via !== null && object.path !== null ? `[${object.via}]` : ""));
        const search = searchOf(object);
        if (search !== null) step.append(" ", search);
        return step;
    }

    function kernelSteps(subject) {
        const stopped = text(subject.phase) === "exec", chain = subject.starts.map(text), interpreter = text(subject.interpreter);
        if (text(subject.kind) === "shared-object") return [make("li", "", "A running program opens ", code(text(subject.path)))];
        const steps = (chain.length === 0 ? [text(subject.path)] : chain).map((path, i) =>
            make("li", "", i === 0 ? "The kernel opens " : "It starts ", code(path)));
        if (interpreter !== null && text(subject.kind) === "executable")
            steps.push(make("li", "", "Its interpreter, the dynamic loader, is ", code(interpreter)));
        if (stopped) steps.push(make("li", "bad", `execve fails: ${text(subject.errno) ?? "it is refused"}`));
        return steps;
    }

    function endStep(subject) {
        const verdict = text(subject.verdict), phase = text(subject.phase);
        if (verdict === "runs") return make("li", "", "Everything is found and bound: it starts");
        if (verdict === "degraded") return make("li", "bad", "It starts, and fails later, as the findings tell");
        if (verdict === "unknown") return make("li", "", "What decides is not known, as the findings tell");
        const ends = { load: "The loader gives up", version: "The loader misses a version, and gives up",
            relocate: "The loader misses a symbol, and gives up", run: "It starts, and ends at once" };
        return phase in ends ? make("li", "bad", ends[phase] + (subject.exit >= 0 ? ` with status ${subject.exit}` : "")) : null;
    }

    /* Which object ends the start: glibc's loader stops at the first, and so does any dlopen; musl's tells of all. */
    function lastLoaded(subject, objects) {
        const all = text(subject.kind) !== "shared-object" && objects.some((object) => object.via === "builtin");
        if (text(subject.verdict) !== "fails" || text(subject.phase) !== "load" || all) return objects.length;
        const errors = new Set(findingsOf(subject).filter((found) => found.severity === "error").map((found) => found.object));
        const at = objects.findIndex((object) => object.path === null || errors.has(object.path));
        return at < 0 ? objects.length : at + 1;
    }

    function steps(subject, objects) {
        const last = lastLoaded(subject, objects), rest = objects.slice(last);
        const list = make("ol", "steps", ...kernelSteps(subject), ...objects.slice(0, last).map(loadStep));
        const end = endStep(subject);
        if (end !== null) list.append(end);
        if (rest.length !== 0)
            list.append(make("li", "rest", make("details", "", make("summary", "", `What it would load next (${rest.length})`),
                make("ol", "steps", ...rest.map(loadStep)))));
        return make("section", "", heading("Step by step", "what the kernel and the loader do"), list);
    }

    /* ---- graphs ---- */

    /* All nodes that lead to a bad one are on a failing path. */
    function markBad(nodes, edges) {
        const into = nodes.map(() => []);
        edges.forEach((edge, i) => into[edge.to].push(i));
        const reached = nodes.map((node) => node.bad), waiting = nodes.flatMap((node, i) => node.bad ? [i] : []);
        while (waiting.length !== 0)
            for (const index of into[waiting.pop()]) {
                edges[index].bad = true;
                if (!reached[edges[index].from]) {
                    reached[edges[index].from] = true;
                    waiting.push(edges[index].from);
                }
            }
    }

    function objectNode(object, blamed) {
        const missing = object.path === null, name = object.name ?? object.path ?? "?";
        const folder = missing ? "not found" : object.path === name ? "" : object.path;
        return {
            title: name, sub: folder, kind: missing ? "missing" : "object", bad: missing || blamed.has(object.path),
            label: missing ? `${name}, not found` : `${name}, ${object.path}${object.via !== null ? `, found by ${object.via}` : ""}`,
            facts: { name, path: object.path, via: object.via, by: object.by, trail: object.trail },
        };
    }

    function subjectNode(subject) {
        const path = text(subject.path), stopped = text(subject.phase) === "exec" && text(subject.verdict) === "fails";
        return { title: path.replace(/.*\/(?=.)/, ""), sub: path, kind: "start", bad: stopped, label: `${path}, ${text(subject.verdict)}`,
            facts: { name: path, path, via: null, by: null, trail: [], verdict: text(subject.verdict) } };
    }

    const blamedBy = (subject) => new Set(findingsOf(subject).filter((found) => found.severity !== "note").map((found) => found.object));

    function graphOf(subject, objects) {
        const blamed = blamedBy(subject);
        const nodes = [subjectNode(subject), ...objects.map((object) => objectNode(object, blamed))], edges = [];
        const needed = new Set();
        const add = (from, to) => {
            needed.add(to);
            edges.push({ from, to: to + 1, bad: false });
        };
        subject.needs.forEach((to) => add(0, to));
        objects.forEach((object, i) => object.needs.forEach((to) => add(i + 1, to)));
        objects.forEach((object, i) => { if (!needed.has(i)) add(0, i); }); /* preloads */
        markBad(nodes, edges);
        return { nodes, edges };
    }

    function tellNode(box, node) {
        const { facts } = node, list = make("p", "", make("b", "", facts.name));
        if (facts.verdict) list.append(` : ${facts.verdict}`);
        else if (facts.path === null) list.append(" is not found");
        else list.append(" is ", code(facts.path), facts.via !== null ? ` (found by ${facts.via})` : "");
        if (facts.by) list.append(", first asked for by ", code(facts.by));
        box.replaceChildren(list);
        const search = searchOf(facts);
        if (search !== null) box.append(search);
    }

    function graph({ nodes, edges }, name, note) {
        const facts = make("div", "facts", make("p", "", note));
        facts.setAttribute("aria-live", "polite");
        const frame = make("div", "graph", facts);
        const how = `${nodes.length} nodes; drag to move, Ctrl and the wheel to zoom, arrow keys to walk`;
        const section = make("section", "", heading(name, how), frame);
        /* it is measured when it is in the page */
        requestAnimationFrame(() => Graph.draw(frame, nodes, edges, name, (index) => tellNode(facts, nodes[index])));
        return section;
    }

    /* Every subject in one picture; where that would be too much, what fails alone. */
    const MOST_NODES = 400;

    function union(list) {
        const nodes = [], edges = new Map(), index = new Map();
        const add = (key, node) => {
            if (!index.has(key)) {
                index.set(key, nodes.length);
                nodes.push(node);
            }
            const at = index.get(key);
            nodes[at].bad ||= node.bad;
            return at;
        };
        for (const subject of list) {
            const objects = objectsOf(subject), own = graphOf(subject, objects), t = subject.t;
            const places = own.nodes.map((node) => add(`${t} ${node.facts.path ?? "? " + node.title}`, node));
            for (const edge of own.edges) {
                const from = places[edge.from], to = places[edge.to], key = `${from} ${to}`;
                if (from === to) continue;
                if (!edges.has(key)) edges.set(key, { from, to, bad: false });
                edges.get(key).bad ||= edge.bad; /* on a failing path of this subject */
            }
        }
        return { nodes, edges: [...edges.values()] };
    }

    function onlyBad({ nodes, edges }) {
        const kept = new Map(), keep = (i) => { if (!kept.has(i)) kept.set(i, kept.size); };
        nodes.forEach((node, i) => { if (node.bad) keep(i); });
        edges.forEach((edge) => { if (edge.bad) [edge.from, edge.to].forEach(keep); });
        return { nodes: [...kept.keys()].map((i) => nodes[i]),
            edges: edges.filter((edge) => edge.bad).map((edge) => ({ ...edge, from: kept.get(edge.from), to: kept.get(edge.to) })) };
    }

    /* Programs that load the same, in the same way, are one node. */
    function together({ nodes, edges }) {
        const out = nodes.map(() => []), into = nodes.map(() => 0);
        edges.forEach((edge) => {
            out[edge.from].push(`${edge.to}${edge.bad}`);
            into[edge.to]++;
        });
        const groups = new Map(), place = nodes.map((node, i) => {
            const key = node.kind === "start" && into[i] === 0 ? `${node.bad} ${out[i].sort().join(" ")}` : `own ${i}`;
            if (!groups.has(key)) groups.set(key, []);
            groups.get(key).push(i);
            return key;
        });
        const kept = [...groups.keys()], index = new Map(kept.map((key, i) => [key, i]));
        const first = (key) => groups.get(key)[0];
        const united = kept.map((key) => {
            const node = nodes[first(key)], more = groups.get(key).length - 1;
            return more === 0 ? node : { ...node, sub: `and ${more} like it`, label: `${node.label}, and ${more} like it` };
        });
        return { nodes: united, edges: edges.filter((edge) => first(place[edge.from]) === edge.from)
            .map((edge) => ({ ...edge, from: index.get(place[edge.from]), to: index.get(place[edge.to]) })) };
    }

    function wholeGraph() {
        let all = together(union(lines.map((_, index) => subjectAt(index)))), note = "Choose a node for its facts.";
        if (all.nodes.length > MOST_NODES) {
            note = `Of ${all.nodes.length} nodes only those on failing paths are drawn.`;
            all = onlyBad(all);
        }
        if (all.nodes.length > MOST_NODES * 2) {
            const kept = all.nodes.slice(0, MOST_NODES * 2);
            note = `The first ${kept.length} of ${all.nodes.length} nodes on failing paths are drawn.`;
            all = { nodes: kept, edges: all.edges.filter((edge) => edge.from < kept.length && edge.to < kept.length) };
        }
        const name = make("h2", "", "All that is loaded");
        name.tabIndex = -1;
        return all.nodes.length === 0 ? [name, make("p", "", "Nothing fails.")] : [name, graph(all, "Dependencies of all subjects", note)];
    }

    /* ---- the story ---- */

    function story(subject) {
        const objects = objectsOf(subject), found = findingsOf(subject);
        const parts = [title(subject), stations(subject), words(subject),
            findings(found.filter((one) => one.severity !== "note"), "Why, and what to do"),
            objects.length === 0 ? null : graph(graphOf(subject, objects), "Dependencies", "Choose a node for its facts."), steps(subject, objects),
            notes(found.filter((one) => one.severity === "note"), text(subject.verdict) === "unknown")];
        return parts.filter((part) => part !== null);
    }

    const rows = [...document.querySelectorAll("tbody tr")];
    const verdictOf = (row) => row.className; /* as the list was written: no subject need be parsed */
    const pane = byId("story");

    function choose(index, move) {
        rows.forEach((row) => row.setAttribute("aria-selected", String(Number(row.dataset.index) === index)));
        pane.replaceChildren(...(index < 0 ? wholeGraph() : story(subjectAt(index))));
        byId("whole").setAttribute("aria-pressed", String(index < 0));
        if (!move) return;
        pane.querySelector("h2").focus({ preventScroll: true });
        if (matchMedia("(max-width: 60rem)").matches) pane.scrollIntoView();
    }

    const asked = () => location.hash === "#graph" ? -1 : Number(/^#s(\d+)$/.exec(location.hash)?.[1] ?? NaN);

    function follow(move) {
        const index = asked();
        if (index === -1 || index in lines) choose(index, move);
        else if (rows.length !== 0) choose(Number(rows[0].dataset.index), false);
    }

    /* ---- the list ---- */

    const chips = [...document.querySelectorAll(".chip")];
    /* All words of each subject, made when the first one is looked for. */
    const hays = [];
    function hay(index) {
        const subject = subjectAt(index);
        return hays[index] ??= [text(subject.path), text(subject.verdict), text(subject.platform), text(subject.runtime),
            ...subject.stderr.map(text), ...findingsOf(subject).flatMap((found) => [found.rule, found.message, found.symbol, found.version]),
            ...subject.objects.flatMap((row) => [text(row[0]), text(row[1])])].filter((part) => part !== null).join("\n").toLowerCase();
    }

    function filter() {
        const wanted = byId("filter").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
        const verdicts = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.verdict);
        let shown = 0;
        for (const row of rows) {
            const index = Number(row.dataset.index);
            const fits = (verdicts.length === 0 || verdicts.includes(verdictOf(row))) && wanted.every((word) => hay(index).includes(word));
            row.hidden = !fits;
            shown += fits;
        }
        byId("shown").textContent = shown === rows.length ? `${shown} listed` : `${shown} of ${rows.length} listed`;
        byId("none").hidden = shown !== 0;
    }

    const WORST = ["fails", "unknown", "degraded", "runs"];
    const keys = { verdict: (row) => WORST.indexOf(verdictOf(row)), path: (row) => row.querySelector("a").textContent };

    function sort(button) {
        const head = button.closest("th"), down = head.getAttribute("aria-sort") === "ascending", key = keys[button.dataset.key];
        document.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        rows.sort((a, b) => {
            const left = key(a), right = key(b), way = left < right ? -1 : left > right ? 1 : a.dataset.index - b.dataset.index;
            return down ? -way : way;
        });
        rows[0]?.parentElement.append(...rows);
    }

    function walk(event) {
        const listed = rows.filter((row) => !row.hidden), at = listed.indexOf(document.activeElement.closest("tr"));
        const to = listed[{ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: listed.length - 1 }[event.key]];
        if (at < 0 || to === undefined) return;
        event.preventDefault();
        to.querySelector("a").focus();
    }

    function theme() {
        const root = document.documentElement;
        const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = dark ? "light" : "dark";
    }

    /* ---- print: the story of each subject that does not run ---- */

    const PRINTED = 100;

    function beforePrint() {
        const box = make("div", "printed");
        box.id = "printed";
        for (const row of rows.filter((one) => verdictOf(one) !== "runs").slice(0, PRINTED)) {
            const subject = subjectAt(Number(row.dataset.index));
            box.append(make("section", "story", ...story({ ...subject, objects: subject.objects.filter((row) => row[1] < 0), needs: [] })
                .filter((part) => !part.querySelector?.(".graph"))));
        }
        document.body.append(box);
    }

    byId("filter").addEventListener("input", filter);
    chips.forEach((chip) => chip.addEventListener("click", () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        filter();
    }));
    document.querySelectorAll("thead button").forEach((button) => button.addEventListener("click", () => sort(button)));
    document.querySelector("table").addEventListener("keydown", walk);
    document.querySelector("tbody").addEventListener("click", (event) => {
        const link = event.target.closest("tr")?.querySelector("a");
        if (link && event.target.closest("a") === null) link.click();
    });
    byId("whole").addEventListener("click", () => { location.hash = "#graph"; });
    byId("theme").addEventListener("click", theme);
    addEventListener("hashchange", () => follow(true));
    addEventListener("beforeprint", beforePrint);
    addEventListener("afterprint", () => byId("printed")?.remove());
    addEventListener("keydown", (event) => {
        if (event.key !== "/" || event.target.closest("input")) return;
        event.preventDefault();
        byId("filter").focus();
    });
    document.querySelectorAll("[data-live]").forEach((element) => { element.hidden = false; });
    filter();
    follow(false);
})();
