// Turns the form's values from one request into a sweep and back.

/** @import { Axes, Choice, FormValues, Knob, Role } from "../base/wire.d.ts" */

/** @type {Role[]} */
export const INPUTS = ["character", "reference"];

/**
 * The fields that are typed. The others are chosen from few values.
 * @param {Knob[]} knobs
 */
export function typedFields(knobs) {
  return [...INPUTS, ...knobs.filter((knob) => !knob.options.length).map((knob) => knob.name)];
}

/**
 * Read a whole number from text: null for nothing, or the text where it is none.
 * @param {string} text
 */
export function whole(text) {
  if (text === "") return null;
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/**
 * Read the text of a knob.
 * @param {Knob} knob
 * @param {string} text
 */
export function typedValue(knob, text) {
  return knob.whole ? whole(text) : text || null;
}

/**
 * One request as the first of a sweep. A list that held its value before is taken up again.
 * @param {FormValues} values
 * @param {Axes | null} before the lists of the sweep that the form held last
 * @param {Knob[]} knobs
 * @returns {FormValues}
 */
export function toSweep(values, before, knobs) {
  /** @type {Axes} */
  const axes = {};
  for (const field of typedFields(knobs)) {
    const one = String(values[field] ?? "");
    const several = String(before?.[field] ?? "");
    const parts = several.split(/[\n,]/).map((part) => part.trim());
    axes[field] = parts.includes(one) ? several : one;
  }
  for (const { name } of knobs.filter((knob) => knob.options.length)) {
    const one = /** @type {Choice} */ (values[name]);
    const several = before?.[name] ?? [];
    axes[name] = Array.isArray(several) && several.includes(one) ? several : [one];
  }
  return { ...values, sweep: true, axes };
}

/**
 * The first request of a sweep.
 * @param {FormValues} values
 * @param {Knob[]} knobs
 * @returns {FormValues}
 */
export function toOne(values, knobs) {
  const { axes } = values;
  /** @type {FormValues} */
  const one = { ...values, sweep: false, axes: {} };
  for (const role of INPUTS) one[role] = String(axes[role]).split("\n")[0].trim();
  for (const knob of knobs) {
    const several = axes[knob.name];
    const first = (/** @type {string} */ text) => text.split(knob.whole ? /[,:]/ : ",")[0].trim();
    /** @type {Record<string, unknown>} */ (one)[knob.name] = Array.isArray(several) ? several[0] : typedValue(knob, first(several));
  }
  return one;
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
