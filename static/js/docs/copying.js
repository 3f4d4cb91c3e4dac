// `data-copies` puts the program shown beside it on the clipboard, and says so on the button for a moment.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const shown = [...button.closest(".code").querySelectorAll("pre")].find((each) => each.offsetParent !== null);
  await navigator.clipboard.writeText((shown?.textContent ?? "").trim());
  const label = button.querySelector("[data-copy-label]");
  const before = label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => {
    label.textContent = before;
  }, 1600);
});
