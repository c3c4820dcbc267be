// Cases: the parts of a page that others change renew themselves. Text becomes
// markup only through htmx, whose gate keeps it inert.
(() => {
  "use strict";
  const page = document.querySelector("[data-case]");
  if (!page) return;
  const stream = new EventSource(page.dataset.case);
  const waiting = new Map();
  // Nothing is taken away from under somebody who types or decides in it.
  const busy = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select, summary, button, a") || part.querySelector("details[open]:not([data-keep])") || [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
  // What somebody opened to read, or closed, is so again in what arrives.
  const keep = (part) => new Map([...part.querySelectorAll("details[data-keep]")].filter((fold) => fold.open !== fold.hasAttribute("data-first")).map((fold) => [fold.dataset.keep, fold.open]));
  const restore = (part, were) => { for (const fold of part.querySelectorAll("details[data-keep]")) if (were.has(fold.dataset.keep)) fold.open = were.get(fold.dataset.keep); };
  function show() {
    for (const [part, text] of waiting) {
      if (busy(part)) continue;
      waiting.delete(part);
      const were = keep(part);
      Promise.resolve(htmx.swap({ text, target: part, swap: "innerHTML", sourceElement: part })).then(() => restore(part, were));
    }
  }
  for (const part of page.querySelectorAll("[data-live]")) {
    stream.addEventListener(part.dataset.live, (event) => { waiting.set(part, event.data); show(); });
    part.addEventListener("focusout", () => setTimeout(show, 0));
  }
  setInterval(show, 1000);
  addEventListener("pagehide", () => stream.close());
})();
