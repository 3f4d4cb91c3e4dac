// On narrow screens the menu of the settings scrolls sideways: the current entry is brought into sight.
const menu = document.querySelector(".settings-nav");
const current = menu?.querySelector("[aria-current]");
if (current) menu.scrollLeft = current.offsetLeft - menu.offsetLeft - (menu.clientWidth - current.clientWidth) / 2;
