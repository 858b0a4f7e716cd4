// @ts-check
// Files that are dropped onto a panel, or pasted while it has the focus.

/** What a drag must carry to be taken: a file, or the address of a picture on another page, which gets a sentence. */
const TAKEN = ["Files", "text/uri-list"];
/** While something is dragged, browsers say so at least this often, milliseconds. */
const STILL_THERE = 500;

/**
 * The files in what was dropped or pasted. Browsers call every pasted picture the same.
 * @param {DataTransfer | null} data
 * @returns {File[]}
 */
export const filesOf = (data) => [...(data?.files ?? [])].map((file) => (file.name === "image.png" ? new File([file], "pasted.png", { type: file.type }) : file));

/**
 * @param {{root: EventTarget, panel: HTMLElement, zones: {element: HTMLElement, kind: string, words: string}[],
 *          bring: (kind: string, file: File) => Promise<unknown>, complain: (words: string) => void, signal: AbortSignal}} options
 *   `root` is where things may be dropped or pasted. The first of the `zones` gets what comes down on none of them; `words` say what
 *   becomes of it. `bring` is asked for one file after the other.
 */
export function takesFiles({ root, panel, zones, bring, complain, signal }) {
  let timer = 0;
  /** @param {HTMLElement} [over] */
  const mark = (over) => {
    clearTimeout(timer);
    for (const { element, words } of zones) {
      if (element === over) element.dataset.drop = words;
      else delete element.dataset.drop;
    }
    if (over) timer = setTimeout(mark, STILL_THERE);
  };
  /** @param {Event} event */
  const zoneOf = (event) => zones.find(({ element }) => element.contains(/** @type {Node} */ (event.target))) ?? zones[0];
  const seen = () => panel.checkVisibility?.() !== false && !panel.hasAttribute("data-lost");
  /** @param {string} kind @param {File[]} files */
  const take = async (kind, files) => {
    for (const file of files) await bring(kind, file);
  };

  root.addEventListener("dragover", (event) => {
    const { dataTransfer } = /** @type {DragEvent} */ (event);
    if (!dataTransfer || !TAKEN.some((type) => dataTransfer.types.includes(type))) return;
    event.preventDefault(); // else the browser would leave the page for the file
    dataTransfer.dropEffect = seen() ? "copy" : "none";
    mark(seen() ? zoneOf(event).element : undefined);
  }, { signal });
  root.addEventListener("drop", (event) => {
    const { dataTransfer } = /** @type {DragEvent} */ (event);
    if (!dataTransfer || !TAKEN.some((type) => dataTransfer.types.includes(type))) return;
    event.preventDefault();
    event.stopPropagation();
    mark();
    if (!seen()) return;
    const files = filesOf(dataTransfer);
    if (files.length) take(zoneOf(event).kind, files);
    else complain("What was dropped is an address and no file: save the picture first, and drop its file.");
  }, { signal });
  root.addEventListener("paste", (event) => {
    const files = filesOf(/** @type {ClipboardEvent} */ (event).clipboardData);
    if (!files.length || !seen()) return;
    event.preventDefault();
    event.stopPropagation();
    take(zones[0].kind, files);
  }, { signal });
  signal.addEventListener("abort", () => mark());
}
