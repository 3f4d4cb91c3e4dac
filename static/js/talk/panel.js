import { Lines } from "./lines.js";
import { Meter } from "./meter.js";
import { listDevices } from "./microphone.js";
import { Talk } from "./talk.js";

const REMEMBERED = { input: "talk-input", output: "talk-output" };

/** A place to talk with an agent: binds to an element with `data-talk`, as templates/dashboard/_talk_panel.html makes it. */
class Panel {
  constructor(root) {
    this.root = root;
    this.talk = null;
    this.texts = new Map(
      [...this.part("words").content.querySelectorAll("[data-word]")].map((element) => [
        element.dataset.word,
        element.textContent.trim(),
      ]),
    );
    this.lines = new Lines({
      lines: this.part("lines"),
      interim: this.part("interim"),
      empty: this.part("empty"),
      words: (word) => this.words(word),
    });
    this.meters = { user: new Meter(this.part("level-user")), agent: new Meter(this.part("level-agent")) };

    this.part("start").addEventListener("click", () => this.start());
    this.part("hangup").addEventListener("click", () => this.talk?.hangUp());
    this.part("interrupt").addEventListener("click", () => this.talk?.interrupt());
    for (const [kind, key] of Object.entries(REMEMBERED)) {
      this.part(kind).addEventListener("change", ({ target }) => {
        remember(key, target.value);
        kind === "input" ? this.talk?.useInput(target.value) : this.talk?.useOutput(target.value);
      });
    }
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.showDevices());
    this.part("controls").hidden = false;
    this.showDevices();
    this.show("new");
  }

  part(name) {
    return this.root.querySelector(`[data-talk-part="${name}"]`);
  }

  words(word) {
    return this.texts.get(word) ?? "";
  }

  start() {
    if (this.talk) {
      return;
    }
    const { talkCapture: capture, talkPlayout: playout } = this.root.dataset;
    this.lines.clear();
    this.part("call").hidden = true;
    const talk = new Talk({ start: () => this.askServer(), worklets: { capture, playout } });
    this.talk = talk;
    talk.addEventListener("state", ({ detail }) => this.show(detail.state));
    talk.addEventListener("transcript", ({ detail }) => this.lines.show(detail));
    talk.addEventListener("latency", ({ detail }) => this.lines.time(detail));
    talk.addEventListener("level", ({ detail }) => this.meters[detail.side].show(detail.level));
    talk.addEventListener("resumed", () => this.say(this.words("resumed")));
    talk.addEventListener("trouble", ({ detail }) => this.say(this.words(detail.fault)));
    talk.addEventListener("devices", () => this.showDevices());
    talk.addEventListener("ended", ({ detail }) => this.end(detail));
    talk.begin({ input: this.part("input").value, output: this.part("output").value });
  }

  async askServer() {
    const { talkUrl: url, talkCsrf: csrf, talkVersion: version } = this.root.dataset;
    const body = new FormData();
    if (version) {
      body.set("version", version);
    }
    const headers = csrf ? { "X-CSRFToken": csrf } : {};
    const answer = await fetch(url, { method: "POST", body, headers });
    const facts = await answer.json().catch(() => ({}));
    if (!answer.ok || !facts.media_url) {
      throw Object.assign(new Error("refused"), { code: "refused", words: facts.error?.message ?? "" });
    }
    return facts;
  }

  show(state) {
    this.root.dataset.talkState = state;
    const isOn = state !== "new" && state !== "ended";
    const focused = document.activeElement;
    this.part("start").hidden = isOn;
    this.part("hangup").hidden = !isOn;
    this.part("interrupt").hidden = state !== "live";
    if (this.root.contains(focused) && focused.hidden) {
      this.part(isOn ? "hangup" : "start").focus();
    }
    this.runClock(state === "live");
    if (isOn) {
      this.say(this.words(state));
    }
  }

  end({ reason, fault, message, duration, callId }) {
    this.talk = null;
    this.lines.close();
    Object.values(this.meters).forEach((meter) => meter.clear());
    const why = fault ? message || this.words(fault) : this.words(`ended-${reason}`) || this.words("ended");
    this.say(why);
    this.root.toggleAttribute("data-talk-faulty", Boolean(fault));
    this.part("start-label").textContent = this.words("again");
    const link = this.part("call");
    if (callId && this.root.dataset.talkCallUrl) {
      link.href = this.root.dataset.talkCallUrl.replace("CALL_ID", callId);
      link.hidden = false;
    }
    this.root.dispatchEvent(new CustomEvent("talk:ended", { bubbles: true, detail: { callId, reason, duration } }));
  }

  say(text) {
    this.root.removeAttribute("data-talk-faulty");
    this.part("status").textContent = text;
  }

  runClock(isRunning) {
    clearInterval(this.clock);
    const element = this.part("clock");
    if (!isRunning) {
      return;
    }
    const began = Date.now();
    const tick = () => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      element.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    tick();
    element.hidden = false;
    this.clock = setInterval(tick, 1000);
  }

  async showDevices() {
    const { inputs, outputs } = await listDevices();
    fill(this.part("input"), inputs, recall(REMEMBERED.input));
    fill(this.part("output"), outputs, recall(REMEMBERED.output));
    const canChooseOutput = "setSinkId" in AudioContext.prototype && outputs.length > 1;
    this.part("output-field").hidden = !canChooseOutput;
    this.part("devices").hidden = inputs.length < 2 && !canChooseOutput;
  }
}

function fill(select, devices, chosen) {
  const first = select.options[0];
  const options = devices
    .filter((device) => device.deviceId !== "default")
    .map((device) => new Option(device.label, device.deviceId, false, device.deviceId === chosen));
  select.replaceChildren(first, ...options);
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A frame without storage chooses anew each time.
  }
}

function recall(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

for (const root of document.querySelectorAll("[data-talk]")) {
  new Panel(root);
}
