// What the chosen voice sounds like, and who speaks for it here. Fields are found by `data-voice-field`.
const audio = new Audio();
let playing = null;

function parts(field) {
  const select = field.querySelector("[data-voice]");
  return { option: select.selectedOptions[0], button: field.querySelector("[data-voice-play]"), note: field.querySelector("[data-voice-note]") };
}

function show(field) {
  const { option, button, note } = parts(field);
  const speaker = option?.dataset.speaker;
  note.textContent = speaker ? note.dataset.words.replace("{speaker}", speaker) : "";
  button.hidden = !option?.dataset.sample;
}

function stop() {
  audio.pause();
  if (!playing) return;
  const { button } = parts(playing);
  button.querySelector("[data-voice-label]").textContent = button.dataset.play;
  playing = null;
}

async function play(field) {
  const { option, button, note } = parts(field);
  stop();
  playing = field;
  button.querySelector("[data-voice-label]").textContent = button.dataset.stop;
  audio.src = option.dataset.sample;
  try {
    await audio.play();
  } catch (error) {
    // Whoever stops a sample that has not begun knows why it does not.
    if (error.name !== "AbortError") {
      stop();
      note.textContent = button.dataset.none;
    }
  }
}

audio.addEventListener("ended", stop);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-voice-play]");
  if (!button) return;
  const field = button.closest("[data-voice-field]");
  field === playing ? stop() : play(field);
});
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-voice]")) return;
  stop();
  show(event.target.closest("[data-voice-field]"));
});
const showAll = () => document.querySelectorAll("[data-voice-field]").forEach(show);
document.addEventListener("htmx:afterSettle", showAll);
showAll();
