// What the console does beyond plain pages. Every page works without it; no text
// becomes markup here (the content policy would stop it anyway).
(() => {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const skew = Date.now() - Date.parse(document.documentElement.dataset.now);

  // Times. The words are those of func_time.go.
  const units = [["y", 31536e6], ["mo", 2592e6], ["d", 864e5], ["h", 36e5], ["min", 6e4], ["s", 1e3]];
  const small = (unit, ms) => unit === "min" ? ms < 6e5 : unit === "d" ? ms < 6048e5 : unit === "mo" ? ms < 7776e6 : true;
  function length(ms) {
    const at = units.findIndex(([, size]) => ms >= size);
    if (at < 0) return "0 s";
    const [unit, size] = units[at];
    let text = `${Math.floor(ms / size)} ${unit}`;
    const next = units[at + 1];
    const rest = next ? Math.floor(ms % size / next[1]) : 0;
    if (rest > 0 && small(unit, ms) && !(unit === "y" && rest >= 12)) text += ` ${rest} ${next[0]}`;
    return text;
  }
  function tick() {
    for (const time of $$("time[data-ago]")) {
      const ms = Date.now() - skew - Date.parse(time.dateTime);
      if (Number.isNaN(ms)) continue;
      time.textContent = ms < -1e3 ? `in ${length(-ms)}` : ms < 1e3 ? "now" : `${length(ms)} ago`;
    }
  }
  setInterval(tick, 15e3);

  // Colours: as the system, light, dark.
  const theme = $("#theme");
  const chosen = () => document.documentElement.dataset.theme || "system";
  function showTheme() {
    $("span", theme).textContent = chosen();
    theme.setAttribute("aria-label", `Colours: ${chosen()}. Change`);
  }
  if (theme) {
    theme.hidden = false;
    showTheme();
    theme.addEventListener("click", () => {
      const next = { system: "light", light: "dark", dark: "system" }[chosen()];
      if (next === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = next;
      try { next === "system" ? localStorage.removeItem("theme") : localStorage.setItem("theme", next); } catch { /* lasts for this page only */ }
      showTheme();
    });
  }

  // Copy buttons, also in what arrives later.
  function reveal(from) { for (const button of $$("button.copy[hidden]", from)) button.hidden = false; }
  reveal(document);
  document.addEventListener("htmx:after:swap", () => { reveal(document); tick(); });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.copy");
    if (!button) return;
    const word = $(".vh", button), before = word.textContent;
    let done = false;
    try { await navigator.clipboard.writeText(button.dataset.copy); done = true; } catch { /* said below */ }
    button.classList.toggle("done", done);
    word.textContent = done ? "Copied" : "Could not copy: select the text";
    setTimeout(() => { button.classList.remove("done"); word.textContent = before; }, 1500);
  });

  // Dialogs.
  const keys = $("#keys"), help = $("#help"), palette = $("#palette");
  if (help) { help.hidden = false; help.addEventListener("click", () => keys.showModal()); }
  for (const dialog of $$("dialog")) dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  function openPalette() {
    palette.showModal();
    $("#palette-input").select();
  }
  palette?.addEventListener("keydown", (event) => {
    const input = $("#palette-input"), stops = [input, ...$$("#palette-found a")];
    const at = stops.indexOf(document.activeElement);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      stops.at((at + (event.key === "ArrowDown" ? 1 : -1) + stops.length) % stops.length).focus();
    } else if (event.key === "Enter" && document.activeElement === input && stops.length > 1 && palette.dataset.found === input.value) {
      // The first answer is the best one; but only if it answers what stands there now.
      event.preventDefault();
      stops[1].click();
    } else if (at > 0 && (event.key.length === 1 || event.key === "Backspace") && !event.ctrlKey && !event.metaKey && !event.altKey) {
      input.focus();
    }
  });
  // htmx begins a moment after the page is there: what was typed until then is asked.
  document.addEventListener("htmx:after:init", ({ target }) => {
    if (target === $("#palette-input") && target.value) target.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("htmx:after:swap", () => {
    const found = $("#palette-found > [data-query]");
    if (palette && found) palette.dataset.found = found.dataset.query;
  });

  // Lists: j and k walk through the rows; Enter opens the link that has the focus.
  function step(by) {
    const rows = $$("main [data-rows] > *").filter((row) => $("a[href]", row) && row.offsetParent);
    if (!rows.length) return;
    const here = rows.findIndex((row) => row.classList.contains("here"));
    const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + by))];
    for (const row of rows) row.classList.toggle("here", row === next);
    $("a[href]", next).focus();
    next.scrollIntoView({ block: "nearest" });
  }

  // Single keys are silent while somebody types or a dialog is open.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) {
      event.preventDefault();
      palette.open ? palette.close() : openPalette();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    switch (event.key) {
      case "/": if ($("#q")) { event.preventDefault(); $("#q").focus(); $("#q").select(); } break;
      case "j": step(1); break;
      case "k": step(-1); break;
      case "l": $('nav a[href="/ledger"]')?.click(); break;
      case "p": $('nav a[href="/plans"]')?.click(); break;
      case "?": event.preventDefault(); keys?.showModal(); break;
    }
  });
})();
