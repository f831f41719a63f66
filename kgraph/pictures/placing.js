// Where everything is and how edges run, once it is known which sections are folded: what placing.py says, for a
// reader who folds and opens. What is seen is {node: index} or {section: index}; `seenKey` makes a name of it.

function seenKey(seen) {
  return "node" in seen ? "%" + seen.node : "#" + seen.section;
}

function isBend(item) {
  return Array.isArray(item);
}

function place(data, folded) {
  const gaps = data.gaps;
  const sizes = data.sections.map((section, index) => (folded.has(index) ? section.folded : section.opened));
  const cells = data.grid.map((row) => row.map(parted));
  const lanes = placeLanes(cells, sizes, data.lanes.length, gaps);
  const rows = placeRows(data.grid, sizes, gaps);
  const sections = [];
  const bends = new Map();
  cells.forEach((row, rowIndex) => {
    const middle = (rows[rowIndex][0] + rows[rowIndex][1]) / 2;
    row.forEach((cell, lane) => {
      for (const [item, x] of acrossRow(cell, lanes[lane], sizes, gaps)) {
        if (isBend(item)) {
          bends.set(item[0] + " " + rowIndex, x + gaps.bend / 2);
        } else {
          const [width, height] = sizes[item];
          sections[item] = { x, y: middle - height / 2, width, height };
        }
      }
    });
  });
  const nodes = data.nodes.map((node) => (folded.has(node.section) ? null : nodeBox(node, sections[node.section])));
  const width = lanes[lanes.length - 1].right + gaps.margin;
  const height = (rows.length ? rows[rows.length - 1][1] : gaps.caption) + gaps.margin;
  return { sections, nodes, bends, rows, lanes: lanes.map((lane) => [lane.left, lane.right]), width, height };
}

function nodeBox(node, section) {
  const [x, y, width, height] = node.at;
  return { x: section.x + x, y: section.y + y, width, height };
}

function parted(cell) {
  const boxes = cell.map((_, index) => index).filter((index) => !isBend(cell[index]));
  const [first, last] = boxes.length ? [boxes[0], boxes[boxes.length - 1] + 1] : [0, 0];
  return { before: cell.slice(0, first), boxes: cell.slice(first, last), after: cell.slice(last) };
}

function extentOf(items, sizes, gaps) {
  const widths = items.map((item) => (isBend(item) ? gaps.bend : sizes[item][0]));
  return widths.reduce((total, width) => total + width, 0) + gaps.apart * Math.max(0, items.length - 1);
}

function besideOf(bends, gaps) {
  return bends.length ? gaps.apart + gaps.bend * bends.length : 0;
}

function placeLanes(cells, sizes, count, gaps) {
  const lanes = [];
  let x = gaps.margin;
  for (let lane = 0; lane < count; lane++) {
    const column = cells.map((row) => row[lane]);
    const half = Math.max(0, ...column.map((cell) => extentOf(cell.boxes, sizes, gaps))) / 2;
    const left = half + Math.max(0, ...column.map((cell) => besideOf(cell.before, gaps)));
    const right = half + Math.max(0, ...column.map((cell) => besideOf(cell.after, gaps)));
    if (left + right && x > gaps.margin) x += gaps.lane;
    lanes.push({ left: x, axis: x + left, half, right: x + left + right });
    x += left + right;
  }
  return lanes;
}

function acrossRow(cell, lane, sizes, gaps) {
  let x = lane.axis - extentOf(cell.boxes, sizes, gaps) / 2;
  const boxes = cell.boxes.map((item) => {
    const start = x;
    x += extentOf([item], sizes, gaps) + gaps.apart;
    return [item, start];
  });
  const before = lane.axis - lane.half - besideOf(cell.before, gaps);
  const after = lane.axis + lane.half + gaps.apart;
  return [
    ...boxes,
    ...cell.before.map((item, index) => [item, before + gaps.bend * index]),
    ...cell.after.map((item, index) => [item, after + gaps.bend * index]),
  ];
}

function placeRows(grid, sizes, gaps) {
  let y = gaps.margin + gaps.caption;
  return grid.map((cells) => {
    const height = Math.max(0, ...cells.flat().map((item) => (isBend(item) ? 0 : sizes[item][1])));
    const ends = [y, y + height];
    y += height + gaps.below;
    return ends;
  });
}

