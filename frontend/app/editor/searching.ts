/** Search in an editor. It comes once the page runs: nobody searches what they have not seen, and it is a tenth of the editor. */
import { Compartment, type Extension } from "@codemirror/state";
import { type EditorView, keymap, ViewPlugin } from "@codemirror/view";

type Search = typeof import("@codemirror/search");

const AFTER_MS = 3000;
const place = new Compartment();
let coming: Promise<Search> | undefined;
let here: Extension | undefined;

async function bring(): Promise<Search> {
  coming ??= import("@codemirror/search");
  try {
    const search = await coming;
    here ??= [keymap.of(search.searchKeymap), search.highlightSelectionMatches()];
    return search;
  } catch (error) {
    // The server may be away for a moment: the next one who asks tries again.
    coming = undefined;
    throw error;
  }
}

/** Each file's state has its own copy of what stands in the place. */
function settle(view: EditorView): void {
  if (here && place.get(view.state) !== here) view.dispatch({ effects: place.reconfigure(here) });
}

/** Open the search panel of an editor. Without the server it stays away; the page says by itself that the server is. */
export async function openSearch(view: EditorView): Promise<void> {
  const search = await bring().catch(() => undefined);
  if (!search) return;
  settle(view);
  search.openSearchPanel(view);
}

const bringing = ViewPlugin.define((view) => {
  let gone = false;
  const come = () => void bring().then(() => gone || settle(view), () => undefined);
  const timer = setTimeout(come, here ? 0 : AFTER_MS);
  return {
    destroy() {
      gone = true;
      clearTimeout(timer);
    },
  };
});

export const searching: Extension = place.of([keymap.of([{ key: "Mod-f", run: (view) => (void openSearch(view), true) }]), bringing]);
