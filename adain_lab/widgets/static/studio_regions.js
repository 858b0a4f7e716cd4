// @ts-check
// The studio's regions: the picture to paint on, a row per region, soft edges, masks from files.
import { make, quiet } from "./parts.js";
import { picturesOf } from "./stage.js";
import { paintedRegions } from "./painted_regions.js";
import { regionRows } from "./mask_regions.js";

/**
 * @param {{model: import("./parts.js").Model, id: string, send: any, ask: (what: {do: string, view?: string}) => void, bring: (kind: string, file: File) => void, signal: AbortSignal}} options
 *   `send` is where traits go, see studio.js; `ask` asks Python for something; `bring` uploads a file.
 * @returns `view`, the element; `live`, words for screen readers; `sync`, what to show of which trait; `sent`, a promise that all
 *   that was painted has gone to Python; `image`, where the content is shown.
 */
export function studioRegions({ model, id, send, ask, bring, signal }) {
  const colors = model.get("colors");
  const percent = (/** @type {number} */ value) => Number(value.toFixed(1));
  const regions = paintedRegions({
    model, id, send, pass: send.push, chosen: (region) => rows.mark(region), bring, samples: "Samples …", signal,
    soft: { max: 25, step: 0.5, words: (value) => `${percent(value)} %`, spoken: (value) => `${percent(value)} percent of the shorter side` },
  });
  const { painter, sent } = regions;
  const rows = regionRows({
    id,
    colors,
    word: "strength",
    pick: (region) => painter.choose(region),
    swap: (region, name) => {
      const names = [...model.get("style_names")];
      const there = names.indexOf(name);
      if (there >= 0) names[there] = names[region - 1]; // two regions exchange their styles
      names[region - 1] = name;
      send.put({ style_names: names });
    },
    move: (strengths) => send.push({ strengths }),
    settle: send.flush,
    signal,
  });
  const hint = make("p", { class: "al-hint" });

  const on = quiet(make("input", { type: "checkbox", id: `${id}-regions` }));
  on.addEventListener("change", () => send.put({ regions: on.checked }), { signal });
  regions.keep.addEventListener("click", () => ask({ do: "save_masks", view: id }), { signal });

  const work = make("div", { class: "al-region-work" },
    painter.tools,
    make("div", { class: "al-mat" }, painter.view),
    rows.view,
    hint,
    regions.soft,
    regions.whole,
  );
  const view = make("div", { class: "al-regions" },
    make("label", { class: "al-check", for: `${id}-regions` }, on, "A style per region, instead of a mixture"),
    work,
    regions.files,
  );

  const sync = {
    regions: () => {
      on.checked = model.get("regions");
      work.hidden = regions.keep.hidden = !on.checked;
    },
    style_names: () => {
      const names = model.get("style_names").slice(0, colors.length);
      rows.fill(regions.styles(names), picturesOf(model, "styles"));
      hint.textContent = names.length < colors.length ? "Each further style that you choose gets a region, too." : "";
      rows.mark(Math.min(painter.region() || 1, names.length));
      painter.regions(names.length);
      sync.strengths();
    },
    strengths: () => send.waits("strengths") || rows.place(model.get("strengths")),
    ...regions.sync,
  };
  return { view, live: painter.live, image: painter.image, sync, sent };
}
