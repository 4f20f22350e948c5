// What the extension adds to the Lab beside outputs: sidebar, viewer, launcher, file browser.

/** @returns {Promise<object>[]} */
export function labPlugins() {
  return [];
}
