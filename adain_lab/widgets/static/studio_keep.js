// @ts-check
// What the studio keeps: saved pictures are opened again, and the settings are copied as a program.
// To Python: `request`, {do: "python"}; the message {do: "upload"}. From Python: note; the message {do: "python", view, code}.
import { fileInput } from "./file_input.js";
import { follow, make, quiet } from "./parts.js";
import { group } from "./group.js";

/**
 * @param {{model: import("./parts.js").Model, id: string, ask: (what: {do: string, view?: string}) => void,
 *          bring: (kind: string, file: File) => void, signal: AbortSignal}} options
 * @returns `view`, the group, and `sync`, which shows a trait each.
 */
export function studioKeep({ model, id, ask, bring, signal }) {
  const open = quiet(make("button", { type: "button", class: "al-button al-small", title: "A PNG that this panel or adain-lab wrote: its settings come back" }, "Open a saved picture …"));
  const openFile = fileInput({ button: open, take: (chosen) => bring("recipe", chosen), accept: "image/png", signal });
  const copy = quiet(make("button", { type: "button", class: "al-button al-small" }, "Copy settings as Python"));
  const code = quiet(make("textarea", { class: "al-code", readOnly: true, spellcheck: false, rows: 8, hidden: true, "aria-label": "A program that paints this picture" }));
  const copied = make("p", { class: "al-hint", role: "status" });
  copy.addEventListener("click", () => ask({ do: "python", view: id }), { signal });
  follow(model, "msg:custom", async (content) => {
    if (content.do !== "python" || content.view !== id) return;
    code.value = content.code;
    code.hidden = false;
    const done = await navigator.clipboard?.writeText(content.code).then(() => true, () => false);
    copied.textContent = done ? "Copied: paste it into a cell or a file." : "Select the program and copy it.";
    if (!done) code.select();
  }, signal);
  const note = make("p", { class: "al-hint", role: "status" });
  const { view } = group("Keep", { name: "keep" },
    make("p", { class: "al-hint" }, "Saved pictures carry their recipe: open one here, or give it to adain-lab reproduce."),
    make("div", { class: "al-files" }, open, openFile, copy), note, copied, code);
  return { view, sync: { note: () => { note.textContent = model.get("note"); } } };
}
