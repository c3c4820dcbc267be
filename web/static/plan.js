// Plans: words for outsiders as they will stand, and the part of a plan that
// renews itself. Text becomes markup only through htmx, whose gate keeps it inert.
(() => {
  "use strict";
  for (const to of document.querySelectorAll("[data-mirror]")) {
    const from = document.getElementById(to.dataset.mirror);
    from?.addEventListener("input", () => { to.textContent = from.value.trim() || to.dataset.none; });
  }

  const live = document.querySelector("#live[data-events]");
  if (!live) return;
  const stream = new EventSource(live.dataset.events);
  let waiting = null;
  // Nothing is taken away from under somebody who types or decides in it.
  const busy = () => live.contains(document.activeElement) && document.activeElement.matches("input, summary, button, a") || live.querySelector("details[open]");
  function show() {
    if (waiting === null || busy()) return;
    const text = waiting;
    waiting = null;
    htmx.swap({ text, target: live, swap: "innerHTML", sourceElement: live });
  }
  stream.addEventListener("live", (event) => { waiting = event.data; show(); });
  stream.addEventListener("end", () => stream.close());
  live.addEventListener("focusout", () => setTimeout(show, 0));
  setInterval(show, 1000);
  addEventListener("pagehide", () => stream.close());
})();
