// @ts-check
// The style space panel. Python holds the state; this shows it and sends back what the hand does.
// To Python: the traits position, coordinates, style_name, alpha, content, split, error; `request`, {do: "save" | "reset"}; the message
// {do: "upload"}.
// From Python: all traits; the message {do: "save", view, name} with a PNG, for the view that asked.
import { alive } from "./alive.js";
import { fileInput } from "./file_input.js";
import { make, quiet } from "./parts.js";
import { pictureStrip } from "./strip.js";
import { connect, picturesOf, sender, stage, titleOf } from "./stage.js";
import { styleMap } from "./style_map.js";
import { equaliser } from "./equaliser.js";

let views = 0;

/** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
function render({ model, el }) {
  const gone = new AbortController();
  const { signal } = gone;
  const id = `al-space-${++views}-${Math.random().toString(36).slice(2)}`;

  const send = sender(model, signal);
  const picture = stage({
    model, id, send, after: "painted", signal,
    describe: () => `${titleOf(model, "contents", model.get("content"))} painted ${model.get("place")}, alpha ${model.get("alpha").toFixed(2)}`,
  });

  // ---- map, equaliser, contents ----
  /** @param {number[]} coordinates */
  const goTo = (coordinates) => {
    const values = { coordinates, position: coordinates.slice(0, 2), style_name: "" };
    for (const [name, wanted] of Object.entries(values)) model.set(name, wanted); // at once, so that the next move starts from here
    send.push(values);
  };
  const percent = (/** @type {number} */ index) => `component ${index + 1} (${Math.round(model.get("bands")[index] * 100)} %)`;
  const map = styleMap({
    id,
    extent: model.get("extent"),
    axes: [percent(0), percent(1)],
    move: (position) => send.push({ position, style_name: "" }),
    settle: send.flush,
    snap: (style_name) => send.push({ style_name }),
    signal,
  });
  const bands = equaliser({
    id,
    bands: model.get("bands"),
    limit: model.get("limit"),
    move: (index, number) => {
      // The place on the map may be newer than what Python has answered.
      const coordinates = [...model.get("position"), ...model.get("coordinates").slice(2)];
      coordinates[index] = number;
      goTo(coordinates);
    },
    settle: send.flush,
    signal,
  });
  const where = make("span", { class: "al-current" });
  const flat = quiet(make("button", { type: "button", class: "al-button al-small", title: "All sliders to 0: the mean of all styles" }, "Flat"));
  const own = quiet(make("button", { type: "button", class: "al-button al-small" }, "Place your own style …"));
  const file = fileInput({ button: own, take: (chosen) => picture.bring("style", chosen), signal });
  const strip = pictureStrip({
    kind: "content",
    legend: "Content",
    own: "Upload a content picture of your own",
    id,
    choose: (content) => send.put({ content }),
    bring: (chosen) => picture.bring("content", chosen),
    signal,
  });

  const panel = make("section", { class: "al-panel al-space", "aria-label": "Style space" },
    make("div", { class: "al-layout" },
      picture.view,
      make("div", { class: "al-map", role: "group", "aria-label": "Map of styles" },
        make("div", { class: "al-head" }, make("span", { class: "al-legend" }, "Style space"), where),
        map.plane,
        make("div", { class: "al-bar" }, make("span", { class: "al-status" }, "Drag to walk. Click a style to be there."), own, file),
      ),
      make("div", { class: "al-equaliser", role: "group", "aria-label": "Style equaliser" },
        make("div", { class: "al-head" },
          make("span", { class: "al-legend" }, "Style equaliser"),
          make("span", { class: "al-current" }, "standard deviations"),
          flat,
        ),
        bands.view,
      ),
      make("div", { class: "al-contents" }, strip.strip),
    ),
  );

  // ---- what the hand does ----
  flat.addEventListener("click", () => goTo(model.get("coordinates").map(() => 0)), { signal });

  // ---- what Python says ----
  const sync = {
    // While the hand is walking, the cursor is where the hand is.
    position: () => map.walking() || map.place(model.get("position")[0], model.get("position")[1]),
    coordinates: () => bands.place(model.get("coordinates")),
    points: () => {
      const pictures = picturesOf(model, "styles");
      map.fill(model.get("points").map((/** @type {any} */ point) => ({ ...pictures.find(({ name }) => name === point.name), ...point })));
      sync.style_name();
    },
    style_name: () => map.select(model.get("style_name")),
    place: () => {
      where.textContent = model.get("place");
      map.describe(model.get("place"));
    },
    content: () => strip.select(model.get("content")),
    contents: () => {
      strip.fill(picturesOf(model, "contents"));
      sync.content();
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