function linesOf(data, placed) {
  const seen = (index) => (placed.nodes[index] ? { node: index } : { section: data.nodes[index].section });
  const carried = new Map();
  data.nodes.forEach((node, index) => {
    for (const input of node.inputs) {
      const [source, target] = [seen(input), seen(index)];
      const key = seenKey(source) + ">" + seenKey(target);
      if (seenKey(source) === seenKey(target)) continue;
      if (!carried.has(key)) carried.set(key, { source, target, values: new Set() });
      const pair = carried.get(key);
      pair.values.add(input);
      if (pair.value === undefined && !data.nodes[input].constant) pair.value = input;
    }
  });
  const pairs = [...carried.values()];
  const router = new Router(data, placed, pairs);
  return pairs.map((pair) => ({ ...pair, weight: router.weight(pair), ...router.route(pair) }));
}

class Router {
  constructor(data, placed, pairs) {
    this.data = data;
    this.placed = placed;
    this.entering = new Map();
    for (const pair of pairs.filter((pair) => pair.value !== undefined && this.runsAlong(pair))) {
      const key = seenKey(pair.target);
      this.entering.set(key, [...(this.entering.get(key) || []), pair.source]);
    }
    for (const sources of this.entering.values()) {
      sources.sort((a, b) => this.middle(a)[0] - this.middle(b)[0] || this.middle(a)[1] - this.middle(b)[1]);
    }
  }

  index(seen) {
    return "node" in seen ? this.data.nodes[seen.node].section : seen.section;
  }

  section(seen) {
    return this.data.sections[this.index(seen)];
  }

  box(seen) {
    return "node" in seen ? this.placed.nodes[seen.node] : this.placed.sections[seen.section];
  }

  middle(seen) {
    const box = this.box(seen);
    return [box.x + box.width / 2, box.y + box.height / 2];
  }

  isUpward(seen) {
    return this.section(seen).lane === this.data.upward;
  }

  weight(pair) {
    if (this.index(pair.source) === this.index(pair.target)) return "main";
    if (pair.value === undefined) return "constant";
    const [from, to] = [this.section(pair.source).lane, this.section(pair.target).lane];
    const readsOn = this.data.readOn.some(([a, b]) => a === from && b === to);
    return readsOn || this.runsAlong(pair) ? "main" : "faint";
  }

  runsAlong({ source, target }) {
    const below = this.section(target).row - this.section(source).row;
    return this.section(source).lane === this.section(target).lane && (this.isUpward(source) ? below < 0 : below > 0);
  }

  route(pair) {
    if (this.index(pair.source) === this.index(pair.target)) return this.inner(pair);
    if (pair.value === undefined) return this.direct(pair);
    if (this.runsAlong(pair)) return this.along(pair);
    return this.section(pair.source).lane === this.section(pair.target).lane ? this.around(pair) : this.across(pair);
  }

  inside(seen, key) {
    const { x, y } = this.placed.sections[this.index(seen)];
    return this.section(seen).routes[key].map(([a, b]) => [x + a, y + b]);
  }

  inner({ source, target }) {
    const points = this.inside(source, source.node + ">" + target.node);
    return { heading: this.isUpward(source) ? "up" : "down", start: points[0], path: curve(points) };
  }

  direct({ source, target }) {
    const [box, end] = [this.box(source), this.box(target)];
    const start = [this.middle(source)[0], box.y + box.height];
    return { heading: "down", start, path: curve([start, [this.middle(target)[0], end.y]]) };
  }

  along(pair) {
    const { source, target } = pair;
    const step = this.isUpward(source) ? -1 : 1;
    const points = this.out(source, step);
    for (let row = this.section(source).row + step; row !== this.section(target).row; row += step) {
      const x = this.placed.bends.get(this.index(source) + " " + row);
      const [top, bottom] = this.placed.rows[row];
      points.push(...(step < 0 ? [[x, bottom], [x, top]] : [[x, top], [x, bottom]]));
    }
    points.push(...this.in(pair, step));
    const distinct = points.filter(([x, y], index) => !index || x !== points[index - 1][0] || y !== points[index - 1][1]);
    return { heading: step < 0 ? "up" : "down", start: points[0], path: curve(distinct) };
  }

  out(source, step) {
    const end = this.placed.rows[this.section(source).row][step > 0 ? 1 : 0];
    if ("node" in source) {
      const points = this.inside(source, source.node + ">out");
      return [...points, [points[points.length - 1][0], end]];
    }
    const box = this.box(source);
    const x = this.middle(source)[0];
    return [[x, step < 0 ? box.y : box.y + box.height], [x, end + step * this.data.gaps.stub]];
  }

