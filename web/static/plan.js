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
  // A page that others changed is loaded anew, unless somebody is at work in it:
  // then the part says that it is old, and has the button.
  let leaving = false;
  addEventListener("submit", () => { leaving = true; }, true);
  const folds = new Map([...document.querySelectorAll("main details")].map((fold) => [fold, fold.open]));
  const touched = (field) => field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.type !== "hidden" && (field.matches("select") ? [...field.options].some((option) => option.selected !== option.defaultSelected) && [...field.options].some((option) => option.defaultSelected) : field.value !== field.defaultValue);
  const atWork = () => leaving || document.activeElement?.matches("main input, main textarea, main select, main summary, main button") || [...document.querySelectorAll("main input, main textarea, main select")].some(touched) || [...document.querySelectorAll("main details")].some((fold) => !live.contains(fold) && fold.open !== folds.get(fold));
  function renew() {
    const newer = live.querySelector("[data-newer]");
    if (!newer || newer.pathname !== location.pathname || atWork()) return; // the answer to a form is read first
    leaving = true;
    location.replace(newer.href);
  }
  // Nothing is taken away from under somebody who types or decides in it.
  const busy = () => live.contains(document.activeElement) && document.activeElement.matches("input, summary, button, a") || live.querySelector("details[open]");
  function show() {
    if (waiting === null || busy()) return;
    const text = waiting;
    waiting = null;
    Promise.resolve(htmx.swap({ text, target: live, swap: "innerHTML", sourceElement: live })).then(renew);
  }
  stream.addEventListener("live", (event) => { waiting = event.data; show(); });
  stream.addEventListener("end", () => stream.close());
  live.addEventListener("focusout", () => setTimeout(show, 0));
  setInterval(() => { show(); renew(); }, 1000);
  addEventListener("pagehide", () => stream.close());
})();
