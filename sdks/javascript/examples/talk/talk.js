/** @typedef {{ type: string, speaker: string, text: string, is_final: boolean, reason: string, duration: number }} Message */

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const [talk, hangup, state, lines] = ["talk", "hangup", "state", "lines"].map(element);

talk.onclick = async () => {
  talk.hidden = true;
  state.textContent = "Connecting";
  const sound = new AudioContext({ sampleRate: 16000 });
  const [voice] = await Promise.all([
    navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } }),
    sound.audioWorklet.addModule("/sound.js"),
  ]);
  const microphone = new AudioWorkletNode(sound, "microphone", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  const speaker = new AudioWorkletNode(sound, "speaker", { numberOfInputs: 0, outputChannelCount: [1] });
  speaker.connect(sound.destination);

  const line = new WebSocket(new URL("/talk", location.href.replace("http", "ws")));
  line.binaryType = "arraybuffer";
  /** @param {string | ArrayBuffer} message */
  const send = (message) => line.readyState === WebSocket.OPEN && line.send(message);
  /** @type {Map<string, HTMLElement>} */
  const interim = new Map();

  /** @type {Record<string, (message: Message) => void>} */
  const on = {
    ringing: () => (state.textContent = "Ringing"),
    answered: () => {
      state.textContent = "Live";
      hangup.hidden = false;
      microphone.port.onmessage = ({ data }) => send(data);
      speaker.port.onmessage = ({ data }) => send(JSON.stringify({ type: "played", frames: data }));
      sound.createMediaStreamSource(voice).connect(microphone);
    },
    transcript: ({ speaker: who, text, is_final: isFinal }) => {
      const item = interim.get(who) ?? lines.appendChild(document.createElement("li"));
      item.textContent = `${who}: ${text}`;
      isFinal ? interim.delete(who) : interim.set(who, item);
    },
    flush: () => speaker.port.postMessage("flush"),
    ended: ({ reason, duration }) => (state.textContent = `Ended: ${reason}, ${duration} s`),
  };
  line.onmessage = ({ data }) => {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      on[message.type]?.(message);
    } else {
      speaker.port.postMessage(data, [data]);
    }
  };
  line.onclose = () => {
    voice.getTracks().forEach((track) => track.stop());
    sound.close();
    hangup.hidden = true;
    talk.hidden = false;
  };
  hangup.onclick = () => send(JSON.stringify({ type: "hangup" }));
};
