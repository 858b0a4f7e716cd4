// @ts-check
// The colour panel. Python holds the state; this shows it and sends back what the hand does.
// To Python: the traits alpha, content, style_name, color, side_by_side, split, error; `request`, {do: "save" | "reset"}; the message {do: "upload"}.
// From Python: all traits; the message {do: "save", view, name} with a PNG, for the view that asked.
import { alive } from "./alive.js";
import { make, quiet, showBytes } from "./parts.js";
import { pictureStrip } from "./strip.js";
import { segmented } from "./segmented.js";
import { connect, picturesOf, sender, stage, titleOf } from "./stage.js";

let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-color-${++views}-${Math.random().toString(36).slice(2)}`;
  const send = sender(model, signal);
  /** @type {{value: string | null, name: string, title: string}[]} */
  const methods = model.get("methods");
  const method = () => methods.find(({ value }) => value === model.get("color")) ?? methods[0];
  /** @param {{name: string}} way */
  const words = (way) =>
    `${titleOf(model, "contents", model.get("content"))} in the style of ${titleOf(model, "styles", model.get("style_name"))}, ` +
    `colour ${way.name}, alpha ${model.get("alpha").toFixed(2)}`;
  const picture = stage({ model, id, send, after: "stylized", describe: () => words(method()), signal });

  // ---- the method, and all of them ----
  const segments = segmented({ id, label: "Colour", choices: methods, choose: (color) => send.put({ color }), signal });
  const all = quiet(make("input", { type: "checkbox", id: `${id}-all`, role: "switch" }));
  all.addEventListener("change", () => send.put({ side_by_side: all.checked }), { signal });
  const explained = make("p", { class: "al-hint", "aria-live": "polite" });
  const choice = make("div", { class: "al-choice" },
    make("div", { class: "al-head" }, make("span", { class: "al-legend" }, "Colour"), segments.view),
    make("div", { class: "al-head" }, explained, make("label", { class: "al-switch", for: `${id}-all` }, all, "all three")),
  );
  picture.view.insertBefore(choice, picture.view.children[1]);

  const three = methods.map((way) => {
    const image = make("img", { draggable: false });
    const button = quiet(make("button", { type: "button", class: "al-way", "aria-label": `Show ${way.name} alone` }, image, make("span", { class: "al-tag", "aria-hidden": true }, way.name)));
    button.addEventListener("click", () => {
      send.put({ color: way.value, side_by_side: false });
      picture.compare.handle.focus();
    }, { signal });
    return { way, image, button };
  });
  const row = make("div", { class: "al-three", role: "group", "aria-label": "All three ways", hidden: true }, ...three.map(({ button }) => button));
  picture.mat.append(row);
  signal.addEventListener("abort", () => three.forEach(({ image }) => showBytes(image, null)));

  // ---- where the colours lie ----
  const planes = ["content", "style", "picture"].map((name) => {
    const image = make("img", { class: "al-chroma", draggable: false, alt: `Where the colours of the ${name} lie: grey in the middle, orange right, blue left, purple up, green down` });
    return { name, image, figure: make("figure", { class: "al-plane-small" }, image, make("figcaption", {}, name)) };
  });
  const colours = make("div", { class: "al-chromas", role: "group", "aria-label": "Colours without their brightness" },
    make("div", { class: "al-head" }, make("span", { class: "al-legend" }, "Colours"), make("span", { class: "al-current" }, "brightness left out")),
    make("div", { class: "al-planes" }, ...planes.map(({ figure }) => figure)),
  );
  signal.addEventListener("abort", () => planes.forEach(({ image }) => showBytes(image, null)));

  // ---- what to choose from ----
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

  const panel = make("section", { class: "al-panel al-color", "aria-label": "Colour preservation" },
    make("div", { class: "al-layout" },
      picture.view,
      make("div", { class: "al-side" }, colours, strips.content.strip, strips.style.strip),
    ),
  );

  // ---- what Python says ----
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
    color: () => {
      segments.select(model.get("color"));
      explained.textContent = method().title;
      three.forEach(({ way, button }) => button.toggleAttribute("data-chosen", way.value === model.get("color")));
    },
    side_by_side: () => {
      all.checked = model.get("side_by_side");
      panel.toggleAttribute("data-all", all.checked);
      sync.pictures();
    },
    pictures: () => {
      const pictures = model.get("pictures");
      const shown = pictures.length === three.length;
      row.hidden = !shown;
      picture.compare.view.hidden = shown;
      three.forEach(({ image, way }, index) => {
        showBytes(image, pictures[index] ?? null);
        image.alt = shown ? words(way) : "";
      });
    },
    chromas: () => planes.forEach(({ image }, index) => showBytes(image, model.get("chromas")[index] ?? null)),
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
