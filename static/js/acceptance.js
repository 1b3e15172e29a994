// Lets somebody accept an invitation with a passkey. The server first looks at the rest of the form, so that no passkey is
// made in vain; where something is wrong with it, the form is sent as it is, and the page says what.
(() => {
  "use strict";

  const form = document.querySelector("[data-acceptance]");
  if (!form || !window.PublicKeyCredential || !window.webauthnJSON) return;
  const button = form.querySelector("[data-passkey-make]");
  form.querySelector("[data-passkey-way]").hidden = false;

  async function make() {
    form.elements.way.value = "passkey";
    form.elements.credential.value = "";
    const answer = await fetch(form.dataset.acceptance, { method: "POST", body: new FormData(form) });
    if (!answer.ok) throw new Error("The portal did not answer.");
    const { creation_options: options } = await answer.json();
    if (options) form.elements.credential.value = JSON.stringify(await window.webauthnJSON.create(options));
    form.submit();
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await make();
    } catch (exception) {
      // The password can still be set instead.
      form.elements.way.value = "";
      button.disabled = false;
      document.dispatchEvent(
        new CustomEvent("allauth.error", { detail: { tags: ["mfa", "webauthn"], exception }, cancelable: true }),
      );
    }
  });
})();
