// @ts-check
// A row of pictures of which one is chosen: radio buttons, so that arrow keys and screen readers know them.

/**
 * @typedef {{name: string, title: string, alt: string, file: string, radio?: HTMLInputElement, row?: Float32Array,
 *            source?: HTMLCanvasElement}} Item
 *   `file` is the address of a picture to show, `row` a style's statistics, `source` a photograph's pixels.
 */

export class Strip {
  /** @param {HTMLElement} element @param {string} name @param {(item: Item) => void} onChoose */
  constructor(element, name, onChoose) {
    this.element = element;
    this.name = name;
    /** @type {Item[]} */
    this.items = [];
    element.addEventListener("change", ({ target }) => onChoose(this.items[Number(/** @type {HTMLInputElement} */ (target).value)]));
  }

  /** Own pictures go to the front, behind the buttons. @param {Item} item */
  add(item, first = false) {
    const tile = Object.assign(document.createElement("label"), { className: "tile", title: item.title });
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: this.name, value: String(this.items.length) });
    const image = Object.assign(document.createElement("img"), { className: "thumb", src: item.file, alt: item.alt, loading: /** @type {const} */ ("lazy") });
    const text = Object.assign(document.createElement("span"), { className: "name", textContent: item.title });
    radio.setAttribute("aria-label", item.title);
    tile.append(radio, image, text);
    const buttons = this.element.querySelectorAll(".add");
    if (first) buttons[buttons.length - 1].after(tile);
    else this.element.append(tile);
    this.items.push(item);
    item.radio = radio;
    return item;
  }

  /** Mark an item, or none. @param {Item | null} item */
  mark(item) {
    for (const other of this.items) if (other.radio) other.radio.checked = other === item;
  }
}
