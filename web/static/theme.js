// Sets the chosen colours before the first paint. Without a choice, or without
// storage, the system's colours stay.
(() => {
  "use strict";
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* storage is closed to us: the system decides */ }
})();
