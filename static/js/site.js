// What every page has: the reader's time zone, messages that close, dialogs, menus, copying, forms that are sent once.
import "./reader.js";
import "./messages.js";
import "./dialog.js";
import "./menu.js";
import "./copy.js";
import "./once.js";
