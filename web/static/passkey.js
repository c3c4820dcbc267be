// Passkeys: asks the authenticator what a form's question says and sends its
// answer with the form. And the time in which changes are allowed, running down.
(() => {
  "use strict";
  const words = {
    NotAllowedError: "Nothing was confirmed: the authenticator was cancelled, or did not answer in time. Press the button again.",
    InvalidStateError: "This authenticator has a passkey of yours already. Use another one.",
    SecurityError: "The browser does not let this address ask for passkeys. Open the console under the address it is configured with.",
  };
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("[data-ask]"), trouble = form.querySelector("[data-trouble]");
    const say = (text) => { trouble.textContent = text; trouble.hidden = !text; };
    const making = form.dataset.passkey === "create";
    const read = window.PublicKeyCredential?.[making ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON"];
    if (!read) {
      say(window.isSecureContext ? "This browser cannot ask for passkeys. Use a current one." : "Passkeys take https. Open the console under its https address.");
      continue;
    }
    button.hidden = false;
    if (button.autofocus) button.focus();
    const answer = form.elements["confirm.answer"];
    form.addEventListener("submit", async (event) => {
      if (event.submitter !== button || answer.value) return;
      event.preventDefault();
      say("");
      button.disabled = true;
      try {
        const publicKey = read.call(PublicKeyCredential, JSON.parse(form.dataset.options));
        const found = await navigator.credentials[making ? "create" : "get"]({ publicKey });
        answer.value = JSON.stringify(found.toJSON());
        form.submit();
      } catch (problem) {
        button.disabled = false;
        say(words[problem.name] || "The authenticator could not answer. Press the button again.");
      }
    });
  }

  const bar = document.querySelector(".stepped[data-until]");
  if (bar) {
    const skew = Date.now() - Date.parse(document.documentElement.dataset.now);
    const count = bar.querySelector(".count"), figure = count.querySelector("b");
    const tick = () => {
      const seconds = Math.floor((Date.parse(bar.dataset.until) - Date.now() + skew) / 1e3);
      if (seconds <= 0) { bar.hidden = true; clearInterval(timer); return; }
      figure.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      bar.classList.toggle("soon", seconds < 60);
      count.hidden = false;
    };
    const timer = setInterval(tick, 1e3);
    tick();
  }
})();
