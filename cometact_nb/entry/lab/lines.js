// The lines of Python that the Lab inserts. None is run, and none is made of text that could be more than a value.

/** @import { Role } from "../../views/base/wire.d.ts" */

export const IMPORT = "import cometact_nb as act";
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{3,127}$/;
const IMPORTED = /^[ \t]*import[ \t]+cometact_nb[ \t]+as[ \t]+act\b/m;

/**
 * Whether a text can be the id or the key of a task: nothing else is put into a line or an address.
 * @param {unknown} text
 * @returns {text is string}
 */
export function isId(text) {
  return typeof text === "string" && ID.test(text);
}

/**
 * A text as a string literal of Python, in one line of printable characters.
 * @param {string} text
 */
export function literal(text) {
  // Python reads JSON's escapes alike. Characters that turn a line around or cannot be seen are escaped, too.
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, escaped);
}

/** @param {string} character */
function escaped(character) {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/**
 * The line that shows a task.
 * @param {unknown} id
 * @throws {Error} it is no id
 */
export function taskLine(id) {
  if (!isId(id)) throw new Error("This task has no id that could stand in a line of code.");
  return `act.task(${literal(id)})`;
}

/**
 * The line that shows a sweep, and buys nothing: without resume=False it would go on with one whose kernel ended.
 * @param {string} name
 */
export function sweepLine(name) {
  return `act.sweep_by_name(${literal(name)}, resume=False)`;
}

/**
 * The line that shows the gallery of a sweep.
 * @param {string} name
 */
export function galleryLine(name) {
  return `${sweepLine(name)}.gallery()`;
}

/**
 * The line that opens a panel with a file in it.
 * @param {Role} role
 * @param {string} path from the notebook's folder
 */
export function inputLine(role, path) {
  return `act.panel(${role}=${literal(path)})`;
}

/**
 * A line with the import before it, where the notebook does not have that yet.
 * @param {string} line
 * @param {Iterable<string>} sources of the notebook's cells
 */
export function withImport(line, sources) {
  for (const source of sources) if (IMPORTED.test(source)) return line;
  return `${IMPORT}\n${line}`;
}

/**
 * The path of a file as a kernel beside the notebook reads it.
 * @param {string} file from the server's root
 * @param {string} notebook the same
 */
export function relativePath(file, notebook) {
  const [to, from] = [file.split("/"), notebook.split("/").slice(0, -1)];
  let same = 0;
  while (same < from.length && same < to.length - 1 && from[same] === to[same]) same++;
  return [...from.slice(same).map(() => ".."), ...to.slice(same)].join("/");
}

/** The first cells of the notebooks that the Launcher makes. */
export const NOTEBOOKS = {
  panel: [IMPORT, "act.panel()"],
  history: [IMPORT, "act.history()"],
  sandbox: [
    `%load_ext cometact_nb\n${IMPORT}\nsandbox = act.use_sandbox()  # practise: nothing is billed`,
    "act.panel(character=sandbox.character, reference=sandbox.reference)",
    "%act_two -c {sandbox.character} -r {sandbox.reference} --expression-intensity 4 --seed 7",
    "act.history()",
  ],
};

/**
 * A notebook with these code cells, none of them run.
 * @param {string[]} sources
 * @param {{ name: string, display_name: string, language: string } | null} kernelspec
 */
export function notebookOf(sources, kernelspec) {
  const cell = (/** @type {string} */ source) => ({ cell_type: "code", execution_count: null, metadata: {}, outputs: [], source });
  return { cells: sources.map(cell), metadata: kernelspec ? { kernelspec } : {}, nbformat: 4, nbformat_minor: 4 };
}
