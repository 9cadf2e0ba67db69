// What was decided and is on its way to the server. Every entry has a place of its own in the
// browser's storage until the server has answered, so that a lost connection, a reload or a second
// tab loses nothing; it carries its submission, so that sending it twice records it once.

const SLOWEST = 15000;
const PATIENCE = 20000;

export class Tray {
  #entries = [];
  #sending = false;
  #failures = 0;
  #timer = null;

  // `holding()` lists the places of the cards on the page; `answered(answer, entry)`,
  // `refused(reason, entry)` and `changed()` tell the page what became of an entry.
  constructor({ prefix, user, token, holding, answered, refused, changed }) {
    Object.assign(this, { prefix, user, token, holding, answered, refused, changed });
    this.trouble = "";
    this.#entries = stored(prefix);
    addEventListener("online", () => this.#again(0));
    addEventListener("beforeunload", (event) => {
      if (this.#entries.length) event.preventDefault();
    });
  }

  get waiting() {
    return this.#entries.length;
  }

  // Whether the item at `place` is decided here and the server may not know it yet.
  has(place) {
    return this.#entries.some((entry) => entry.place === String(place) && entry.do !== "flag");
  }

  add(entry) {
    const known = { ...entry, submission: crypto.randomUUID?.() ?? fallbackUuid(), at: `${Date.now()}`.padStart(15, "0") };
    this.#entries.push(known);
    store(this.prefix, known);
    this.changed();
    this.send();
  }

  // The last verdict, if no request has ever carried it: it then never happened.
  takeBack() {
    const last = this.#entries.at(-1);
    if (!last || last.tried || last.do !== "verdict") return null;
    this.#entries.pop();
    forget(this.prefix, last);
    this.changed();
    return last;
  }

  async send() {
    if (this.#sending || !this.#entries.length) return;
    clearTimeout(this.#timer);
    this.#sending = true;
    const entry = this.#entries[0];
    entry.tried = true;
    const { kind, body } = await this.#post(entry);
    this.#sending = false;
    if (kind === "saved" || kind === "refused") {
      this.#entries.shift();
      forget(this.prefix, entry);
      this.#failures = 0;
      this.trouble = "";
      if (kind === "saved") this.answered(body, entry);
      else this.refused(body.reason, entry);
      this.changed();
      this.send();
    } else {
      this.#failures += 1;
      this.trouble = kind;
      this.changed();
      this.#again(Math.min(SLOWEST, 500 * 2 ** Math.min(this.#failures - 1, 5)));
    }
  }

  #again(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.send(), pause);
  }

  // saved, refused (the server will never take it), offline, gone (the audit is not this person's
  // any more), or locked (not as this person, now).
  async #post(entry) {
    const body = new URLSearchParams();
    for (const name of ["do", "place", "verdict", "candidate", "note", "corrected_answer", "comment", "seconds", "submission"]) {
      if (entry[name] !== undefined) body.append(name, entry[name]);
    }
    for (const place of this.holding()) body.append("holding", place);
    try {
      const response = await fetch(location.pathname, {
        method: "POST",
        body,
        redirect: "manual",
        headers: { "X-Review": this.user, "X-CSRFToken": this.token() },
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (response.ok) return { kind: "saved", body: await response.json() };
      if (response.status === 409) return { kind: "refused", body: await response.json() };
      if (response.status === 404) return { kind: "gone" };
      if (response.type === "opaqueredirect" || (response.status >= 400 && response.status < 500 && response.status !== 429)) return { kind: "locked" };
      return { kind: "offline" };
    } catch {
      return { kind: "offline" };
    }
  }
}

// Storage may be full or forbidden: the page then keeps entries for as long as it is open.
function store(prefix, entry) {
  try {
    localStorage.setItem(`${prefix}:${entry.submission}`, JSON.stringify(entry));
  } catch { /* see above */ }
}

function forget(prefix, entry) {
  try {
    localStorage.removeItem(`${prefix}:${entry.submission}`);
  } catch { /* see above */ }
}

function stored(prefix) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(`${prefix}:`));
    const entries = names.map((name) => ({ ...JSON.parse(localStorage.getItem(name)), tried: true }));
    return entries.sort((one, other) => (one.at < other.at ? -1 : 1));
  } catch {
    return [];
  }
}

// Plain http on another machine has no randomUUID.
function fallbackUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
