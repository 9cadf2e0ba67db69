// Draws boxes and attention on a canvas that lies over a picture. Boxes are shares of the picture
// (0..1); attention is {rows, columns, cells 0..1}.

const MOST_PIXELS = 4096;

// `zoom`: how much larger than laid out the picture is seen; lines stay as thin as they were.
export function drawOverlays(canvas, image, marks, shown, zoom = 1) {
  if (!image.naturalWidth) return;
  // With object-fit: contain the picture is smaller than its element in one direction.
  const fit = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
  const width = image.naturalWidth * fit;
  const height = image.naturalHeight * fit;
  groundUnder(image);
  const scale = Math.min(zoom * (window.devicePixelRatio || 1), Math.max(1, MOST_PIXELS / Math.max(width, height)));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.style.left = `${image.offsetLeft + (image.clientWidth - width) / 2}px`;
  canvas.style.top = `${image.offsetTop + (image.clientHeight - height) / 2}px`;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.clearRect(0, 0, width, height);
  if (shown.attention && marks.attention) attention(pen, marks.attention, width, height);
  if (!shown.boxes) return;
  for (const box of marks.boxes ?? []) frame(pen, box, width, height, zoom, "#12a150", []);
  if (marks.predicted) frame(pen, marks.predicted, width, height, zoom, "#d6336c", [6, 4]);
}

// A picture may be see-through: the chequered ground lies under it, and not beside it.
export function groundUnder(image) {
  if (!image.naturalWidth) return;
  const fit = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
  // A pixel less all round: it must not look out from under the edge of a picture that covers it.
  const [width, height] = [image.naturalWidth, image.naturalHeight].map((side) => Math.max(1, Math.floor(side * fit) - 2));
  image.style.setProperty("--seen", `${width}px ${height}px`);
}

// The same for a picture without overlays, whenever it is laid out anew.
const kept = new WeakSet();
export function keepGround(image) {
  if (kept.has(image)) return;
  kept.add(image);
  image.addEventListener("load", () => groundUnder(image));
  new ResizeObserver(() => groundUnder(image)).observe(image);
}

function frame(pen, [x0, y0, x1, y1], width, height, zoom, stroke, dash) {
  const place = [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height];
  pen.setLineDash(dash.map((length) => length / zoom));
  pen.lineWidth = 4 / zoom;
  pen.strokeStyle = "rgba(255, 255, 255, 0.85)";
  pen.strokeRect(...place);
  pen.lineWidth = 2 / zoom;
  pen.strokeStyle = stroke;
  pen.strokeRect(...place);
}

function attention(pen, { rows, columns, cells }, width, height) {
  const [w, h] = [width / columns, height / rows];
  pen.fillStyle = "rgba(10, 12, 20, 0.45)";
  pen.fillRect(0, 0, width, height);
  cells.forEach((share, index) => {
    const [x, y] = [(index % columns) * w, Math.floor(index / columns) * h];
    // From blue to yellow, lighter where more: readable without telling red from green.
    pen.fillStyle = `hsla(${240 - 190 * share}, 95%, ${35 + 25 * share}%, ${0.08 + 0.55 * share})`;
    pen.fillRect(x, y, w + 0.5, h + 0.5);
  });
}
