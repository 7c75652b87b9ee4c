// The view of a scene: what is drawn from its state, its controls, its keys.
const SEGMENTS = 96;

class View {
  constructor(box, data) {
    this.box = box;
    this.mesh = new Mesh(data);
    this.data = data;
    this.revolved = data.symmetry === "axisymmetric";
    this.flat = data.dim === 2 && !this.revolved;
    this.state = {
      field: data.fields[0].key, frame: Math.max(0, data.times.length - 1), window: 0,
      open: 180, plane: this.flat ? "none" : "y", place: 0, iso: false, mesh: false,
      arrows: false, hidden: new Set(), ...data.begin,
    };
    this.openGL();
    this.look(0);
    this.draw();
  }
  openGL() {
    const V = globalThis.vtk;
    this.canvas = this.box.querySelector(".view");
    this.window = V.vtkRenderWindow.newInstance();
    this.renderer = V.vtkRenderer.newInstance({ background: [1, 1, 1] });
    this.window.addRenderer(this.renderer);
    this.gl = V.vtkOpenGLRenderWindow.newInstance();
    this.gl.setContainer(this.canvas);
    this.window.addView(this.gl);
    const interactor = V.vtkRenderWindowInteractor.newInstance();
    interactor.setView(this.gl);
    interactor.initialize();
    interactor.bindEvents(this.canvas);
    interactor.setInteractorStyle(V.vtkInteractorStyleTrackballCamera.newInstance());
    interactor.onEndAnimation(() => this.settled());
    this.camera = this.renderer.getActiveCamera();
    this.camera.setParallelProjection(true);
    this.actors = [];
    const size = () => {
      const r = this.canvas.getBoundingClientRect(), d = Math.min(globalThis.devicePixelRatio || 1, 2);
      if (!r.width) return;
      this.gl.setSize(Math.floor(r.width * d), Math.floor(r.height * d));
      this.render();
    };
    size();
    new ResizeObserver(size).observe(this.canvas);
  }

  // --- colours

