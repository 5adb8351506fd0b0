"use strict";
/* A layered drawing of a graph (after Sugiyama, Tagawa and Toda, 1981): ranks by the longest way,
 * order inside a rank by medians, places by averages. Left to right, for names are wide.
 * nodes: [{title, sub, label, kind, bad}], edges: [{from, to, bad}], both by index. */
const Graph = (() => {
    const HEIGHT = 38, GAP = 12, BETWEEN = 70, LETTER = 7.2, SMALL = 6, MOST = 34, MANY = 30;

    const shorten = (text) => text.length > MOST ? text.slice(0, 12) + "…" + text.slice(13 - MOST) : text;

    /* Edges that close a circle, found depth first without recursion, are turned round. */
    function withoutCircles(count, edges) {
        const next = Array.from({ length: count }, () => []);
        edges.forEach((edge, i) => next[edge.from].push(i));
        const state = new Uint8Array(count), back = new Set();
        for (let root = 0; root < count; root++) {
            if (state[root] !== 0) continue;
            const way = [[root, 0]];
            state[root] = 1;
            while (way.length !== 0) {
                const top = way[way.length - 1];
                if (top[1] === next[top[0]].length) {
                    state[top[0]] = 2;
                    way.pop();
                    continue;
                }
                const index = next[top[0]][top[1]++], to = edges[index].to;
                if (state[to] === 1) back.add(index);
                else if (state[to] === 0) {
                    state[to] = 1;
                    way.push([to, 0]);
                }
            }
        }
        return edges.map((edge, i) => back.has(i) ? { from: edge.to, to: edge.from } : { from: edge.from, to: edge.to })
            .map((edge) => edge.from === edge.to ? null : edge);
    }

    function rankAll(count, edges) {
        const rank = new Int32Array(count), left = new Int32Array(count), out = Array.from({ length: count }, () => []);
        for (const edge of edges) {
            if (edge === null) continue;
            left[edge.to]++;
            out[edge.from].push(edge.to);
        }
        const ready = [];
        for (let i = 0; i < count; i++) if (left[i] === 0) ready.push(i);
        while (ready.length !== 0) {
            const at = ready.pop();
            for (const to of out[at]) {
                rank[to] = Math.max(rank[to], rank[at] + 1);
                if (--left[to] === 0) ready.push(to);
            }
        }
        return rank;
    }

    /* Which edges follow from others: a needs b, b needs c, and a needs c, too. A picture of many nodes
     * leaves them out. */
    function implied(count, edges, rank, kept) {
        const out = Array.from({ length: count }, () => []);
        edges.forEach((edge, i) => { if (edge !== null) out[edge.from].push(i); });
        const words = Math.ceil(count / 32), reached = Array.from({ length: count }, () => new Uint32Array(words));
        const has = (set, node) => (set[node >> 5] & (1 << (node & 31))) !== 0;
        const found = new Set();
        for (const at of [...rank.keys()].sort((a, b) => rank[b] - rank[a])) {
            const own = reached[at];
            for (const index of out[at].sort((a, b) => rank[edges[a].to] - rank[edges[b].to])) {
                const { to } = edges[index];
                if (has(own, to) && !kept(index)) found.add(index);
                own[to >> 5] |= 1 << (to & 31);
                reached[to].forEach((word, i) => { own[i] |= word; });
            }
        }
        return found;
    }

    /* Long edges get a bend in each rank that they pass. */
    function split(count, edges, rank) {
        const cells = Array.from({ length: count }, (_, i) => ({ rank: rank[i], before: [], after: [], bend: false }));
        const ways = edges.map((edge) => {
            if (edge === null) return null;
            const way = [edge.from];
            for (let r = rank[edge.from] + 1; r < rank[edge.to]; r++) {
                cells.push({ rank: r, before: [], after: [], bend: true });
                way.push(cells.length - 1);
            }
            way.push(edge.to);
            for (let i = 1; i < way.length; i++) {
                cells[way[i - 1]].after.push(way[i]);
                cells[way[i]].before.push(way[i - 1]);
            }
            return way;
        });
        const ranks = [];
        cells.forEach((cell, i) => (ranks[cell.rank] ??= []).push(i));
        return { cells, ways, ranks };
    }

    function median(places) {
        if (places.length === 0) return -1;
        places.sort((a, b) => a - b);
        const half = places.length >> 1;
        return places.length % 2 === 1 ? places[half] : (places[half - 1] + places[half]) / 2;
    }

    function order({ cells, ranks }) {
        const place = new Float64Array(cells.length);
        const number = (list) => list.forEach((cell, i) => { place[cell] = i; });
        ranks.forEach(number);
        for (let sweep = 0; sweep < 10; sweep++) {
            const down = sweep % 2 === 0, list = down ? ranks : [...ranks].reverse();
            for (const row of list) {
                const want = new Map(row.map((cell) => {
                    const at = median((down ? cells[cell].before : cells[cell].after).map((other) => place[other]));
                    return [cell, at < 0 ? place[cell] : at];
                }));
                row.sort((a, b) => want.get(a) - want.get(b) || place[a] - place[b]);
                number(row);
            }
        }
    }

    /* Each cell near the middle of its neighbours, none on another. */
    function settle({ cells, ranks }) {
        const y = new Float64Array(cells.length);
        const room = (a, b) => (cells[a].bend || cells[b].bend) ? (HEIGHT + GAP) * .5 : HEIGHT + GAP;
        for (const row of ranks) {
            let at = 0;
            row.forEach((cell, i) => { y[cell] = i === 0 ? 0 : (at += room(row[i - 1], cell)); });
            const half = at / 2;
            row.forEach((cell) => { y[cell] -= half; });
        }
        for (let pass = 0; pass < 12; pass++) {
            const list = pass % 2 === 0 ? ranks : [...ranks].reverse();
            for (const row of list) {
                const want = row.map((cell) => {
                    const near = pass % 2 === 0 ? cells[cell].before : cells[cell].after;
                    return near.length === 0 ? y[cell] : near.reduce((sum, other) => sum + y[other], 0) / near.length;
                });
                place(row, want, y, room);
            }
        }
        return y;
    }

    /* The places nearest to those wanted that keep order and room: blocks that touch move as one. */
    function place(row, want, y, room) {
        const offset = [0];
        for (let i = 1; i < row.length; i++) offset.push(offset[i - 1] + room(row[i - 1], row[i]));
        const blocks = [];
        for (let i = 0; i < row.length; i++) {
            let block = { first: i, count: 1, sum: want[i] - offset[i] };
            while (blocks.length !== 0 && blocks[blocks.length - 1].sum / blocks[blocks.length - 1].count > block.sum / block.count) {
                const before = blocks.pop();
                block = { first: before.first, count: before.count + block.count, sum: before.sum + block.sum };
            }
            blocks.push(block);
        }
        for (const block of blocks)
            for (let i = block.first; i < block.first + block.count; i++) y[row[i]] = block.sum / block.count + offset[i];
    }

    function layout(nodes, edges) {
        const straight = withoutCircles(nodes.length, edges);
        const rank = rankAll(nodes.length, straight);
        const left = nodes.length > MANY ? implied(nodes.length, straight, rank, (i) => edges[i].bad) : new Set();
        const parts = split(nodes.length, straight.map((edge, i) => left.has(i) ? null : edge), rank);
        order(parts);
        const y = settle(parts);
        const widths = nodes.map((node) => Math.max(shorten(node.title).length * LETTER, shorten(node.sub).length * SMALL) + 22);
        const columns = parts.ranks.map((row) => Math.max(24, ...row.map((cell) => cell < nodes.length ? widths[cell] : 0)));
        const x = [];
        columns.reduce((at, width, i) => { x[i] = at; return at + width + BETWEEN; }, 0);
        const boxes = nodes.map((_, i) => ({ x: x[rank[i]], y: y[i] - HEIGHT / 2, width: widths[i], height: HEIGHT, rank: rank[i] }));
        const paths = parts.ways.map((way, i) => {
            if (left.has(i)) return curve([straight[i].from, straight[i].to], parts.cells, boxes, x, columns, y);
            if (way === null) return "";
            return curve(way, parts.cells, boxes, x, columns, y);
        });
        return { boxes, paths, left };
    }

    /* From a box's right side, through the ranks between, to a box's left side. */
    function curve(way, cells, boxes, x, columns, y) {
        const points = [];
        way.forEach((cell, i) => {
            const { rank, bend } = cells[cell];
            if (i !== 0) points.push([x[rank], y[cell]]);
            if (i !== way.length - 1) points.push([x[rank] + (bend ? columns[rank] : boxes[cell].width), y[cell]]);
        });
        let path = `M${points[0][0].toFixed(1)} ${points[0][1].toFixed(1)}`;
        for (let i = 1; i < points.length; i++) {
            const [ax, ay] = points[i - 1], [bx, by] = points[i], half = (bx - ax) / 2;
            path += ay === by ? `L${bx.toFixed(1)} ${by.toFixed(1)}`
                : `C${(ax + half).toFixed(1)} ${ay.toFixed(1)} ${(bx - half).toFixed(1)} ${by.toFixed(1)} ${bx.toFixed(1)} ${by.toFixed(1)}`;
        }
        return path;
    }

    const svg = (name, attributes = {}) => {
        const element = document.createElementNS("http://www.w3.org/2000/svg", name);
        for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
        return element;
    };

    function drawNode(node, box, index) {
        const group = svg("g", {
            class: `node ${node.kind}${node.bad ? " bad" : ""}`, transform: `translate(${box.x} ${box.y})`,
            role: "button", tabindex: index === 0 ? 0 : -1, "aria-label": node.label,
        });
        group.append(svg("rect", { width: box.width, height: box.height }));
        [[node.title, 16], [node.sub, 30]].forEach(([text, at]) => {
            const line = svg("text", { x: 11, y: text === node.title && node.sub === "" ? 23 : at });
            line.textContent = shorten(text);
            group.append(line);
        });
        const whole = svg("title");
        whole.textContent = node.label;
        group.append(whole);
        return group;
    }

    /* Fills `frame`; `tell(index)` is called for a node that is chosen. */
    function draw(frame, nodes, edges, name, tell) {
        const { boxes, paths, left } = layout(nodes, edges);
        const picture = svg("svg", { role: "group", "aria-label": name });
        const lines = paths.map((path, i) => svg("path", { d: path, class: `edge${edges[i].bad ? " bad" : ""}${left.has(i) ? " implied" : ""}` }));
        const groups = nodes.map((node, i) => drawNode(node, boxes[i], i));
        picture.append(...lines, ...groups);
        frame.prepend(picture);
        const view = new View(frame, picture, boxes);
        view.begin(view.first);
        const choose = (index) => {
            groups.forEach((group, i) => group.classList.toggle("chosen", i === index));
            const near = new Set([index]);
            lines.forEach((line, i) => {
                const touches = edges[i].from === index || edges[i].to === index;
                line.classList.toggle("near", touches);
                if (touches) near.add(edges[i].from).add(edges[i].to);
            });
            groups.forEach((group, i) => group.classList.toggle("near", near.has(i)));
            picture.classList.toggle("some", index >= 0);
            if (index >= 0) tell(index);
        };
        groups.forEach((group, i) => {
            group.addEventListener("click", () => { if (!view.dragged) { focus(i); choose(i); } });
            group.addEventListener("keydown", (event) => key(event, i));
        });
        picture.addEventListener("click", (event) => { if (event.target === picture && !view.dragged) choose(-1); });
        let current = 0;
        const focus = (index) => {
            groups[current].setAttribute("tabindex", -1);
            current = index;
            groups[index].setAttribute("tabindex", 0);
            groups[index].focus({ preventScroll: true });
            view.show(boxes[index]);
        };
        const across = (index, forward) => edges.filter((edge) => forward ? edge.from === index : edge.to === index)
            .map((edge) => forward ? edge.to : edge.from).sort((a, b) => boxes[a].y - boxes[b].y)[0];
        const along = (index, step) => {
            const row = boxes.map((box, i) => i).filter((i) => boxes[i].rank === boxes[index].rank)
                .sort((a, b) => boxes[a].y - boxes[b].y);
            return row[row.indexOf(index) + step];
        };
        const key = (event, index) => {
            const moves = { ArrowRight: () => across(index, true), ArrowLeft: () => across(index, false),
                ArrowDown: () => along(index, 1), ArrowUp: () => along(index, -1) };
            if (event.key in moves) {
                const to = moves[event.key]();
                if (to !== undefined) focus(to);
            } else if (event.key === "Enter" || event.key === " ") choose(index);
            else if (event.key === "Escape") choose(-1);
            else if (!view.key(event.key)) return;
            event.preventDefault();
        };
        return { choose };
    }

    /* What of the picture is seen: panning, zooming. */
    class View {
        constructor(frame, picture, boxes) {
            this.picture = picture;
            this.first = boxes[0];
            const right = Math.max(...boxes.map((box) => box.x + box.width));
            const top = Math.min(...boxes.map((box) => box.y)), bottom = Math.max(...boxes.map((box) => box.y + box.height));
            this.all = { x: -24, y: top - 24, width: right + 48, height: bottom - top + 48 };
            picture.style.height = `min(70vh, ${Math.max(200, Math.min(this.all.height, 560))}px)`;
            this.buttons(frame);
            picture.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
            picture.addEventListener("pointerdown", (event) => this.press(event));
            this.fit();
        }
        buttons(frame) {
            const box = document.createElement("div");
            box.className = "buttons";
            const full = () => {
                frame.classList.toggle("full");
                this.fit();
                this.begin(this.first);
            };
            for (const [text, label, act] of [["+", "Zoom in", () => this.zoom(.75)], ["−", "Zoom out", () => this.zoom(1 / .75)],
                ["All", "Show all of it", () => this.fit()], ["Full", "Fill the window, or not", full]]) {
                const button = document.createElement("button");
                button.type = "button";
                button.textContent = text;
                button.title = label;
                button.setAttribute("aria-label", label);
                button.addEventListener("click", act);
                box.append(button);
            }
            frame.append(box);
        }
        size() {
            const box = this.picture.getBoundingClientRect();
            return { width: box.width || 800, height: box.height || 500, left: box.left, top: box.top };
        }
        /* Small graphs are not blown up. */
        fit() {
            const { width, height } = this.size();
            const scale = Math.max(this.all.width / width, this.all.height / height, .8);
            this.x = this.all.x + (this.all.width - width * scale) / 2;
            this.y = this.all.y + (this.all.height - height * scale) / 2;
            this.scale = scale;
            this.apply();
        }
        /* Large ones begin readable, at their start. */
        begin(box) {
            if (this.scale <= 2) return;
            this.scale = 1;
            this.center(box);
            this.x = box.x - 24;
            this.apply();
        }
        center(box) {
            const { width, height } = this.size();
            this.x = box.x + box.width / 2 - width * this.scale / 2;
            this.y = box.y + box.height / 2 - height * this.scale / 2;
            this.apply();
        }
        show(box) {
            const { width, height } = this.size();
            const seen = box.x >= this.x && box.y >= this.y && box.x + box.width <= this.x + width * this.scale
                && box.y + box.height <= this.y + height * this.scale;
            if (!seen) this.center(box);
        }
        apply() {
            const { width, height } = this.size();
            this.picture.setAttribute("viewBox", `${this.x} ${this.y} ${width * this.scale} ${height * this.scale}`);
        }
        zoom(factor, atX = .5, atY = .5) {
            const { width, height } = this.size();
            const scale = Math.min(Math.max(this.scale * factor, .25), Math.max(12, this.all.width / width * 1.5, this.all.height / height * 1.5));
            this.x += (this.scale - scale) * width * atX;
            this.y += (this.scale - scale) * height * atY;
            this.scale = scale;
            this.apply();
        }
        wheel(event) {
            /* a page is scrolled by the wheel alone */
            if (!event.ctrlKey && !event.metaKey && document.activeElement?.closest("svg") !== this.picture) return;
            event.preventDefault();
            const { width, height, left, top } = this.size();
            this.zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, (event.clientX - left) / width, (event.clientY - top) / height);
        }
        press(event) {
            const from = { x: event.clientX, y: event.clientY, left: this.x, top: this.y };
            this.dragged = false;
            const move = (at) => {
                const dx = at.clientX - from.x, dy = at.clientY - from.y;
                if (!this.dragged && Math.hypot(dx, dy) < 4) return;
                this.dragged = true;
                this.picture.classList.add("moving");
                this.x = from.left - dx * this.scale;
                this.y = from.top - dy * this.scale;
                this.apply();
            };
            const stop = () => {
                this.picture.classList.remove("moving");
                removeEventListener("pointermove", move);
                removeEventListener("pointerup", stop);
                removeEventListener("pointercancel", stop);
            };
            addEventListener("pointermove", move);
            addEventListener("pointerup", stop);
            addEventListener("pointercancel", stop);
        }
        key(name) {
            const { width, height } = this.size();
            if (name === "+" || name === "=") this.zoom(.75);
            else if (name === "-") this.zoom(1 / .75);
            else if (name === "0") this.fit();
            else return false;
            return width > 0 && height > 0;
        }
    }

    return { draw, layout };
})();
