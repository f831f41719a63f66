// The page: what is folded, where it is looked at from, what is selected, found and pointed at.

const data = JSON.parse(document.getElementById("graph").textContent);
const canvas = document.getElementById("canvas");
const view = document.getElementById("view");
const panel = document.getElementById("panel");
const search = document.getElementById("search");
const counted = document.getElementById("counted");

const consumers = data.nodes.map(() => []);
data.nodes.forEach((node, index) => new Set(node.inputs).forEach((input) => consumers[input].push(index)));

const folded = new Set(data.folded);
let placed = null;
let camera = { x: 0, y: 0, scale: 1 };
let selected = null;
let found = [];
let nextFound = 0;

// ---- elements

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function html(tag, kind, ...children) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  element.append(...children);
  return element;
}

function text(kind, x, y, line, anchor = "start") {
  return svg("text", { class: kind, x, y, "text-anchor": anchor }, line);
}

function rectangle(box, kind = "") {
  return svg("rect", { class: kind, x: box.x, y: box.y, width: box.width, height: box.height, rx: 5 });
}

function pressable(element, label, act) {
  element.setAttribute("tabindex", "0");
  element.setAttribute("role", "button");
  element.setAttribute("aria-label", label);
  element.addEventListener("click", (event) => {
    event.stopPropagation();
    if (!dragged) act();
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  return element;
}

// ---- drawing

let shapes = new Map();
let drawnLines = [];

function draw() {
  placed = place(data, folded);
  shapes = new Map();
  drawnLines = linesOf(data, placed).map((line) => ({ ...line, shape: lineShape(line) }));
  const open = data.sections.map((_, index) => index).filter((index) => !folded.has(index));
  view.replaceChildren(
    ...captions(),
    ...open.map(sectionShape),
    ...["constant", "faint", "main"].flatMap((weight) =>
      drawnLines.filter((line) => line.weight === weight).map((line) => line.shape)),
    ...[...folded].sort((a, b) => a - b).map(sectionShape),
    ...data.nodes.map((_, index) => index).filter((index) => placed.nodes[index]).map(nodeShape),
    ...typeShapes(),
  );
  mark();
  look();
}

function captions() {
  const named = data.lanes.map((name, lane) => [name, ...placed.lanes[lane]]).filter(([, left, right]) => right > left);
  const y = data.gaps.margin + data.gaps.caption / 3;
  return named.map(([name, left, right]) => text("caption", (left + right) / 2, y, name, "middle"));
}

function sectionShape(index) {
  const section = data.sections[index];
  const box = placed.sections[index];
  const isFolded = folded.has(index);
  const kinds = `section ${section.kind}${section.bad ? " bad" : ""}${isFolded ? " folded" : ""}`;
  const group = svg("g", { class: kinds }, rectangle(box), rectangle(box, "tint"), rectangle({ ...box, width: 6 }, "bar"));
  const title = text("title", box.x + 14, box.y + 20, `${isFolded ? "▸" : "▾"} ${section.title}`);
  const handle = svg("g", { class: "handle" }, rectangle({ ...box, height: isFolded ? box.height : 30 }, "grip"), title);
  if (isFolded) handle.append(text("note", box.x + 14, box.y + 37, section.subtitle));
  group.append(handle);
  pressable(handle, `${isFolded ? "open" : "fold"} section ${section.name}`, () => toggle(index));
  handle.setAttribute("aria-expanded", String(!isFolded));
  return remembered(group, { section: index }, isFolded);
}

function nodeShape(index) {
  const node = data.nodes[index];
  const box = placed.nodes[index];
  const kinds = ["node", data.sections[node.section].kind, ...node.marks];
  const lines = [text("name", box.x + 10, box.y + 16, node.label), text("note", box.x + 10, box.y + 31, node.note)];
  const group = svg("g", { class: kinds.join(" ") }, svg("title", {}, node.line), rectangle(box), ...lines);
  pressable(group, node.line, () => select({ node: index }));
  return remembered(group, { node: index }, true);
}

function lineShape(line) {
  const carried = [...line.values].map((index) => `%${data.nodes[index].name}: ${data.nodes[index].type}`).join("\n");
  const attributes = { class: `edge ${line.weight}`, d: line.path, "marker-end": "url(#arrow)" };
  return svg("path", attributes, svg("title", {}, carried));
}

function typeShapes() {
  const starts = new Map();
  for (const line of drawnLines) {
    if (!("section" in line.source) || line.weight !== "main") continue;
    const key = `${line.heading} ${line.start}`;
    if (!starts.has(key)) starts.set(key, { line, types: new Set() });
    line.values.forEach((index) => starts.get(key).types.add(data.nodes[index].type));
  }
  return [...starts.values()].map(({ line, types }) => {
    const [right, down, anchor, count] = data.typeAt[line.heading];
    const shown = [...types].slice(0, count).join(", ") + (types.size > count ? ", …" : "");
    return text("type", line.start[0] + right, line.start[1] + down, shown, anchor);
  });
}

function remembered(shape, seen, hasEdges) {
  shapes.set(seenKey(seen), shape);
  if (!hasEdges) return shape;
  shape.addEventListener("pointerenter", () => light(seen));
  shape.addEventListener("pointerleave", () => light(selected));
  return shape;
}

// ---- what stands out

function visible(seen) {
  if (seen && "node" in seen && !placed.nodes[seen.node]) return { section: data.nodes[seen.node].section };
  return seen;
}

function light(seen) {
  view.querySelectorAll(".lit, .near").forEach((element) => element.classList.remove("lit", "near"));
  const hasEdges = seen && ("node" in seen || folded.has(seen.section));
  view.classList.toggle("lighted", Boolean(hasEdges));
  if (!hasEdges) return;
  const key = seenKey(visible(seen));
  shapes.get(key).classList.add("near");
  for (const line of drawnLines) {
    const ends = [seenKey(line.source), seenKey(line.target)];
    if (!ends.includes(key)) continue;
    line.shape.classList.add("lit");
    ends.forEach((end) => shapes.get(end).classList.add("near"));
  }
}

function mark() {
  view.querySelectorAll(".selected, .hit").forEach((element) => element.classList.remove("selected", "hit"));
  if (selected) shapes.get(seenKey(visible(selected))).classList.add("selected");
  found.forEach((index) => shapes.get(seenKey(visible({ node: index }))).classList.add("hit"));
  light(selected);
}

// ---- acts

function toggle(index) {
  const before = placed.sections[index];
  if (!folded.delete(index)) folded.add(index);
  const after = place(data, folded).sections[index];
  camera.x += (before.x - after.x) * camera.scale;
  camera.y += (before.y - after.y) * camera.scale;
  selected = { section: index };
  draw();
  describeSection(index);
}

function foldAll(isFolded) {
  folded.clear();
  if (isFolded) data.sections.forEach((_, index) => folded.add(index));
  draw();
  home();
}

function select(seen) {
  selected = seen;
  if ("node" in seen) describeNode(seen.node);
  else describeSection(seen.section);
  mark();
}

function jump(index) {
  if (folded.delete(data.nodes[index].section)) draw();
  select({ node: index });
  const box = placed.nodes[index];
  const { width, height } = canvas.getBoundingClientRect();
  camera.scale = Math.max(camera.scale, 0.8);
  camera.x = width / 2 - (box.x + box.width / 2) * camera.scale;
  camera.y = height / 2 - (box.y + box.height / 2) * camera.scale;
  look();
}

function clearSelection() {
  selected = null;
  mark();
  describeGraph();
}

// ---- the panel

function link(index) {
  const anchor = html("a", "", `%${data.nodes[index].name}`);
  anchor.href = "#" + encodeURIComponent(data.nodes[index].name);
  anchor.addEventListener("click", (event) => {
    event.preventDefault();
    jump(index);
  });
  return html("li", "", anchor, html("span", "note", ` ${data.nodes[index].type}`));
}

function fact(name, ...value) {
  return html("div", "fact", html("dt", "", name), html("dd", "", ...value));
}

function links(title, indices) {
  return indices.length ? [html("h3", "", `${title} (${indices.length})`), html("ul", "", ...indices.map(link))] : [];
}

function describeGraph() {
  const keys = ["dashed: fed or kept, not computed", "thick: a result of the graph", "/: search", "Esc: nothing selected"];
  panel.replaceChildren(
    html("h2", "", data.title),
    html("p", "", "Click a section to open or fold it, a node to see it. Drag or scroll to move, Ctrl and scroll to zoom."),
    html("ul", "", ...keys.map((line) => html("li", "", line))),
    ...links("Outputs", Object.values(data.outputs)),
  );
}

function describeSection(index) {
  const section = data.sections[index];
  const config = section.config ? [fact("layer", html("code", "", section.config))] : [];
  panel.replaceChildren(html("h2", "", section.name), html("dl", "", ...config), ...links("Nodes", section.nodes));
}

function describeNode(index) {
  const node = data.nodes[index];
  const facts = [fact("op", node.op), fact("type", node.type)];
  if (node.layer) facts.push(fact("layer", node.layer));
  if (node.source) facts.push(fact("made at", node.source));
  facts.push(...node.results.map((result) => fact("result", result)));
  panel.replaceChildren(
    html("h2", "", `%${node.name}`),
    html("pre", "", node.line),
    html("dl", "", ...facts),
    ...(node.values ? describeValues(node.values) : []),
    ...links("Inputs", node.inputs),
    ...links("Read by", consumers[index]),
    ...links("Takes the value of", data.updates.filter(([variable]) => variable === index).map(([, value]) => value)),
    ...links("Becomes the value of", data.updates.filter(([, value]) => value === index).map(([variable]) => variable)),
  );
}

function describeValues(values) {
  const facts = values.facts.map(([name, value]) => fact(name, value));
  values.facts.forEach(([name], index) => facts[index].classList.toggle("bad", values.bad.includes(name)));
  const drawn = values.counts.length ? [histogram(values)] : [];
  return [html("h3", "", "Values"), html("dl", "", ...facts), ...drawn];
}

function histogram({ counts, low, high }) {
  const [width, height, most] = [320, 72, Math.max(...counts)];
  const bar = width / counts.length;
  const bars = counts.map((count, index) => {
    const tall = count ? Math.max(1, (height * count) / most) : 0;
    const box = svg("rect", { x: index * bar, y: height - tall, width: bar - 1, height: tall });
    box.append(svg("title", {}, String(count)));
    return box;
  });
  const ends = [text("note", 0, height + 15, low), text("note", width, height + 15, high, "end")];
  const label = `histogram from ${low} to ${high}`;
  return svg("svg", { class: "histogram", viewBox: `0 0 ${width} ${height + 20}`, role: "img", "aria-label": label }, ...bars, ...ends);
}

// ---- search

function lookFor(words) {
  const parts = words.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (node) => {
    const words = `${node.name} ${node.op} ${node.layer || ""}`.toLowerCase();
    return parts.every((part) => words.includes(part));
  };
  found = parts.length ? data.nodes.map((_, index) => index).filter((index) => matches(data.nodes[index])) : [];
  nextFound = 0;
  counted.textContent = parts.length ? `${found.length} found` : "";
  mark();
  if (!parts.length) describeGraph();
  else panel.replaceChildren(html("h2", "", `${found.length} found`), html("ul", "", ...found.slice(0, 200).map(link)));
}

// ---- looking around

let dragged = false;

function look() {
  view.setAttribute("transform", `translate(${camera.x} ${camera.y}) scale(${camera.scale})`);
}

// All of it, however small.
function fit() {
  const { width, height } = canvas.getBoundingClientRect();
  camera.scale = Math.min(1, width / placed.width, height / placed.height);
  camera.x = (width - placed.width * camera.scale) / 2;
  camera.y = Math.max(0, (height - placed.height * camera.scale) / 2);
  look();
}

// Where reading starts: the top of the forward lane, in letters that can be read.
function home() {
  fit();
  if (camera.scale >= data.leastScale) return;
  camera.scale = data.leastScale;
  const { width, height } = canvas.getBoundingClientRect();
  const [left, right] = placed.lanes[data.forward];
  const spare = width - placed.width * camera.scale;
  camera.x = spare > 0 ? spare / 2 : Math.min(0, Math.max(spare, (width - (left + right) * camera.scale) / 2));
  camera.y = Math.max(0, (height - placed.height * camera.scale) / 2);
  look();
}

function zoom(factor, x, y) {
  const scale = Math.min(3, Math.max(0.05, camera.scale * factor));
  camera.x = x - ((x - camera.x) * scale) / camera.scale;
  camera.y = y - ((y - camera.y) * scale) / camera.scale;
  camera.scale = scale;
  look();
}

function zoomMiddle(factor) {
  const { width, height } = canvas.getBoundingClientRect();
  zoom(factor, width / 2, height / 2);
}

function scrolled(event) {
  event.preventDefault();
  const { left, top } = canvas.getBoundingClientRect();
  if (event.ctrlKey || event.metaKey) return zoom(Math.exp(-event.deltaY / 300), event.clientX - left, event.clientY - top);
  camera.x -= event.deltaX;
  camera.y -= event.deltaY;
  look();
}

function startDrag(event) {
  const start = { x: event.clientX, y: event.clientY, camera: { ...camera } };
  dragged = false;
  const move = (moved) => {
    const [dx, dy] = [moved.clientX - start.x, moved.clientY - start.y];
    dragged = dragged || Math.hypot(dx, dy) > 4;
    if (!dragged) return;
    camera = { ...start.camera, x: start.camera.x + dx, y: start.camera.y + dy };
    look();
  };
  const stop = () => {
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", stop);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", stop);
}

function onKey(event) {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape") {
    search.value = "";
    lookFor("");
    clearSelection();
  }
}

canvas.addEventListener("wheel", scrolled, { passive: false });
canvas.addEventListener("pointerdown", startDrag);
canvas.addEventListener("click", () => dragged || clearSelection());
window.addEventListener("keydown", onKey);
search.addEventListener("input", () => lookFor(search.value));
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && found.length) jump(found[nextFound++ % found.length]);
});
const acts = { fold: () => foldAll(true), open: () => foldAll(false), fit, out: () => zoomMiddle(0.8), in: () => zoomMiddle(1.25) };
for (const [name, act] of Object.entries(acts)) document.getElementById(name).addEventListener("click", act);

// page.html#shared/relu opens at the node of that name.
function openAtFragment() {
  const fragment = location.hash.slice(1);
  const isNamed = (node) => [node.name, encodeURIComponent(node.name), "%" + node.name].includes(fragment);
  const index = data.nodes.findIndex(isNamed);
  if (index >= 0) jump(index);
}

window.addEventListener("hashchange", openAtFragment);

describeGraph();
draw();
home();
openAtFragment();
