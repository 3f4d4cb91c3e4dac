// Windowed sinc: sixteen zero crossings to each side keep what would be folded back 60 dB down.
const ZERO_CROSSINGS = 16;
const STEPS = 256;
// A little below half the lower rate, to leave the filter room to fall.
const PASSBAND = 0.94;

/** Changes the rate of a stream of samples, piece by piece. */
export class Resampler {
  constructor(from, to) {
    this.isIdle = from === to;
    this.ratio = from / to;
    this.cutoff = Math.min(1, to / from) * PASSBAND;
    this.reach = Math.ceil(ZERO_CROSSINGS / this.cutoff);
    this.kernel = makeKernel(this.reach, this.cutoff);
    this.kept = new Float32Array(this.reach);
    this.at = this.reach;
  }

  /** The samples that `input` completes. */
  push(input) {
    if (this.isIdle) {
      return input.slice();
    }
    const joined = new Float32Array(this.kept.length + input.length);
    joined.set(this.kept);
    joined.set(input, this.kept.length);

    const count = Math.max(0, Math.ceil((joined.length - this.reach - this.at) / this.ratio));
    const output = new Float32Array(count);
    for (let n = 0; n < count; n++) {
      output[n] = this.sampleAt(joined, this.at);
      this.at += this.ratio;
    }
    const done = Math.max(0, Math.floor(this.at) - this.reach);
    this.kept = joined.slice(done);
    this.at -= done;
    return output;
  }

  sampleAt(samples, position) {
    const first = Math.max(0, Math.ceil(position - this.reach));
    const last = Math.min(samples.length - 1, Math.floor(position + this.reach));
    let sum = 0;
    for (let i = first; i <= last; i++) {
      const step = Math.abs(position - i) * STEPS;
      const below = Math.floor(step);
      const weight = this.kernel[below] + (this.kernel[below + 1] - this.kernel[below]) * (step - below);
      sum += samples[i] * weight;
    }
    return sum;
  }
}

function makeKernel(reach, cutoff) {
  const kernel = new Float32Array(reach * STEPS + 2);
  for (let step = 0; step <= reach * STEPS; step++) {
    const x = step / STEPS;
    const phase = Math.PI * x * cutoff;
    const sinc = step === 0 ? 1 : Math.sin(phase) / phase;
    const window = 0.42 + 0.5 * Math.cos((Math.PI * x) / reach) + 0.08 * Math.cos((2 * Math.PI * x) / reach);
    kernel[step] = cutoff * sinc * window;
  }
  return kernel;
}
