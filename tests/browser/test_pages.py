"""Reports as their readers see them, in a real browser without a network: tests/browser/run.

With the standard library alone: this runs where the browser is, outside of the userland.
"""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import chrome

FOLDER = os.environ.get("THERMOSIM_PAGES", "")
SHOTS = os.environ.get("THERMOSIM_SHOTS")  # a folder in which to keep what was seen
REPORTS = {
    "demo": "demo/report.html",
    "light": "light/report.html",
    "space": "space/report.html",
    "transient": "transient/report.html",
    "sweep": "sweep/report.html",
    "claim": "claim.html",
    "view": "scene.html",
    "comparison": "both/index.html",
    "fit": "fit/fit.html",
    "mesh": "mesh/mesh.html",
}
WITH_SCENE = ("demo", "light", "space", "transient", "view")
WIDTHS = (1300, 390)
SCENE = "document.querySelector('.scene').scene"
A4 = 688  # CSS pixels of A4 between margins of 14 mm
# names of elements that stand out of the page, or of a table that must be scrolled to be read
BEYOND = """(() => {const out = [], wide = document.documentElement.clientWidth;
const kinds = 'td, th, img, p, li, h1, h2, h3, figure, select, button';
for (const e of document.querySelectorAll(kinds)) {
  if (e.closest('details:not([open])') || !e.getClientRects().length) continue;
  if (e.getBoundingClientRect().right > wide + 1)
    out.push(e.tagName + ' ' + e.textContent.slice(0, 60)); }
return out; })()"""
UNNAMED = """[...document.querySelectorAll('img, [role=img], svg[role]')].filter((e) =>
  !(e.alt || e.getAttribute('aria-label'))).map((e) => e.outerHTML.slice(0, 120))"""
CONTROLS = """[...document.querySelectorAll('.scene input, .scene select, .scene button')].filter(
  (e) => !(e.ariaLabel || e.textContent.trim() || e.closest('label')?.textContent.trim()))
  .map((e) => e.outerHTML)"""


