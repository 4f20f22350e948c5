// One cell of the gallery: its clip once it is near, what became of it otherwise, and the user's rating.

import { h, put } from "../base/dom.js";

/**
 * @import { Rating, RatingChange } from "../base/wire.d.ts"
 * @import { RatedCell } from "./host.d.ts"
 * @import { GalleryView } from "./view.js"
 * @typedef {keyof typeof ICONS} Icon
 * @typedef {Partial<Rating> & { mark?: string }} ShownRating
 */

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  play: "M4 2.5v11l9-5.5z",
  pause: "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z",
  back: "M10.5 3v10L4.5 8zM2.5 3h1.6v10H2.5z",
  forth: "M5.5 3v10l6-5zM11.9 3h1.6v10h-1.6z",
  loop: "M11 1.500 13.500 4 11 6.500M2.500 7.500V6a2 2 0 0 1 2-2h9M5 14.500 2.500 12 5 9.500M13.500 8.500V10a2 2 0 0 1-2 2h-9",
  sound: "M2 6h2.500L8 3v10l-3.500-3H2zM9.500 5.300a3.500 3.500 0 0 1 0 5.400M11 3.200a6 6 0 0 1 0 9.600",
  mute: "M2 6h2.500L8 3v10l-3.500-3H2zM10 6l4 4M14 6l-4 4",
  heart: "M8 13.500 2.800 8.300a3.200 3.200 0 0 1 4.600-4.500l.6.600.6-.6a3.200 3.200 0 0 1 4.600 4.500z",
  note: "M2.500 3h11v7.500H7L4 13v-2.500H2.500z",
  compare: "M2 3h5v10H2zM9 3h5v10H9z",
  star: "m8 1.800 1.900 4 4.300.500-3.200 3 .9 4.300L8 11.500l-3.900 2.100.9-4.300-3.200-3 4.300-.5z",
};

/** @param {Icon} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const attributes = { viewBox: "0 0 16 16", width: "16", height: "16", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * @param {Element} node
 * @param {boolean | undefined} on
 */
export function press(node, on) {
  node.setAttribute("aria-pressed", String(Boolean(on)));
}

// A clip that is shorter than the longest one holds its last frame, which must not pass for a still performance.
export function endedMark() {
  return h("span", { class: "ended", hidden: true, title: "This clip is shorter than the longest one: its last frame is shown" }, "ended");
}

export class Tile {
  /**
   * @param {GalleryView} view
   * @param {RatedCell} cell
   */
  constructor(view, cell) {
    this.view = view;
    this.cell = cell;
    this.isSeen = false; // it can be seen
    this.near = false; // it is near what can be seen
    /** @type {object | null} */
    this.loading = null; // stands for one load: what an older one still waits for is void
    /** @type {HTMLVideoElement | null} */
    this.video = null;
    /** @type {HTMLTextAreaElement | null} */
    this.editor = null;
    this.failed = "";
    this.drawn = ""; // the state that is drawn
    this.poster = h("img", { alt: "", class: "poster", hidden: true });
    this.state = h("div", { class: "state" });
    this.ended = endedMark();
    this.caption = h("div", { class: "caption" });
    this.noted = h("div", { class: "noted" });
    this.mark = h("span", { class: "mark", "aria-hidden": "true" }); // the rating, where a tile has no line for it
    this.picture = h(
      "div",
      { class: "picture", onclick: () => view.setCurrent(this, true) },
      this.poster,
      this.state,
      this.ended,
      this.mark,
    );
    this.choose = this.button("compare", "Choose for comparison", () => view.choosing.turn(this));
    this.rater = view.host.rate ? this.makeRater() : null;
    this.fixed = h("span", { class: "told" }); // a rating that cannot be changed
    const rating = this.rater ? [this.rater.stars, this.rater.favourite, this.rater.note] : [this.fixed];
    this.tools = h("div", { class: "tools" }, ...rating, this.choose);
    this.node = this.build();
    this.draw();
  }

  get index() {
    return this.cell.index;
  }

  build() {
    const attributes = {
      class: "tile",
      role: "group",
      tabindex: "-1",
      "data-cell": this.index,
      onfocusin: () => this.view.setCurrent(this),
    };
    return h("div", attributes, this.picture, this.caption, this.tools, this.noted);
  }

  makeRater() {
    const stars = h("div", { class: "stars", role: "group", "aria-label": "Stars" });
    for (let count = 1; count <= 5; count++) {
      stars.append(this.button("star", `${count} ${count === 1 ? "star" : "stars"}`, () => this.rateStars(count)));
    }
    const favourite = this.button("heart", "Favourite", () => this.toggleFavourite());
    const note = this.button("note", "Note", () => this.editNote());
    return { stars, favourite, note };
  }

