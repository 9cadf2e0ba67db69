// A picture with its overlays: true boxes, the model's box, the model's attention; and zoom.
import { drawOverlays, keepGround } from "./overlays.js";

for (const figure of document.querySelectorAll("[data-picture]")) show(figure);
for (const image of document.querySelectorAll("img[data-further]")) {
  keepGround(image);
  orWords(image);
}

function show(figure) {
  const image = figure.querySelector("img");
  const canvas = figure.querySelector("canvas");
  const marks = JSON.parse(document.getElementById("overlays")?.textContent ?? "{}");
  const pressed = (name) => figure.querySelector(`[data-toggle="${name}"]`)?.getAttribute("aria-pressed") === "true";
  const draw = () => drawOverlays(canvas, image, marks, { boxes: pressed("boxes"), attention: pressed("attention") });
  figure.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-toggle]");
    if (!button) return;
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    figure.dataset.zoomed = String(pressed("zoom"));
    draw();
  });
  if (orWords(image)) return;
  image.complete ? draw() : image.addEventListener("load", draw);
  new ResizeObserver(draw).observe(image);
}

// Words in the place of a picture that cannot be shown; true where that is known already.
function orWords(image) {
  const broken = () => {
    const words = document.createElement("p");
    words.className = "empty";
    words.textContent = image.dataset.broken;
    image.parentElement.replaceChildren(words);
  };
  // It may have failed before this script ran: then no event comes.
  const failed = image.complete && !image.naturalWidth;
  failed ? broken() : image.addEventListener("error", broken);
  return failed;
}
