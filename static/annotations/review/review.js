// The review page. The next cards are always in the page; a verdict shows one at once and is sent
// behind it, from a tray that outlives the page: nothing that was decided is lost, and a retry
// carries the same submission, so that nothing is recorded twice.
import { drawOverlays, keepGround } from "../../triage/runs/overlays.js";
import { Stopwatch } from "./stopwatch.js";
import { TokenAttention } from "./token-attention.js";
import { Tray } from "./tray.js";
import { Zoom } from "./zoom.js";

// A second press this soon after a card appeared was meant for the one before.
const TOO_SOON = 120;
const REMEMBERED = 50;

const form = document.getElementById("review");
if (form) start();

function start() {
  const deck = form.querySelector("[data-deck]");
  const complaint = form.querySelector("[data-complaint]");
  const trayWords = form.querySelector("[data-tray]");
  const announcement = form.querySelector("[data-announce]");
  // Fields that open for one thing: the right answer, a question to the lead.
  const corrected = form.querySelector("[data-corrected]");
  const flag = form.querySelector("[data-flag]");
  const judged = [];
  const roomy = matchMedia("(min-width: 60rem)");
  const wishes = { boxes: true, attention: false, ...remembered() };
  const zooms = new WeakMap();
  const words = new TokenAttention(deck, () => draw());
  const watch = new Stopwatch().watch();
  let shownAt = performance.now();
  const tray = new Tray({
    prefix: `tray:${form.dataset.audit}:${form.dataset.user}`,
    user: form.dataset.user,
    token: () => /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? form.elements.csrfmiddlewaretoken.value,
    holding: () => cards().map((card) => card.dataset.place),
    answered: take,
    refused: complain,
    changed: tell,
  });

  form.dataset.script = "";
  form.elements.note.placeholder = form.elements.note.dataset.placeholder;
  for (const template of deck.querySelectorAll("template[data-next]")) template.replaceWith(template.content);
  const cards = () => [...deck.querySelectorAll("article[data-place]")];
  const current = () => cards()[0];

  // --- showing -----------------------------------------------------------------------------
  function show() {
    const [card, ...ahead] = cards();
    if (card) card.hidden = false;
    for (const image of card?.querySelectorAll("img[data-further]") ?? []) keepGround(image);
    for (const each of ahead) keepReady(each);
    deck.querySelector("[data-waiting]")?.remove();
    if (!card) {
      const words = document.createElement("p");
      words.className = "item--waiting";
      words.dataset.waiting = "";
      words.textContent = form.dataset.wordsWaiting;
      deck.append(words);
    }
    form.elements.place.value = card?.dataset.place ?? "";
    form.elements.comment.value = "";
    close(corrected);
    close(flag);
    shownAt = performance.now();
    watch.restart();
    announce(card);
    for (const details of card?.querySelectorAll("[data-keep-open]") ?? []) {
      details.open = wishes[details.dataset.keepOpen] ?? (details.hasAttribute("open") && roomy.matches);
    }
    dress();
  }

  // A hidden card's picture is loaded and decoded: that is what makes the next one instant.
  function keepReady(card) {
    card.hidden = true;
    card.querySelector("[data-stage] img")?.decode().catch(() => {});
  }

  const marksOf = (card) => JSON.parse(card?.querySelector("script[type='application/json']")?.textContent ?? "{}");

  function dress() {
    const card = current();
    const image = card?.querySelector("[data-stage] img");
    const marks = marksOf(card);
    const can = { boxes: Boolean(marks.boxes?.length || marks.predicted), attention: Boolean(marks.attention), zoom: Boolean(image) };
    for (const button of form.querySelectorAll("[data-toggle]")) {
      button.hidden = !can[button.dataset.toggle] || !image;
      button.setAttribute("aria-pressed", String(Boolean(wishes[button.dataset.toggle])));
    }
    for (const button of form.querySelectorAll("[data-zoom]")) button.hidden = !image;
    form.querySelector("[data-words]").hidden = !words.of(card).length || !image;
    watcher.disconnect();
    if (!image) return;
    // Every picture is first seen whole.
    zoomOf(card).reset();
    image.complete ? draw() : image.addEventListener("load", draw, { once: true });
    if (image.complete && !image.naturalWidth) broken(image);
    image.addEventListener("error", () => broken(image), { once: true });
    watcher.observe(image);
  }

  function zoomOf(card) {
    const stage = card?.querySelector("[data-stage]:has([data-frame])");
    if (stage && !zooms.has(stage)) zooms.set(stage, new Zoom(stage, draw));
    return zooms.get(stage);
  }

  let drawn = "";
  const sizeOf = (image) => image && `${image.clientWidth} ${image.clientHeight} ${image.complete}`;
  function draw() {
    const zoom = zoomOf(current());
    if (!zoom) return;
    form.querySelector("[data-toggle=zoom]").setAttribute("aria-pressed", String(zoom.zoomed));
    drawn = sizeOf(zoom.image);
    const marks = marksOf(current());
    const attention = words.grid(marks);
    const shown = attention ? { ...wishes, attention: true } : wishes;
    drawOverlays(zoom.frame.querySelector("canvas"), zoom.image, attention ? { ...marks, attention } : marks, shown, zoom.scale);
  }

  // It also reports the size that a picture has when it is first watched: that is drawn already.
  const watcher = new ResizeObserver(() => {
    if (sizeOf(zoomOf(current())?.image) === drawn) return;
    zoomOf(current())?.settle();
    draw();
  });

  // The item can be judged all the same, and the picture be asked for again.
  function broken(image) {
    const stage = image.closest("[data-stage]");
    if (stage.querySelector("[data-broken]")) return;
    const words = document.createElement("p");
    words.className = "item__no-picture";
    words.dataset.broken = "";
    const again = document.createElement("button");
    again.type = "button";
    again.className = "button button--small";
    again.textContent = form.dataset.wordsAgain;
    again.addEventListener("click", () => {
      words.remove();
      image.hidden = false;
      image.src = `${image.src.split("?")[0]}?again=${Date.now()}`;
      dress();
    });
    words.append(`${form.dataset.wordsBroken} `, again);
    image.hidden = true;
    stage.append(words);
  }

  // The question and the answers, for ears; said once the picture is on the screen.
  function announce(card) {
    const said = (selector) => [...(card?.querySelectorAll(selector) ?? [])].map((each) => each.textContent.trim().replace(/\s+/g, " "));
    const [reference, model] = said(".item__answers .full");
    const words = [...said(".item__question"), ...said(".option"), `${form.dataset.wordsReference}: ${reference}`, `${form.dataset.wordsModel}: ${model}`];
    setTimeout(() => (announcement.textContent = card ? words.join(". ") : ""), 100);
  }

  function close(field) {
    delete field.dataset.open;
    field.querySelector("input").value = "";
    if (field.contains(document.activeElement)) document.activeElement.blur();
  }

  function openCorrected() {
    close(flag);
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
    if (submitter?.dataset.do === "undo") undo();
    else if (submitter?.dataset.do === "later") later();
    else if (submitter?.dataset.do === "flag") openFlag();
    else if (submitter?.name === "verdict") choose(submitter.value);
    else if (submitter?.name === "candidate") choose("among_candidates", submitter.value);
  });

  form.addEventListener("keydown", (event) => {
    // Enter also ends the typing of a Chinese word: that decides nothing.
    if (event.isComposing) return;
    const field = event.target.name;
    if (event.key === "Enter" && ["corrected_answer", "comment", "note"].includes(field)) {
      event.preventDefault();
      if (field === "corrected_answer") decide("wrong_answer");
      else if (field === "note") raise();
      else event.target.blur();
    } else if (event.key === "Escape") {
      close(corrected);
      close(flag);
    }
  });

  function choose(kind, candidate) {
    if (!current() || performance.now() - shownAt < TOO_SOON) return;
    if (kind === "wrong_answer" && corrected.dataset.open === undefined) openCorrected();
    else decide(kind, candidate);
  }

  // A question that was typed and not sent goes along with what is done next.
  function sendNote() {
    if (form.elements.note.value.trim()) raise();
  }

  function openFlag() {
    if (!current()) return;
    close(corrected);
    flag.dataset.open = "";
    form.elements.note.focus();
  }

  // The card stays and says that it is flagged.
  function raise() {
    const card = current();
    const note = form.elements.note.value.trim();
    close(flag);
    if (!card) return;
    const sign = card.querySelector("[data-flagged]");
    if (sign.hidden) sign.querySelector("[data-flag-note]").textContent = note;
    sign.hidden = false;
    announcement.textContent = form.dataset.wordsFlagged;
    push({ do: "flag", place: card.dataset.place, note });
  }

  function decide(kind, candidate) {
    const card = current();
    if (!card) return;
    sendNote();
    const said = {
      do: "verdict",
      place: card.dataset.place,
      verdict: kind,
      candidate,
      corrected_answer: kind === "wrong_answer" ? form.elements.corrected_answer.value : "",
      comment: form.elements.comment.value,
      seconds: watch.seconds.toFixed(2),
    };
    judged.push(card);
    if (judged.length > REMEMBERED) judged.shift();
    flash(kind);
    // The card goes first: the request says what is still in the deck.
    card.remove();
    show();
    push(said);
  }

  function flash(kind) {
    const button = form.querySelector(`.verdict[value="${kind}"]`);
    button.dataset.pressed = "";
    setTimeout(() => delete button.dataset.pressed, 180);
  }

  function later() {
    const card = current();
    if (!card) return;
    sendNote();
    card.remove();
    show();
    push({ do: "later", place: card.dataset.place });
  }

  function undo() {
    sendNote();
    const unsent = tray.takeBack();
    const card = unsent && judged.findLast((each) => each.dataset.place === unsent.place);
    if (!card) return push({ do: "undo" });
    deck.prepend(card);
    show();
  }

  // --- what became of it -------------------------------------------------------------------
  function push(entry) {
    complaint.hidden = true;
    tray.add(entry);
  }

  function tell() {
    const { waiting, trouble } = tray;
    const unsaved = `${waiting} ${form.dataset.wordsUnsaved}`;
    const why = { offline: form.dataset.wordsOffline, gone: form.dataset.wordsGone, locked: form.dataset.wordsRefused }[trouble];
    trayWords.dataset.state = waiting > 1 || why ? "waiting" : "saved";
    trayWords.textContent = why ? `${unsaved} · ${why}` : waiting > 1 ? unsaved : waiting ? "" : form.dataset.wordsSaved;
  }

  function take(answer, entry) {
    const { progress } = answer;
    form.querySelector("[data-progress]").value = progress.judged;
    form.querySelector("[data-judged]").textContent = progress.judged;
    form.querySelector("[data-mine]").textContent = progress.mine;
    const had = current();
    for (const { place, html } of answer.cards) {
      const known = cards().some((card) => card.dataset.place === String(place));
      if (known || (tray.has(place) && place !== answer.undone)) continue;
      const holder = document.createElement("template");
      holder.innerHTML = html;
      const card = holder.content.firstElementChild;
      if (place === answer.undone) deck.prepend(card);
      else deck.append(card);
      keepReady(card);
    }
    form.querySelector("[data-answers]").insertAdjacentHTML("beforeend", answer.answers);
    if (entry.do === "undo" && answer.undone === null) say(form.dataset.wordsNothing);
    if (current() !== had) show();
    // Nothing more came: the server's page says why, unless something still waits to be sent.
    if (!current() && !tray.waiting) location.reload();
  }

  function complain(reason, entry) {
    const card = [...judged, ...cards()].findLast((each) => each.dataset.place === entry.place);
    const question = card?.querySelector(".item__question");
    if (entry.do === "flag" && card) card.querySelector("[data-flagged]").hidden = true;
    say(question ? `${question.textContent.slice(0, 80)}: ${reason}` : reason);
    if (!current() && !tray.waiting) setTimeout(() => location.reload(), 2500);
  }

  function say(words) {
    complaint.textContent = words;
    complaint.hidden = false;
  }

  // --- what the hand does beside ----------------------------------------------------------
  form.addEventListener("click", ({ target }) => {
    target.closest("[data-dismiss]")?.closest("[data-answer]").remove();
    const button = target.closest("[data-toggle], [data-zoom], [data-words]");
    if (!button) return;
    if ("words" in button.dataset) return current().querySelector("[data-token][tabindex='0']").focus();
    const { toggle, zoom } = button.dataset;
    if (zoom) return zoomOf(current())?.step(Number(zoom));
    if (toggle === "zoom") return zoomOf(current())?.toggle();
    wishes[toggle] = !wishes[toggle];
    button.setAttribute("aria-pressed", String(wishes[toggle]));
    remember();
    draw();
  });
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  document.addEventListener("keydown", (event) => {
    const zoom = zoomOf(current());
    if (!ways[event.key] || !zoom?.zoomed || event.defaultPrevented || event.target.matches("input, textarea, select")) return;
    event.preventDefault();
    zoom.look(ways[event.key]);
  });
  // A press on the summary is a wish; the toggle event also comes when a card arrives open.
  deck.addEventListener("click", ({ target }) => {
    const details = target.closest("summary")?.closest("[data-keep-open]");
    if (!details) return;
    wishes[details.dataset.keepOpen] = !details.open;
    remember();
  });
  function remember() {
    try {
      localStorage.setItem("review:wishes", JSON.stringify(wishes));
    } catch { /* storage is full or forbidden: the wishes hold for this page */ }
  }

  // What an earlier page could not send. Its cards may be among ours: they are decided already.
  for (const card of cards()) if (tray.has(card.dataset.place)) card.remove();
  show();
  tell();
  tray.send();
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem("review:wishes") ?? "{}");
  } catch {
    return {};
  }
}
