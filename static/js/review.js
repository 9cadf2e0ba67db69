// The review page. The next card is always in the page; a verdict shows it at once and is sent
// behind it, from a tray that outlives the page: nothing that was decided is lost, and a retry
// carries the same submission, so that nothing is recorded twice.
import { drawOverlays } from "./overlays.js";

const form = document.getElementById("review");
if (form) start();

function start() {
  const deck = form.querySelector("[data-deck]");
  const complaint = form.querySelector("[data-complaint]");
  const trayWords = form.querySelector("[data-tray]");
  const corrected = form.querySelector("[data-corrected]");
  const trayKey = `tray:${form.dataset.audit}:${form.dataset.user}`;
  const tray = JSON.parse(localStorage.getItem(trayKey) ?? "[]");
  const judged = [];
  const wishes = { boxes: true, attention: false, zoom: false, ...JSON.parse(localStorage.getItem("review:wishes") ?? "{}") };
  let sending = false;
  let failures = 0;
  let shownAt = performance.now();
  let away = 0;

  form.dataset.script = "";
  for (const template of deck.querySelectorAll("template[data-next]")) template.replaceWith(template.content);
  const cards = () => [...deck.querySelectorAll("article[data-place]")];
  const current = () => cards()[0];

  const keep = () => localStorage.setItem(trayKey, JSON.stringify(tray));

  // --- showing -----------------------------------------------------------------------------
  function show() {
    cards().forEach((card, index) => {
      card.hidden = index > 0;
      // A hidden card's picture still loads: that is what makes the next one instant.
    });
    const card = current();
    deck.querySelector("[data-waiting]")?.remove();
    if (!card) {
      const words = document.createElement("p");
      words.className = "item--waiting";
      words.dataset.waiting = "";
      words.textContent = form.dataset.wordsWaiting;
      deck.append(words);
    }
    form.elements.place.value = card?.dataset.place ?? "";
    form.elements.corrected_answer.value = "";
    form.elements.comment.value = "";
    closeCorrected();
    shownAt = performance.now();
    away = 0;
    for (const details of card?.querySelectorAll("[data-keep-open]") ?? []) {
      details.open = wishes[details.dataset.keepOpen] ?? false;
    }
    dress();
  }

  const marksOf = (card) => JSON.parse(card?.querySelector("script[type='application/json']")?.textContent ?? "{}");

  function dress() {
    const card = current();
    const image = card?.querySelector("[data-stage] img");
    const marks = marksOf(card);
    const can = { boxes: Boolean(marks.boxes?.length || marks.predicted), attention: Boolean(marks.attention), zoom: Boolean(image) };
    for (const button of form.querySelectorAll("[data-toggle]")) {
      button.hidden = !can[button.dataset.toggle] || !image;
      button.setAttribute("aria-pressed", String(wishes[button.dataset.toggle]));
    }
    if (!image) return;
    const stage = image.parentElement;
    stage.dataset.zoomed = String(wishes.zoom);
    const draw = () => {
      stage.dataset.small = String(image.naturalWidth > 0 && image.naturalWidth <= 96);
      drawOverlays(stage.querySelector("canvas"), image, marks, wishes);
    };
    image.complete ? draw() : image.addEventListener("load", draw, { once: true });
    watcher.disconnect();
    watcher.observe(image);
  }
  const watcher = new ResizeObserver(() => {
    const image = current()?.querySelector("[data-stage] img");
    if (image) drawOverlays(image.parentElement.querySelector("canvas"), image, marksOf(current()), wishes);
  });

  function closeCorrected() {
    delete corrected.dataset.open;
    if (corrected.contains(document.activeElement)) document.activeElement.blur();
  }

  function openCorrected() {
    corrected.dataset.open = "";
    corrected.querySelector("[data-chips]").replaceChildren(
      ...[...current().querySelectorAll("[data-candidate]")].slice(0, 5).map((cell) => {
        const chip = document.createElement("button");
        chip.type = "button";
        chip.className = "button button--small";
        chip.textContent = cell.textContent;
        chip.addEventListener("click", () => {
          form.elements.corrected_answer.value = chip.textContent;
          decide("wrong_answer");
        });
        return chip;
      }),
    );
    form.elements.corrected_answer.focus();
  }

  // --- deciding ----------------------------------------------------------------------------
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { submitter } = event;
    // Enter in a text field: save the wrong answer that is being typed, or leave the comment.
    const typing = document.activeElement?.matches("input[name=corrected_answer], input[name=comment]");
    if (typing && event.submitter?.dataset.do === "undo") {
      if (corrected.dataset.open !== undefined) decide("wrong_answer");
      else document.activeElement.blur();
      return;
    }
    if (submitter?.dataset.do === "undo") undo();
    else if (submitter?.dataset.do === "later") later();
    else if (submitter?.name === "verdict") choose(submitter.value);
  });

  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input[name=corrected_answer], input[name=comment]")) {
      event.preventDefault();
      if (event.target.name === "corrected_answer") decide("wrong_answer");
      else event.target.blur();
    } else if (event.key === "Escape" && corrected.dataset.open !== undefined) {
      form.elements.corrected_answer.value = "";
      closeCorrected();
    }
  });

  function choose(kind) {
    if (!current()) return;
    if (kind === "wrong_answer" && corrected.dataset.open === undefined) openCorrected();
    else decide(kind);
  }

  function decide(kind) {
    const card = current();
    if (!card) return;
    push({
      do: "verdict",
      place: card.dataset.place,
      verdict: kind,
      corrected_answer: kind === "wrong_answer" ? form.elements.corrected_answer.value : "",
      comment: form.elements.comment.value,
      seconds: ((performance.now() - shownAt - away) / 1000).toFixed(2),
    });
    flash(kind);
    judged.push(card);
    card.remove();
    show();
  }

  function flash(kind) {
    const button = form.querySelector(`.verdict[value="${kind}"]`);
    button.dataset.pressed = "";
    setTimeout(() => delete button.dataset.pressed, 180);
  }

  function later() {
    const card = current();
    if (!card) return;
    push({ do: "later", place: card.dataset.place });
    card.remove();
    show();
  }

  function undo() {
    const last = tray.at(-1);
    // Not sent yet: it never happened.
    if (last && last.do === "verdict" && !(sending && tray.length === 1)) {
      tray.pop();
      keep();
      const card = judged.findLast((each) => each.dataset.place === last.place);
      if (card) {
        deck.prepend(card);
        show();
        tell();
        return;
      }
    }
    push({ do: "undo" });
  }

  // --- the tray ----------------------------------------------------------------------------
  function push(entry) {
    tray.push({ ...entry, submission: crypto.randomUUID?.() ?? fallbackUuid() });
    keep();
    complaint.hidden = true;
    tell();
    send();
  }

  function tell() {
    const waiting = tray.length;
    trayWords.dataset.state = waiting > 1 || failures ? "waiting" : "saved";
    trayWords.textContent = failures ? `${waiting} ${form.dataset.wordsUnsaved} · ${form.dataset.wordsOffline}`
      : waiting > 1 ? `${waiting} ${form.dataset.wordsUnsaved}` : waiting ? "" : form.dataset.wordsSaved;
  }

  async function send() {
    if (sending || !tray.length) return;
    sending = true;
    const entry = tray[0];
    try {
      const response = await post(entry);
      failures = 0;
      tray.shift();
      keep();
      if (response.ok) await take(await response.json(), entry);
      else await complain(response, entry);
    } catch {
      failures += 1;
    }
    sending = false;
    tell();
    if (tray.length) setTimeout(send, failures ? Math.min(15000, 500 * 2 ** Math.min(failures, 5)) : 0);
  }

  async function post(entry) {
    const body = new FormData();
    for (const [name, value] of Object.entries(entry)) body.append(name, value);
    for (const card of cards()) body.append("holding", card.dataset.place);
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    const response = await fetch(location.pathname, { method: "POST", body, headers: { "X-Review": "1" }, redirect: "manual" });
    // Signed out, or the server is ill: the verdict stays in the tray.
    if (response.type === "opaqueredirect" || response.status >= 500 || response.status === 429) throw new Error(String(response.status));
    return response;
  }

  async function take(answer, entry) {
    const { progress } = answer;
    form.querySelector("[data-progress]").value = progress.judged;
    form.querySelector("[data-judged]").textContent = progress.judged;
    form.querySelector("[data-mine]").textContent = progress.mine;
    const had = current();
    for (const { place, html } of answer.cards) {
      const known = cards().some((card) => card.dataset.place === String(place));
      const decided = tray.some((each) => each.place === String(place));
      if (known || decided) continue;
      const holder = document.createElement("template");
      holder.innerHTML = html;
      const card = holder.content.firstElementChild;
      if (place === answer.undone) deck.prepend(card);
      else deck.append(card);
      card.hidden = true;
    }
    if (entry.do === "undo" && answer.undone === null) say(form.dataset.wordsNothing);
    if (current() !== had) show();
    // Nothing more came: the server's page says why, unless something still waits to be sent.
    if (!current() && !tray.length) location.reload();
  }

  async function complain(response, entry) {
    let reason = `${response.status}`;
    try {
      reason = (await response.json()).reason;
    } catch { /* not our JSON: the status has to do */ }
    const question = judged.findLast((card) => card.dataset.place === entry.place)?.querySelector(".item__question");
    say(question ? `${question.textContent.slice(0, 80)}: ${reason}` : reason);
    if (!current() && !tray.length) setTimeout(() => location.reload(), 2500);
  }

  function say(words) {
    complaint.textContent = words;
    complaint.hidden = false;
  }

  // --- what the hand does beside ----------------------------------------------------------
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-toggle]");
    if (!button) return;
    wishes[button.dataset.toggle] = !wishes[button.dataset.toggle];
    remember();
    dress();
  });
  deck.addEventListener("toggle", ({ target }) => {
    if (!target.dataset.keepOpen) return;
    wishes[target.dataset.keepOpen] = target.open;
    remember();
  }, true);
  const remember = () => localStorage.setItem("review:wishes", JSON.stringify(wishes));

  // Drag to move a zoomed picture; a click zooms.
  let drag = null;
  deck.addEventListener("pointerdown", (event) => {
    const stage = event.target.closest("[data-stage]");
    if (!stage || event.pointerType === "touch") return;
    drag = { stage, x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop, moved: false };
    event.preventDefault();
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.moved ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4;
    drag.stage.scrollLeft = drag.left - (event.clientX - drag.x);
    drag.stage.scrollTop = drag.top - (event.clientY - drag.y);
  });
  addEventListener("pointerup", () => {
    if (drag && !drag.moved && drag.stage.querySelector("img")) form.querySelector("[data-toggle=zoom]").click();
    drag = null;
  });

  // Time with the tab in the background is not time spent on the item.
  let hiddenAt = null;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = performance.now();
    else if (hiddenAt !== null) away += performance.now() - hiddenAt;
  });
  addEventListener("beforeunload", (event) => {
    if (tray.length) event.preventDefault();
  });
  addEventListener("online", () => {
    failures = 0;
    send();
  });

  // What an earlier page could not send. Its cards may be among ours: they are decided already.
  for (const entry of tray) {
    if (entry.do !== "undo") cards().find((card) => card.dataset.place === entry.place)?.remove();
  }
  show();
  tell();
  send();
}

// Plain http on another machine has no randomUUID.
function fallbackUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
