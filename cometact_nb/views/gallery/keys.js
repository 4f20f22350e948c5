// The keys of a gallery, beside those of its player.

/**
 * @import { Stage } from "./player.js"
 * @import { GalleryView } from "./view.js"
 */

/** @type {[string, string][]} */
const KEYS = [
  ["arrows", "from clip to clip"],
  ["1–5, 0", "stars, none"],
  ["F", "favourite"],
  ["N", "note"],
  ["C", "choose for comparison"],
  ["W", "compare the two"],
  ["V", "way of comparing"],
  ["Esc", "back, leave the full screen"],
];

/** @param {GalleryView} view */
function commands(view) {
  const { compare, current: tile } = view;
  const all = { w: () => view.choosing.compare() };
  if (compare.open) return { ...all, v: () => compare.nextMode(), Escape: () => compare.close() };
  if (!tile) return all;
  const stars = Object.fromEntries([0, 1, 2, 3, 4, 5].map((count) => [String(count), () => tile.rate({ stars: count })]));
  return { ...all, ...stars, c: () => view.choosing.turn(tile), f: () => tile.toggleFavourite(), n: () => tile.editNote() };
}

/**
 * A gallery as its player sees it.
 * @param {GalleryView} view
 * @returns {Stage}
 */
export function stageOf(view) {
  return {
    lock: view.lock,
    keys: KEYS,
    voice: () => view.voice(),
    markEnded: () => view.markEnded(),
    commands: () => commands(view),
    textKey: ({ key }) => key === "Escape" && view.current?.closeNote(),
    arrow: (event) => {
      if (!(event.target instanceof Element) || !event.target.matches(".tile")) return;
      event.preventDefault();
      view.moveCurrent(event.key);
    },
  };
}
