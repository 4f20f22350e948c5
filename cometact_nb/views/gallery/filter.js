// Leaves clips out of the view: by their stars, as no favourites, by their status.

import { h } from "../base/dom.js";

/**
 * @import { GalleryCell } from "../base/wire.d.ts"
 * @import { RatedCell } from "./host.d.ts"
 * @typedef {object} Wanted
 * @property {string} stars "" for all, "0" for those without, else the fewest that are wanted
 * @property {boolean} favourite favourites alone
 * @property {string} status "" for all
 */

/** @type {Wanted} */
export const ALL = { stars: "", favourite: false, status: "" };
const STARS = [
  ["", "all"],
  ["5", "5"],
  ["4", "4 or more"],
  ["3", "3 or more"],
  ["2", "2 or more"],
  ["1", "1 or more"],
  ["0", "none yet"],
];

/**
 * Whether a cell is wanted. A clip that was rated openly and blind counts as rated openly.
 * @param {Pick<RatedCell, "status" | "rating">} cell
 * @param {Wanted} criteria
 */
export function isWanted({ status, rating }, { stars, favourite, status: only }) {
  const own = rating.open_stars ?? rating.blind_stars ?? 0;
  if (favourite && !rating.favourite) return false;
  if (only && status !== only) return false;
  if (stars === "0") return own === 0;
  return own >= Number(stars);
}

/**
 * Whether a cell is new, or its status lets it in or out. A rating does not: a clip that is rated stays in sight.
 * @param {RatedCell | undefined} before
 * @param {RatedCell} now
 * @param {Wanted} criteria
 */
export function isRearranged(before, now, criteria) {
  return !before || (before.status !== now.status && isWanted(before, criteria) !== isWanted(now, criteria));
}

export class Filter {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.criteria = ALL;
    this.stars = this.select("stars", (stars) => ({ stars }));
    this.status = this.select("status", (status) => ({ status }));
    /** @type {HTMLInputElement} */
    const favourite = h("input", { type: "checkbox", name: "favourite", onchange: () => this.want({ favourite: favourite.checked }) });
    this.favourite = favourite;
    this.fill(this.stars, STARS, "");
    const stars = h("label", {}, "Stars ", this.stars);
    this.statuses = h("label", { hidden: true }, "Status ", this.status); // worth its place where there are several
    const hearts = h("label", {}, favourite, " Favourites only");
    this.node = h("div", { class: "pickers filter", role: "group", "aria-label": "Clips to show" }, stars, this.statuses, hearts);
  }

  get isOn() {
    return this.criteria !== ALL;
  }

  /**
   * @param {string} name
   * @param {(value: string) => Partial<Wanted>} change
   */
  select(name, change) {
    /** @type {HTMLSelectElement} */
    const select = h("select", { name: `filter-${name}`, onchange: () => this.want(change(select.value)) });
    return select;
  }

  /**
   * @param {HTMLSelectElement} select
   * @param {string[][]} options values and texts
   * @param {string} value
   */
  fill(select, options, value) {
    select.replaceChildren(...options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)));
  }

  /** @param {Iterable<GalleryCell>} cells */
  draw(cells) {
    const names = new Set([...cells].map(({ status }) => status));
    if (this.criteria.status) names.add(this.criteria.status); // also when no cell has it any more
    const options = [["", "all"], ...[...names].map((status) => [status, status.toLowerCase()])];
    this.statuses.hidden = names.size < 2 && !this.criteria.status;
    const known = [...this.status.options].map(({ value }) => value);
    if (String(known) === String(options.map(([value]) => value))) return;
    this.fill(this.status, options, this.criteria.status);
  }

  /** @param {Partial<Wanted>} change */
  want(change) {
    const criteria = { ...this.criteria, ...change };
    this.criteria = criteria.stars || criteria.favourite || criteria.status ? criteria : ALL;
    this.changed();
  }
}
