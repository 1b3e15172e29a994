// Comforts on top of a draft that works without any script: a clause is edited in its place, what is typed is saved a
// moment after typing stops, and a clause can be dragged to another place.
(() => {
  "use strict";

  const PAUSE = 1500;

  function autosave(form) {
    const state = form.querySelector("[data-state]");
    const fields = form.elements;
    let timer = 0;
    let isStopped = Boolean(form.elements.restore);
    let isSending = false;

    function say(text, stops) {
      state.textContent = text;
      state.classList.toggle("draft-form__state--stopped", stops);
    }

    async function freshToken() {
      const answer = await fetch(`${form.getAttribute("action")}?part=1`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = page.querySelector("[name=csrfmiddlewaretoken]");
      if (answer.redirected || !token) return false;
      fields.csrfmiddlewaretoken.value = token.value;
      return true;
    }

    async function send(isSecond) {
      const sent = { heading: fields.heading.value, text: fields.text.value };
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
      if (answer.status === 403 && !isSecond && (await freshToken())) return send(true);
      if (answer.redirected || !(answer.headers.get("Content-Type") || "").includes("json")) {
        // Kept on the server for who signs in again; and it is still here.
        say("Not saved: your session has ended. What you typed is kept: sign in again, and it is offered to you.", true);
        return undefined;
      }
      const told = await answer.json();
      if (told.refused) {
        isStopped = true;
        say(`Not saved, and saving has paused. ${told.refused}`, true);
      } else if (told.wrong) {
        say(`Not saved yet. ${told.wrong}`, true);
      } else {
        const isSame = fields.heading.value === sent.heading && fields.text.value === sent.text;
        if (!told.others || isSame) {
          fields.seen_revision.value = told.revision;
          if (told.others) {
            const [start, end] = [fields.text.selectionStart, fields.text.selectionEnd];
            fields.heading.value = told.heading;
            fields.text.value = told.text;
            fields.text.setSelectionRange(start, end);
          }
        }
        say([told.saved, told.others].filter(Boolean).join(". "), false);
      }
      return undefined;
    }

    async function save() {
      if (isStopped) return;
      if (isSending) {
        timer = window.setTimeout(save, PAUSE);
        return;
      }
      isSending = true;
      try {
        await send(false);
      } catch {
        say("Not saved: the portal did not answer. It is tried again when you go on typing.", true);
      }
      isSending = false;
    }

    form.addEventListener("input", () => {
      window.clearTimeout(timer);
      if (!isStopped) timer = window.setTimeout(save, PAUSE);
    });
    form.addEventListener("submit", () => {
      isStopped = true;
      window.clearTimeout(timer);
    });
  }

  document.querySelectorAll("form[data-autosave]").forEach(autosave);

  async function editInPlace(link) {
    const clause = link.closest("[data-clause]");
    const answer = await fetch(`${link.getAttribute("href")}?part=1`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.querySelector("form[data-autosave]");
    if (!answer.ok || answer.redirected || !form) {
      window.location.assign(link.href);
      return;
    }
    // Several clauses may be open at once: the fields of each have names of their own on the page.
    const number = clause.dataset.clause;
    for (const name of ["id", "for", "aria-describedby"]) {
      form.querySelectorAll(`[${name}]`).forEach((one) => {
        const ids = one.getAttribute(name).split(" ");
        one.setAttribute(name, ids.map((id) => `c${number}-${id}`).join(" "));
      });
    }
    const words = clause.querySelector("[data-words]");
    words.replaceChildren(document.adoptNode(form));
    link.hidden = true;
    autosave(form);
    form.elements.text.focus();
  }

  document.querySelectorAll("[data-edit]").forEach((link) => {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      editInPlace(link).catch(() => window.location.assign(link.href));
    });
  });

  const moves = document.getElementById("moves");
  let dragged = null;

  function hidden(name, value) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    return field;
  }

  function over(clause) {
    document.querySelectorAll(".draft-clause--over").forEach((one) => one.classList.remove("draft-clause--over"));
    if (clause) clause.classList.add("draft-clause--over");
  }

  if (moves) {
    document.querySelectorAll("[data-move]").forEach((clause) => {
      const grip = document.createElement("span");
      Object.assign(grip, { className: "draft-clause__grip", draggable: true, textContent: "⠿", title: "Drag to move" });
      grip.setAttribute("aria-hidden", "true");
      clause.querySelector(".draft-clause__head").prepend(grip);
      grip.addEventListener("dragstart", (event) => {
        dragged = clause;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", clause.dataset.clause);
      });
      grip.addEventListener("dragend", () => {
        dragged = null;
        over(null);
      });
      clause.addEventListener("dragover", (event) => {
        if (!dragged || dragged === clause) return;
        event.preventDefault();
        over(clause);
      });
      clause.addEventListener("drop", (event) => {
        if (!dragged || dragged === clause) return;
        event.preventDefault();
        const box = clause.getBoundingClientRect();
        const how = event.clientY < box.top + box.height / 2 ? "before" : "after";
        moves.append(hidden("how", how), hidden("other", clause.dataset.clause));
        moves.action = dragged.dataset.move;
        moves.submit();
      });
    });
  }
})();