  get field() { return this.data.fields.find((f) => f.key === this.state.field); }
  get values() { return this.field.frames[Math.min(this.state.frame, this.field.frames.length - 1)]; }
  value(nodeOrCorner, c) {
    const v = this.values;
    if (this.field.where === "cell") return v[c];
    if (typeof nodeOrCorner === "number") return v[nodeOrCorner];
    const [a, b, t] = nodeOrCorner;
    return v[a] + t * (v[b] - v[a]);
  }
  // lowest and highest value at all times in the window
  range() {
    const w = this.data.windows[this.state.window], { hidden } = this.state, m = this.mesh;
    const far = (p) => {
      for (let j = 0; j < this.data.dim; j++) if (Math.abs(p[j] - w.middle[j]) > 1.05 * w.half) return true;
      return false;
    };
    let low = Infinity, high = -Infinity;
    const cellwise = this.field.where === "cell", signed = this.field.scale === "signed", all = [];
    const see = (x) => { if (x < low) low = x; if (x > high) high = x; if (cellwise && Number.isFinite(x)) all.push(x); };
    for (let c = 0; c < m.cellRegions.length; c++) {
      if (hidden.has(m.cellRegions[c]) || far(m.middle(c))) continue;
      for (const v of this.field.frames) {
        if (cellwise) see(v[c]);
        else for (let i = 0; i < m.size; i++) see(v[m.cells[c * m.size + i]]);
      }
    }
    if (!(low <= high)) return [0, 1];
    if (cellwise && signed) { // a hot spot in a few cells would leave one colour to all others
      all.sort((a, b) => a - b);
      [low, high] = [0.02, 0.98].map((share) => all[Math.floor(share * (all.length - 1))]);
    }
    const { base, scale } = this.field;
    this.log = false;
    this.diverging = signed && (low + base) * (high + base) < 0
      && Math.min(-low - base, high + base) > 0.01 * Math.max(-low - base, high + base);
    if (this.diverging) {
      const most = Math.max(-low - base, high + base);
      return [-most - base, most - base];
    }
    this.log = scale === "light" && low >= 0 && high > 100 * Math.max(low, 1e-30);
    if (this.log) low = Math.max(low, 1e-4 * high);
    return low < high ? [low, high] : [low - 0.5, high + 0.5];
  }
  get map() {
    const { scale } = this.field;
    return this.data.colours[scale === "signed" ? (this.diverging ? "signed" : "plain") : scale];
  }
  shown(x) { return this.log ? Math.log10(Math.max(x, this.limits[0])) : x; }
  colours() {
    const table = globalThis.vtk.vtkColorTransferFunction.newInstance();
    const [low, high] = this.limits.map((x) => this.shown(x));
    this.map.forEach((hex, i) => {
      const rgb = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16) / 255);
      table.addRGBPoint(low + (i / (this.map.length - 1)) * (high - low), ...rgb);
    });
    table.setMappingRange(low, high);
    return table;
  }

  // --- geometry

  get angles() {
    const open = this.flat ? 360 : this.state.open;
    return [(-90 + open / 2) * DEG, (360 - open) * DEG];
  }
  turned([r, z], phi) { return [r * Math.cos(phi), r * Math.sin(phi), z]; }
  // the faces of a cut body of revolution, or the plane body itself
  faces() {
    if (this.flat) return [(p) => [p[0], 0, p[1]]];
    const [from, span] = this.angles;
    return span > 359.9 * DEG ? [] : [from, from + span].map((phi) => (p) => this.turned(p, phi));
  }
  revolve(lines, soup, grey) {
    const [from, span] = this.angles;
    if (span < 0.1 * DEG) return;
    const n = Math.max(2, Math.round((SEGMENTS * span) / (2 * Math.PI)));
    for (const { ends, s } of lines) {
      const into = Number.isFinite(s[0]) ? soup : grey;
      for (let j = 0; j < n; j++) {
        const a = from + (span * j) / n, b = from + (span * (j + 1)) / n;
        const [p, q, u, v] = [this.turned(ends[0], a), this.turned(ends[1], a), this.turned(ends[1], b), this.turned(ends[0], b)];
        into.add([p, q, u, p, u, v], [s[0], s[1], s[1], s[0], s[1], s[0]]);
      }
    }
  }
  // of the clip plane, into what is kept: what hides the cut from the first camera goes
  get kept() { return { x: [-1, 0, 0], y: [0, 1, 0], z: [0, 0, -1] }[this.state.plane] || null; }
  // distance of each node from the clip plane
  heights() {
    const { mesh: m } = this, axis = "xyz".indexOf(this.state.plane), f = new Float64Array(m.count);
    const at = this.data.symmetry === "quarter" && axis < 2 ? Math.abs(this.state.place) : this.state.place;
    const nudge = 1e-7 * this.data.windows[0].half;
    for (let n = 0; n < m.count; n++) f[n] = m.points[3 * n + axis] - at - nudge;
    return f;
  }
  // a quarter stands for four: signs of x and y of its images
  images(cap) {
    if (this.data.symmetry !== "quarter") return [[1, 1]];
    const all = [[1, 1], [-1, 1], [1, -1], [-1, -1]], { plane, place } = this.state;
    if (!cap || plane === "z") return all;
    const axis = "xyz".indexOf(plane), sign = place < 0 ? -1 : 1;
    return all.filter((image) => image[axis] === sign);
  }
  bodies(skin, cap, grey) {
    const m = this.mesh, { hidden } = this.state;
    const put = (soup, points, values) => (values.every(Number.isFinite) ? soup : grey).add(points, values);
    if (this.data.dim === 2) {
      const lines = [];
      if (!this.flat) m.eachSkin(hidden, (n, c) => lines.push({ ends: n.map((i) => m.at(i)), s: n.map((i) => this.value(i, c)) }));
      this.revolve(lines, skin, grey);
      for (const face of this.faces()) {
        m.each(hidden, (n, c) => put(cap, n.map((i) => face(m.at(i))), n.map((i) => this.value(i, c))));
      }
      return;
    }
    m.eachSkin(hidden, (n, c) => put(skin, n.map((i) => m.at(i)), n.map((i) => this.value(i, c))));
    if (!this.kept) return;
    m.cut(hidden, this.heights(), (corners, c) => {
      const p = corners.map((k) => m.between(k)), s = corners.map((k) => this.value(k, c));
      for (let i = 1; i + 1 < p.length; i++) put(cap, [p[0], p[i], p[i + 1]], [s[0], s[i], s[i + 1]]);
    });
  }
  // levels of a field at nodes: the one shown, or the first where what is shown stands in cells
  isosurfaces(soup, grey) {
    const m = this.mesh, field = this.field.where === "node" ? this.field : this.data.fields.find((f) => f.where === "node");
    const v = field.frames[Math.min(this.state.frame, field.frames.length - 1)], [low, high] = field === this.field ? this.limits : this.spread(v);
    const f = new Float64Array(m.count), levels = 7;
    for (let k = 1; k <= levels; k++) {
      const level = low + (k / (levels + 1)) * (high - low);
      for (let n = 0; n < m.count; n++) f[n] = v[n] - level;
      m.cut(this.state.hidden, f, (corners, c) => {
        const p = corners.map((q) => m.between(q)), s = corners.map((q) => (field === this.field ? level : this.value(q, c)));
        if (this.data.dim === 2) this.revolve([{ ends: p, s }], soup, grey);
        else for (let i = 1; i + 1 < p.length; i++) soup.add([p[0], p[i], p[i + 1]], [s[0], s[i], s[i + 1]]);
      });
    }
  }
  spread(v) { return [v.reduce((a, b) => Math.min(a, b), Infinity), v.reduce((a, b) => Math.max(a, b), -Infinity)]; }
  wires(lines) {
    const m = this.mesh, { hidden } = this.state;
    const along = (list, at, place) => {
      for (const edge of m.edges) for (let i = 0; i + 1 < edge.length; i++) {
        lines.push(...place(m.at(list[at + edge[i]])), ...place(m.at(list[at + edge[i + 1]])));
      }
    };
    if (this.data.dim === 2) {
      for (const face of this.faces()) for (let c = 0; c < m.cellRegions.length; c++) {
        if (!hidden.has(m.cellRegions[c])) along(m.cells, c * m.size, face);
      }
      return;
    }
    for (let k = 0; k < m.skinOwner.length; k++) {
      if (!hidden.has(m.cellRegions[m.skinOwner[k]])) along(m.skin, k * m.skinSize, (p) => p);
    }
  }
  // outlines of the cells that the clip plane cuts, by their corners
  cutWires(lines) {
    const m = this.mesh, f = this.heights();
    for (let c = 0; c < m.cellRegions.length; c++) {
      if (this.state.hidden.has(m.cellRegions[c])) continue;
      const corners = crossing(Array.from(m.cells.subarray(c * m.size, c * m.size + 4)), f);
      if (!corners) continue;
      const p = corners.map((k) => this.lifted(m.between(k), 0, 1e-4 * this.data.windows[this.state.window].half));
      p.forEach((q, i) => lines.push(...q, ...p[(i + 1) % p.length]));
    }
  }
  // arrows of the heat flux in the cut faces: direction, and length as the cube root of |q|
  arrows(soup) {
    const flux = this.data.flux[Math.min(this.state.frame, this.data.flux.length - 1)];
    if (!flux) return;
    const m = this.mesh, { dim } = this.data, w = this.data.windows[this.state.window], axis = "xyz".indexOf(this.state.plane);
    const [u, v] = dim === 2 ? [0, 1] : [[1, 2], [0, 2], [0, 1]][axis] || [0, 1], bins = new Map(), step = w.half / 11;
    const take = (p, c) => {
      const i = Math.floor((p[u] - w.middle[u]) / step), j = Math.floor((p[v] - w.middle[v]) / step);
      if (Math.max(Math.abs(i + 0.5), Math.abs(j + 0.5)) > 13) return;
      const off = Math.hypot(p[u] - w.middle[u] - (i + 0.5) * step, p[v] - w.middle[v] - (j + 0.5) * step);
      const known = bins.get(`${i},${j}`);
      if (!known || off < known.off) bins.set(`${i},${j}`, { off, p, q: Array.from(flux.subarray(dim * c, dim * c + dim)) });
    };
    if (dim === 2) for (let c = 0; c < m.cellRegions.length; c++) { if (!this.state.hidden.has(m.cellRegions[c])) take(m.middle(c), c); }
    else if (axis >= 0) m.cut(this.state.hidden, this.heights(), (corners, c) => take(m.between(corners[0]), c));
    const all = [...bins.values()].map((a) => ({ ...a, d: [a.q[u], a.q[v]] })), most = Math.max(...all.map((a) => Math.hypot(...a.d)), 1e-300);
    const faces = dim === 2 ? this.faces() : [(p) => p], lift = 0.004 * w.half;
    faces.forEach((face, side) => {
      for (const a of all) {
        const q = Math.hypot(...a.d);
        if (!q) continue;
        const L = 1.6 * step * Math.cbrt(q / most), e = [a.d[0] / q, a.d[1] / q], n = [-e[1], e[0]];
        const at = (s, t) => { const p = [...a.p]; p[u] += L * (s * e[0] + t * n[0]); p[v] += L * (s * e[1] + t * n[1]); return this.lifted(face(p), side, lift); };
        soup.add([at(-0.5, -0.05), at(0.1, -0.05), at(0.1, 0.05), at(-0.5, -0.05), at(0.1, 0.05), at(-0.5, 0.05), at(0.1, -0.17), at(0.5, 0), at(0.1, 0.17)], new Array(9).fill(0));
      }
    });
  }
  lifted(p, side, by) {
    if (this.data.dim === 3) return p.map((x, i) => x - by * this.kept[i]);
    if (this.flat) return [p[0], p[1] - by, p[2]];
    const [from, span] = this.angles, phi = side ? from + span + Math.PI / 2 : from - Math.PI / 2;
    return [p[0] + by * Math.cos(phi), p[1] + by * Math.sin(phi), p[2]];
  }

  // --- drawing

  polydata(soup, kind) {
    const V = globalThis.vtk, data = V.vtkPolyData.newInstance(), size = kind === "lines" ? 2 : 3;
    const n = soup.x.length / 3, cells = new Uint32Array((n / size) * (size + 1));
    for (let i = 0, k = 0; i < n; i += size) {
      cells[k++] = size;
      for (let j = 0; j < size; j++) cells[k++] = i + j;
    }
    data.getPoints().setData(Float32Array.from(soup.x), 3);
    (kind === "lines" ? data.getLines() : data.getPolys()).setData(cells);
    if (kind === "values") {
      const values = Float32Array.from(soup.s, (x) => this.shown(x));
      data.getPointData().setScalars(V.vtkDataArray.newInstance({ name: "s", values }));
    }
    return data;
  }
  add(soup, { kind = "values", colour = GREY, opacity = 1, light = 0, clipped = false, cap = false }) {
    if (!soup.x.length) return;
    const V = globalThis.vtk, mapper = V.vtkMapper.newInstance();
    mapper.setInputData(this.polydata(soup, kind));
    mapper.setScalarVisibility(kind === "values");
    if (kind === "values") {
      const table = this.colours();
      mapper.set({ interpolateScalarsBeforeMapping: true, useLookupTableScalarRange: true });
      mapper.setLookupTable(table);
    }
    for (const [sx, sy] of this.images(cap)) {
      const own = this.images(cap).length > 1 ? this.copied(mapper) : mapper, actor = V.vtkActor.newInstance();
      if (clipped && this.kept) {
        const origin = [0, 0, 0];
        origin["xyz".indexOf(this.state.plane)] = this.state.place;
        own.addClippingPlane(V.vtkPlane.newInstance({ origin, normal: this.kept }));
      }
      actor.setMapper(own);
      actor.setScale(sx, sy, 1);
      actor.getProperty().set({ ambient: 1 - light, diffuse: light, specular: 0, opacity, lineWidth: 1 });
      actor.getProperty().setColor(...colour);
      this.renderer.addActor(actor);
      this.actors.push(actor);
    }
  }
  copied(mapper) {
    const own = globalThis.vtk.vtkMapper.newInstance(mapper.get("scalarVisibility", "interpolateScalarsBeforeMapping", "useLookupTableScalarRange"));
    own.setInputData(mapper.getInputData());
    own.setLookupTable(mapper.getLookupTable());
    return own;
  }
  draw() {
    for (const actor of this.actors) { this.renderer.removeActor(actor); actor.getMapper().delete(); actor.delete(); }
    this.actors = [];
    this.limits = this.range();
    const skin = new Soup(), cap = new Soup(), grey = new Soup(), { iso, mesh, arrows } = this.state;
    this.bodies(skin, cap, grey);
    this.add(skin, { light: 0.35, opacity: iso ? 0.15 : 1, clipped: true });
    this.add(cap, { opacity: iso ? 0.25 : 1, cap: true });
    this.add(grey, { kind: "plain", light: 0.35, opacity: iso ? 0.15 : 1, clipped: this.data.dim === 3 });
    if (iso) { const levels = new Soup(); this.isosurfaces(levels, grey); this.add(levels, { light: 0.3, clipped: true }); }
    if (mesh) { const wires = { x: [], s: [] }; this.wires(wires.x); this.add(wires, { kind: "lines", colour: [0.1, 0.1, 0.12], clipped: true });
      if (this.data.dim === 3 && this.kept) { const cuts = { x: [], s: [] }; this.cutWires(cuts.x); this.add(cuts, { kind: "lines", colour: [0.1, 0.1, 0.12], cap: true }); } }
    if (arrows) { const heads = new Soup(); this.arrows(heads); this.add(heads, { kind: "plain", colour: [0.08, 0.08, 0.1], cap: true }); }
    this.renderer.resetCameraClippingRange();
    this.render();
    this.controls?.refresh();
  }
  render() {
    this.renderer.resetCameraClippingRange();
    this.window.render();
    this.settled();
  }
  // what a print shows is a picture of the view: browsers print no WebGL
  settled() {
    this.ruler();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const picture = this.gl.captureNextImage("image/png");
      if (picture) picture.then((url) => { this.box.querySelector(".printed").src = url; });
      this.window.render();
    }, 250);
  }
  look(number) {
    const w = this.data.windows[number], c = this.data.dim === 3 ? w.middle : this.flat ? [w.middle[0], 0, w.middle[1]] : [this.revolved && number < this.data.windows.length ? 0 : w.middle[0], 0, w.middle[1]];
    this.state.window = number;
    this.state.place = this.data.dim === 3 ? w.middle["xyz".indexOf(this.state.plane)] ?? 0 : 0;
    const half = this.revolved ? this.reach(w) : w.half, far = 10 * half;
    const way = this.flat ? [0, -1, 0] : [0.14, -1, 0.3], n = Math.hypot(...way);
    this.camera.setFocalPoint(...c);
    this.camera.setPosition(...c.map((x, i) => x + (far * way[i]) / n));
    this.camera.setViewUp(0, 0, 1);
    const r = this.canvas.getBoundingClientRect(), slim = r.width ? Math.max(1, r.height / r.width) : 1;
    this.camera.setParallelScale(1.3 * half * slim);
  }
  // half of what a body of revolution takes up about its axis
  reach(w) { return Math.max(w.half, Math.abs(w.middle[0]) + (w.name === "contact" ? 0 : w.half) * (w.middle[0] > 0 ? 1 : 0)); }
  turn(across, up) {
    this.camera.azimuth(across);
    const before = this.camera.getDirectionOfProjection()[2], next = Math.asin(-before) / DEG + up;
    if (Math.abs(next) < 89) this.camera.elevation(up);
    this.camera.orthogonalizeViewUp();
    this.render();
  }
  zoom(factor) { this.camera.zoom(factor); this.render(); }
  ruler() {
    const r = this.canvas.getBoundingClientRect(), bar = this.box.querySelector(".ruler");
    const px = r.height / (2 * this.camera.getParallelScale()), ten = 10 ** Math.floor(Math.log10(140 / px));
    const length = [5, 2, 1].map((k) => k * ten).find((x) => x * px <= 140) || ten;
    bar.style.width = `${length * px}px`;
    bar.textContent = lengthText(length);
  }
}
