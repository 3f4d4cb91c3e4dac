/** The transcript: final lines for all, and below them what is being said, which screen readers leave alone. */
export class Lines {
  constructor({ lines, interim, empty, words }) {
    this.lines = lines;
    this.interim = interim;
    this.empty = empty;
    this.words = words;
    this.drafts = new Map();
  }

  clear() {
    this.lines.replaceChildren();
    this.interim.replaceChildren();
    this.drafts.clear();
    this.empty.hidden = false;
  }

  show({ speaker, text, is_final: isFinal, was_interrupted: wasInterrupted }) {
    this.empty.hidden = true;
    if (!isFinal) {
      this.draft(speaker, text);
      return;
    }
    this.drop(speaker);
    if (text) {
      const line = this.make(speaker, text);
      if (wasInterrupted) {
        line.append(note(this.words("interrupted")));
      }
      this.follow(() => this.lines.append(line));
    }
  }

  /** The agent's newest line began so long after the person's last sound. */
  time({ heard_ms: milliseconds }) {
    const spoken = this.lines.querySelectorAll('[data-speaker="agent"]');
    const seconds = new Intl.NumberFormat(document.documentElement.lang || undefined, {
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    }).format(milliseconds / 1000);
    const label = note(this.words("answered-after").replace("{seconds}", seconds));
    this.follow(() => spoken.item(spoken.length - 1)?.append(label));
  }

  /** Nothing more will be said: what is unfinished stays as it is. */
  close() {
    this.interim.replaceChildren();
    this.drafts.clear();
  }

  draft(speaker, text) {
    if (!this.drafts.has(speaker)) {
      const line = this.make(speaker, "");
      this.drafts.set(speaker, line);
      this.follow(() => this.interim.append(line));
    }
    const said = this.drafts.get(speaker).querySelector(".talk-text");
    this.follow(() => {
      said.textContent = text;
    });
  }

  drop(speaker) {
    this.drafts.get(speaker)?.remove();
    this.drafts.delete(speaker);
  }

  make(speaker, text) {
    const line = document.createElement("li");
    line.className = "talk-line";
    line.dataset.speaker = speaker;
    const who = document.createElement("span");
    who.className = "talk-who";
    who.textContent = this.words(speaker);
    const said = document.createElement("p");
    said.className = "talk-text";
    said.textContent = text;
    line.append(who, said);
    return line;
  }

  /** Keep the newest line in sight while `change` is made; who has scrolled up reads, and is left there. */
  follow(change) {
    const box = this.interim.parentElement;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
    change();
    if (isAtEnd) {
      box.scrollTop = box.scrollHeight;
    }
  }
}

function note(text) {
  const element = document.createElement("span");
  element.className = "talk-note numbers";
  element.textContent = text;
  return element;
}
