// @ts-check
// What the panels share that compute in a thread: the two pictures, the bar that fills, errors, strips of pictures to choose from.
// To Python: split, error, the traits with the names of chosen pictures; the message {do: "upload"}.
// From Python: those traits, status, contents and its like; the message {do: "save", view, name} with a PNG, for the view that asked.
import { download, follow, make, throttled } from "./parts.js";
import { compareView } from "./compare.js";
import { errorNote } from "./error_note.js";
import { connect, picturesOf, sender } from "./stage.js";
import { pictureStrip } from "./strip.js";
import { upload } from "./upload.js";

let views = 0;

/**
 * @param {{model: import("./parts.js").Model, name: string, label: string, before: string, after: string, task: string,
 *          strips: {kind: string, trait: string, legend: string}[], signal: AbortSignal}} options
 *   `name` keeps this panel's elements apart from other panels'; `label` names the divider between `before` and `after`; `task` is what
 *   takes its time; of `strips` each has a kind of picture, the trait that holds the chosen one's name, and a heading.
 * @returns `id`, which keeps several views apart; `send`, where traits go; `compare`; `error`, `progress` and `status`, elements;
 *   `strips`, by kind; and `listen`, to be called with the panel and with what else is shown of which trait, once all is in place.
 */
export function livePanel({ model, name, label, before, after, task, strips: kinds, signal }) {
  const id = `al-${name}-${++views}-${Math.random().toString(36).slice(2)}`;
  const send = sender(model, signal);
  const pushSplit = throttled((/** @type {number} */ split) => send.put({ split }), 100);
  signal.addEventListener("abort", pushSplit.cancel);
  const compare = compareView({ label, before, after, move: pushSplit.push, signal });
  const error = errorNote(() => send.put({ error: "" }), signal);
  const progress = make("progress", { class: "al-progress", max: 1, "aria-label": `Progress of the ${task}` });
  const status = make("span", { class: "al-status" });
  const strips = Object.fromEntries(kinds.map(({ kind, trait, legend }) => [kind, pictureStrip({
    kind,
    legend,
    own: `Upload a ${kind} picture of your own`,
    id,
    choose: (chosen) => send.put({ [trait]: chosen }),
    bring: (file) => upload(model, kind, file).catch((problem) => send.put({ error: problem.message })),
    signal,
  })]));

  return {
    id,
    send,
    compare,
    error: error.view,
    progress,
    status,
    strips,
    /** @param {HTMLElement} panel @param {Record<string, () => void>} more */
    listen(panel, more) {
      /** @type {Record<string, () => void>} */
      const sync = {};
      for (const { kind, trait } of kinds) {
        sync[trait] = () => strips[kind].select(model.get(trait));
        sync[`${kind}s`] = () => {
          strips[kind].fill(picturesOf(model, `${kind}s`));
          sync[trait]();
        };
      }
      connect(model, {
        ...sync,
        split: () => compare.place(model.get("split")),
        status: () => { status.textContent = model.get("status"); },
        error: () => error.show(model.get("error")),
        busy: () => panel.toggleAttribute("data-busy", model.get("busy")),
        ...more,
      }, signal);
      follow(model, "msg:custom", (content, buffers) => {
        if (content.do === "save" && content.view === id) download(buffers[0], content.name);
      }, signal);
    },
  };
}