  /**
   * @param {Icon} image
   * @param {string} label
   * @param {() => unknown} onclick
   */
  button(image, label, onclick) {
    const attributes = {
      type: "button",
      class: `icon ${image}`,
      title: label,
      "aria-label": label,
      "aria-pressed": "false",
      tabindex: "-1",
    };
    return h("button", { ...attributes, onclick }, icon(image));
  }

  // --- what is shown -------------------------------------------------------------------------------

  /** @param {RatedCell} cell */
  update(cell) {
    const before = this.cell;
    this.cell = cell;
    if (before.clip?.id !== cell.clip?.id) {
      this.unload();
      if (this.near) this.load();
    }
    this.draw();
  }

  get name() {
    return this.view.nameOf(this.cell);
  }

  // Whether what it is and what it was rated must not be seen.
  get isBlind() {
    return Boolean(this.view.blind && !this.view.blind.revealed);
  }

  draw() {
    const { cell, view } = this;
    const { clip, rating } = cell;
    const display = this.shownRating(rating);
    put(this.caption, view.captionOf(cell));
    this.caption.hidden = !this.caption.textContent;
    this.node.style.setProperty("--tone", cell.tone);
    this.node.classList.toggle("empty", !clip);
    this.state.hidden = Boolean(this.video || (clip && !this.failed));
    this.drawState();
    this.tools.hidden = !clip;
    this.drawRating(display);
    press(this.choose, view.choosing.has(cell.index));
    const stars = display.stars ? `, ${display.stars} of 5 stars` : "";
    this.node.setAttribute("aria-label", `${this.name}, ${cell.status}${stars}${display.favourite ? ", favourite" : ""}`);
  }

  /**
   * Blind and open stars are never mixed: a blind session shows only its own stars.
   * @param {Rating} rating
   * @returns {ShownRating}
   */
  shownRating(rating) {
    const { open_stars: open, blind_stars: blind } = rating;
    if (this.isBlind) return { stars: blind };
    if (this.view.blind) return { ...rating, stars: blind, mark: open ? `open: ${open} of 5` : "" };
    if (!blind) return { ...rating, mark: "" };
    return { ...rating, stars: open ?? blind, mark: open ? `blind: ${blind} of 5` : "rated blind" };
  }

  drawState() {
    const { cell } = this;
    const why = this.failed || cell.text;
    const key = `${cell.status} ${why} ${cell.progress}`;
    if (key === this.drawn) return;
    this.drawn = key;
    const bar =
      cell.progress === null || cell.clip ? null : h("progress", { max: "1", value: String(cell.progress), "aria-label": "Progress" });
    this.state.replaceChildren(h("strong", {}, this.failed ? "Not shown" : cell.status), ...(bar ? [bar] : []), h("span", {}, why));
  }

  /** @param {ShownRating} display */
  drawRating(display) {
    put(this.mark, [display.stars ? `★${display.stars}` : "", display.favourite ? "♥" : ""].join(" ").trim());
    if (this.rater) this.drawRater(this.rater, display);
    else this.drawFixed(display);
    put(this.noted, [display.note, display.mark].filter(Boolean).join(" · "));
    this.noted.hidden = !this.noted.textContent || Boolean(this.editor);
  }

  /** @param {ShownRating} display */
  drawFixed(display) {
    const stars = display.stars ? "★".repeat(display.stars) + "☆".repeat(5 - display.stars) : "";
    put(this.fixed, stars + (display.favourite ? " ♥" : ""));
    if (!stars && !display.favourite) return;
    this.fixed.setAttribute("role", "img");
    this.fixed.setAttribute("aria-label", `${display.stars ?? "no"} stars${display.favourite ? ", favourite" : ""}`);
  }

  /**
   * @param {NonNullable<Tile["rater"]>} rater
   * @param {ShownRating} display
   */
  drawRater({ stars, favourite, note }, display) {
    [...stars.children].forEach((star, place) => {
      star.classList.toggle("on", place < (display.stars ?? 0));
      press(star, place + 1 === display.stars);
    });
    press(favourite, display.favourite);
    press(note, Boolean(display.note));
    favourite.hidden = note.hidden = this.isBlind; // they would give a clip away
    for (const button of [...stars.querySelectorAll("button"), favourite, note]) button.disabled = this.view.isGone;
  }

  // --- rating --------------------------------------------------------------------------------------

