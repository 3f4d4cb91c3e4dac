// `data-docs-run`: sends the request to this server, with a test key alone, and shows the answer as text.
import { key } from "./key.js";

const words = document.querySelector("[data-docs-words]")?.dataset ?? {};
const HEADERS = ["X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining", "Retry-After", "Idempotent-Replayed"];
const LONGEST = 50_000;

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-docs-run]");
  if (!form) return;
  event.preventDefault();
  const outcome = form.querySelector("[data-docs-outcome]");
  const button = form.querySelector("button");
  const refusal = refused(form);
  if (refusal) return show(outcome, [line(refusal, "docs-outcome-bad")]);
  if (form.dataset.method === "DELETE" && !confirm(words.really)) return;
  button.disabled = true;
  show(outcome, [line(words.running)]);
  try {
    show(outcome, await answered(form));
  } catch {
    show(outcome, [line(words.unreachable, "docs-outcome-bad")]);
  }
  button.disabled = false;
});

function refused(form) {
  if (form.hasAttribute("data-needs-key")) {
    if (!key()) return words.noKey;
    if (!key().startsWith("va_test_")) return words.liveKey;
  }
  return address(form) ? "" : words.badPath;
}

function address(form) {
  try {
    const url = new URL(form.elements.path.value.trim(), location.origin);
    return url.origin === location.origin && url.pathname.startsWith("/v1/") ? url : null;
  } catch {
    return null;
  }
}

async function answered(form) {
  const headers = {};
  if (form.hasAttribute("data-needs-key")) headers.Authorization = `Bearer ${key()}`;
  const body = form.elements.body?.value;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const options = { method: form.dataset.method, headers, body, credentials: "omit", redirect: "error", cache: "no-store" };
  const begun = performance.now();
  const response = await fetch(address(form), options);
  const text = await response.text();
  const took = Math.round(performance.now() - begun);
  const head = line(`${response.status} ${response.statusText} · ${took} ms`, response.ok ? "" : "docs-outcome-bad");
  head.classList.add("docs-outcome-head");
  const named = HEADERS.filter((name) => response.headers.has(name)).map((name) => `${name}: ${response.headers.get(name)}`);
  const parts = [head, block(named.join("\n"))];
  if (text) parts.push(block(pretty(text)));
  return parts;
}

function pretty(text) {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // Not JSON, such as a statement's CSV: as it is.
  }
  return shown.length > LONGEST ? `${shown.slice(0, LONGEST)}\n${words.tooLong}` : shown;
}

function show(outcome, parts) {
  outcome.className = "docs-outcome";
  outcome.replaceChildren(...parts);
}

function line(text, name = "") {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  if (name) paragraph.className = name;
  return paragraph;
}

function block(text) {
  const pre = document.createElement("pre");
  pre.tabIndex = 0;
  pre.textContent = text;
  return pre;
}
