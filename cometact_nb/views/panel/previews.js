// The inputs of a form as pictures, with what is known of them.

import { h, put } from "../base/dom.js";
import { freeName } from "./values.js";

/**
 * @import { Preview, Role } from "../base/wire.d.ts"
 * @typedef {Preview & { src: string }} Picture
 */

export class Previews {
  constructor() {
    this.boxes = { character: h("div", { class: "seen" }), reference: h("div", { class: "seen" }) };
    /** @type {Map<string, string>} */
    this.local = new Map(); // object URLs of uploaded files, by their address
    /** @type {Map<string, string>} */
    this.files = new Map(); // what tells a file from others of its name, by its address
  }

  /**
   * Keep an uploaded file's picture.
   * @param {string} name
   * @param {File} file
   * @returns the name that it goes by: two files of one name are two inputs
   */
  keep(name, file) {
    const own = freeName(name, `${file.size} ${file.lastModified}`, this.files);
    const address = `upload:${own}`;
    if (!this.local.has(address)) this.local.set(address, URL.createObjectURL(file)); // the same file, chosen again
    return own;
  }

  /**
   * Learn the links behind names of addresses; no state holds them.
   * @param {Record<string, string>} links
   */
  know(links) {
    for (const [name, url] of Object.entries(links)) this.local.set(name, url);
  }

  /**
   * Each input with its picture, its name where there are several, and what is known of it.
   * @param {Role} role
   * @param {Preview[]} inputs
   * @param {number} more how many are not among them
   */
  draw(role, inputs, more) {
    const box = this.boxes[role];
    const several = inputs.length > 1 || more > 0;
    const key = (/** @type {Picture} */ { name, src, kind }) => JSON.stringify([name, src, kind, several]);
    const before = new Map([...box.children].map((figure) => [figure.getAttribute("data-key"), figure]));
    const pictures = inputs.map((input) => ({ ...input, src: input.url || this.local.get(input.address) || "" }));
    const visible = pictures.filter(({ src, facts, name }) => src || facts || (several && name));
    const figures = visible.map((one) => {
      const figure = before.get(key(one)) ?? this.figure(role, one, several, key(one));
      put(figure.lastChild, one.facts);
      return figure;
    });
    if (more) figures.push(h("div", { class: "facts" }, `and ${more} more`));
    box.classList.toggle("several", several);
    if (figures.length !== box.children.length || figures.some((figure, at) => figure !== box.children[at]))
      box.replaceChildren(...figures);
  }

  /**
   * @param {Role} role
   * @param {Picture} one
   * @param {boolean} several
   * @param {string} key
   * @returns {Element}
   */
  figure(role, one, several, key) {
    const whose = several ? `the ${role} ${one.name}` : `the ${role}`;
    const name = several ? h("figcaption", { class: "name" }, one.name) : null;
    return h("figure", { "data-key": key }, this.picture(one, whose), name, h("div", { class: "facts" }));
  }

  /**
   * @param {Picture} picture
   * @param {string} whose
   */
  picture({ src, kind }, whose) {
    const box = h("div", { class: "preview" });
    const gone = () => box.replaceChildren(h("span", { class: "facts" }, "No preview."));
    if (src && kind === "image") box.append(h("img", { src, alt: `Preview of ${whose}`, onerror: gone }));
    else if (src && kind) box.append(...this.video(src, whose, gone));
    return box;
  }

  /**
   * @param {string} src
   * @param {string} whose
   * @param {() => void} gone
   */
  video(src, whose, gone) {
    // "#t": a browser draws no frame of a video it was not asked to seek in.
    const attributes = { src: `${src}${src.includes("#") ? "" : "#t=0.1"}`, preload: "metadata", loop: true, playsinline: true };
    const video = h("video", { ...attributes, "aria-label": `Preview of ${whose}`, onerror: gone });
    video.muted = true;
    const turn = () => (video.paused ? video.play().catch(gone) : video.pause());
    const play = h("button", { type: "button", class: "small", onclick: turn });
    const draw = () => play.replaceChildren(video.paused ? "Play" : "Pause", h("span", { class: "unseen" }, ` ${whose}`));
    video.addEventListener("play", draw);
    video.addEventListener("pause", draw);
    draw();
    return [video, play];
  }

  dispose() {
    for (const url of this.local.values()) URL.revokeObjectURL(url); // of a link it does nothing
  }
}
