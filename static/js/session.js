// Warns two minutes before the session ends, and keeps it going at one press. The server alone decides when it ends.
(() => {
  "use strict";

  const WARNING_SECONDS = 120;
  const place = document.querySelector("[data-session-left]");
  if (!place) return;
  const text = place.querySelector("p");
  const form = place.querySelector("form");
  let endsAt = Date.now() + Number(place.dataset.sessionLeft) * 1000;
  let timer = 0;

  const secondsLeft = () => Math.max(0, Math.round((endsAt - Date.now()) / 1000));

  function plan() {
    window.clearTimeout(timer);
    const seconds = secondsLeft();
    if (seconds > WARNING_SECONDS) {
      place.hidden = true;
      timer = window.setTimeout(ask, (seconds - WARNING_SECONDS) * 1000);
    } else {
      show(seconds);
      if (seconds > 0) timer = window.setTimeout(seconds > 20 ? plan : ask, Math.min(seconds, 20) * 1000);
    }
  }

  function show(seconds) {
    place.hidden = false;
    form.hidden = seconds === 0 || place.dataset.sessionFinal === "yes";
    if (seconds === 0) {
      text.textContent = "Your session has ended. What you typed is still here: send it, sign in again, and it is offered to you.";
    } else {
      const span = seconds > 90 ? "2 minutes" : seconds > 45 ? "1 minute" : "less than a minute";
      text.textContent = form.hidden
        ? `Your session has lasted as long as one may and ends in ${span}. Sign in again then; what you send is kept.`
        : `You will be signed out in ${span}.`;
    }
  }

  async function talk(options) {
    try {
      const answer = await fetch(place.dataset.sessionAddress, { headers: { Accept: "application/json" }, ...options });
      if (!answer.ok) return;
      const { left, left_in_all: leftInAll } = await answer.json();
      endsAt = Date.now() + left * 1000;
      place.dataset.sessionFinal = left >= leftInAll ? "yes" : "no";
    } catch {
      // Without a connection the last answer counts.
    }
  }

  async function ask() {
    await talk({});
    plan();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await talk({ method: "POST", body: new FormData(form) });
    plan();
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && secondsLeft() <= WARNING_SECONDS) ask();
  });

  plan();
})();
