// A second click on a button sends its form no second time: the answer to the first may be shown once only.
const MILLISECONDS = 2000;
const sent = new WeakMap();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const now = performance.now();
  if (now - (sent.get(form) ?? -MILLISECONDS) < MILLISECONDS) event.preventDefault();
  else sent.set(form, now);
});
