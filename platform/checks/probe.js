// Runs in an isolated world of the page under test: it sees the page's DOM, the page cannot see or change it.
globalThis.hillclimbProbe = (() => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const within = (promise, ms) => Promise.race([promise, pause(ms)]);

  // Loaded, fonts there, two frames drawn, and no elements added or removed for `quietMs`; never longer than `maxMs`.
  async function settle(maxMs, quietMs) {
    const start = performance.now();
    const left = () => Math.max(0, maxMs - (performance.now() - start));
    while (document.readyState !== "complete" && left() > 0) await pause(10);
    await within(document.fonts.ready, left());
    let last = performance.now();
    const watcher = new MutationObserver(() => (last = performance.now()));
    watcher.observe(document, { childList: true, subtree: true });
    await within(frame().then(frame), left());
    const since = performance.now();
    while (performance.now() - last < quietMs && performance.now() - since < 800 && left() > 0) await pause(15);
    watcher.disconnect();
    return document.readyState === "complete";
  }

  // Finite animations jump to their end and endless ones to their start, so that a picture does not depend on luck.
  async function freeze() {
    for (const animation of document.getAnimations().slice(0, 2000)) {
      try {
        if (Number.isFinite(animation.effect?.getComputedTiming().endTime)) animation.finish();
        else animation.cancel();
      } catch {
        // An animation without a target cannot be finished, and shows nothing.
      }
    }
    await within(frame().then(frame), 500);
  }

  function selector(element) {
    const parts = [];
    for (let node = element; node instanceof Element && parts.length < 4 && node !== document.body; node = node.parentElement) {
      if (node.id && node.id.length < 60) {
        parts.unshift(`#${CSS.escape(node.id)}`);
        break;
      }
      const classes = [...node.classList].filter((name) => name.length < 40).slice(0, 2);
      parts.unshift(node.localName + classes.map((name) => `.${CSS.escape(name)}`).join(""));
    }
    return parts.join(" > ").slice(0, 200);
  }

  // How far the page scrolls sideways, and the outermost element that sticks out.
  function overflow() {
    const root = document.scrollingElement ?? document.documentElement;
    // A page may take its own root element away.
    if (!root) return { px: 0, selector: "" };
    const hidden = [document.documentElement, document.body].some(
      (element) => element && ["hidden", "clip"].includes(getComputedStyle(element).overflowX),
    );
    const px = hidden ? 0 : Math.max(0, Math.round(root.scrollWidth - root.clientWidth));
    if (px <= 1) return { px: 0, selector: "" };
    const walker = document.createTreeWalker(document.body ?? root, NodeFilter.SHOW_ELEMENT);
    let worst = null;
    let reach = root.clientWidth + 1;
    for (let count = 0; count < 5000 && walker.nextNode(); count++) {
      const box = walker.currentNode.getBoundingClientRect();
      if (box.width > 0 && box.right + scrollX > reach) {
        reach = box.right + scrollX;
        worst = walker.currentNode;
      }
    }
    return { px, selector: worst ? selector(worst) : "" };
  }

  // -- what is wrong where: pieces of text that lie over each other or are cut off, and what sticks out of the page

  const MAX_RECTS = 2500;
  const MAX_MARKS = 20;

  const place = (box) => ({ x: Math.round(box.left + scrollX), y: Math.round(box.top + scrollY), width: Math.round(box.right - box.left), height: Math.round(box.bottom - box.top) });
  const words = (element) => (element.textContent ?? "").replace(/[\s\p{Cc}]+/gu, " ").trim().slice(0, 60);

  // The lines of every visible text, cut to what their ancestors let through.
  function lines() {
    const known = new Map();
    const about = (element) => {
      if (known.has(element)) return known.get(element);
      const style = getComputedStyle(element);
      const up = element.parentElement ? about(element.parentElement) : { shown: true, layer: false, left: -1e6, top: -1e6, right: 1e6, bottom: 1e6 };
      const mine = { ...up, layer: up.layer || style.position === "fixed" || style.position === "sticky" || style.backfaceVisibility === "hidden" };
      mine.shown = up.shown && style.visibility === "visible" && Number(style.opacity) > 0.05 && style.display !== "none";
      if (style.overflowX !== "visible" || style.overflowY !== "visible") {
        const box = element.getBoundingClientRect();
        Object.assign(mine, { left: Math.max(up.left, box.left), top: Math.max(up.top, box.top), right: Math.min(up.right, box.right), bottom: Math.min(up.bottom, box.bottom) });
      }
      known.set(element, mine);
      return mine;
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (found.length < MAX_RECTS && walker.nextNode()) {
      const node = walker.currentNode;
      const element = node.parentElement;
      if (!element || !/\S/.test(node.data) || /^(script|style|noscript|template|option)$/.test(element.localName)) continue;
      const { shown, layer, left, top, right, bottom } = about(element);
      if (!shown || layer) continue;
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        const box = { element, left: Math.max(rect.left, left), top: Math.max(rect.top, top), right: Math.min(rect.right, right), bottom: Math.min(rect.bottom, bottom) };
        if (box.right - box.left >= 4 && box.bottom - box.top >= 6) found.push(box);
      }
    }
    return found.sort((a, b) => a.top - b.top);
  }

  // Whether one of the two lies on a ground of its own, as an open menu over the page does: then it covers, on purpose.
  function covers(one, other) {
    for (const [from, against] of [[one, other], [other, one]])
      for (let node = from; node && !node.contains(against); node = node.parentElement) {
        const style = getComputedStyle(node);
        if (!/^rgba\(.*, 0\)$|^transparent$/.test(style.backgroundColor) || style.backgroundImage !== "none") return true;
      }
    return false;
  }

  function overlaps() {
    const found = new Map();
    const boxes = lines();
    for (let at = 0; at < boxes.length && found.size < MAX_MARKS; at++) {
      const a = boxes[at];
      for (let next = at + 1; next < boxes.length && boxes[next].top < a.bottom; next++) {
        const b = boxes[next];
        if (a.element === b.element) continue;
        const left = Math.max(a.left, b.left);
        const right = Math.min(a.right, b.right);
        const bottom = Math.min(a.bottom, b.bottom);
        if (right - left < 6 || bottom - b.top < 0.5 * Math.min(a.bottom - a.top, b.bottom - b.top) || covers(a.element, b.element)) continue;
        const mark = { kind: "overlap", selector: selector(a.element), other: selector(b.element), text: words(a.element), ...place({ left, top: b.top, right, bottom }) };
        const key = `${mark.selector} ${mark.other}`;
        if (!found.has(key)) found.set(key, mark);
      }
    }
    return [...found.values()];
  }

  function sticking(px) {
    if (px <= 0 || !document.body) return [];
    const edge = (document.scrollingElement ?? document.documentElement).clientWidth + 1;
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
    for (let count = 0; count < 5000 && found.length < MAX_MARKS && walker.nextNode(); count++) {
      const element = walker.currentNode;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && box.right + scrollX > edge && !found.some((each) => each.element.contains(element))) found.push({ element, box });
    }
    return found.map(({ element, box }) => ({ kind: "overflow", selector: selector(element), other: "", text: words(element), ...place(box) }));
  }

  // Text that its own box cuts off without a sign of it.
  function clipped() {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
    for (let count = 0; count < 5000 && found.length < MAX_MARKS && walker.nextNode(); count++) {
      const element = walker.currentNode;
      if (element.scrollWidth <= element.clientWidth + 2 && element.scrollHeight <= element.clientHeight + 2) continue;
      if (element.clientWidth < 8 || element.clientHeight < 8 || ![...element.childNodes].some((node) => node.nodeType === 3 && /\S/.test(node.data))) continue;
      const style = getComputedStyle(element);
      const cut = (axis) => style[axis] === "hidden" || style[axis] === "clip";
      const aside = cut("overflowX") && element.scrollWidth > element.clientWidth + 2 && style.textOverflow !== "ellipsis";
      const below = cut("overflowY") && element.scrollHeight > element.clientHeight + 6 && (style.webkitLineClamp ?? "none") === "none";
      if ((aside || below) && element.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
        found.push({ kind: "clipped", selector: selector(element), other: "", text: words(element), ...place(element.getBoundingClientRect()) });
    }
    return found;
  }

  function marks(px) {
    return document.body ? [...sticking(px), ...overlaps(), ...clipped()] : [];
  }

  function measure() {
    const root = document.documentElement;
    const body = document.body;
    const out = overflow();
    return {
      overflow: out,
      marks: marks(out.px),
      textLength: (body?.innerText ?? "").trim().length,
      elements: document.getElementsByTagName("*").length,
      height: Math.max(root?.scrollHeight ?? 0, body?.scrollHeight ?? 0),
    };
  }

  return { settle, freeze, measure };
})();
