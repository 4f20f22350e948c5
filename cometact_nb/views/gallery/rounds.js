// Several rounds of ratings and several raters, beside each other: who rates now, and what each has given.

import { h } from "../base/dom.js";

/**
 * @import { GalleryCell, Layout, RoundRating, Rating, Round } from "../base/wire.d.ts"
 * @import { GalleryView } from "./view.js"
 * @typedef {{ round: number, rater: string, at: number | null, open: Mean, blind: Mean, favourites: number }} Sum
 * @typedef {{ count: number, mean: number }} Mean
 */

/** @type {Round} */
export const FIRST = { round: 1, rater: "" };
/** @type {Rating} */
const NONE = { stars: null, favourite: false, note: "", blind: false, open_stars: null, blind_stars: null };
const MOST_ROUNDS = 9999;

/**
 * @param {Round} one
 * @param {Round} other
 */
function isSame(one, other) {
  return one.round === other.round && one.rater === other.rater;
}

/**
 * The rating of a cell in one round by one rater.
 * @param {Pick<GalleryCell, "ratings">} cell
 * @param {Round} round
 * @returns {Rating}
 */
export function ratingIn({ ratings }, round) {
  return ratings.find((one) => isSame(one, round)) ?? NONE;
}

/**
 * The ratings of a cell with one of them replaced.
 * @param {Pick<GalleryCell, "ratings">} cell
 * @param {Round} round
 * @param {Rating} rating
 * @returns {RoundRating[]}
 */
export function withRating({ ratings }, { round, rater }, rating) {
  const at = Date.now() / 1000;
  return [...ratings.filter((one) => !isSame(one, { round, rater })), { ...rating, round, rater, at }];
}

/** @param {number[]} stars */
function meanOf(stars) {
  return { count: stars.length, mean: stars.reduce((sum, one) => sum + one, 0) / (stars.length || 1) };
}

/**
 * Counts the ratings of each rater in each round, in their order.
 * @param {Iterable<Pick<GalleryCell, "ratings">>} cells
 * @returns {Sum[]}
 */
export function sums(cells) {
  /** @type {Map<string, RoundRating[]>} */
  const groups = new Map();
  const isGiven = (/** @type {RoundRating} */ one) => one.open_stars || one.blind_stars || one.favourite || one.note;
  for (const one of [...cells].flatMap((cell) => cell.ratings.filter(isGiven))) {
    const key = JSON.stringify([one.round, one.rater]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const all = [...groups.values()].map((some) => ({
    round: some[0].round,
    rater: some[0].rater,
    at: Math.max(...some.map(({ at }) => at ?? 0)) || null,
    open: meanOf(some.flatMap(({ open_stars: stars }) => stars ?? [])),
    blind: meanOf(some.flatMap(({ blind_stars: stars }) => stars ?? [])),
    favourites: some.filter(({ favourite }) => favourite).length,
  }));
  return all.sort((a, b) => a.round - b.round || a.rater.localeCompare(b.rater));
}

/** @param {string} rater */
function raterName(rater) {
  return rater || "unnamed";
}

/** @param {number | null} at Unix seconds */
function day(at) {
  return at === null ? "" : new Date(at * 1000).toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" });
}

/** @param {Mean} stars */
function inWords({ count, mean }) {
  return count ? `${mean.toFixed(1)} (${count})` : "–";
}

/**
 * Where a rater types a name.
 * @param {(rater: string) => void} change is called with a new one
 * @returns {HTMLInputElement}
 */
export function raterField(change) {
  const attributes = { type: "text", name: "rater", maxlength: "60", placeholder: "unnamed", autocomplete: "off", spellcheck: "false" };
  /** @type {HTMLInputElement} */
  const field = h("input", { ...attributes, onchange: () => change(field.value.trim()) });
  return field;
}

export class Rounds {
  /** @param {GalleryView} view */
  constructor(view) {
    this.view = view;
    this.drawn = "";
    /** @type {HTMLSelectElement} */
    this.chosen = h("select", { name: "round", onchange: () => this.choose(JSON.parse(this.chosen.value)) });
    this.rater = raterField((rater) => this.choose({ ...this.round, rater }));
    /** @type {HTMLButtonElement} */
    this.fresh = h("button", { type: "button", onclick: () => this.begin() }, "New round");
    const rating = view.host.rate ? [h("label", {}, "Rater ", this.rater), this.fresh] : [];
    this.node = h(
      "div",
      { class: "pickers", role: "group", "aria-label": "Rounds of ratings" },
      h("label", {}, "Round ", this.chosen),
      ...rating,
    );
    this.body = h("tbody");
    const heads = ["Round", "Rater", "Last rated", "Open", "Blind", "Favourites"].map((name) => h("th", { scope: "col" }, name));
    const table = h("table", {}, h("thead", {}, h("tr", {}, ...heads)), this.body);
    const means = h("p", {}, "The mean of the stars, and how many clips have some.");
    this.results = h("details", { class: "rounds", hidden: true }, h("summary", {}, "Ratings by round and rater"), means, table);
  }

  /** @returns {Round} the one that is shown and rated in */
  get round() {
    return this.view.choice.round ?? FIRST;
  }

  /** @param {Round} round */
  choose(round) {
    if (isSame(round, this.round)) return;
    const others = this.all().some((one) => !isSame(one, round));
    this.view.change({ round });
    this.view.say(
      others && this.view.host.rate
        ? `You rate as ${raterName(round.rater)} in round ${round.round} now. What was given in others stays.`
        : "",
    );
  }

  begin() {
    const last = Math.max(...this.all().map(({ round }) => round), this.round.round);
    this.choose({ round: Math.min(last + 1, MOST_ROUNDS), rater: this.rater.value.trim() });
  }

  all() {
    return sums(this.view.cells.values());
  }

  draw() {
    const { round, view } = this;
    for (const control of [this.rater, this.fresh]) control.disabled = view.isGone; // nobody keeps what is given in it
    const all = this.all();
    const isHidden = Boolean(view.blind && !view.blind.revealed); // what others gave would give a clip away
    const key = JSON.stringify([all, round, isHidden]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.node.hidden = isHidden || (!view.host.rate && all.length < 2);
    this.results.hidden = isHidden || !all.length;
    this.fill(all, round);
    if (document.activeElement !== this.rater) this.rater.value = round.rater;
    this.body.replaceChildren(...all.map((sum) => this.line(sum)));
  }

  /**
   * @param {Sum[]} all
   * @param {Round} round
   */
  fill(all, round) {
    /** @type {(Round & { at: number | null })[]} */
    const rounds = all.some((one) => isSame(one, round)) ? all : [...all, { ...round, at: null }];
    const options = rounds.map(({ round: number, rater, at }) => {
      const text = [`${number} · ${raterName(rater)}`, day(at)].filter(Boolean).join(" · ");
      const selected = isSame({ round: number, rater }, round);
      return h("option", { value: JSON.stringify({ round: number, rater }), selected }, text);
    });
    this.chosen.replaceChildren(...options);
  }

  /** @param {Sum} sum */
  line({ round, rater, at, open, blind, favourites }) {
    const cells = [raterName(rater), day(at) || "–", inWords(open), inWords(blind), String(favourites)];
    return h("tr", {}, h("th", { scope: "row" }, String(round)), ...cells.map((text) => h("td", {}, text)));
  }
}

/**
 * A cell with the rating of one round.
 * @param {GalleryCell} cell
 * @param {Layout} choice
 */
export function inRound(cell, { round }) {
  return { ...cell, rating: ratingIn(cell, round ?? FIRST) };
}
