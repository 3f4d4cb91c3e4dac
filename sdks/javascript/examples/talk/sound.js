// Both ends of the line: frames of 20 ms of PCM16 at 16 kHz. The page's AudioContext has that rate, so nothing is resampled here.
const FRAME = 320;

class Microphone extends AudioWorkletProcessor {
  frame = new Int16Array(FRAME);
  filled = 0;

  /** @param {Float32Array[][]} inputs */
  process([[samples = new Float32Array(128)]]) {
    for (const sample of samples) {
      this.frame[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.filled === FRAME) {
        this.port.postMessage(this.frame.buffer.slice(0));
        this.filled = 0;
      }
    }
    return true;
  }
}

class Speaker extends AudioWorkletProcessor {
  /** @type {Int16Array[]} */
  frames = [];
  at = 0;
  played = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      if (data === "flush") {
        this.played += this.frames.length;
        this.frames = [];
        this.at = 0;
        this.port.postMessage(this.played);
      } else {
        this.frames.push(new Int16Array(data));
      }
    };
  }

  /**
   * @param {Float32Array[][]} _
   * @param {Float32Array[][]} outputs
   */
  process(_, [[out]]) {
    for (let n = 0; n < out.length && this.frames.length; n++) {
      out[n] = this.frames[0][this.at++] / 32768;
      if (this.at === FRAME) {
        this.frames.shift();
        this.at = 0;
        this.port.postMessage(++this.played);
      }
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
registerProcessor("speaker", Speaker);
