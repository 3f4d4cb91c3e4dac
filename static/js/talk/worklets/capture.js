import { Resampler } from "./resampler.js";

/** The microphone, as frames of 20 ms of PCM16 at the rate of the line, each with its level. */
class Capture extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.resampler = new Resampler(sampleRate, processorOptions.rate);
    this.size = processorOptions.rate / 50;
    this.frame = new Int16Array(this.size);
    this.filled = 0;
    this.power = 0;
  }

  process([input]) {
    // Without a source there is no channel; time passes all the same, and the line hears silence.
    const samples = input[0] ?? new Float32Array(128);
    for (const sample of this.resampler.push(samples)) {
      const clipped = Math.max(-1, Math.min(1, sample));
      this.power += clipped * clipped;
      this.frame[this.filled++] = Math.round(clipped * 32767);
      if (this.filled === this.size) {
        this.send();
      }
    }
    return true;
  }

  send() {
    const frame = this.frame.buffer;
    this.port.postMessage({ frame, level: Math.sqrt(this.power / this.size) }, [frame]);
    this.frame = new Int16Array(this.size);
    this.filled = 0;
    this.power = 0;
  }
}

registerProcessor("talk-capture", Capture);
