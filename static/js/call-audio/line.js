import { openMicrophone } from "../talk/microphone.js";

const CLOSE_CODES = { 4401: "gone", 4429: "failed", 4503: "busy" };

/**
 * One member at a live call: both sides are heard, and the member's microphone takes the agent's place when asked.
 *
 * Events, each with its facts in `detail`: "state" ({state: connecting, listening, taking, speaking, ended}), "level"
 * ({side, level}), "trouble" ({fault}). It ends once; "ended" has `fault` where it was not the call's own end.
 */
export class Line extends EventTarget {
  /** `start` asks the server for the socket's address; `worklets` are the addresses of `capture` and `playout`. */
  constructor({ start, worklets }) {
    super();
    this.askServer = start;
    this.worklets = worklets;
    this.state = "new";
  }

  /** Begin to listen. Call it from a click, or the browser may refuse to make sound. */
  async listen() {
    this.become("connecting");
    try {
      this.context = new AudioContext({ latencyHint: "interactive" });
      await Promise.all([
        ...Object.values(this.worklets).map((address) => this.context.audioWorklet.addModule(address)),
        this.context.resume(),
      ]);
      const url = new URL(await this.askServer(), location.href);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      if (this.state !== "connecting") {
        return;
      }
      this.socket = new WebSocket(url);
      this.socket.binaryType = "arraybuffer";
      this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.heed(JSON.parse(data)) : this.play(data));
      this.socket.onclose = ({ code }) => this.finish({ fault: CLOSE_CODES[code] ?? "connection" });
    } catch (error) {
      this.finish({ fault: "failed", message: error.words ?? "" });
    }
  }

  /** Speak in the agent's place, once there is a microphone. */
  async takeOver() {
    if (this.state !== "listening") {
      return;
    }
    this.become("taking");
    try {
      const stream = await openMicrophone("");
      if (this.state !== "taking") {
        stream.getTracks().forEach((track) => track.stop());
        return;
      }
      this.stream = stream;
      this.plug();
      this.send({ type: "take_over" });
    } catch (error) {
      this.tell("trouble", { fault: error.code ?? "no-microphone" });
      this.become("listening");
    }
  }

  handBack() {
    this.send({ type: "hand_back" });
  }

  leave() {
    this.finish({});
  }

  heed(message) {
    switch (message.type) {
      case "listening":
        this.rate = message.rate;
        this.startPlayout();
        this.become("listening");
        break;
      case "taken_over":
        this.become("speaking");
        break;
      case "refused":
        this.tell("trouble", { fault: "refused" });
        this.backToListening();
        break;
      case "handed_back":
        this.backToListening();
        break;
      case "ended":
        this.finish({});
        break;
    }
  }

  backToListening() {
    this.unplug();
    if (this.state === "taking" || this.state === "speaking") {
      this.become("listening");
    }
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(message));
    }
  }

  startPlayout() {
    this.playout = new AudioWorkletNode(this.context, "talk-playout", {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: { rate: this.rate },
    });
    this.playout.connect(this.context.destination);
  }

  /** Both sides as one; who speaks here does not hear themselves. */
  play(frame) {
    const sides = new Int16Array(frame);
    const mixed = new Int16Array(sides.length / 2);
    const power = [0, 0];
    for (let n = 0; n < mixed.length; n++) {
      const caller = sides[2 * n];
      const agent = sides[2 * n + 1];
      power[0] += caller * caller;
      power[1] += agent * agent;
      const sum = this.state === "speaking" ? caller : caller + agent;
      mixed[n] = Math.max(-32768, Math.min(32767, sum));
    }
    ["caller", "agent"].forEach((side, n) =>
      this.tell("level", { side, level: Math.sqrt(power[n] / mixed.length) / 32768 }),
    );
    this.playout?.port.postMessage(mixed.buffer, [mixed.buffer]);
  }

  plug() {
    this.source = this.context.createMediaStreamSource(this.stream);
    this.capture = new AudioWorkletNode(this.context, "talk-capture", {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit",
      processorOptions: { rate: this.rate },
    });
    this.capture.port.onmessage = ({ data }) => {
      if (this.state === "speaking" && this.socket.readyState === WebSocket.OPEN) {
        this.socket.send(data.frame);
      }
    };
    this.source.connect(this.capture);
  }

  unplug() {
    this.source?.disconnect();
    this.source = this.capture = null;
    for (const track of this.stream?.getTracks() ?? []) {
      track.stop();
    }
    this.stream = null;
  }

  become(state) {
    this.state = state;
    this.tell("state", { state });
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  finish(detail) {
    if (this.state === "ended") {
      return;
    }
    this.become("ended");
    this.unplug();
    this.playout?.disconnect();
    this.socket?.close();
    if (this.context?.state !== "closed") {
      this.context?.close();
    }
    this.tell("ended", detail);
  }
}
