// `data-opens="id"` opens that <dialog>; `data-closes` inside closes it, and so does a click beside it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
    }
    return;
  }
  if (event.target.closest("[data-closes]") || event.target.matches("dialog.dialog")) {
    event.target.closest("dialog")?.close();
  }
});
