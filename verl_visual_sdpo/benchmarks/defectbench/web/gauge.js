() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { pointer-events: auto !important; scroll-behavior: auto !important }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  for (const a of document.getAnimations()) try { a.finish() } catch { a.cancel() }
  scrollTo(0, 0);

  const rgba = (text) => {
    const n = (text.match(/[\d.]+/g) || []).map(Number);
    return n.length < 3 ? [0, 0, 0, 0] : [n[0], n[1], n[2], n.length > 3 ? n[3] : 1];
  };
  const box = (r) => [r.left + scrollX, r.top + scrollY, r.right + scrollX, r.bottom + scrollY];
  const WORDLESS = ["checkbox", "radio", "range", "color", "file", "image", "hidden"];
  const everywhere = [-1e6, -1e6, 1e6, 1e6];
  const meet = (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
  const inside = (x, y, b) => x >= b[0] && x <= b[2] && y >= b[1] && y <= b[3];
  const styles = new Map(), alphas = new Map(), clips = new Map(), at = new Map();
  const style = (el) => styles.get(el) || styles.set(el, getComputedStyle(el)).get(el);
  const alpha = (el) => {
    if (!alphas.has(el)) alphas.set(el, Number(style(el).opacity) * (el.parentElement ? alpha(el.parentElement) : 1));
    return alphas.get(el);
  };
  const moved = (s) => s.transform !== "none" || s.filter !== "none" || s.perspective !== "none";
  const clips_ = (s) => s.overflowX !== "visible" || s.overflowY !== "visible";
  const holder = (el) => {  // the element that the box of el is placed and clipped in
    const wanted = style(el).position;
    let up = el.parentElement;
    if (wanted === "fixed") while (up && !moved(style(up))) up = up.parentElement;
    if (wanted === "absolute") while (up && style(up).position === "static" && !moved(style(up))) up = up.parentElement;
    return up;
  };
  const clip = (el) => {  // what is left to be seen of what is inside of el, px of the page
    if (!clips.has(el)) {
      const up = holder(el), outer = up ? clip(up) : everywhere, s = style(el);
      const own = clips_(s) && s.display !== "inline" && el.localName !== "html" && el.localName !== "body";
      const r = el.getBoundingClientRect();  // as it is drawn; the client's sides are those before any transform
      const [wide, high] = [r.width / el.offsetWidth || 1, r.height / el.offsetHeight || 1];
      const left = r.left + scrollX + wide * el.clientLeft, top = r.top + scrollY + high * el.clientTop;
      const right = left + wide * el.clientWidth, bottom = top + high * el.clientHeight;
      const inner = [s.overflowX === "visible" ? -1e6 : left, s.overflowY === "visible" ? -1e6 : top,
        s.overflowX === "visible" ? 1e6 : right, s.overflowY === "visible" ? 1e6 : bottom];
      clips.set(el, own ? meet(outer, inner) : outer);
    }
    return clips.get(el);
  };
  for (const el of document.querySelectorAll("*")) at.set(el, box(el.getBoundingClientRect()));

  const points = [];
  const elements = [...document.querySelectorAll("[data-bench]")].map((el) => {
    const s = style(el), lines = [], runs = [], around = holder(el), shape = el.getBoundingClientRect();
    const entry = { n: Number(el.dataset.bench), hits: 0, points: 0 };
    let text = "";
    for (const node of el.childNodes) {
      if (node.nodeType !== 3 || !node.data.trim()) continue;
      text += node.data.trim() + " ";
      const range = document.createRange(), first = lines.length;
      range.selectNodeContents(node);
      for (const r of range.getClientRects()) {
        if (r.width < 1 || r.height < 1) continue;
        lines.push(box(r));
        const open = meet(box(r), clip(el));
        if (open[2] - open[0] < 0.5 * r.width || open[3] - open[1] < 0.5 * r.height) continue;
        for (const share of [0.1, 0.3, 0.5, 0.7, 0.9])
          points.push([open[0] + share * (open[2] - open[0]), (open[1] + open[3]) / 2, el, entry]);
      }
      if (lines.length > first) runs.push([node.data.trim(), lines.length - first]);
    }
    const made = ["::before", "::after"].map((at) => getComputedStyle(el, at));
    const drawn = made.find((one) => /[^"' ]/.test(one.content.replace(/none|normal/, "")));
    const sign = !!drawn && shape.width > 0 && shape.height > 0;
    if (sign && !el.childElementCount && !lines.length) for (const share of [0.3, 0.5, 0.7])
      points.push([shape.left + scrollX + share * shape.width, (shape.top + shape.bottom) / 2 + scrollY, el, entry]);
    const field = el.localName === "textarea" || (el.localName === "input" && !WORDLESS.includes(el.type));
    const up = el.parentElement && el.parentElement.closest("[data-bench]");
    return Object.assign(entry, {
      tag: el.localName, parent: up ? Number(up.dataset.bench) : null, box: box(shape), lines, runs, text: text.trim(),
      shown: s.visibility !== "hidden" && s.display !== "none" && alpha(el) > 0.02, alpha: alpha(el), clip: clip(el),
      around: around ? clip(around) : everywhere, position: s.position, weight: Number(s.fontWeight) || 400,
      color: rgba(s.color), ground: rgba(s.backgroundColor), picture: s.backgroundImage !== "none",
      border: parseFloat(s.borderTopWidth) + parseFloat(s.borderLeftWidth),
      framed: ["Top", "Right", "Bottom", "Left"].every((side) => parseFloat(s[`border${side}Width`]) > 0.5),
      size: parseFloat(s.fontSize) * (el.offsetHeight ? shape.height / el.offsetHeight : 1),
      display: s.display, overflow: s.overflowX + " " + s.overflowY, fit: s.objectFit,
      natural: [el.naturalWidth || 0, el.naturalHeight || 0], sign, ink: rgba(drawn ? drawn.color : s.color),
      field: field ? el.value || el.placeholder : "",
      pen: rgba(el.value || !field ? s.color : getComputedStyle(el, "::placeholder").color),
    });
  });

  // what lies on the texts: one window's height after the other; what moves along with the window is where it was first
  const pinned = (el) => !!el && (["fixed", "sticky"].includes(style(el).position) || pinned(el.parentElement));
  const covers = (top, x, y, el) => {
    const s = style(top);
    if (!inside(x, y, at.get(top) || everywhere) || (pinned(top) && !pinned(el))) return false;
    if (["img", "video", "canvas"].includes(top.localName)) return alpha(top) > 0.5;
    return s.backgroundImage !== "none" ? alpha(top) > 0.5 : rgba(s.backgroundColor)[3] * alpha(top) > 0.5;
  };
  points.sort((a, b) => a[1] - b[1]);
  let window_ = -1;
  for (const [x, y, el, entry] of points) {
    const wanted = Math.max(Math.floor(y / innerHeight), 0);
    if (wanted !== window_) scrollTo({ left: 0, top: (window_ = wanted) * innerHeight, behavior: "instant" });
    const left = x - scrollX, top = y - scrollY;
    if (left < 0 || top < 0 || left >= innerWidth || top >= innerHeight) continue;
    entry.points += 1;
    const own = (one) => el.contains(one) || one.contains(el), first = document.elementFromPoint(left, top);
    const over = first && own(first) ? first
      : document.elementsFromPoint(left, top).find((one) => own(one) || covers(one, x, y, el));
    if (!over || own(over)) entry.hits += 1;
  }
  scrollTo(0, 0);
  for (const one of elements) one.hit = one.points ? one.hits / one.points : 1;
  const { scrollWidth: width, scrollHeight: height } = document.documentElement;
  return JSON.stringify({ width, height, elements });  // a string: playwright takes seconds over large objects
}
