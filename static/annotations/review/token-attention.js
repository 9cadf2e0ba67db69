// A question's words that have an attention of their own: hover or focus shows it. One of them is
// in the tab order, the arrow keys go from word to word, Escape leaves.

export class TokenAttention {
  #shown = null;

  // `changed()` is called when another word's attention, or none, is to be shown.
  constructor(deck, changed) {
    this.changed = changed;
    const word = ({ target }) => target.closest?.("[data-token]");
    deck.addEventListener("pointerover", (event) => event.pointerType !== "touch" && this.#show(word(event) ?? this.#focused(deck)));
    deck.addEventListener("pointerleave", () => this.#show(this.#focused(deck)));
    deck.addEventListener("focusin", (event) => this.#show(word(event) ?? null));
    deck.addEventListener("focusout", () => this.#show(null));
    deck.addEventListener("keydown", (event) => word(event) && this.#step(event));
  }

  // The words of a card, made reachable.
  of(card) {
    this.#shown = null;
    const words = [...(card?.querySelectorAll("[data-token]") ?? [])];
    words.forEach((word, index) => (word.tabIndex = index ? -1 : 0));
    return words;
  }

  // The grid to draw in place of the general attention: {rows, columns, cells}, or null.
  grid(marks) {
    return marks.words?.[Number(this.#shown?.dataset.token)] ?? null;
  }

  #focused(deck) {
    const held = document.activeElement;
    return deck.contains(held) && held.matches("[data-token]") ? held : null;
  }

  #show(word) {
    if (word === this.#shown) return;
    if (this.#shown) delete this.#shown.dataset.shown;
    this.#shown = word;
    if (word) word.dataset.shown = "";
    this.changed();
  }

  #step(event) {
    const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (event.key === "Escape") event.target.blur();
    if (!way) return;
    event.preventDefault();
    const words = [...event.target.closest("article").querySelectorAll("[data-token]")];
    const next = words[(words.indexOf(event.target) + way + words.length) % words.length];
    for (const word of words) word.tabIndex = word === next ? 0 : -1;
    next.focus();
  }
}