  in({ source, target, value }, step) {
    const end = this.placed.rows[this.section(target).row][step > 0 ? 0 : 1];
    if ("node" in target) {
      const points = this.inside(target, "in" + value + ">" + target.node);
      return [[points[0][0], end], ...points];
    }
    const box = this.box(target);
    const entering = this.entering.get(seenKey(target)).map(seenKey);
    const x = box.x + (box.width * (entering.indexOf(seenKey(source)) + 1)) / (entering.length + 1);
    return [[x, end], [x, step < 0 ? box.y + box.height : box.y]];
  }

  around({ source, target }) {
    const [box, end] = [this.box(source), this.box(target)];
    const [y0, y1] = [this.middle(source)[1], this.middle(target)[1]];
    const sameRow = this.section(source).row === this.section(target).row;
    const way = !sameRow || box.x < end.x ? 1 : -1;
    const x0 = way === 1 ? box.x + box.width : box.x;
    const x1 = sameRow && way === 1 ? end.x : end.x + end.width;
    const middle = sameRow ? (x0 + x1) / 2 : Math.max(x0, x1) + this.data.gaps.bulge;
    const path = `M${fixed(x0, y0)}C${fixed(middle, y0)} ${fixed(middle, y1)} ${fixed(x1, y1)}`;
    return { heading: way === 1 ? "right" : "left", start: [x0, y0], path };
  }

  across({ source, target }) {
    const way = this.section(target).lane > this.section(source).lane ? 1 : -1;
    const leaving = this.leaving(source, way);
    const arriving = this.arriving(target, way);
    const edge = this.placed.lanes[this.section(source).lane][way === 1 ? 1 : 0];
    const [middle, gap] = [edge + (way * this.data.gaps.lane) / 2, edge + way * this.data.gaps.lane];
    const [y0, y1] = [leaving.level, arriving.level];
    const turn = `H${fixed(edge)}C${fixed(middle, y0)} ${fixed(middle, y1)} ${fixed(gap, y1)}`;
    return { ...leaving, path: `M${fixed(...leaving.start)}${leaving.path}${turn}${arriving.path}` };
  }

  leaving(seen, way) {
    const box = this.box(seen);
    if (this.isOutermost(seen, way)) {
      const level = this.middle(seen)[1];
      return { heading: way === 1 ? "right" : "left", start: [way === 1 ? box.x + box.width : box.x, level], path: "", level };
    }
    const { x, y, gap } = this.byGap(seen, !this.isUpward(seen));
    const path = `Q${fixed(x, gap)} ${fixed(x + way * this.data.gaps.bend, gap)}`;
    return { heading: this.isUpward(seen) ? "up" : "down", start: [x, y], path, level: gap };
  }

  arriving(seen, way) {
    const box = this.box(seen);
    if (this.isOutermost(seen, -way)) {
      return { path: `H${fixed(way === -1 ? box.x + box.width : box.x)}`, level: this.middle(seen)[1] };
    }
    const { x, y, gap } = this.byGap(seen, this.isUpward(seen));
    return { path: `H${fixed(x - way * this.data.gaps.bend)}Q${fixed(x, gap)} ${fixed(x, y)}`, level: gap };
  }

  isOutermost(seen, way) {
    const { row, lane } = this.section(seen);
    const boxes = this.data.grid[row][lane].filter((item) => !isBend(item));
    return boxes[way === 1 ? boxes.length - 1 : 0] === this.index(seen);
  }

  byGap(seen, below) {
    const box = this.box(seen);
    const [top, bottom] = this.placed.rows[this.section(seen).row];
    const half = this.data.gaps.below / 2;
    const x = this.middle(seen)[0];
    return below ? { x, y: box.y + box.height, gap: bottom + half } : { x, y: box.y, gap: top - half };
  }
}

function curve(points) {
  let path = `M${fixed(...points[0])}`;
  for (let index = 1; index < points.length; index++) {
    const [[x0, y0], [x1, y1]] = [points[index - 1], points[index]];
    const middle = (y0 + y1) / 2;
    path += `C${fixed(x0, middle)} ${fixed(x1, middle)} ${fixed(x1, y1)}`;
  }
  return path;
}

function fixed(...numbers) {
  return numbers.map((number) => number.toFixed(1)).join(" ");
}
