// @ts-check
// Sliders around zero, one per component.
import { clamp, make, quiet } from "./parts.js";
import { signed } from "./style_map.js";

/**
 * @param {{id: string, bands: number[], limit: number, move: (index: number, value: number) => void, settle: () => void,
 *          signal: AbortSignal}} options
 *   `bands` are the shares of the variance that the components explain; `move` is told which slider was moved where.
 */
export function equaliser({ id, bands, limit, move, settle, signal }) {
  const rows = bands.map((share, index) => {
    const percent = `${Math.round(share * 100)} %`;
    const slider = quiet(
      make("input", { class: "al-range", type: "range", id: `${id}-band${index}`, min: -limit, max: limit, step: 0.05 }),
    );
    slider.setAttribute("aria-label", `Component ${index + 1}, explains ${percent} of the variance`);
    const output = make("output", { class: "al-band-value", for: `${id}-band${index}` });
    const show = (/** @type {number} */ value) => {
      const at = (clamp(value, -limit, limit) / limit + 1) / 2;
      slider.style.setProperty("--low", String(Math.min(at, 0.5)));
      slider.style.setProperty("--high", String(Math.max(at, 0.5)));
      slider.setAttribute("aria-valuetext", `${signed(value)} standard deviations`);
      output.textContent = signed(value);
    };
    slider.addEventListener("input", () => {
      show(slider.valueAsNumber);
      move(index, slider.valueAsNumber);
    }, { signal });
    slider.addEventListener("change", settle, { signal });
    const row = make("div", { class: "al-band" },
      make("span", { class: "al-band-name", "aria-hidden": true }, String(index + 1), make("small", {}, percent)),
      slider,
      output,
    );
    return { row, slider, show };
  });

  return {
    view: make("div", { class: "al-bands" }, ...rows.map(({ row }) => row)),
    /** @param {number[]} coordinates */
    place(coordinates) {
      rows.forEach(({ slider, show }, index) => {
        slider.value = String(clamp(coordinates[index], -limit, limit));
        show(coordinates[index]);
      });
    },
  };
}
