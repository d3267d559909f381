// Runs in every page before its own code, so that base, rival and refinement meet the same conditions: the same
// chance, a console that cannot flood, and frames that leave a slow machine time to look. A page that undoes this
// only cheats itself.
(() => {
  let seed = 0x9e3779b9;
  Math.random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };

  let left = 300;
  for (const level of ["log", "info", "debug", "warn", "error", "table", "dir", "trace", "assert", "group"]) {
    const say = console[level].bind(console);
    console[level] = (...args) => {
      if (left-- > 0) say(...args.map((arg) => (typeof arg === "string" ? arg.slice(0, 2000) : arg)));
    };
  }

  // Without a GPU an animated scene can take a second a frame and starve everything else. A page whose frames come
  // late is therefore asked for fewer; while it is held, for none.
  const request = requestAnimationFrame.bind(window);
  const waiting = new Map();
  let held = false;
  let gap = 0;
  let number = 0;
  const ask = (id) => {
    const asked = performance.now();
    request((now) => {
      const callback = waiting.get(id);
      if (held || callback === undefined) return;
      waiting.delete(id);
      const late = performance.now() - asked;
      gap = late > 100 ? Math.min(1500, late * 3) : 0;
      callback(now);
    });
  };
  window.requestAnimationFrame = (callback) => {
    if (typeof callback !== "function") throw new TypeError("requestAnimationFrame needs a function");
    const id = ++number;
    waiting.set(id, callback);
    if (!held) gap > 0 ? setTimeout(ask, gap, id) : ask(id);
    return id;
  };
  window.cancelAnimationFrame = (id) => void waiting.delete(id);
  Object.defineProperty(window, "__hillclimbHold", {
    value: (hold, onlyIfLate) => {
      if (hold && onlyIfLate && gap === 0) return;
      if (held === hold) return;
      held = hold;
      if (!held) for (const id of waiting.keys()) ask(id);
    },
  });
})();
