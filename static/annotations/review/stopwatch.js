// Time that somebody spent on an item. A pause is not time spent: between two signs of a hand (a
// key, a pointer, a wheel, a finger) a minute counts at most, and nothing while the tab is hidden.

export const LONGEST_GAP = 60_000;
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart", "touchmove"];

export class Stopwatch {
  #spent = 0;
  #last;
  #away = false;

  constructor(now = () => performance.now()) {
    this.now = now;
    this.#last = now();
  }

  // Listens to the page; passively, so that nothing waits for it.
  watch() {
    this.#away = document.hidden;
    for (const sign of SIGNS) addEventListener(sign, () => this.sign(), { passive: true, capture: true });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.leave() : this.sign()));
    return this;
  }

  restart() {
    this.#spent = 0;
    this.#last = this.now();
  }

  // A hand was there.
  sign() {
    this.#spent += this.#gap();
    this.#last = this.now();
    this.#away = false;
  }

  leave() {
    this.sign();
    this.#away = true;
  }

  get seconds() {
    return (this.#spent + this.#gap()) / 1000;
  }

  #gap() {
    return this.#away ? 0 : Math.min(this.now() - this.#last, LONGEST_GAP);
  }
}
