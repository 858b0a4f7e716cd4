// A row of pictures of which one is chosen: radio buttons, so that arrow keys and screen readers know them.

export class Strip {
  constructor(element, name, onChoose) {
    Object.assign(this, { element, name, onChoose, items: [] });
    element.addEventListener("change", ({ target }) => onChoose(this.items[Number(target.value)]));
  }

  /** `item` has `title`, `alt` and `file`, an address. Own pictures go to the front, behind the buttons. */
  add(item, first = false) {
    const tile = Object.assign(document.createElement("label"), { className: "tile", title: item.title });
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: this.name, value: this.items.length });
    const image = Object.assign(document.createElement("img"), { className: "thumb", src: item.file, alt: item.alt, loading: "lazy" });
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

  /** Mark an item, or none. */
  mark(item) {
    for (const other of this.items) other.radio.checked = other === item;
  }
}
