// @ts-check
// The alpha panel. Python holds the state; this shows it and sends back what the hand does.
// To Python: the traits alpha, content, style_name, split, error; `request`, {do: "save" | "reset"}; the message {do: "upload"}.
// From Python: all traits; the message {do: "save", view, name} with a PNG, for the view that asked.
import { alive } from "./alive.js";
import { make } from "./parts.js";
import { pictureStrip } from "./strip.js";
import { connect, picturesOf, sender, stage, titleOf } from "./stage.js";

let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-${++views}-${Math.random().toString(36).slice(2)}`;
  const send = sender(model, signal);
  const picture = stage({
    model, id, send, after: "stylized", signal,
    describe: () =>
      `${titleOf(model, "contents", model.get("content"))} in the style of ${titleOf(model, "styles", model.get("style_name"))}, ` +
      `alpha ${model.get("alpha").toFixed(2)}`,
  });

  /** @param {string} kind @param {string} trait @param {string} legend */
  const stripFor = (kind, trait, legend) =>
    pictureStrip({
      kind,
      legend,
      own: `Upload a ${kind} picture of your own`,
      id,
      choose: (name) => send.put({ [trait]: name }),
      bring: (file) => picture.bring(kind, file),
      signal,
    });
  const strips = { content: stripFor("content", "content", "Content"), style: stripFor("style", "style_name", "Style") };

  const panel = make("section", { class: "al-panel al-alpha-panel", "aria-label": "Style transfer with alpha" },
    make("div", { class: "al-layout" },
      picture.view,
      make("div", { class: "al-side" }, strips.content.strip, strips.style.strip),
    ),
  );

  const sync = {
    content: () => strips.content.select(model.get("content")),
    style_name: () => strips.style.select(model.get("style_name")),
    contents: () => {
      strips.content.fill(picturesOf(model, "contents"));
      sync.content();
    },
    styles: () => {
      strips.style.fill(picturesOf(model, "styles"));
      sync.style_name();
    },
  };
  connect(model, sync, signal);
  picture.listen(panel);

  el.append(panel);
  return () => {
    gone.abort();
    panel.remove();
  };
}

export default { render: alive(render) };
