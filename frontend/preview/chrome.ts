/** What is drawn around a preview: the border, the notice, the dialogs and the list of what was caught. */

interface Asked {
  restart: () => void;
  forget: () => void;
  /** How large the page is now drawn: 1 is as written. */
  scaled: (scale: number) => void;
}

const CAUGHT_SHOWN = 50;
const DIALOGS_SHOWN = 3;

export class Chrome {
  readonly #root = element("div", "preview");
  readonly #stage = element("div", "preview-stage");
  readonly #dialogs = element("div", "preview-dialogs");
  readonly #notice = element("div", "preview-notice");
  readonly #foot = element("div", "preview-foot");
  readonly #caught = document.createElement("details");
  readonly #caughtCount = document.createElement("summary");
  readonly #caughtList = element("ul", "preview-caught-list");
  readonly #forget = document.createElement("button");
  readonly #sized: ResizeObserver;
  readonly #seen = new Map<string, HTMLElement>();
  #width: number | "fit";
  #zoomed = true;
  #scale = 1;
  #total = 0;

  constructor(
    host: HTMLElement,
    width: number | "fit",
    readonly asked: Asked,
  ) {
    this.#width = width;
    this.#dialogs.setAttribute("role", "status");
    this.#notice.setAttribute("role", "alert");
    this.#notice.hidden = true;
    this.#caught.className = "preview-caught";
    this.#caught.hidden = true;
    this.#caught.append(this.#caughtCount, this.#caughtList);
    this.#forget.type = "button";
    this.#forget.className = "preview-forget";
    this.#forget.textContent = "Reset storage";
    this.#forget.hidden = true;
    this.#forget.addEventListener("click", () => asked.forget());
    const mark = element("span", "preview-mark");
    mark.textContent = "Untrusted page";
    mark.title = "This page was written by a model or another person. Type nothing private into it.";
    this.#foot.append(mark, this.#forget, this.#caught);
    this.#stage.append(this.#dialogs, this.#notice);
    this.#root.append(this.#stage, this.#foot);
    host.append(this.#root);
    this.#sized = new ResizeObserver(() => this.#fit());
    this.#sized.observe(this.#stage);
  }

  destroy(): void {
    this.#sized.disconnect();
    this.#root.remove();
  }

  setWidth(width: number | "fit"): void {
    this.#width = width;
    this.#fit();
  }

  setZoom(fit: boolean): void {
    this.#zoomed = fit;
    this.#fit();
  }

  /** Put a new frame behind what is shown. */
  place(frame: HTMLIFrameElement): void {
    for (const old of this.#frames()) if (old.classList.contains("is-coming")) old.remove();
    this.#stage.prepend(frame);
    this.#fit();
  }

  /** Show a placed frame and remove the one before it. */
  reveal(frame: HTMLIFrameElement): void {
    frame.classList.remove("is-coming");
    for (const old of this.#frames()) if (old !== frame) old.remove();
  }

  empty(): void {
    for (const frame of this.#frames()) frame.remove();
  }

  notice(text: string | null): void {
    this.#notice.hidden = text === null;
    this.#notice.replaceChildren();
    if (text === null) return;
    const words = document.createElement("p");
    words.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = "Start it again";
    button.addEventListener("click", () => this.asked.restart());
    this.#notice.append(words, button);
  }

  dialog(kind: "alert" | "confirm" | "prompt", message: string, answer: string): void {
    const card = element("div", "preview-dialog");
    const words = document.createElement("p");
    words.textContent = message || "(an empty message)";
    const note = element("p", "preview-dialog-note");
    note.textContent = { alert: "The page shows a message.", confirm: "The page asks; it was told yes.", prompt: answer ? `The page asks; it was told “${answer}”.` : "The page asks; it was told nothing." }[kind];
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-small";
    close.textContent = "Close";
    close.addEventListener("click", () => card.remove());
    card.append(words, note, close);
    this.#dialogs.append(card);
    while (this.#dialogs.childElementCount > DIALOGS_SHOWN) this.#dialogs.firstElementChild?.remove();
  }

  caught(message: string): void {
    this.#total++;
    this.#caught.hidden = false;
    this.#caughtCount.textContent = this.#total === 1 ? "1 thing caught" : `${this.#total} things caught`;
    const known = this.#seen.get(message);
    if (known) {
      known.textContent = String(Number(known.textContent || "1") + 1);
      return;
    }
    if (this.#seen.size >= CAUGHT_SHOWN) return;
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = message;
    const count = element("span", "count");
    this.#seen.set(message, count);
    item.append(words, count);
    this.#caughtList.append(item);
  }

  forgetCaught(): void {
    this.#total = 0;
    this.#seen.clear();
    this.#caughtList.replaceChildren();
    this.#caught.hidden = true;
    this.#dialogs.replaceChildren();
  }

  kept(items: number): void {
    this.#forget.hidden = items === 0;
    this.#forget.title = `Forget the ${items === 1 ? "item" : `${items} items`} the page stored, and start it again`;
  }

  #frames(): HTMLIFrameElement[] {
    return [...this.#stage.querySelectorAll<HTMLIFrameElement>(":scope > iframe")];
  }

  /** A page of a set width is laid out at that width and scaled down to the room there is, never up; unscaled it scrolls. */
  #fit(): void {
    const { clientWidth, clientHeight } = this.#stage;
    const scale = this.#width === "fit" || clientWidth === 0 || !this.#zoomed ? 1 : Math.min(1, clientWidth / this.#width);
    this.#stage.style.overflowX = this.#zoomed ? "" : "auto";
    if (scale !== this.#scale) {
      this.#scale = scale;
      this.asked.scaled(scale);
    }
    for (const frame of this.#frames()) {
      if (this.#width === "fit" || clientWidth === 0) {
        frame.style.cssText = "";
        continue;
      }
      frame.style.width = `${this.#width}px`;
      frame.style.height = `${clientHeight / scale}px`;
      frame.style.transform = scale < 1 ? `scale(${scale})` : "";
      frame.style.marginInline = this.#width > clientWidth ? "0" : "auto";
    }
  }
}

function element(name: string, className: string): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  return made;
}
