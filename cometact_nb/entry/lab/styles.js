// Style sheets, each loaded once, when something is first shown that needs it. Every selector in them is below one of
// our classes.

const SHEETS = {
  lab: new URL("./lab.css", import.meta.url),
  gallery: new URL("../../views/gallery/gallery.css", import.meta.url),
  gone: new URL("../../views/base/gone.css", import.meta.url),
  record: new URL("./record.css", import.meta.url),
  sweep: new URL("../../views/sweep/sweep.css", import.meta.url),
  task: new URL("../../views/task/status.css", import.meta.url),
};

/** @typedef {keyof typeof SHEETS} Sheet */

/** @type {Map<Sheet, Promise<void>>} */
const sheets = new Map();

/**
 * Waits until these sheets are there. Goes on without a sheet that cannot be loaded.
 * @param {...Sheet} names
 */
export async function styles(...names) {
  await Promise.all(names.map((name) => sheets.get(name) ?? load(name)));
}

/** @param {Sheet} name */
function load(name) {
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: SHEETS[name].href });
  /** @type {Promise<void>} */
  const done = new Promise((resolve) => {
    link.onload = () => resolve();
    link.onerror = () => resolve();
  });
  sheets.set(name, done);
  document.head.append(link);
  return done;
}
