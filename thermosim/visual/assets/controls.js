// Buttons, sliders and keys of a scene, and its colour bar.
const made = (tag, content = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), content);
  node.append(...children);
  return node;
};

class Controls {
  constructor(view) {
    this.view = view;
    const { data, state } = view, place = view.box.querySelector(".controls");
    this.change = (change) => { Object.assign(state, change); view.draw(); };
    const group = (label, ...parts) => place.append(made("div", { className: "group" }, made("span", { textContent: label }), ...parts));
    this.field = made("select", { ariaLabel: "field", onchange: () => this.change({ field: this.field.value }) });
    for (const f of data.fields) this.field.append(made("option", { value: f.key, textContent: f.name }));
    group("field", this.field);
    this.windows = data.windows.map((w, i) => made("button", { type: "button", textContent: w.name, onclick: () => this.look(i) }));
    group("view", ...this.windows);
    if (data.times.length) this.times(group);
    if (view.revolved) {
      this.open = this.slider(0, 360, 15, "angle cut open", (x) => this.change({ open: x }));
      group("cut open", this.open);
    } else if (data.dim === 3) this.planes(group);
    const tick = (name, key) => {
      const input = made("input", { type: "checkbox", onchange: () => this.change({ [key]: input.checked }) });
      this[key] = input;
      return made("label", {}, input, name);
    };
    group("show", ...(view.flat ? [] : [tick("isosurfaces", "iso")]), ...(data.flux.length ? [tick("heat flux", "arrows")] : []), tick("mesh", "mesh"));
    if (data.regions.length > 1) {
      group("regions", ...data.regions.map((r) => {
        const input = made("input", { type: "checkbox", checked: true, onchange: () => { state.hidden[input.checked ? "delete" : "add"](r.number); view.draw(); } });
        return made("label", {}, input, r.name);
      }));
    }
    this.keys();
    view.controls = this;
    this.refresh();
  }
  slider(min, max, step, label, call) {
    const input = made("input", { type: "range", min, max, step, ariaLabel: label });
    input.oninput = () => { cancelAnimationFrame(this.next); this.next = requestAnimationFrame(() => call(Number(input.value))); };
    return input;
  }
  times(group) {
    const { data } = this.view;
    this.frame = this.slider(0, data.times.length - 1, 1, "time", (x) => this.change({ frame: x }));
    this.clock = made("output");
    const play = made("button", { type: "button", textContent: "play", onclick: () => {
      clearInterval(this.playing);
      if (play.textContent === "stop") { play.textContent = "play"; return; }
      play.textContent = "stop";
      this.playing = setInterval(() => this.change({ frame: (this.view.state.frame + 1) % data.times.length }), 250);
    } });
    group("time", this.frame, this.clock, play);
  }
  planes(group) {
    const { view } = this;
    this.plane = made("select", { ariaLabel: "clip plane", onchange: () => {
      view.state.plane = this.plane.value;
      view.state.place = view.data.windows[view.state.window].middle["xyz".indexOf(this.plane.value)] ?? 0;
      view.draw();
    } });
    for (const name of ["none", "x", "y", "z"]) this.plane.append(made("option", { value: name, textContent: name === "none" ? "none" : `at ${name}` }));
    this.place = this.slider(-1, 1, 0.01, "place of the clip plane", (x) => {
      const w = view.data.windows[view.state.window];
      this.change({ place: w.middle["xyz".indexOf(view.state.plane)] + x * w.half });
    });
    group("cut", this.plane, this.place);
  }
  look(number) { this.view.look(number); this.view.draw(); }
  refresh() {
    const { view } = this, { state, data } = view;
    this.field.value = state.field;
    this.windows.forEach((b, i) => b.setAttribute("aria-pressed", String(i === state.window)));
    for (const key of ["iso", "arrows", "mesh"]) if (this[key]) this[key].checked = state[key];
    if (this.frame) { this.frame.value = state.frame; this.clock.value = data.times[state.frame]; }
    if (this.open) this.open.value = state.open;
    if (this.plane) {
      const w = data.windows[state.window];
      this.plane.value = state.plane;
      this.place.disabled = state.plane === "none";
      this.place.value = (state.place - w.middle["xyz".indexOf(state.plane)]) / w.half;
    }
    this.bar();
  }
  // the bar tells small differences from a round level that its title names
  bar() {
    const { view } = this, { field, limits: [low, high], map } = view, bar = view.box.querySelector(".legend");
    const colours = map.map((c, i) => `${c} ${(100 * i) / (map.length - 1)}%`).join(", ");
    let title = field.name + (field.unit ? ` (${field.unit})` : ""), ends;
    const steps = [0, 0.25, 0.5, 0.75, 1];
    const at = (t) => (view.log ? 10 ** (Math.log10(low) + t * (Math.log10(high) - Math.log10(low))) : low + t * (high - low));
    const exact = (x) => (Math.abs(x) < 1e-6 * (high - low) ? 0 : x); // 0 in the middle is 0
    if (field.unit === "K") {
      const span = high - low, top = Math.max(Math.abs(low + field.base), Math.abs(high + field.base));
      if (span < 1e-3 * top) {
        const ten = 10 ** Math.floor(Math.log10(span)), level = Math.round((low + field.base) / ten) * ten;
        const [f, u] = kelvin(span);
        title = `${field.name} − (${Number(level.toPrecision(8))} K), in ${u}`;
        ends = steps.map((t) => digits(f * (at(t) + field.base - level)));
      } else {
        const [f, u] = kelvin(top);
        title = `${field.name} (${u})`;
        ends = steps.map((t) => digits(f * exact(at(t) + field.base)));
      }
    } else ends = steps.map((t) => digits(view.log ? at(t) : exact(at(t) + field.base), 3));
    bar.replaceChildren(
      made("div", { className: "title", textContent: title }),
      made("div", { className: "ramp", style: `background: linear-gradient(to right, ${colours})` }),
      made("div", { className: "ends" }, ...ends.map((t) => made("span", { textContent: t }))),
    );
    bar.setAttribute("aria-label", `${title} from ${ends[0]} to ${ends[4]}`);
  }
  // keys reach the scene alone, and only while it has the focus
  keys() {
    const { view } = this, { canvas, data, state } = view;
    const list = data.fields.map((f) => f.key), next = () => list[(list.indexOf(state.field) + 1) % list.length];
    const act = {
      ArrowLeft: () => view.turn(10, 0), ArrowRight: () => view.turn(-10, 0),
      ArrowUp: () => view.turn(0, 10), ArrowDown: () => view.turn(0, -10),
      "+": () => view.zoom(1.2), "=": () => view.zoom(1.2), "-": () => view.zoom(1 / 1.2),
      f: () => this.change({ field: next() }), i: () => !view.flat && this.change({ iso: !state.iso }),
      m: () => this.change({ mesh: !state.mesh }), a: () => this.change({ arrows: !state.arrows }),
      v: () => this.look((state.window + 1) % data.windows.length), r: () => this.look(state.window),
      ",": () => this.change({ frame: Math.max(0, state.frame - 1) }),
      ".": () => this.change({ frame: Math.min(Math.max(0, data.times.length - 1), state.frame + 1) }),
    };
    for (const kind of ["keydown", "keypress", "keyup"]) {
      globalThis.addEventListener(kind, (event) => {
        if (document.activeElement !== canvas) { if (!event.target.closest?.(".scene")) event.stopImmediatePropagation(); return; }
        if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Tab") return;
        event.stopImmediatePropagation();
        if (act[event.key]) { event.preventDefault(); if (kind === "keydown") act[event.key](); }
      }, true);
    }
    canvas.addEventListener("pointerdown", () => canvas.focus({ preventScroll: true }), true);
    // a page that is scrolled past the scene goes on scrolling
    view.box.addEventListener("wheel", (event) => { if (document.activeElement !== canvas) event.stopPropagation(); }, true);
  }
}

async function begin(box) {
  try {
    const probe = document.createElement("canvas");
    if (!probe.getContext("webgl2")) throw new Error("this browser has no WebGL 2");
    const [library, bytes] = await Promise.all([inflated("vtk-library"), inflated("scene-data")]);
    document.head.append(made("script", { textContent: new TextDecoder().decode(library) }));
    const view = new View(box, unpacked(bytes));
    new Controls(view);
    box.scene = view;
    box.dataset.ready = "yes";
  } catch (error) {
    box.dataset.ready = "no";
    box.querySelector(".view").replaceWith(made("p", { textContent: `The fields cannot be turned here: ${error.message}.` }));
    box.querySelector(".controls").remove();
    if (!/WebGL|DecompressionStream/.test(String(error))) throw error;
  }
}
for (const box of document.querySelectorAll(".scene")) begin(box);
