// Says on the page why a passkey did not work; without this allauth only writes it to the console.
(() => {
  "use strict";

  const isNumber = /^[\d.]+$|^\[/;

  function reason(exception) {
    if (isNumber.test(window.location.hostname) || exception.name === "SecurityError") {
      return "Passkeys work only where the portal is opened by a name over https, or as localhost: not by a number such as 127.0.0.1.";
    }
    if (!window.PublicKeyCredential) return "This browser knows no passkeys.";
    if (exception.name === "InvalidStateError") return "This device already has a passkey for this account.";
    return "The passkey was not used: it took too long, or was called off. Try again, or choose another way.";
  }

  document.addEventListener("allauth.error", (event) => {
    const place = document.querySelector("[data-passkey-error]");
    if (!place) return;
    event.preventDefault();
    place.hidden = false;
    place.querySelector("p").textContent = reason(event.detail.exception);
  });
})();
