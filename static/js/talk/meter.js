const QUIETEST_DB = -54;
const LOUDEST_DB = -12;
// A needle falls slower than it rises.
const FALL_A_FRAME = 0.06;

/** Shows a level as the custom property `--level` (0 to 1) of an element. */
export class Meter {
  constructor(element) {
    this.element = element;
    this.level = 0;
    this.shown = -1;
  }

  /** `rms` of full scale. */
  show(rms) {
    const db = 20 * Math.log10(Math.max(rms, 1e-6));
    const level = Math.max(0, Math.min(1, (db - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB)));
    this.level = Math.max(level, this.level - FALL_A_FRAME);
    const rounded = Math.round(this.level * 50) / 50;
    if (rounded !== this.shown) {
      this.shown = rounded;
      this.element.style.setProperty("--level", rounded);
    }
  }

  clear() {
    this.level = 0;
    this.show(0);
  }
}
