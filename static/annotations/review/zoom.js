// Zoom and pan of the picture in a stage. The picture and its overlays lie in one frame, which is
// moved and scaled as a whole, so that they stay aligned. Scale 1 is the whole picture.

const LARGEST = 12;
const STEP = 1.4;
const PAN = 80;
// A finger that moves less than this has tapped.
const SLOP = 4;

export class Zoom {
  #x = 0;
  #y = 0;
  #pointers = new Map();
  #grip = null;

  // `changed(scale)` is called when the scale is another, to draw the overlays sharp again.
  constructor(stage, changed = () => {}) {
    this.stage = stage;
    this.frame = stage.querySelector("[data-frame]");
    this.image = stage.querySelector("img");
    this.changed = changed;
    this.scale = 1;
    stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.#down(event));
    stage.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => this.#up(event));
    stage.addEventListener("dblclick", (event) => {
      if (!event.target.closest("button")) this.toggle(this.#at(event));
    });
    // Two fingers are ours from the start: one alone may still scroll the page.
    stage.addEventListener("touchstart", (event) => event.touches.length > 1 && event.preventDefault(), { passive: false });
  }

  get zoomed() {
    return this.scale > 1.001;
  }

  reset() {
    delete this.stage.dataset.gliding;
    this.#pointers.clear();
    this.#put(1, 0, 0);
  }

  // The stage has another size: what was in sight stays within it.
  settle() {
    this.#put(this.scale, this.#x, this.#y);
  }

  toggle(at = this.#middle()) {
    this.#glide();
    this.zoomed ? this.#put(1, 0, 0) : this.about(at, 2);
  }

  step(direction) {
    this.#glide();
    this.about(this.#middle(), this.scale * STEP ** direction);
  }

  // Moves the view by whole steps: [1, 0] looks further right.
  look([across, down]) {
    this.#glide();
    this.#put(this.scale, this.#x - across * PAN, this.#y - down * PAN);
  }

  // Scales so that the point of the picture under `at` stays there.
  about([x, y], wanted) {
    const scale = Math.min(LARGEST, Math.max(1, wanted));
    const grown = scale / this.scale;
    this.#put(scale, x - (x - this.#x) * grown, y - (y - this.#y) * grown);
  }

  // Keeps the picture in sight: what is larger than the stage covers it, what is smaller is centred.
  #put(scale, x, y) {
    const [wide, high] = [this.stage.clientWidth, this.stage.clientHeight];
    const fit = this.image.naturalWidth ? Math.min(wide / this.image.naturalWidth, high / this.image.naturalHeight) : 0;
    const held = (at, room, size) => {
      const margin = ((room - size) / 2) * scale;
      return size * scale <= room ? (room - room * scale) / 2 : Math.min(-margin, Math.max(room - size * scale - margin, at));
    };
    this.#x = held(x, wide, this.image.naturalWidth * fit);
    this.#y = held(y, high, this.image.naturalHeight * fit);
    const other = scale !== this.scale;
    this.scale = scale;
    this.stage.dataset.zoomed = String(this.zoomed);
    this.frame.style.transform = this.zoomed ? `translate(${this.#x}px, ${this.#y}px) scale(${scale})` : "";
    if (other) this.changed(scale);
  }

  #glide() {
    this.stage.dataset.gliding = "";
  }

  #wheel(event) {
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 400 : 1;
    const by = -event.deltaY * lines;
    // Seen whole already: turning on scrolls the page, where it is longer than the window.
    if (!by || (by < 0 && !this.zoomed && !event.ctrlKey)) return;
    event.preventDefault();
    delete this.stage.dataset.gliding;
    // A pinch on a touch pad comes as a wheel with Ctrl, in smaller steps.
    this.about(this.#at(event), this.scale * Math.exp(Math.max(-240, Math.min(240, by)) * (event.ctrlKey ? 0.01 : 0.002)));
  }

  #down(event) {
    if (event.button > 0 || event.target.closest("button")) return;
    delete this.stage.dataset.gliding;
    this.#pointers.set(event.pointerId, this.#at(event));
    if (event.pointerType !== "touch") event.preventDefault();
    this.#hold();
  }

  #move(event) {
    if (!this.#pointers.has(event.pointerId)) return;
    if (!event.buttons) return this.#up(event);
    this.#pointers.set(event.pointerId, this.#at(event));
    const grip = this.#grip;
    const [middle, spread] = this.#hand();
    const moved = Math.hypot(middle[0] - grip.middle[0], middle[1] - grip.middle[1]);
    if (this.#pointers.size === 1 && (!this.zoomed || (!grip.firm && moved < SLOP))) return;
    // Captured only once it moves: a press alone stays a press.
    if (!grip.firm && event.pointerType !== "touch") this.stage.setPointerCapture(event.pointerId);
    grip.firm = true;
    // From where the hand took hold, not from the last step: what was held back at an edge is not lost.
    const scale = Math.min(LARGEST, Math.max(1, grip.scale * (spread && grip.spread ? spread / grip.spread : 1)));
    const held = (axis) => middle[axis] - ((grip.middle[axis] - grip.at[axis]) * scale) / grip.scale;
    this.#put(scale, held(0), held(1));
  }

  #up(event) {
    if (this.#pointers.delete(event.pointerId)) this.#hold();
  }

  #hold() {
    if (!this.#pointers.size) return;
    const [middle, spread] = this.#hand();
    this.#grip = { middle, spread, scale: this.scale, at: [this.#x, this.#y], firm: false };
  }

  // The middle of the fingers, and how far two of them are apart.
  #hand() {
    const [one, other = one] = this.#pointers.values();
    return [[(one[0] + other[0]) / 2, (one[1] + other[1]) / 2], Math.hypot(one[0] - other[0], one[1] - other[1])];
  }

  #at(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left - this.stage.clientLeft, event.clientY - box.top - this.stage.clientTop];
  }

  #middle() {
    return [this.stage.clientWidth / 2, this.stage.clientHeight / 2];
  }
}
