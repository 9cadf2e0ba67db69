// Shortcuts are declared on the control they press: <button data-key="m">. This module only finds
// the control and clicks it, so a page without JavaScript loses the keys and nothing else.

const typing = (target) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
  !/^(checkbox|radio|button|submit|range)$/.test(target.type ?? "");

const reachable = (element) =>
  !element.disabled && !element.closest("[inert], [hidden], template") && element.getClientRects().length > 0;

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  const wanted = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const control = [...document.querySelectorAll("[data-key]")].find(
    (element) => element.dataset.key.split(" ").includes(wanted) && reachable(element),
  );
  if (!control) return;
  event.preventDefault();
  if (control.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")) control.focus();
  else control.click();
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (!opener) return;
  const dialog = document.getElementById(opener.dataset.dialog);
  if (dialog.open) return dialog.close();
  if (dialog.id === "shortcuts") listShortcuts(dialog.querySelector("[data-shortcut-list]"));
  dialog.showModal();
});

// A click on the backdrop closes a dialog, and a menu closes when the eye has moved on.
document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement) event.target.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

function listShortcuts(list) {
  const names = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Backspace: "⌫" };
  list.replaceChildren();
  for (const control of document.querySelectorAll("[data-key]")) {
    if (!reachable(control)) continue;
    const term = document.createElement("dt");
    for (const key of control.dataset.key.split(" ")) {
      const sign = document.createElement("kbd");
      sign.textContent = names[key] ?? key;
      term.append(sign, " ");
    }
    const meaning = document.createElement("dd");
    meaning.textContent = control.dataset.keyName ?? control.getAttribute("aria-label") ?? control.textContent.trim();
    list.append(term, meaning);
  }
}
