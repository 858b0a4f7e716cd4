// @ts-check
// Sliders that share one whole: when one is moved, the others keep their proportions.
import { make, quiet } from "./parts.js";
import { thumbnail } from "./thumbnail.js";

/** @typedef {{name: string, title: string, alt: string, thumbnail: DataView}} Part */

/** @param {number} share */
export const percent = (share) => `${Math.round(share * 100)} %`;

/**
 * @param {{id: string, move: (shares: number[]) => void, settle: () => void, remove?: (name: string) => void, signal: AbortSignal}} options
 *   `id` keeps several views apart; `move` is told all shares, which sum to 1; `settle` that the hand has let go; with `remove`
 *   every slider has a button that takes its part out.
 * @returns `view`, the element; `fill` with parts; `place` the sliders without telling anybody; `shares`; `dragging`.
 */
export function weightSliders({ id, move, settle, remove, signal }) {
  const view = make("div", { class: "al-weights", role: "group", "aria-label": "Shares of the styles" });
  /** @type {{slider: HTMLInputElement, output: HTMLOutputElement, button: HTMLButtonElement | null}[]} */
  let rows = [];
  /** @type {number[]} */
  let shares = [];
  // What the others had when this slider was taken up: at 100 % and back they find their proportions again.
  let held = /** @type {{index: number, shares: number[]} | null} */ (null);
  let dragging = false;

  const show = () => rows.forEach(({ slider, output }, index) => {
    const share = shares[index] ?? 0;
    slider.value = String(share);
    slider.style.setProperty("--at", String(share));
    slider.setAttribute("aria-valuetext", percent(share));
    output.textContent = percent(share);
  });
  /** @param {number} index @param {number} share */
  const give = (index, share) => {
    if (held?.index !== index) held = { index, shares: [...shares] };
    const others = held.shares.reduce((sum, weight, other) => (other === index ? sum : sum + weight), 0);
    shares = held.shares.map((weight, other) => {
      if (other === index) return share;
      return (1 - share) * (others > 0 ? weight / others : 1 / (rows.length - 1));
    });
    show();
    move(shares);
  };

  view.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    dragging = event.button === 0 && /** @type {HTMLElement} */ (event.target).matches("input");
  }, { signal });
  for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, () => { dragging = false; }, { signal });
  view.addEventListener("change", () => {
    dragging = false;
    settle();
  }, { signal });

  return {
    view,
    dragging: () => dragging,
    shares: () => shares,
    /** @param {number[]} next */
    place(next) {
      if (next.length !== shares.length || next.some((share, index) => Math.abs(share - shares[index]) > 1e-6)) held = null;
      shares = [...next];
      show();
    },
    /** @param {Part[]} parts */
    fill(parts) {
      const hadFocus = view.contains(document.activeElement);
      held = null;
      shares = parts.map((_, index) => shares[index] ?? 0);
      rows = [];
      view.replaceChildren(...parts.map((part, index) => {
        const slider = quiet(make("input", { class: "al-range", type: "range", id: `${id}-weight${index}`, min: 0, max: 1, step: 0.01, "aria-label": `Share of ${part.title}` }));
        slider.addEventListener("input", () => give(index, slider.valueAsNumber), { signal });
        const output = make("output", { class: "al-share", for: `${id}-weight${index}` });
        const button = remove
          ? quiet(make("button", { type: "button", class: "al-dismiss", "aria-label": `Take ${part.title} out`, title: `Take ${part.title} out` }, "×"))
          : null;
        button?.addEventListener("click", () => remove?.(part.name), { signal });
        rows.push({ slider, output, button });
        return make("div", { class: "al-weight" },
          thumbnail(part.thumbnail, { alt: part.alt, title: part.title }),
          make("span", { class: "al-weight-name", title: part.title }, part.title),
          slider,
          output,
          ...(button ? [button] : []),
        );
      }));
      if (hadFocus) rows[0]?.slider.focus();
    },
  };
}
