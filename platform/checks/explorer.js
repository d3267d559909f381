// Runs in the isolated world beside probe.js: chooses what to try next, as a person would who tries everything once,
// and says what came of it. The same document and seed give the same choices.
globalThis.hillclimbExplorer = (() => {
  const CONTROLS =
    'button, a[href], input, select, textarea, summary, [onclick], [contenteditable=""], [contenteditable="true"],' +
    "[role=button], [role=link], [role=tab], [role=switch], [role=menuitem], [role=checkbox], [role=radio], [role=option]";
  const SAME_NAME = 2;
  const SAME_STYLE = 10;
  const MAX_ELEMENTS = 3000;
  const TYPED = { email: "ada@example.org", tel: "020 7946 0018", url: "https://example.org/", number: "7", search: "tea", password: "Correct-Horse-7" };
  const SET = { date: "2026-02-14", time: "10:30", month: "2026-02", week: "2026-W07", "datetime-local": "2026-02-14T10:30", color: "#3366cc" };
  const OPENS_PICKER = ["file"];

  let seed = 1;
  function random() {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 4294967296;
  }

  const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
  const within = (promise, ms) => Promise.race([promise, new Promise((done) => setTimeout(done, ms))]);

  const tries = new WeakMap();
  const kinds = new Map();
  let again = [];
  let target = null;
  let alwaysMoving = new WeakSet();
  let moving = new WeakSet();
  let changes = 0;
  let learning = null;
  let heard = new Set();
  let before = null;

  const observer = new MutationObserver((records) => note(records));
  function note(records) {
    for (const { target: node } of records) {
      if (learning !== null) learning.add(node);
      else if (!alwaysMoving.has(node) && !moving.has(node)) changes++;
    }
  }

  let started = false;
  function start(from) {
    started = true;
    seed = from >>> 0;
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    for (const kind of ["input", "change", "invalid", "toggle"]) document.addEventListener(kind, () => heard.add(kind), true);
  }

  // -- what there is

  function shown(element) {
    const box = element.getBoundingClientRect();
    return box.width >= 4 && box.height >= 4 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  }

  function usable(element) {
    return !element.matches(':disabled, [aria-disabled="true"], [type=hidden]') && !OPENS_PICKER.includes(element.type) && shown(element);
  }

  const clean = (text) => (text ?? "").replace(/[\s\p{Cc}]+/gu, " ").trim();

  function label(element) {
    const by = element.getAttribute("aria-labelledby");
    const named = by ? clean(by.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ")) : "";
    const said = [
      named, element.getAttribute("aria-label"), element.labels?.[0]?.innerText, element.innerText, element.getAttribute("title"),
      element.getAttribute("placeholder"), /^(submit|button|reset)$/.test(element.type ?? "") ? element.value : "",
      element.getAttribute("name"), element.querySelector("img")?.alt, element.id, element.getAttribute("href"),
    ];
    const found = said.map(clean).find((text) => text) ?? "";
    return found.length > 60 ? `${found.slice(0, 59)}…` : found;
  }

  // A place in the document that holds from visit to visit and leads to this element alone.
  function selector(element) {
    const parts = [];
    for (let node = element; node instanceof Element && parts.length < 6; node = node.parentElement) {
      if (node.id && node.id.length < 60 && document.querySelectorAll(`#${CSS.escape(node.id)}`).length === 1) {
        parts.unshift(`#${CSS.escape(node.id)}`);
        break;
      }
      if (node === document.body || node === document.documentElement) break;
      const alike = node.parentElement ? [...node.parentElement.children].filter((each) => each.localName === node.localName) : [node];
      parts.unshift(alike.length > 1 ? `${node.localName}:nth-of-type(${alike.indexOf(node) + 1})` : node.localName);
    }
    return parts.join(" > ").slice(0, 200);
  }

  function kindOf(element) {
    if (element instanceof HTMLSelectElement) return "choose";
    if (element instanceof HTMLInputElement) {
      if (element.type in SET || element.type === "range") return "set";
      return /^(button|submit|reset|image|checkbox|radio)$/.test(element.type) ? "click" : "type";
    }
    if (element instanceof HTMLTextAreaElement || element.isContentEditable) return "type";
    return "click";
  }

  // Fields first, then what acts on them, then links, then what only looks as if it could be clicked.
  function order(element) {
    const kind = kindOf(element);
    if (kind === "type") return 0;
    if (kind !== "click" || element instanceof HTMLInputElement) return 1;
    if (element.localName === "a") return /^#/.test(element.getAttribute("href") ?? "#") ? 3 : 4;
    return element.matches(CONTROLS) ? 2 : 5;
  }

  function candidates() {
    const found = [];
    const all = document.body ? document.body.querySelectorAll("*") : [];
    for (let at = 0; at < all.length && at < MAX_ELEMENTS && found.length < 300; at++) {
      const element = all[at];
      const control = element.matches(CONTROLS);
      if (!control && !(getComputedStyle(element).cursor === "pointer" && element.parentElement && getComputedStyle(element.parentElement).cursor !== "pointer" && element.localName !== "label" && !element.querySelector(CONTROLS))) continue;
      if (!tries.has(element) && usable(element)) found.push(element);
    }
    return found;
  }

  // Twenty cards with the same button are one thing to try, twice; a long menu a few.
  const named = (element) => `${element.localName} ${label(element)}`;
  const styled = (element) => `${element.localName} ${element.type ?? ""} ${element.className?.baseVal ?? element.className} ${element.parentElement?.className ?? ""}`;
  const count = (sign) => kinds.get(sign) ?? 0;

  function choose() {
    const found = candidates().filter((element) => count(named(element)) < SAME_NAME && count(styled(element)) < SAME_STYLE);
    if (found.length === 0) return again.filter((element) => element.isConnected && usable(element) && tries.get(element) < 2)[0] ?? null;
    const first = Math.min(...found.map(order));
    const group = found.filter((element) => order(element) === first);
    // From the top, but not always the first: so a long page is tried all over.
    return group[Math.floor(random() * random() * group.length)];
  }

  // -- one action: find, aim, outcome

  async function find() {
    // The page put another document in place of the one that was watched.
    if (!started) start(seed);
    target = choose();
    if (target === null) return null;
    if (!tries.has(target)) for (const sign of [named(target), styled(target)]) kinds.set(sign, count(sign) + 1);
    tries.set(target, (tries.get(target) ?? 0) + 1);
    target.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    learning = new Set();
    return { kind: kindOf(target), label: label(target), selector: selector(target), again: tries.get(target) > 1 };
  }

  function spot() {
    if (!target.isConnected || !usable(target)) return null;
    const box = [...target.getClientRects()].find((each) => each.width >= 2 && each.height >= 2);
    if (!box) return null;
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2);
    const y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 2);
    const hit = document.elementFromPoint(x, y);
    const meant = hit && (target.contains(hit) || hit.closest("label")?.control === target || hit.shadowRoot?.contains(target));
    return meant ? { x, y } : null;
  }

  // Where to click, once what only moved because we looked is known; null when something lies over it.
  async function aim() {
    await settle();
    return spot();
  }

  // From here on everything that changes counts; what the pointer alone changed by hovering does not.
  async function arm() {
    await settle();
    note(observer.takeRecords());
    moving = new WeakSet(learning ?? []);
    learning = null;
    changes = 0;
    heard = new Set();
    before = state();
  }

  async function outcome() {
    await settle(2);
    if (before === null) return ["page"];
    note(observer.takeRecords());
    const after = state();
    const effects = [...heard];
    if (changes > 0) effects.push("page");
    if (after.fields !== before.fields) effects.push("fields");
    if (after.scroll !== before.scroll) effects.push("scroll");
    if (after.focus !== before.focus && document.activeElement !== target && document.activeElement !== document.body && !target?.contains(document.activeElement)) effects.push("focus");
    for (const [element, was] of before.boxes) {
      const is = after.boxes.get(element);
      if (is !== was && !alwaysMoving.has(element) && !moving.has(element)) {
        effects.push("looks");
        break;
      }
    }
    return [...new Set(effects)].sort();
  }

  function state() {
    const boxes = new Map();
    const all = document.getElementsByTagName("*");
    for (let at = 0; at < all.length && at < MAX_ELEMENTS; at++) {
      const box = all[at].getBoundingClientRect();
      boxes.set(all[at], box.width || box.height ? `${Math.round(box.left + scrollX)} ${Math.round(box.top + scrollY)} ${Math.round(box.width)} ${Math.round(box.height)} ${getComputedStyle(all[at]).visibility}` : "");
    }
    let inner = 0;
    for (const element of boxes.keys()) inner += element.scrollTop + element.scrollLeft;
    const fields = [...document.querySelectorAll("input, select, textarea")].slice(0, 300).map((field) => `${field.value} ${field.checked}`).join("\n");
    return { boxes, fields, scroll: `${Math.round(scrollX)} ${Math.round(scrollY)} ${Math.round(inner)}`, focus: document.activeElement };
  }

  // Animations at their end, and frames drawn: observers of size and sight have been told.
  async function settle(rounds = 1) {
    for (let round = 0; round < rounds; round++) {
      for (const animation of document.getAnimations().slice(0, 2000)) {
        try {
          if (Number.isFinite(animation.effect?.getComputedTiming().endTime)) animation.finish();
          else {
            animation.pause();
            animation.currentTime = 0;
          }
        } catch {
          // Without a target it shows nothing.
        }
      }
      await within(frame(), 2000);
    }
  }

  // Why nothing needs to happen here: it is chosen already, or it leads somewhere that is already in view.
  function excused() {
    if (!target?.isConnected) return true;
    if (target.matches('[aria-selected="true"], [aria-current]:not([aria-current="false"]), [aria-checked="true"], [aria-pressed="true"], :checked')) return true;
    if (/(^|[\s_-])(is-)?(active|selected|current|on)($|\s)/.test(String(target.className?.baseVal ?? target.className))) return true;
    const href = target.closest("a")?.getAttribute("href");
    if (href === undefined || href === null) return false;
    if (!href.startsWith("#")) return !/^\s*javascript:/i.test(href);
    const name = decodeURIComponent(href.slice(1));
    return name === "" || name === "top" ? false : document.getElementById(name) !== null || document.getElementsByName(name).length > 0;
  }

  function remember() {
    if (target !== null) again.push(target);
  }

  function field() {
    if (target instanceof HTMLSelectElement) {
      const options = [...target.options].filter((option) => !option.disabled);
      const other = options.find((option) => !option.selected) ?? options[0];
      if (other) other.selected = true;
    } else if (target.type === "range") {
      const low = Number(target.min || 0);
      const high = Number(target.max || 100);
      target.value = String(low + (high - low) * (Number(target.value) > (low + high) / 2 ? 0.25 : 0.75));
    } else target.value = SET[target.type] ?? "";
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // What to type, and whether Enter is how it is sent.
  function typing() {
    if (target.select) target.select();
    const limit = target.maxLength > 0 ? target.maxLength : 40;
    const form = target.form;
    const submits = form && form.querySelector('button:not([type=button]):not([type=reset]), input[type=submit], input[type=image]');
    return { text: (TYPED[target.type] ?? "Tea for two").slice(0, limit), enter: !submits && target.localName === "input" };
  }

  // What moves while nobody touches the page: as Chromium scores a shift (share of the view x distance), from boxes.
  let rest = null;
  function settled() {
    rest = state();
    learning = new Set();
  }
  async function shift() {
    await settle(2);
    note(observer.takeRecords());
    for (const node of learning ?? []) alwaysMoving.add(node);
    const now = state();
    let area = 0;
    let far = 0;
    const moved = [];
    for (const [element, was] of rest.boxes) {
      const is = now.boxes.get(element);
      if (!was || !is || was === is) continue;
      alwaysMoving.add(element);
      const [left, top, width, height] = was.split(" ").map(Number);
      const [left2, top2] = is.split(" ").map(Number);
      const distance = Math.max(Math.abs(left - left2), Math.abs(top - top2));
      // An element of which a part moves is told by that part's own box; one that code moves by itself is an animation.
      if (distance < 3 || top >= innerHeight || element.style.transform || moved.some((each) => each.contains(element))) continue;
      moved.push(element);
      area += Math.max(0, Math.min(innerWidth, Math.max(left, left2) + width) - Math.max(0, Math.min(left, left2))) * Math.max(0, Math.min(innerHeight, Math.max(top, top2) + height) - Math.max(0, Math.min(top, top2)));
      far = Math.max(far, distance);
    }
    learning = null;
    const view = innerWidth * innerHeight;
    const score = Math.min(1, area / view) * Math.min(1, far / Math.max(innerWidth, innerHeight));
    return { score: Math.round(score * 100) / 100, selector: moved.length ? selector(moved[0]) : "" };
  }

  return { start, settled, shift, find, aim, arm, outcome, excused, remember, field, typing };
})();
