import { Meter } from "../talk/meter.js";
import { Line } from "./line.js";

/** Listening in on a call: binds to an element with `data-call-audio`, as templates/dashboard/_call_audio.html makes it. */
class Panel {
  constructor(root) {
    this.root = root;
    this.line = null;
    this.meters = { caller: new Meter(this.part("level-caller")), agent: new Meter(this.part("level-agent")) };
    this.part("listen").addEventListener("click", () => this.listen());
    this.part("leave").addEventListener("click", () => this.line?.leave());
    this.part("take-over").addEventListener("click", () => this.line?.takeOver());
    this.part("hand-back").addEventListener("click", () => this.line?.handBack());
    this.part("controls").hidden = false;
    this.show("new");
  }

  part(name) {
    return this.root.querySelector(`[data-call-audio-part="${name}"]`);
  }

  words(word) {
    return this.part("words").content.querySelector(`[data-word="${word}"]`)?.textContent.trim() ?? "";
  }

  listen() {
    if (this.line) {
      return;
    }
    const { callAudioCapture: capture, callAudioPlayout: playout } = this.root.dataset;
    const line = new Line({ start: () => this.askServer(), worklets: { capture, playout } });
    this.line = line;
    line.addEventListener("state", ({ detail }) => this.show(detail.state));
    line.addEventListener("level", ({ detail }) => this.meters[detail.side].show(detail.level));
    line.addEventListener("trouble", ({ detail }) => {
      this.trouble = detail.fault;
      this.say(this.words(detail.fault));
    });
    line.addEventListener("ended", ({ detail }) => this.end(detail));
    line.listen();
  }

  async askServer() {
    const { callAudioUrl: url, callAudioCsrf: csrf } = this.root.dataset;
    const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": csrf } });
    const facts = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      throw Object.assign(new Error("refused"), { words: facts.error?.message ?? "" });
    }
    return facts.media_url;
  }

  show(state) {
    this.root.dataset.callAudioState = state;
    const isOff = state === "new" || state === "ended";
    const shown = {
      listen: isOff,
      leave: !isOff,
      "take-over": state === "listening",
      "hand-back": state === "speaking",
      levels: !isOff,
    };
    const focused = document.activeElement;
    for (const [name, isShown] of Object.entries(shown)) {
      this.part(name).hidden = !isShown;
    }
    if (this.root.contains(focused) && focused.hidden) {
      this.part(isOff ? "listen" : state === "speaking" ? "hand-back" : "leave").focus();
    }
    if (!(state === "listening" && this.trouble)) {
      this.say(this.words(state));
    }
    this.trouble = "";
  }

  end({ fault, message }) {
    this.line = null;
    Object.values(this.meters).forEach((meter) => meter.clear());
    this.say(fault ? message || this.words(fault) : this.words("ended"));
  }

  say(text) {
    this.part("status").textContent = text;
  }
}

function bind() {
  for (const root of document.querySelectorAll("[data-call-audio]:not([data-call-audio-state])")) {
    new Panel(root);
  }
}

bind();
// The page changes parts of itself while the call runs.
document.body.addEventListener("htmx:afterSettle", bind);
