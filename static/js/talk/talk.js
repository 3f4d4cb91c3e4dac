import { NoMicrophone, openMicrophone } from "./microphone.js";

const RATE = 16000;
const FIRST_WORD_SECONDS = 15;
const GOODBYE_SECONDS = 10;
const CLOSE_CODES = { 4401: "gone", 4429: "abuse", 4503: "busy" };

/**
 * One talk with an agent: the microphone goes up a WebSocket, the agent's voice comes down.
 *
 * Events, each with its facts in `detail`: "state" (asking, connecting, ringing, live, ended), "transcript", "latency",
 * "level" ({side, level}), "resumed", "devices". It ends once; "ended" says why in `reason`, or `fault` if it never was.
 */
export class Talk extends EventTarget {
  /**
   * `start` asks the server for a talk and gives {media_url, call_id}; it is called when there is a microphone.
   * `worklets` are the addresses of the modules `capture` and `playout`.
   */
  constructor({ start, worklets }) {
    super();
    this.worklets = worklets;
    this.askServer = start;
    this.state = "new";
    this.callId = "";
    this.timer = 0;
  }

  /** Begin. Call it from a click, or the browser may refuse to make sound. */
  async begin({ input = "", output = "" } = {}) {
    this.become("asking");
    try {
      if (typeof AudioWorkletNode === "undefined") {
        throw new NoMicrophone(window.isSecureContext ? "unsupported" : "insecure");
      }
      this.context = new AudioContext({ latencyHint: "interactive" });
      const { capture, playout } = this.worklets;
      const modules = [capture, playout].map((address) => this.context.audioWorklet.addModule(address));
      this.stream = await openMicrophone(input);
      await Promise.all([...modules, this.context.resume()]);
      if (this.state !== "asking") {
        return this.free();
      }
      this.plug();
      await this.useOutput(output);
      this.tell("devices", {});
      this.become("connecting");
      await this.connect(await this.askServer());
    } catch (error) {
      this.finish({ fault: error.code ?? "failed", message: error.words ?? "" });
    }
    return undefined;
  }

  /** End it. What the server says of the end follows. */
  hangUp() {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.send({ type: "hangup" });
      this.await(GOODBYE_SECONDS, () => this.finish({ reason: "user_hangup" }));
      this.silence();
    } else {
      this.finish({ reason: "user_hangup" });
    }
  }

  /** Have the agent stop speaking. */
  interrupt() {
    this.playout?.port.postMessage("flush");
    this.send({ type: "interrupt" });
  }

  /** Go on with another microphone. */
  async useInput(deviceId) {
    if (!this.stream || this.state === "ended") {
      return;
    }
    try {
      const stream = await openMicrophone(deviceId);
      this.unplug();
      this.stream = stream;
      this.plug();
    } catch (error) {
      this.tell("trouble", { fault: error.code ?? "no-microphone" });
    }
  }

  /** Go on with another speaker, where the browser lets a page choose. */
  async useOutput(deviceId) {
    if (deviceId && this.context?.setSinkId) {
      await this.context.setSinkId(deviceId).catch(() => this.tell("trouble", { fault: "no-speaker" }));
    }
  }

  // --- The line ---

  async connect({ media_url: path, call_id: callId }) {
    this.callId = callId;
    const url = new URL(path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.heed(JSON.parse(data)) : this.play(data));
    socket.onclose = ({ code }) => this.finish({ fault: CLOSE_CODES[code] ?? "connection" });
    this.await(FIRST_WORD_SECONDS, () => this.finish({ fault: "connection" }));
  }

  heed(message) {
    switch (message.type) {
      case "ringing":
        this.become("ringing");
        break;
      case "answered":
        clearTimeout(this.timer);
        this.startPlayout();
        this.become("live");
        break;
      case "flush":
        this.playout?.port.postMessage("flush");
        break;
      case "ended":
        this.finish({ reason: message.reason, duration: message.duration });
        break;
      default:
        this.tell(message.type, message);
    }
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(message));
    }
  }

  // --- Sound ---

  plug() {
    this.source = this.context.createMediaStreamSource(this.stream);
    if (!this.capture) {
      this.capture = new AudioWorkletNode(this.context, "talk-capture", {
        numberOfOutputs: 0,
        channelCount: 1,
        channelCountMode: "explicit",
        processorOptions: { rate: RATE },
      });
      this.capture.port.onmessage = ({ data }) => this.captured(data);
    }
    this.source.connect(this.capture);
    for (const track of this.stream.getAudioTracks()) {
      // Unplugged: go on with whatever microphone there is.
      track.onended = () => this.useInput("");
    }
  }

  unplug() {
    this.source?.disconnect();
    for (const track of this.stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
  }

  captured({ frame, level }) {
    this.tell("level", { side: "user", level });
    if (this.state === "live" && this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(frame);
    }
  }

  startPlayout() {
    this.playout = new AudioWorkletNode(this.context, "talk-playout", {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: { rate: RATE },
    });
    this.playout.port.onmessage = ({ data }) => {
      if (data.played !== undefined) {
        this.send({ type: "played", frames: data.played });
      } else {
        this.tell("level", { side: "agent", level: data.level });
      }
    };
    this.playout.connect(this.context.destination);
  }

  play(frame) {
    this.playout?.port.postMessage(frame, [frame]);
  }

  silence() {
    this.playout?.disconnect();
    this.unplug();
  }

  // --- Its life ---

  become(state) {
    this.state = state;
    this.tell("state", { state });
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  await(seconds, otherwise) {
    clearTimeout(this.timer);
    this.timer = setTimeout(otherwise, seconds * 1000);
  }

  finish(detail) {
    if (this.state === "ended") {
      return;
    }
    this.become("ended");
    this.free();
    this.tell("ended", { callId: this.callId, ...detail });
  }

  free() {
    clearTimeout(this.timer);
    this.silence();
    this.socket?.close();
    if (this.context?.state !== "closed") {
      this.context?.close();
    }
  }
}
