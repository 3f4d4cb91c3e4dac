// `[data-call][data-live]`: the words of a running call as they are spoken, from the live feed. The log is read from its
// beginning, so that what came between the page and the socket is not missed.
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
// Who reads further above is left there.
const NEAR = 80;
// The feed says so where nobody may listen: to ask again would not help.
const FINAL_CODES = [4401, 4403, 4404];

const page = () => document.querySelector("[data-call]");
const word = (name) => page()?.querySelector("template[data-words]")?.content.querySelector(`[data-word="${name}"]`)?.textContent ?? name;

// What was said so far, to be shown again where the page's part is shown anew.
const said = [];
let heard = 0;
let isBegun = false;
let changes;

function lineOf(speaker, text, { isInterim = false, wasInterrupted = false, byOperator = false, isAside = false } = {}) {
  const line = document.createElement("li");
  line.className = `line line-${speaker === "agent" ? "agent" : "user"}${isInterim ? " line-interim" : ""}`;
  const head = document.createElement("div");
  head.className = "line-head";
  const who = document.createElement("span");
  who.className = "line-who";
  const other = isAside ? "colleague" : "user";
  who.textContent = word(byOperator ? "operator" : speaker === "agent" ? "agent" : other);
  head.append(who);
  const words = document.createElement("p");
  words.textContent = text;
  for (const [isSo, name] of [[isAside, "aside"], [wasInterrupted, "interrupted"]]) {
    if (!isSo) continue;
    const cut = document.createElement("span");
    cut.className = "line-cut";
    cut.textContent = ` ${word(name)}`;
    words.append(cut);
  }
  line.append(head, words);
  return line;
}

function showWords({ speaker, text, is_final: isFinal, was_interrupted: wasInterrupted, by_operator: byOperator, aside: isAside }) {
  const lines = page()?.querySelector("[data-lines]");
  if (!lines) return;
  const wasAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR;
  lines.querySelector(`.line-interim.line-${speaker}`)?.remove();
  if (text) lines.append(lineOf(speaker, text, { isInterim: !isFinal, wasInterrupted, byOperator, isAside }));
  const nothing = page().querySelector("[data-nothing-said]");
  if (nothing) nothing.hidden = true;
  if (wasAtEnd) lines.scrollTop = lines.scrollHeight;
}

function showAgain() {
  page()?.querySelector("[data-lines]")?.replaceChildren();
  for (const told of said) showWords(told);
  const lines = page()?.querySelector("[data-lines]");
  if (lines) lines.scrollTop = lines.scrollHeight;
}

// What is not speech changes the rest of the page. Who is writing is not disturbed.
function reload() {
  clearTimeout(changes);
  changes = setTimeout(() => {
    if (page()?.contains(document.activeElement) && document.activeElement.matches("input") && document.activeElement.value) reload();
    else document.body.dispatchEvent(new Event("call-changed"));
  }, 400);
}

function say(state) {
  const status = page()?.querySelector("[data-live-status]");
  if (status) status.textContent = state;
}

function follow(callId, accountId, wait = FIRST_WAIT) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/feed/${accountId}`);
  const loadedAt = Number(page().dataset.seq);
  socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "subscribe", call_id: callId, after: heard })));
  socket.addEventListener("message", (event) => {
    const told = JSON.parse(event.data);
    if (told.type === "subscribed") {
      if (!isBegun) showAgain();
      isBegun = true;
      wait = FIRST_WAIT;
      say(word("live"));
    } else if (told.type === "transcript.update") {
      if (told.is_final) said.push(told);
      showWords(told);
    } else if (told.seq > loadedAt) {
      reload();
    }
    if (told.seq) heard = told.seq;
  });
  socket.addEventListener("close", (event) => {
    if (FINAL_CODES.includes(event.code) || !page()?.dataset.live) return;
    say(word("away"));
    setTimeout(() => follow(callId, accountId, Math.min(LONGEST_WAIT, wait * 2)), wait);
  });
}

const first = page();
if (first?.dataset.live) follow(first.dataset.call, first.dataset.live);

document.addEventListener("htmx:afterSwap", () => {
  if (!isBegun || !page()?.dataset.live) return;
  showAgain();
  say(word("live"));
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-clears]");
  if (form && event.detail.successful) form.reset();
});