  /** @param {number} count */
  rateStars(count) {
    const { rating } = this.cell;
    const old = this.isBlind ? rating.blind_stars : rating.open_stars;
    this.rate({ stars: count === old ? 0 : count });
  }

  toggleFavourite() {
    if (this.rater && !this.rater.favourite.hidden) this.rate({ favourite: !this.cell.rating.favourite });
  }

  editNote() {
    if (!this.rater || this.rater.note.hidden || this.view.isGone) return;
    if (this.editor) {
      this.closeNote();
      return;
    }
    const editor = h("textarea", { rows: "3", maxlength: "2000", "aria-label": `Note on ${this.name}` });
    this.editor = editor;
    editor.value = this.cell.rating.note;
    editor.addEventListener("blur", () => this.closeNote());
    this.node.append(editor);
    this.draw();
    editor.focus();
  }

  closeNote() {
    const editor = this.editor;
    if (!editor) return;
    const text = editor.value.trim();
    editor.readOnly = this.view.isGone; // what nobody keeps any more can still be copied
    if (editor.readOnly && text !== this.cell.rating.note) return;
    const had = document.activeElement === editor;
    this.editor = null;
    editor.remove();
    if (had) this.node.focus();
    if (text !== this.cell.rating.note) this.rate({ note: text });
    else this.draw();
  }

  /**
   * Shown at once, kept by the kernel, which tells how the rating stands.
   * @param {RatingChange} change
   */
  rate(change) {
    if (!this.cell.clip || !this.view.host.rate || this.view.isGone) return;
    const before = this.cell.rating;
    const blind = change.stars !== undefined && this.isBlind;
    const rating = { ...before, ...change, stars: before.stars };
    if (change.stars !== undefined) rating.stars = rating[blind ? "blind_stars" : "open_stars"] = change.stars || null;
    const { round } = this.view.rounds;
    this.view.setRating(this.index, round, rating);
    this.view.host.rate(this.index, { ...change, blind, ...round }, before);
  }

  // --- the clip ------------------------------------------------------------------------------------

  async load() {
    if (this.loading || !this.cell.clip) return;
    const turn = {};
    this.loading = turn;
    this.showPoster();
    try {
      const url = await this.view.clips.acquire(this.index);
      if (this.loading !== turn) return;
      await this.attach(url, turn);
    } catch (error) {
      if (this.loading === turn) this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  async showPoster() {
    const url = this.cell.poster && !this.poster.src ? await this.view.host.poster(this.index).catch(() => null) : null;
    if (!url) return;
    this.poster.src = url;
    this.poster.hidden = false;
  }

  /**
   * Put the clip in its place once its first picture is there.
   * @param {string} url
   * @param {object} turn
   * @returns {Promise<void>}
   */
  attach(url, turn) {
    const video = h("video", { playsinline: true, preload: "auto", "aria-hidden": "true", tabindex: "-1" });
    video.muted = true;
    video.src = url;
    const show = () => {
      this.video = video;
      this.complete(video);
      this.picture.insertBefore(video, this.state);
      this.draw();
      this.follow();
    };
    return new Promise((resolve, reject) => {
      const loaded = () => {
        if (this.loading === turn) show();
        resolve();
      };
      video.addEventListener("error", () => reject(new Error("The browser cannot play this clip.")), { once: true });
      video.addEventListener("loadeddata", loaded, { once: true });
    });
  }

  /**
   * Take from the clip itself the facts that its host does not know.
   * @param {HTMLVideoElement} video
   */
  complete({ duration, videoWidth, videoHeight }) {
    const { clip } = this.cell;
    if (!clip || clip.duration !== null || !Number.isFinite(duration)) return;
    this.cell = { ...this.cell, clip: { ...clip, duration, width: videoWidth, height: videoHeight } };
    this.view.put(this.cell);
    this.view.measure();
  }

  /** @param {string} why */
  fail(why) {
    this.failed = why;
    this.draw();
  }

  unload() {
    if (!this.loading) return;
    this.loading = null;
    this.failed = "";
    if (this.video) {
      this.view.lock.remove(this.video);
      this.video.remove();
      this.video.removeAttribute("src");
      this.video.load(); // lets go of its decoder
      this.video = null;
    }
    this.view.clips.release(this.index);
    this.draw();
  }

  // Only what is seen plays.
  follow() {
    const { video, view } = this;
    if (!video || !this.cell.clip) return;
    const plays = this.isSeen && view.onScreen && !view.compare.open;
    if (plays && !view.lock.players.has(video)) view.lock.add(video, this.cell.clip);
    else if (!plays && view.lock.players.has(video)) view.lock.remove(video);
  }
}
