// An agent's form: says what is not saved yet, keeps what is typed meanwhile, and tells the talk which version is saved.
const form = () => document.querySelector("[data-agent-form]");
const OURS = new Set(["csrfmiddlewaretoken", "version", "whole", "on_top"]);

function values() {
  return Object.fromEntries([...new FormData(form())].filter(([name]) => !OURS.has(name)));
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// What was refused comes back in the fields, and is not saved.
let saved = form().elements.whole ? {} : values();
let sent = saved;
let typedMeanwhile = {};

function isUnsaved() {
  return !same(values(), saved);
}

function show() {
  const unsaved = isUnsaved();
  for (const element of form().querySelectorAll("[data-agent-unsaved]")) element.hidden = !unsaved;
  form().querySelector("[data-agent-saved]").hidden = unsaved;
}

function isOurs(event) {
  return event.detail.elt === form() || event.detail.requestConfig?.elt?.closest?.("[data-agent-form]");
}

function putBack(typed) {
  for (const [name, value] of Object.entries(typed)) {
    if (values()[name] !== value) form().elements[name].value = value;
  }
}

document.addEventListener("input", show);
document.addEventListener("change", show);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (isOurs(event)) sent = values();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!isOurs(event)) return;
  const now = values();
  typedMeanwhile = Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== sent[name]));
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (!isOurs(event) && !event.target.closest?.("[data-agent-form]")) return;
  const state = document.getElementById("agent-state");
  const panel = document.querySelector("[data-talk]");
  const isSaved = state.hasAttribute("data-agent-is-saved");
  const isWhole = event.target === form();
  if (isSaved) saved = isWhole ? values() : sent;
  if (isWhole) putBack(typedMeanwhile);
  typedMeanwhile = {};
  if (panel && isSaved) panel.dataset.talkVersion = state.dataset.agentVersion;
  for (const name of document.querySelectorAll("[data-agent-name]")) name.textContent = state.dataset.agentTitle;
  form().querySelector("[data-agent-conflict]")?.focus();
  form().querySelector('[aria-invalid="true"]')?.focus();
  show();
});
window.addEventListener("beforeunload", (event) => {
  if (isUnsaved()) event.preventDefault();
});
// Without htmx the form is sent as any other, and that is no loss.
document.addEventListener("submit", (event) => {
  if (event.target === form() && !window.htmx) saved = values();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "s" && (event.ctrlKey || event.metaKey) && !event.altKey) {
    event.preventDefault();
    form().requestSubmit();
  }
});
show();
