// @ts-check
// Whether there is still a Python behind a panel. One without it is grey and says what to do; and one that has come to rest asks
// Python for a new still picture, so that a saved notebook shows what was seen last.
// To Python: the message {do: "still"}.
import { make } from "./parts.js";

/** A connection that is lost for a moment is none of the reader's business. */
const BLINK = 1500;
/** How long nothing must have changed before a still is asked for. */
const CALM = 1500;
/** A kernel that was in one of these states has forgotten the panel, even if it runs again. */
const GONE = ["dead", "terminating", "restarting", "autorestarting"];

/**
 * What to do about it.
 * @param {string} what is lost
 * @param {HTMLElement} el
 */
function advice(what, el) {
  const command = document.documentElement.dataset.alCommand;
  if (command) return `The program behind this page has stopped. Start it again with “${command}”: it opens a page of its own, and this one can be closed.`;
  const cell = el.closest(".jp-Notebook") ? "Run this cell again (Shift+Enter), and the panel comes back." : "Reload this page, and the panel comes back.";
  return what === "kernel" ? `The kernel that painted here has ended. ${cell}` : `Jupyter’s server does not answer; the panel waits for it. If it was stopped, start it again. ${cell}`;
}

/**
 * A render function whose panel notices that it has lost Python.
 * @param {(context: {model: import("./parts.js").Model, el: HTMLElement}) => () => void} render
 */
export function alive(render) {
  /** @param {{model: import("./parts.js").Model, el: HTMLElement}} context */
  return ({ model, el }) => {
    const leave = render({ model, el });
    const panel = /** @type {HTMLElement} */ (el.querySelector(".al-panel"));
    const words = make("div", { class: "al-lost", role: "alert" });
    const kernel = /** @type {any} */ (model).widget_manager?.kernel;
    let ended = false;
    let waiting = 0;
    let resting = 0;

    /** What is lost: nothing, the connection, or the kernel. @returns {"" | "connection" | "kernel"} */
    const lost = () => {
      if (!kernel) return "";
      if (kernel.isDisposed || GONE.includes(kernel.status)) ended = true;
      if (ended) return "kernel";
      return kernel.connectionStatus === "connected" ? "" : "connection";
    };
    const show = () => {
      waiting = 0;
      const what = lost();
      panel.toggleAttribute("data-lost", Boolean(what));
      for (const part of panel.children) if (part !== words) /** @type {HTMLElement} */ (part).inert = Boolean(what);
      if (!what) return words.remove();
      words.textContent = advice(what, el);
      if (!words.isConnected) panel.prepend(words);
    };
    const look = () => {
      if (!lost()) {
        clearTimeout(waiting);
        show();
      } else if (!waiting) waiting = setTimeout(show, BLINK);
    };
    const rest = () => {
      clearTimeout(resting);
      if (document.querySelector(".al-still")) resting = setTimeout(() => lost() || model.send({ do: "still" }), CALM);
    };

    const signals = kernel ? [kernel.statusChanged, kernel.connectionStatusChanged, kernel.disposed].filter(Boolean) : [];
    for (const signal of signals) signal.connect(look);
    model.on("change", rest);
    look();
    return () => {
      clearTimeout(waiting);
      clearTimeout(resting);
      for (const signal of signals) signal.disconnect(look);
      model.off("change", rest);
      leave();
    };
  };
}
