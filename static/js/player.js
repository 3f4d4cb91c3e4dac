// `data-player`: the recording as two waveforms, in step with the transcript. Without scripts the <audio> plays it.
import WaveSurfer from "../vendor/wavesurfer/wavesurfer.esm.js";

const STEP_SECONDS = 5;
const LANE_HEIGHT = 40;
const nonce = document.querySelector("script[nonce]")?.nonce ?? "";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const lane = (name, played) => ({ waveColor: colour(name), progressColor: colour(played), height: LANE_HEIGHT });
const lanes = () => [lane("--line-strong", "--text"), lane("--line-strong", "--accent")];

async function show(player) {
  const audio = player.querySelector("audio");
  const answer = await fetch(player.dataset.peaks);
  if (!answer.ok) return;
  const { peaks, seconds } = await answer.json();
  if (!player.isConnected) return;

  const part = (name) => player.querySelector(`[data-player-${name}]`);
  const slider = part("wave");
  for (const own of player.querySelectorAll("[data-player-own]")) own.hidden = false;
  const wave = WaveSurfer.create({
    container: slider,
    media: audio,
    peaks,
    duration: seconds,
    splitChannels: lanes(),
    cursorColor: colour("--text"),
    normalize: true,
    barWidth: 2,
    barGap: 1,
    barRadius: 2,
    cspNonce: nonce,
  });
  audio.controls = false;

  const lines = [...document.querySelectorAll("[data-lines] [data-start]")];
  const go = (to) => {
    audio.currentTime = Math.min(Math.max(0, to), seconds);
    tell();
  };
  const toggle = () => (audio.paused ? audio.play() : audio.pause());

  function tell() {
    const at = audio.currentTime;
    part("clock").textContent = `${clock(at)} / ${clock(seconds)}`;
    slider.setAttribute("aria-valuenow", Math.round(at * 1000));
    slider.setAttribute("aria-valuetext", clock(at));
    const isBegun = at > 0 || !audio.paused;
    const current = isBegun ? lines.filter((line) => Number(line.dataset.start) <= at * 1000).pop() : undefined;
    for (const line of lines) {
      if (line === current) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
  }

  function showState() {
    const button = part("toggle");
    button.dataset.play ??= button.getAttribute("aria-label");
    button.setAttribute("aria-label", audio.paused ? button.dataset.play : button.dataset.pause);
    part("play").hidden = !audio.paused;
    part("pause").hidden = audio.paused;
  }

  part("toggle").addEventListener("click", toggle);
  part("speed").addEventListener("change", (event) => {
    audio.playbackRate = Number(event.target.value);
  });
  for (const kind of ["play", "pause", "ended"]) audio.addEventListener(kind, showState);
  for (const kind of ["timeupdate", "seeking"]) audio.addEventListener(kind, tell);
  slider.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: -STEP_SECONDS, ArrowDown: -STEP_SECONDS, ArrowRight: STEP_SECONDS, ArrowUp: STEP_SECONDS };
    if (event.key === " ") toggle();
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(seconds);
    else if (event.key in moves) go(audio.currentTime + moves[event.key]);
    else return;
    event.preventDefault();
  });
  for (const line of lines) {
    line.dataset.seekable = "";
    line.addEventListener("click", (event) => {
      const isText = event.target.closest("details") || String(getSelection()).length > 0;
      if (isText) return;
      go(Number(line.dataset.start) / 1000);
      audio.play();
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    wave.setOptions({ splitChannels: lanes(), cursorColor: colour("--text") });
  });
  tell();
}

function showAll() {
  for (const player of document.querySelectorAll("[data-player]:not([data-shown])")) {
    player.dataset.shown = "";
    show(player);
  }
}

showAll();
document.addEventListener("htmx:load", showAll);
