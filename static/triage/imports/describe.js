// A menu over each column says which field it is; the fields below keep what is said. Without
// JavaScript the fields themselves are filled in.
const form = document.querySelector("form[data-describe]");
const menus = [...document.querySelectorAll("select[data-column]")];
const inputs = new Map(
  [...(form?.querySelectorAll("input[name^=field_]") ?? [])].map((input) => [
    input.name.slice("field_".length),
    input,
  ]),
);

// Parts of a mapping as the server takes them apart: a column whose own name has a + is one.
const parts = (value) => {
  const whole = value.trim();
  const columns = menus.map((menu) => menu.dataset.column);
  return columns.includes(whole) ? [whole] : whole.split("+").map((part) => part.trim());
};

function fill() {
  for (const menu of menus) {
    const { column } = menu.dataset;
    const field = [...inputs].find(([, input]) => parts(input.value).includes(column))?.[0] ?? "";
    menu.value = field;
    menu.closest("th").dataset.said = field ? "yes" : "no";
  }
}

function said(menu) {
  const { column } = menu.dataset;
  for (const [field, input] of inputs) {
    const kept = parts(input.value).filter((part) => part && part !== column);
    if (field !== menu.value && kept.length !== parts(input.value).filter(Boolean).length) {
      input.value = kept.join("+");
    }
  }
  // A list of options is made of several columns; any other field is read from the one just said.
  const input = inputs.get(menu.value);
  if (input) {
    const before = menu.value === "options" ? parts(input.value).filter(Boolean) : [];
    input.value = [...new Set([...before, column])].join("+");
  }
  fill();
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

for (const menu of menus) menu.addEventListener("change", () => said(menu));
for (const input of inputs.values()) input.addEventListener("change", fill);
fill();
