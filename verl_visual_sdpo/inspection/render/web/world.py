"""JavaScript of ours that runs beside the page's: in an isolated world, whose built-ins the page cannot reach.

It shares the page's tree and nothing else. What it reads are facts that the snapshot lacks: which marks won the
cascade, the natural sizes of pictures, what fields show.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

NAME = "visual-sdpo"
MAX_ELEMENTS = 6000
"""Elements of a page whose winners are read; what lies behind them has its start tags for owners."""

FIXED_TIME_MS = 1_767_268_800_000
"""What a page's clock says when it starts: noon of 1 January 2026, UTC."""

CLOCK = f"""(() => {{
  const real = Date, clock = performance.now.bind(performance);
  const start = clock();
  let asked = 0;
  const passed = () => clock() - start + asked++ / 200;
  const now = () => {FIXED_TIME_MS} + Math.round(passed());
  globalThis.Date = new Proxy(real, {{
    construct: (target, given, wanted) => Reflect.construct(target, given.length ? given : [now()], wanted),
    apply: () => new real(now()).toString(),
    get: (target, name) => name === "now" ? now : Reflect.get(target, name),
  }});
  real.prototype.constructor = globalThis.Date;
  Performance.prototype.now = passed;
}})()"""
"""Runs in the page's own world: a clock that tells the same time in every rendering. It moves on whenever it is
asked: virtual time stands still while a script runs, and one that waits by looking at the clock must come to an end."""

TRANSITIONS = """(() => {
  const start = given => {
    const done = Promise.resolve().then(() => (typeof given === "function" ? given : given?.update)?.());
    return {ready: done, finished: done, updateCallbackDone: done, types: new Set(), skipTransition() {}};
  };
  for (const kind of [Document, Element])
    if ("startViewTransition" in kind.prototype) kind.prototype.startViewTransition = function (given) {
      return start(given);
    };
})()"""
"""Runs in the page's own world: changes of view come at once. While one is under way the engine draws nothing, and a
page may keep it under way for ever."""


def prepare(names: Iterable[str]) -> str:
    """Runs in every document before anything is in it: registers marks as not inheriting, and lets nothing keep the
    focus, whose ring and caret come and go."""
    return f"""(() => {{
      for (const name of {json.dumps(list(names))})
        try {{ CSS.registerProperty({{name, syntax: "*", inherits: false}}) }} catch {{}}
      let most = 100;
      addEventListener("focusin", event => {{ if (most-- > 0) event.target.blur?.() }}, true);
    }})()"""


def unsupported(declarations: Sequence[tuple[str, str]]) -> str:
    """The indices of the declarations that this browser would drop."""
    return f"""{json.dumps(list(declarations))}.flatMap(([name, value], i) =>
      /var\\(/i.test(value) || CSS.supports(name, value) ? [] : [i])"""


_OWN = """
  const getter = (kind, name) => {
    const {get} = Object.getOwnPropertyDescriptor(kind.prototype, name);
    return node => get.call(node);
  };
  const kind = getter(Node, "nodeType");
  const every = (root, selector) => (kind(root) === Node.DOCUMENT_NODE ? Document : DocumentFragment)
    .prototype.querySelectorAll.call(root, selector);
  const view = getter(Document, "defaultView"), inside = getter(HTMLIFrameElement, "contentDocument");
"""
"""Ways to ask that elements of the page cannot stand in: names of forms and pictures hide a document's own properties,
names of fields a form's. Documents of frames have prototypes of their own, and take these all the same."""

SETTLE = (
    """(() => {"""
    + _OWN
    + """
  const active = getter(Document, "activeElement"), fonts = getter(Document, "fonts");
  const documents = [document];
  for (const page of documents)
    for (const frame of every(page, "iframe"))
      try { if (inside(frame) && documents.length < 50) documents.push(inside(frame)) } catch {}
  for (const page of documents) {
    for (const animation of Document.prototype.getAnimations.call(page))
      try { animation.finish() } catch { animation.cancel() }
    FontFaceSet.prototype.clear.call(fonts(page));
    for (const sort of [HTMLElement, SVGElement]) try { sort.prototype.blur.call(active(page)) } catch {}
    Document.prototype.getSelection.call(page)?.removeAllRanges();
    view(page)?.scrollTo({left: 0, top: 0, behavior: "instant"});
  }
})()"""
)
"""Takes a page to rest: animations at their end (endless ones at none), none of its scripts' fonts, no focus, no
selection, scrolled to its top."""

_READ = (
    """((attribute, marks, generated, most) => {"""
    + _OWN
    + """
  const winners = [], images = {}, fields = {};
  const named = getter(Element, "localName"), shadow = getter(Element, "shadowRoot");
  const owner = getter(Node, "ownerDocument"), root = getter(Document, "documentElement");
  const title = getter(Document, "title");
  const given = Element.prototype.getAttribute, give = Element.prototype.setAttribute;
  let made = 0;
  const text = field => {
    if (field.localName === "select") return [field.selectedOptions[0]?.text ?? "", false];
    const value = field.type === "password" ? "•".repeat(field.value.length) : field.value;
    return [value || field.placeholder || "", !value];
  };
  const won = style => marks.map(mark => style.getPropertyValue(mark)).join(" ");
  const visit = element => {
    if (winners.length >= most) return;
    let key = given.call(element, attribute);
    if (key === null || key in seen) {
      key = (key ?? "") + "x" + made++;
      give.call(element, attribute, key);
    }
    seen[key] = 1;
    const style = view(owner(element)).getComputedStyle(element);
    winners.push([key, won(style)]);
    for (const pseudo of generated) {
      const its = view(owner(element)).getComputedStyle(element, pseudo);
      if (pseudo === "::marker" ? style.display === "list-item" : !["none", "normal", ""].includes(its.content))
        winners.push([key + pseudo, won(its)]);
    }
    const name = named(element);
    if (name === "img") images[key] = [element.naturalWidth, element.naturalHeight, element.complete];
    if (name === "input" || name === "textarea" || name === "select") fields[key] = text(element);
    if (shadow(element)) walk(shadow(element));
    if (name === "iframe") try { if (inside(element)) walk(inside(element)) } catch {}
  };
  const seen = Object.create(null);
  const walk = root => { for (const element of every(root, "*")) visit(element) };
  walk(document);
  const whole = root(document), extent = [whole?.scrollWidth ?? 0, whole?.scrollHeight ?? 0];
  return {winners, images, fields, title: title(document), extent};
})"""
)


def read(attribute: str, marks: Sequence[str], generated: Sequence[str] = ()) -> str:
    """{winners: [[key, ids]], images: {key: [width, height, complete]}, fields: {key: [text, is placeholder]}, title,
    extent}.

    A key is the value of the element's mark; elements without one (made by a script, or clones) are given one with an
    "x" in it. ``ids`` are the winners of ``marks`` in their order, with a blank for none. What an element generates has
    winners of its own, under the element's key and the name of the pseudo-element, for those of ``generated``.
    """
    asked = ", ".join(json.dumps(one) for one in (attribute, list(marks), list(generated), MAX_ELEMENTS))
    return f"{_READ}({asked})"
