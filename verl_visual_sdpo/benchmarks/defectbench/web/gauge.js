() => {
  const rgba = (text) => {
    const n = (text.match(/[\d.]+/g) || []).map(Number);
    return n.length < 3 ? [0, 0, 0, 0] : [n[0], n[1], n[2], n.length > 3 ? n[3] : 1];
  };
  const box = (r) => [r.left + scrollX, r.top + scrollY, r.right + scrollX, r.bottom + scrollY];
  const all = [...document.querySelectorAll("[data-bench]")];
  const elements = all.map((el) => {
    const style = getComputedStyle(el), lines = [];
    let text = "", hits = 0, points = 0;
    for (const node of el.childNodes) {
      if (node.nodeType !== 3 || !node.data.trim()) continue;
      text += node.data.trim() + " ";
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const r of range.getClientRects()) {
        if (r.width < 1 || r.height < 1) continue;
        lines.push(box(r));
        for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
          points += 1;
          for (const top of document.elementsFromPoint(r.left + share * r.width, r.top + r.height / 2)) {
            if (el.contains(top) || top.contains(el)) { hits += 1; break; }
            const over = getComputedStyle(top);
            if (top.localName === "img" || over.backgroundImage !== "none" || rgba(over.backgroundColor)[3] > 0.5) break;
          }
        }
      }
    }
    const up = el.parentElement && el.parentElement.closest("[data-bench]");
    return {
      n: Number(el.dataset.bench), tag: el.localName, parent: up ? Number(up.dataset.bench) : null,
      box: box(el.getBoundingClientRect()), lines, text: text.trim(), shown: style.visibility !== "hidden" && style.display !== "none",
      color: rgba(style.color), ground: rgba(style.backgroundColor), picture: style.backgroundImage !== "none",
      border: parseFloat(style.borderTopWidth) + parseFloat(style.borderLeftWidth), size: parseFloat(style.fontSize),
      display: style.display, overflow: style.overflowX + " " + style.overflowY, fit: style.objectFit,
      natural: [el.naturalWidth || 0, el.naturalHeight || 0], scroll: [el.scrollWidth, el.scrollHeight],
      client: [el.clientWidth, el.clientHeight], hit: points ? hits / points : 1,
    };
  });
  return { width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight, elements };
}
