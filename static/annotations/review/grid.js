// The grid: arrows move between items, digits and letters mark the one that has the focus, one
// submit saves the page. The page stays until the server has acknowledged all of it.

import { keepGround } from "../../triage/runs/overlays.js";

const RETRY = 3000;
const IDLE = 60_000;

const form = document.getElementById("grid");
if (form) start();

function start() {
  const cells = [...form.querySelectorAll("[data-cell]")];
  const complaint = form.querySelector("[data-complaint]");
  const save = form.querySelector("[data-save]");
  for (const image of form.querySelectorAll(".cell__picture img")) keepGround(image);
  let saving = false;
  let saved = false;

  // --- marking -------------------------------------------------------------------------------
  const current = () => cells.find((cell) => cell.tabIndex === 0) ?? cells[0];

  function focus(cell) {
    if (!cell) return;
    current().tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
    cell.scrollIntoView({ block: "nearest" });
  }

  function mark(cell, kind) {
    const select = cell.querySelector("[data-verdict]");
    // The same key again takes the mark off.
    select.value = select.value === kind ? "match" : kind;
    dress(cell);
    if (select.value === "wrong_answer") cell.querySelector("[data-corrected]").focus();
    else cell.focus();
  }

  function dress(cell) {
    cell.dataset.kind = cell.querySelector("[data-verdict]").value;
  }

  form.addEventListener("change", ({ target }) => {
    if (target.matches("[data-verdict]")) dress(target.closest("[data-cell]"));
  });
  form.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-mark]");
    if (button) return mark(current(), button.dataset.mark);
    const cell = target.closest("[data-cell]");
    if (cell && !target.closest("select, input")) focus(cell);
  });
  form.addEventListener("focusin", ({ target }) => {
    const cell = target.closest("[data-cell]");
    if (!cell || cell.tabIndex === 0) return;
    current().tabIndex = -1;
    cell.tabIndex = 0;
  });

  // --- moving --------------------------------------------------------------------------------
  const columns = () => cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length;
  const steps = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -columns(), ArrowDown: () => columns() };

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const inField = event.target.matches("input[data-corrected]");
    if (inField && (event.key === "Enter" || event.key === "Escape")) {
      event.preventDefault();
      event.stopPropagation();
      focus(event.target.closest("[data-cell]"));
    } else if (!inField && !event.target.matches("select, a, button") && event.key in steps) {
      event.preventDefault();
      const place = cells.indexOf(current()) + steps[event.key]();
      focus(cells[Math.min(Math.max(place, 0), cells.length - 1)]);
    }
  }, true);

  // --- time: hidden tabs and long silences are pauses ------------------------------------------
  let spent = 0;
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    spent += Math.min(now - last, IDLE);
    last = now;
  };
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) addEventListener(kind, tick, { passive: true });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) tick();
    else last = performance.now();
  });

  // --- saving ----------------------------------------------------------------------------------
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (saving) return;
    saving = true;
    save.disabled = true;
    tick();
    form.elements.seconds.value = (spent / 1000).toFixed(1);
    send(new FormData(form));
  });

  async function send(body) {
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body, headers: { "X-Review": form.dataset.user }, redirect: "manual", credentials: "same-origin" });
    } catch {
      return again(body);
    }
    if (answer.status >= 500) return again(body);
    if (answer.ok) {
      saved = true;
      location.assign((await answer.json()).next);
      return;
    }
    saving = false;
    save.disabled = false;
    const { reason } = await answer.json().catch(() => ({}));
    say(reason ?? (answer.status === 404 ? form.dataset.wordsGone : form.dataset.wordsLocked));
  }

  // Every verdict carries its submission: sent twice, it is recorded once.
  function again(body) {
    say(form.dataset.wordsOffline);
    setTimeout(() => send(body), RETRY);
  }

  function say(words) {
    complaint.textContent = words;
    complaint.hidden = false;
  }

  addEventListener("beforeunload", (event) => {
    const marked = cells.some((cell) => cell.dataset.kind !== "match");
    if (!saved && (saving || marked)) event.preventDefault();
  });

  cells.forEach(dress);
  cells[0].focus({ preventScroll: true });
}
