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
  const spans = data.grid.map((cells) => cells.map((cell) => spanOf(cell, sizes, gaps)));
  const { lanes, axes } = placeLanes(spans, data.lanes.length, gaps);
  const rows = placeRows(data.grid, sizes, gaps);
  const sections = [];
  const bends = new Map();
  data.grid.forEach((cells, row) => {
    const middle = (rows[row][0] + rows[row][1]) / 2;
    cells.forEach((cell, lane) => {
      let x = axes[lane] - spans[row][lane][0];
      for (const item of cell) {
        if (isBend(item)) {
          bends.set(item[0] + " " + row, x + gaps.bend / 2);
          x += gaps.bend;
        } else {
          const [width, height] = sizes[item];
          sections[item] = { x, y: middle - height / 2, width, height };
          x += width;
        }
        x += gaps.apart;
      }
    });
  });
  const nodes = data.nodes.map((node) => (folded.has(node.section) ? null : nodeBox(node, sections[node.section])));
  const width = lanes[lanes.length - 1][1] + gaps.margin;
  const height = (rows.length ? rows[rows.length - 1][1] : gaps.caption) + gaps.margin;
  return { sections, nodes, bends, rows, lanes, width, height };
}

function nodeBox(node, section) {
  const [x, y, width, height] = node.at;
  return { x: section.x + x, y: section.y + y, width, height };
}

function spanOf(cell, sizes, gaps) {
  const widths = cell.map((item) => (isBend(item) ? gaps.bend : sizes[item][0]));
  const boxes = cell.map((_, index) => index).filter((index) => !isBend(cell[index]));
  const [first, last] = boxes.length ? [boxes[0], boxes[boxes.length - 1]] : [0, cell.length - 1];
  if (!cell.length) return [0, 0];
  const sum = (from, to) => widths.slice(from, to).reduce((total, width) => total + width, 0);
  const half = (sum(first, last + 1) + gaps.apart * (last - first)) / 2;
  return [sum(0, first) + gaps.apart * first + half, sum(last + 1) + gaps.apart * (cell.length - 1 - last) + half];
}

function placeLanes(spans, count, gaps) {
  const lanes = [];
  const axes = [];
  let x = gaps.margin;
  for (let lane = 0; lane < count; lane++) {
    const left = Math.max(0, ...spans.map((row) => row[lane][0]));
    const right = Math.max(0, ...spans.map((row) => row[lane][1]));
    if (left + right && x > gaps.margin) x += gaps.lane;
    lanes.push([x, x + left + right]);
    axes.push(x + left);
    x += left + right;
  }
  return { lanes, axes };
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
      carried.get(key).values.add(input);
    }
  });
  const pairs = [...carried.values()];
  const router = new Router(data, placed, pairs);
  return pairs.map((pair) => ({ ...pair, faint: router.isFaint(pair), ...router.route(pair) }));
}

class Router {
  constructor(data, placed, pairs) {
    this.data = data;
    this.placed = placed;
    this.entering = new Map();
    for (const pair of pairs.filter((pair) => this.runsAlong(pair))) {
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

  isFaint(pair) {
    const [from, to] = [this.section(pair.source).lane, this.section(pair.target).lane];
    const readsOn = this.data.readOn.some(([a, b]) => a === from && b === to);
    return !(this.index(pair.source) === this.index(pair.target) || readsOn || this.runsAlong(pair));
  }

  runsAlong({ source, target }) {
    const below = this.section(target).row - this.section(source).row;
    return this.section(source).lane === this.section(target).lane && (this.isUpward(source) ? below < 0 : below > 0);
  }

  route(pair) {
    if (this.index(pair.source) === this.index(pair.target)) return this.inner(pair);
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
    return { heading: step < 0 ? "up" : "down", start: points[0], path: curve(points) };
  }

  out(source, step) {
    if ("node" in source) return this.inside(source, source.node + ">out");
    const box = this.box(source);
    const y = step < 0 ? box.y : box.y + box.height;
    return [[this.middle(source)[0], y], [this.middle(source)[0], y + step * this.data.gaps.stub]];
  }

  in({ source, target, values }, step) {
    if ("node" in target) return this.inside(target, "in" + values.values().next().value + ">" + target.node);
    const box = this.box(target);
    const entering = this.entering.get(seenKey(target)).map(seenKey);
    const x = box.x + (box.width * (entering.indexOf(seenKey(source)) + 1)) / (entering.length + 1);
    return [[x, step < 0 ? box.y + box.height : box.y]];
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
