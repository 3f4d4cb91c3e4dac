// `<a data-export>`: the file is written while the link says how far it is. Without scripts the link downloads it.
import { say } from "./messages.js";

const END_OF_ROW = new Uint8Array([13, 10]);

function countRows(piece, last) {
  let rows = 0;
  for (let at = 0; at < piece.length; at += 1) {
    if (piece[at] === END_OF_ROW[1] && (at ? piece[at - 1] : last) === END_OF_ROW[0]) rows += 1;
  }
  return rows;
}

function nameOf(answer) {
  return /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "calls.csv";
}

async function write(link) {
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  const bar = document.createElement("progress");
  const all = Number(link.dataset.exportRows);
  if (all) bar.max = all;
  link.after(words, bar);
  link.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch(link.href);
    if (!answer.ok) throw new Error(String(answer.status));
    const pieces = [];
    const reader = answer.body.getReader();
    // The heading is no row.
    let rows = -1;
    let last = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      rows += countRows(value, last);
      last = value[value.length - 1];
      if (all) bar.value = Math.min(rows, all);
      words.textContent = link.dataset.exportWords.replace("{rows}", Math.max(0, rows).toLocaleString());
    }
    const file = document.createElement("a");
    file.href = URL.createObjectURL(new Blob(pieces, { type: "text/csv" }));
    file.download = nameOf(answer);
    file.click();
    setTimeout(() => URL.revokeObjectURL(file.href), 60_000);
    words.textContent = link.dataset.exportDone.replace("{rows}", Math.max(0, rows).toLocaleString());
  } catch {
    words.remove();
    say(link.dataset.exportFailed, "bad");
  } finally {
    bar.remove();
    link.removeAttribute("aria-disabled");
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-export]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.getAttribute("aria-disabled") !== "true") write(link);
});
