import { Resampler } from "./resampler.js";

const FRAME_SECONDS = 0.02;
// What is kept ahead of the speaker: little at first, more where the network is uneven.
const LEAST_AHEAD = 0.08;
const MOST_AHEAD = 0.24;
const STEP = 0.02;
// So much more than that, and silence is skipped; so much, and sound is.
const SPARE = 0.06;
const MOST_SPARE = 0.2;
// PCM16 samples below this are silence or comfort noise.
const FAINT = 96;
const REPORT_EVERY = 5;

/** The agent's voice: frames of PCM16 at the rate of the line go in, and it says how many were played or dropped. */
class Playout extends AudioWorkletProcessor {
  constructor({ processorOptions }) {
    super();
    this.resampler = new Resampler(processorOptions.rate, sampleRate);
    this.queue = [];
    this.buffered = 0;
    this.offset = 0;
    this.ahead = LEAST_AHEAD;
    this.isPlaying = false;
    this.done = 0;
    this.reported = 0;
    this.power = 0;
    this.measured = 0;
    this.port.onmessage = ({ data }) => (data === "flush" ? this.flush() : this.take(new Int16Array(data)));
  }

  take(frame) {
    const isAhead = this.buffered > (this.ahead + SPARE) * sampleRate;
    if (isAhead && frame.every((sample) => Math.abs(sample) < FAINT)) {
      this.count(1);
      return;
    }
    const samples = this.resampler.push(Float32Array.from(frame, (sample) => sample / 32768));
    this.queue.push(samples);
    this.buffered += samples.length;
    while (this.buffered > (this.ahead + MOST_SPARE) * sampleRate) {
      this.drop();
    }
    if (this.buffered >= this.ahead * sampleRate) {
      this.isPlaying = true;
    }
  }

  flush() {
    while (this.queue.length) {
      this.drop();
    }
    this.isPlaying = false;
    this.report();
  }

  process(_, [output]) {
    const out = output[0];
    let at = 0;
    while (this.isPlaying && at < out.length) {
      const samples = this.queue[0];
      if (!samples) {
        // Nothing came in time: wait for more than before.
        this.isPlaying = false;
        this.ahead = Math.min(MOST_AHEAD, this.ahead + STEP);
        break;
      }
      const length = Math.min(samples.length - this.offset, out.length - at);
      out.set(samples.subarray(this.offset, this.offset + length), at);
      at += length;
      this.offset += length;
      this.buffered -= length;
      if (this.offset === samples.length) {
        this.queue.shift();
        this.offset = 0;
        this.count(1);
      }
    }
    for (const channel of output.slice(1)) {
      channel.set(out);
    }
    this.measure(out);
    return true;
  }

  drop() {
    const samples = this.queue.shift();
    this.buffered -= samples.length - this.offset;
    this.offset = 0;
    this.count(1);
  }

  count(frames) {
    this.done += frames;
    if (this.done - this.reported >= REPORT_EVERY) {
      this.report();
    }
  }

  report() {
    this.reported = this.done;
    this.port.postMessage({ played: this.done });
  }

  measure(out) {
    for (const sample of out) {
      this.power += sample * sample;
    }
    this.measured += out.length;
    if (this.measured >= 2 * FRAME_SECONDS * sampleRate) {
      this.port.postMessage({ level: Math.sqrt(this.power / this.measured) });
      this.power = 0;
      this.measured = 0;
    }
  }
}

registerProcessor("talk-playout", Playout);
