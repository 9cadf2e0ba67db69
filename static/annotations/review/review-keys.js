// The keys page: a field takes the key that is pressed in it. Without this module the same fields
// take one typed character; the server checks either.

const NAMED = /^(Backspace|Delete|Insert|Home|End|PageUp|PageDown)$/;
const form = document.getElementById("review-keys");
const fields = [...form.querySelectorAll("[data-capture]")];

form.addEventListener("keydown", (event) => {
  const field = event.target.closest("[data-capture]");
  if (!field || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") put(field, field.defaultValue);
  else if (NAMED.test(event.key)) put(field, event.key);
  else if ([...event.key].length === 1 && event.key.trim()) put(field, event.key.toLowerCase());
  else return;
  event.preventDefault();
});

// A keyboard on a screen tells no key: what was typed last counts.
form.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-capture]") || NAMED.test(target.value)) return;
  put(target, [...target.value.trim()].at(-1)?.toLowerCase() ?? "");
});
form.addEventListener("focusin", ({ target }) => target.matches("[data-capture]") && target.select());

function put(field, key) {
  field.value = key;
  field.select();
  for (const each of fields) warn(each);
}

function warn(field) {
  const key = (each) => each.value || each.placeholder;
  const meet = (one, other) => !one.dataset.question || !other.dataset.question || one.dataset.question === other.dataset.question;
  const other = fields.find((each) => each !== field && key(each) === key(field) && meet(each, field));
  const words = form.querySelector(`#${field.getAttribute("aria-describedby")}`);
  const action = other && form.querySelector(`label[for=${other.id}]`).textContent.trim();
  words.textContent = other ? form.dataset.wordsTaken.replace("%(key)s", key(field)).replace("%(action)s", action) : "";
  field.setAttribute("aria-invalid", String(Boolean(other)));
}
