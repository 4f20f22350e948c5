// What the form holds, from one request to a sweep and back.

/** @import { Axes, Choice, Chosen, FormValues, Typed } from "../base/wire.d.ts" */

/** @type {Typed[]} */
export const TYPED = ["character", "reference", "seed"]; // as text; the others are chosen from chips
/** @type {Chosen[]} */
export const CHOSEN = ["body_control", "expression_intensity", "ratio", "public_figure_threshold"];

/**
 * What was typed for a whole number: that, null for nothing, or the text where it is none.
 * @param {string} text
 */
export function whole(text) {
  if (text === "") return null;
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/**
 * One request as the first of a sweep. A list that held its value before is taken up again.
 * @param {FormValues} values
 * @param {Axes | null} before the lists of the sweep that the form held last
 * @returns {FormValues}
 */
export function toSweep(values, before) {
  const typed = (/** @type {Typed} */ field) => {
    const one = String(values[field] ?? "");
    const several = before?.[field] ?? "";
    const parts = several.split(/[\n,]/).map((part) => part.trim());
    return parts.includes(one) ? several : one;
  };
  const chosen = (/** @type {Chosen} */ field) => {
    const several = before?.[field] ?? [];
    return several.includes(values[field]) ? several : [values[field]];
  };
  const axes = {
    ...{ character: typed("character"), reference: typed("reference"), seed: typed("seed") },
    ...{ body_control: chosen("body_control"), expression_intensity: chosen("expression_intensity") },
    ...{ ratio: chosen("ratio"), public_figure_threshold: chosen("public_figure_threshold") },
  };
  return { ...values, sweep: true, axes };
}

/**
 * The first request of a sweep.
 * @param {FormValues & { axes: Axes }} values
 * @returns {FormValues}
 */
export function toOne(values) {
  const { axes } = values;
  const chosen = /** @type {Record<Chosen, Choice>} */ (Object.fromEntries(CHOSEN.map((field) => [field, axes[field][0]])));
  return {
    ...values,
    ...chosen,
    character: axes.character.split("\n")[0].trim(),
    reference: axes.reference.split("\n")[0].trim(),
    seed: whole(axes.seed.split(/[,:]/)[0].trim()),
    sweep: false,
    axes: {},
  };
}

/**
 * A name for an uploaded file: its own, with a number if another file has that.
 * @param {string} name
 * @param {string} mark tells the file from others of its name
 * @param {Map<string, string>} taken the marks of the files so far, by their names; gets this one
 */
export function freeName(name, mark, taken) {
  const dot = name.lastIndexOf(".") > 0 ? name.lastIndexOf(".") : name.length;
  let own = name;
  for (let count = 2; (taken.get(own) ?? mark) !== mark; count++) own = `${name.slice(0, dot)} (${count})${name.slice(dot)}`;
  taken.set(own, mark);
  return own;
}
