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

  function measure() {
    const root = document.documentElement;
    const body = document.body;
    return {
      overflow: overflow(),
      textLength: (body?.innerText ?? "").trim().length,
      elements: document.getElementsByTagName("*").length,
      height: Math.max(root?.scrollHeight ?? 0, body?.scrollHeight ?? 0),
    };
  }

  return { settle, freeze, measure };
})();
