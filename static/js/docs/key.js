// The reader's key: kept for as long as the tab is open, and put into the samples. It goes nowhere but to /v1, by Run.
const PLACE = "vaniagent-docs-key";
const KEY = /^va_(test|live)_[0-9A-Za-z]+$/;
const PLACEHOLDER = "YOUR_API_KEY";

const panel = document.querySelector("[data-docs-key]");
const field = panel?.querySelector("input");
const note = panel?.querySelector("[role=status]");
const words = note?.textContent;

// What is no key could end a sample's quotes: it is not put into one.
export function key() {
  const kept = field?.value.trim() ?? "";
  return KEY.test(kept) ? kept : "";
}

function fill() {
  const typed = field.value.trim();
  const found = key();
  for (const place of document.querySelectorAll("[data-key]")) {
    place.textContent = found || PLACEHOLDER;
    place.toggleAttribute("data-filled", Boolean(found));
  }
  if (!typed) note.textContent = words;
  else if (!found) note.textContent = panel.dataset.notAKey;
  else note.textContent = found.startsWith("va_test_") ? panel.dataset.test : panel.dataset.live;
  if (found) sessionStorage.setItem(PLACE, found);
  else sessionStorage.removeItem(PLACE);
}

if (field) {
  field.value = sessionStorage.getItem(PLACE) ?? "";
  field.addEventListener("input", fill);
  panel.addEventListener("submit", (event) => event.preventDefault());
  if (field.value) fill();
}
