// A scene of thermosim in a page: what `visual/scene.py` tells, drawn by vtk.js.
"use strict";
const DEG = Math.PI / 180, GREY = [0.82, 0.83, 0.85];
const KINDS = { f4: Float32Array, u4: Uint32Array, u1: Uint8Array };

async function inflated(id) {
  const text = document.getElementById(id).textContent.trim();
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function unpacked(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const document = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const walk = (part) => {
    if (part === null || typeof part !== "object") return part;
    if (part.kind in KINDS) return new KINDS[part.kind](buffer, 4 + length + part.at, part.n);
    for (const key of Object.keys(part)) part[key] = walk(part[key]);
    return part;
  };
  return walk(document);
}

// --- triangles with a number at each corner, and where a level cuts straight simplices

class Soup {
  constructor() { this.x = []; this.s = []; }
  add(points, values) {
    for (let i = 0; i < points.length; i++) {
      this.x.push(points[i][0], points[i][1], points[i][2]);
      this.s.push(values[i]);
    }
  }
}

// corners of the piece of a simplex's nodes at which f changes sign: pairs of nodes and a share
function crossing(nodes, f) {
  const above = nodes.filter((n) => f[n] > 0), below = nodes.filter((n) => f[n] <= 0);
  if (!above.length || !below.length) return null;
  const at = (a, b) => [a, b, f[a] / (f[a] - f[b])];
  if (above.length === 2 && below.length === 2) {
    const [a, b] = above, [c, d] = below;
    return [at(a, c), at(a, d), at(b, d), at(b, c)];
  }
  return above.flatMap((a) => below.map((b) => at(a, b)));
}

class Mesh {
  constructor(data) {
    Object.assign(this, data);
    this.size = this.edges[0].length > 0 ? this.cells.length / this.cellRegions.length : 0;
    this.skinSize = this.skin.length / this.skinOwner.length;
    this.count = this.points.length / this.dim;
  }
  at(n) {
    const i = n * this.dim;
    return [this.points[i], this.points[i + 1], this.dim === 3 ? this.points[i + 2] : 0];
  }
  between([a, b, t]) {
    const p = this.at(a), q = this.at(b);
    return p.map((x, i) => x + t * (q[i] - x));
  }
  // every straight piece of the cells of visible regions
  each(hidden, call) {
    const nodes = new Array(this.dim + 1);
    for (let c = 0; c < this.cellRegions.length; c++) {
      if (hidden.has(this.cellRegions[c])) continue;
      for (const piece of this.pieces) {
        for (let i = 0; i <= this.dim; i++) nodes[i] = this.cells[c * this.size + piece[i]];
        call(nodes, c);
      }
    }
  }
  cut(hidden, f, call) {
    this.each(hidden, (nodes, c) => {
      const corners = crossing(nodes, f);
      if (corners) call(corners, c);
    });
  }
  eachSkin(hidden, call) {
    const nodes = new Array(this.dim);
    for (let k = 0; k < this.skinOwner.length; k++) {
      const c = this.skinOwner[k];
      if (hidden.has(this.cellRegions[c])) continue;
      for (const piece of this.skinPieces) {
        for (let i = 0; i < this.dim; i++) nodes[i] = this.skin[k * this.skinSize + piece[i]];
        call(nodes, c);
      }
    }
  }
  middle(c) {
    const p = [0, 0, 0];
    for (let i = 0; i <= this.dim; i++) {
      const q = this.at(this.cells[c * this.size + i]);
      for (let j = 0; j < 3; j++) p[j] += q[j] / (this.dim + 1);
    }
    return p;
  }
}

// --- numbers and lengths in words

const digits = (x, n = 4) => {
  if (x === 0) return "0";
  const e = Math.floor(Math.log10(Math.abs(x)));
  if (e < -3 || e > 5) {
    const [m, p] = x.toExponential(Math.min(n - 1, 2)).split("e");
    return `${m.replace("-", "−")}·10${[...String(Number(p))].map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("")}`;
  }
  return Number(x.toPrecision(n)).toString().replace("-", "−");
};
const lengthText = (um) => {
  const [f, u] = um < 1 ? [1e3, "nm"] : um < 1e3 ? [1, "µm"] : um < 1e6 ? [1e-3, "mm"] : [1e-6, "m"];
  return `${Number((um * f).toPrecision(3))} ${u}`;
};
// factor and unit of temperatures up to a size [K], which then reads from 1 to 1000, as in the pictures
const kelvin = (size) =>
  [[1, "K"], [1e3, "mK"], [1e6, "µK"]].find(([f]) => f * size * (1 + 1e-9) >= 1) ?? [1e9, "nK"];
