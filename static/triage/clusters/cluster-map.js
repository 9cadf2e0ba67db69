// The map of error samples, drawn by Bokeh; a lasso fills the tray under it. On a canvas and not
// with WebGL: Bokeh's WebGL evaluates code that it makes, which the page's policy forbids.

const place = document.getElementById("map");
if (place) draw().catch((problem) => {
  console.error(problem);
  place.querySelector("p").textContent = place.dataset.broken;
});

async function draw() {
  const response = await fetch(place.dataset.address);
  if (!response.ok) throw new Error(`the map's points: ${response.status}`);
  const { shown, total, ...columns } = await response.json();
  const { Plotting } = Bokeh;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const source = new Bokeh.ColumnDataSource({ data: columns });
  const figure = Plotting.figure({
    tools: "pan,wheel_zoom,lasso_select,box_select,reset",
    active_drag: "lasso_select",
    active_scroll: "wheel_zoom",
    sizing_mode: "stretch_both",
    background_fill_color: null,
    border_fill_color: null,
    outline_line_color: null,
    toolbar_location: "above",
  });
  figure.axes.forEach((axis) => { axis.visible = false; });
  figure.grids.forEach((grid) => { grid.grid_line_color = null; });
  figure.toolbar.logo = null;
  const size = shown > 10000 ? 4 : shown > 1500 ? 6 : 8;
  const points = figure.scatter({ field: "x" }, { field: "y" }, {
    source, size, color: { field: "colour" }, fill_alpha: 0.75, line_alpha: 0,
    nonselection_fill_alpha: 0.12, selection_fill_alpha: 0.95,
  });
  figure.add_tools(new Bokeh.HoverTool({
    renderers: [points],
    tooltips: [["", "@name"], ["", "@question"], ["", "@answer"]],
  }));
  place.replaceChildren();
  const plot = document.createElement("div");
  plot.className = "map__plot";
  place.append(plot);
  if (shown < total) {
    const words = document.createElement("p");
    words.className = "small faint pad";
    words.textContent = `${place.dataset.part} ${shown.toLocaleString()} / ${total.toLocaleString()}`;
    place.append(words);
  }
  await Plotting.show(figure, plot);
  source.selected.change.connect(() => tray(source.selected.indices, columns));
  place.dataset.ready = "true";
  place.dataset.theme = dark ? "dark" : "light";
}

function tray(indices, columns) {
  const form = document.querySelector("[data-lasso]");
  form.hidden = indices.length === 0;
  const positions = indices.map((index) => columns.position[index]);
  form.elements.positions.value = JSON.stringify(positions);
  const count = form.querySelector("[data-lasso-count]");
  count.textContent = `${positions.length.toLocaleString()} ${positions.length === 1 ? count.dataset.one : count.dataset.many}`;
  const groups = new Map();
  for (const index of indices) groups.set(columns.name[index], (groups.get(columns.name[index]) ?? 0) + 1);
  form.querySelector("[data-lasso-of]").textContent = [...groups]
    .sort((a, b) => b[1] - a[1]).slice(0, 4).map(([name, n]) => `${name} ${n}`).join(" · ");
  form.querySelector("[data-lasso-samples]").replaceChildren(...indices.slice(0, 6).map((index) => {
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = place.dataset.sample.replace(/0\/$/, `${columns.position[index]}/`);
    link.textContent = columns.question[index];
    line.append(link, ` ${columns.answer[index]}`);
    return line;
  }));
}
