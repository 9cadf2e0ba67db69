// Shows how far an upload is. Without JavaScript the form simply posts.
const form = document.querySelector("form[data-upload]");

form?.addEventListener("submit", (event) => {
  const files = [...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  if (!files.length) return;
  event.preventDefault();
  const bar = form.querySelector("[data-upload-bar]");
  const progress = bar.querySelector("progress");
  const words = bar.querySelector("[data-upload-words]");
  const button = form.querySelector("button.button--main");
  bar.hidden = false;
  button.disabled = true;
  const request = new XMLHttpRequest();
  const started = performance.now();
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    progress.value = (100 * loaded) / total;
    const seconds = ((performance.now() - started) / 1000) * (total / loaded - 1);
    words.textContent = loaded === total ? words.dataset.reading
      : `${(loaded / 1e6).toFixed(1)} / ${(total / 1e6).toFixed(1)} MB · ${Math.ceil(seconds)} s`;
  });
  request.addEventListener("load", () => {
    // Done: the server answered with the next page's address; a complaint is shown as the page it is.
    if (request.status < 400) return location.assign(request.responseURL);
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main") ?? page.body);
    location.hash = "";
  });
  request.addEventListener("error", () => {
    words.textContent = words.dataset.failed;
    button.disabled = false;
  });
  request.open("POST", form.action);
  request.send(new FormData(form));
});
