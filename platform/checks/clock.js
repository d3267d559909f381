// Runs before a page that is explored: its clock stands still until it is moved, so that what follows an action depends
// on the files and not on the machine. Timers and animation frames fire in order of their time; nothing else is changed.
(() => {
  const START = Date.UTC(2026, 0, 15, 10);
  // Late frames, as on a slow machine: enough to see what an animation comes to, at a fraction of its cost.
  const GAPS = [16, 34, 50, 100, 200];
  const MAX_FIRED = 400;
  // Code that waits by asking for the time again and again would wait for ever: past so many questions it passes.
  const PATIENCE = 2000;

  let now = 0;
  let asked = 0;
  const time = () => {
    if (++asked > PATIENCE) now += 0.05;
    return now;
  };

  const RealDate = Date;
  window.Date = new Proxy(RealDate, {
    construct: (target, args, made) => Reflect.construct(target, args.length ? args : [START + Math.floor(time())], made),
    apply: () => new RealDate(START + Math.floor(time())).toString(),
    get: (target, name, proxy) => (name === "now" ? () => START + Math.floor(time()) : Reflect.get(target, name, proxy)),
  });
  RealDate.prototype.constructor = window.Date;
  Object.defineProperty(performance, "now", { value: time, configurable: true });

  let number = 0;
  const timers = new Map();
  let frames = new Map();
  const plan = (run, delay, every, args) => {
    const ms = Math.max(0, Number(delay) || 0);
    timers.set(++number, { at: now + ms, every: every ? Math.max(4, ms) : 0, run, args });
    return number;
  };
  window.setTimeout = (run, delay, ...args) => plan(run, delay, false, args);
  window.setInterval = (run, delay, ...args) => plan(run, delay, true, args);
  window.clearTimeout = window.clearInterval = window.cancelIdleCallback = (id) => void timers.delete(Number(id));
  window.requestIdleCallback = (run) => plan(() => run({ didTimeout: false, timeRemaining: () => 10 }), 1, false, []);
  window.requestAnimationFrame = (run) => {
    if (typeof run !== "function") throw new TypeError("requestAnimationFrame needs a function");
    frames.set(++number, run);
    return number;
  };
  window.cancelAnimationFrame = (id) => void frames.delete(id);

  let chance = 0x2545f491;
  const byte = () => {
    chance ^= chance << 13;
    chance ^= chance >>> 17;
    chance ^= chance << 5;
    return chance & 255;
  };
  Object.defineProperty(crypto, "getRandomValues", {
    value: (into) => {
      new Uint8Array(into.buffer, into.byteOffset, into.byteLength).forEach((_, at, all) => (all[at] = byte()));
      return into;
    },
  });
  Object.defineProperty(crypto, "randomUUID", {
    value: () => {
      const hex = Array.from({ length: 32 }, () => (byte() & 15).toString(16)).join("");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  });

  // A task of its own for each callback: what it throws is uncaught as ever, and promises settle before the next one.
  const channel = new MessageChannel();
  const queue = [];
  channel.port1.onmessage = () => {
    const { run, done } = queue.shift();
    try {
      run();
    } finally {
      done();
    }
  };
  const post = channel.port2.postMessage.bind(channel.port2);
  const task = (run) =>
    new Promise((done) => {
      queue.push({ run, done });
      post(0);
    });
  const nothing = () => undefined;

  async function advance(ms) {
    const end = now + ms;
    let fired = 0;
    let gap = 0;
    let frame = now + GAPS[0];
    asked = 0;
    await task(nothing);
    while (fired < MAX_FIRED) {
      let due = null;
      for (const [id, timer] of timers) if (timer.at <= end && (due === null || timer.at < timers.get(due).at)) due = id;
      const at = due === null ? Infinity : timers.get(due).at;
      if (frames.size > 0 && frame <= end && frame < at) {
        now = Math.max(now, frame);
        const batch = frames;
        frames = new Map();
        for (const [id, run] of batch) await task(() => batch.has(id) && run(now));
        gap = Math.min(gap + 1, GAPS.length - 1);
        frame = now + GAPS[gap];
        fired += batch.size;
      } else if (due !== null) {
        const timer = timers.get(due);
        now = Math.max(now, at);
        if (timer.every) timer.at = now + timer.every;
        else timers.delete(due);
        if (typeof timer.run === "function") await task(() => timer.run(...timer.args));
        fired++;
      } else break;
      if (frame < now) frame = now + GAPS[gap];
      asked = 0;
      await task(nothing);
    }
    now = Math.max(now, end);
    for (let n = 0; n < 4; n++) await task(nothing);
    return tell();
  }

  // What a page does beyond its own document: pictures it draws, sounds it plays, and what the layer under it catches.
  let heard = new Set();
  const noted = (owner, names, what, done = true) => {
    for (const name of names) {
      const original = owner?.prototype?.[name];
      if (typeof original !== "function") continue;
      owner.prototype[name] = function (...args) {
        heard.add(what);
        return done ? original.apply(this, args) : undefined;
      };
    }
  };
  noted(window.CanvasRenderingContext2D, ["fill", "stroke", "fillRect", "strokeRect", "clearRect", "fillText", "strokeText", "drawImage", "putImageData"], "draws");
  // No picture is taken here, and without a graphics card a scene costs a second a frame: it is noted, not drawn.
  for (const owner of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) noted(owner, ["drawArrays", "drawElements", "clear", "drawArraysInstanced", "drawElementsInstanced"], "draws", false);
  noted(window.AudioScheduledSourceNode, ["start"], "sound");
  noted(window.HTMLMediaElement, ["play"], "sound");
  noted(window.SpeechSynthesis, ["speak"], "sound");

  // Pickers are the browser's own windows: they would take the keyboard and never answer.
  for (const owner of [HTMLInputElement, HTMLSelectElement]) owner.prototype.showPicker = () => void heard.add("picker");
  const click = HTMLElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type === "file") heard.add("picker");
    else click.call(this);
  };

  function tell() {
    const said = [...heard].sort();
    heard = new Set();
    return said;
  }

  Object.defineProperty(window, "__hillclimbHeard", {
    value: (message) => {
      if (message.say === "dialog") heard.add("dialog");
      else if (message.say === "caught" && message.what !== "blocked" && message.what !== "other") heard.add(message.what);
      else if (message.say === "state") heard.add("stores");
    },
  });
  Object.defineProperty(window, "__hillclimbAdvance", { value: advance });
})();