def setUpModule():
    if not FOLDER or chrome.find() is None:
        raise unittest.SkipTest("no pages or no browser: tests/browser/run makes and finds them")


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chrome = chrome.Chrome(chrome.find())

    @classmethod
    def tearDownClass(cls):
        cls.chrome.close()

    def opened(self, name, width):
        page = self.chrome
        page.open(Path(FOLDER) / REPORTS[name], width)
        if name in WITH_SCENE:
            page.until("document.querySelector('.scene').dataset.ready !== ''")
            self.assertEqual(page.run("document.querySelector('.scene').dataset.ready"), "yes")
        return page

    def seen(self, name):
        path = f"{SHOTS}/{name}.png" if SHOTS else None
        return self.chrome.shot(".scene .view", path, scale=0.4)

    def test_pages_have_no_fault_and_fit_every_width(self):
        for name in REPORTS:
            for width in WIDTHS:
                with self.subTest(page=name, width=width):
                    page = self.opened(name, width)
                    self.assertEqual(page.problems, [])
                    self.assertEqual(page.run(BEYOND), [])
                    self.assertEqual(page.run(UNNAMED), [])
                    self.assertEqual(page.run(CONTROLS), [])
                    if SHOTS:
                        page.shot("body", f"{SHOTS}/{name}_{width}.png")

    def test_printed_on_a4_no_column_is_lost(self):
        for name in REPORTS:
            with self.subTest(page=name):
                page = self.opened(name, A4)
                page.send("Emulation.setEmulatedMedia", media="print")
                self.assertEqual(page.run(BEYOND), [])
                page.send("Emulation.setEmulatedMedia", media="")
                pdf = page.pdf(f"{SHOTS}/{name}.pdf" if SHOTS else None)
                self.assertTrue(pdf.startswith(b"%PDF"))

    def test_scenes_are_drawn_and_turned_by_script(self):
        for name in WITH_SCENE:
            with self.subTest(page=name):
                page = self.opened(name, 1300)
                first = self.seen(f"{name}_first")
                self.assertGreater(colours(first), 20)
                page.run("document.querySelector('.scene').scene.turn(40, 10)")
                turned = self.seen(f"{name}_turned")
                self.assertGreater(colours(turned), 20)
                self.assertGreater(changed(first, turned), 0.02)
                self.assertEqual(page.problems, [])

    def test_every_control_changes_what_is_seen(self):
        page = self.opened("demo", 1300)
        before = self.seen("control_0")
        for number, script in enumerate((
            "{field: 'source'}", "{field: 'delta_T', open: 60}", "{open: 180, iso: true}",
            "{iso: false, mesh: true}", "{mesh: false, arrows: true}",
        ), 1):  # fmt: skip
            with self.subTest(change=script):
                page.run(f"document.querySelector('.scene').scene.controls.change({script})")
                after = self.seen(f"control_{number}")
                self.assertGreater(changed(before, after), 0.001)
                before = after
        page.run("document.querySelector('.scene').scene.controls.look(1)")  # the contact
        self.assertGreater(changed(before, self.seen("control_contact")), 0.05)

    def test_a_clip_plane_shows_the_inside(self):
        page = self.opened("space", 1300)
        for plane in ("none", "x", "y", "z"):
            page.run(
                f"document.querySelector('.scene').scene.controls.change({{plane: '{plane}'}})"
            )
            shown = self.seen(f"clip_{plane}")
            if plane == "none":
                whole = shown
            else:
                with self.subTest(plane=plane):
                    self.assertGreater(changed(whole, shown), 0.01)

    def test_time_goes_on(self):
        page = self.opened("transient", 1300)
        last = self.seen("time_last")
        page.run("document.querySelector('.scene').scene.controls.change({frame: 0})")
        self.assertGreater(changed(last, self.seen("time_first")), 0.05)
        words = page.run("document.querySelector('.scene output').value")
        self.assertRegex(words, r"\d (s|min)$")

    def test_the_bar_says_kelvin_from_one_kelvin_on(self):
        page = self.opened("transient", 1300)
        units = page.run("[50, 1.387, 1, 0.999, 2e-3, 9e-4, 3e-7].map((x) => kelvin(x)[1]).join()")
        self.assertEqual(units, "K,K,K,mK,mK,µK,nK")
        self.assertEqual(page.run("document.querySelector('.legend .title').textContent"), "ΔT (K)")

    def test_a_plane_mesh_is_seen_from_the_front(self):
        page = self.opened("mesh", 1300)
        self.assertEqual(page.run("rot().map(Math.abs).join()"), "1,0,0,0,0,1,0,1,0")
        page.run("[...document.querySelectorAll('button')].at(-1).click()")  # the contact
        self.assertEqual(page.run("rot().map(Math.abs).join()"), "1,0,0,0,0,1,0,1,0")
        self.assertGreater(colours(page.shot()), 20)

    def test_keys_turn_the_scene_and_leave_the_page_alone(self):
        page = self.opened("demo", 1300)
        ask = "document.querySelector('.scene').scene.camera.getPosition().join()"
        start = page.run(ask)
        page.press("ArrowLeft")
        self.assertEqual(page.run(ask), start)  # the page has the focus
        page.run("document.querySelector('.scene .view').focus()")
        page.press("ArrowLeft")
        self.assertNotEqual(page.run(ask), start)
        page.press("f")
        self.assertEqual(page.run("document.querySelector('.scene select').value"), "T")
        page.press("m")
        self.assertTrue(page.run("document.querySelector('.scene').scene.state.mesh"))
        # Tab goes on to the controls
        page.send("Input.dispatchKeyEvent", type="rawKeyDown", key="Tab", windowsVirtualKeyCode=9)
        page.send("Input.dispatchKeyEvent", type="keyUp", key="Tab", windowsVirtualKeyCode=9)
        self.assertEqual(page.run("document.activeElement.tagName"), "SELECT")

    def test_a_printed_report_shows_the_scene_as_it_was_turned(self):
        page = self.opened("demo", 1300)
        page.until("document.querySelector('.scene .printed').src.startsWith('data:image/png')")
        size = page.run("document.querySelector('.scene .printed').naturalWidth")
        self.assertGreater(size, 600)


def colours(png):
    """How many colours there are."""
    return len({pixel for row in chrome.pixels(png)[2] for pixel in row})


def changed(one, other):
    """The share of pixels that differ."""
    width, height, a = chrome.pixels(one)
    assert (width, height) == chrome.pixels(other)[:2]
    b = chrome.pixels(other)[2]
    differ = sum(p != q for r, s in zip(a, b, strict=True) for p, q in zip(r, s, strict=True))
    return differ / (width * height)


if __name__ == "__main__":
    unittest.main()
