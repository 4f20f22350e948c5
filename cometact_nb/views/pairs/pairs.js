// Which of two clips is better: both play in step, and one key answers. Nothing says what they are.

import { h, keepKeys, put, subscribe } from "../base/dom.js";
import { goneNote } from "../base/gone.js";
import { Mailbox } from "../base/kernel.js";
import { Delivery } from "../gallery/delivery.js";
import { FrameLock } from "../gallery/frame_lock.js";
import { Player } from "../gallery/player.js";
import { raterField } from "../gallery/rounds.js";
import { Side, showPair } from "./side.js";

/**
 * @import { Answer, Model, PairsState, PairsToKernel, PairsToPage, Rendering } from "../base/wire.d.ts"
 * @typedef {Extract<PairsToPage, { type: "question" }>} Question
 */

const BUSY = "The kernel is busy and has not kept your answer yet. It does when it is free, unless it is restarted.";
const NOTHING = "There are no two clips left that can be shown.";
const PATIENCE_MS = 1500;

const WORDS = { first: "left", second: "right", equal: "alike" };

class PairsView {
  /**
   * @param {Element} el
   * @param {Model<PairsState, PairsToPage, PairsToKernel>} model
   */
  constructor(el, model) {
    this.title = model.get("title");
    /** @type {Mailbox<PairsToKernel>} */
    this.mail = new Mailbox(model, {
      say: (text) => this.say(text),
      lost: () => this.lose(),
      busy: () => BUSY,
      patience: PATIENCE_MS,
    });
    this.delivery = new Delivery((content) => this.mail.send(content));
    this.lock = new FrameLock(() => this.player?.draw());
    /** @type {Question | null} */
    this.open = null;
    this.waits = true; // for the kernel's word on the last answer
    this.last = ""; // what was answered last
    this.sides = [new Side(this, "first", "Left clip"), new Side(this, "second", "Right clip")];
    this.player = new Player({
      lock: this.lock,
      keys: [
        ["← and →", "the left, the right one is better"],
        ["=", "both are alike"],
        ["Backspace", "take the last answer back"],
      ],
      voice: () => this.sides[0].video,
      markEnded: () => this.markEnded(),
      commands: () => this.commands(),
    });
    this.rater = raterField((rater) => this.ask({ type: "rater", rater }));
    this.count = h("span", { class: "count", role: "status" });
    this.status = h("div", { class: "said", role: "status" });
    this.advice = h("div", { class: "fine" });
    this.buttons = this.makeButtons();
    this.back = h("button", { type: "button", onclick: () => this.takeBack() }, "Take back");
    this.pair = h("div", { class: "duel" }, ...this.sides.map((side) => side.node));
    this.root = this.build();
    el.append(this.root);
    this.leaveKeys = keepKeys(this.root);
    this.draw();
  }

  makeButtons() {
    /** @type {[Answer, string][]} */
    const all = [
      ["first", "← Left is better"],
      ["equal", "= Alike"],
      ["second", "Right is better →"],
    ];
    return all.map(([answer, text]) => h("button", { type: "button", onclick: () => this.answer(answer) }, text));
  }

  build() {
    const { name, sandbox } = this.title;
    const badge = sandbox ? h("strong", { class: "badge" }, "SANDBOX") : null;
    const root = h("section", {
      class: "cometact-gallery cometact-pairs",
      tabindex: "-1",
      "aria-label": `Which is better, of sweep ${name}`,
    });
    root.append(
      h("div", { class: "head" }, h("strong", { class: "title" }, "Which is better?"), h("span", {}, name), badge, this.count),
      h("div", { class: "bar" }, h("label", { class: "rater" }, "Rater ", this.rater), h("span", { class: "acts" }, this.back)),
      this.status,
      this.pair,
      h("div", { class: "answers", role: "group", "aria-label": "Your answer" }, ...this.buttons),
      this.advice,
      this.player.node,
      this.player.help,
    );
    root.addEventListener("keydown", (event) => this.player.key(event));
    return Object.assign(root, { frameLock: this.lock }); // for those who want to measure it
  }

  /** @returns {Record<string, () => unknown>} */
  commands() {
    return {
      ArrowLeft: () => this.answer("first"),
      ArrowRight: () => this.answer("second"),
      "=": () => this.answer("equal"),
      Backspace: () => this.takeBack(),
    };
  }

  markEnded() {
    for (const side of this.sides) side.markEnded();
  }

  // --- asking and answering ------------------------------------------------------------------------

  /** @param {PairsToKernel} content */
  ask(content) {
    if (this.mail.isGone) return;
    this.waits = true;
    this.mail.ask(content);
    this.draw();
  }

  get canAnswer() {
    return !this.waits && !this.mail.isGone && this.sides.every((side) => side.isReady);
  }

  /** @param {Answer} answer */
  answer(answer) {
    const question = this.open?.question;
    if (!question || !this.canAnswer) return;
    this.last = answer;
    this.ask({ type: "answer", question: question.id, answer });
  }

  takeBack() {
    if (this.waits || !this.open?.back) return;
    this.last = "back";
    this.ask({ type: "back" });
  }

  /** @param {"first" | "second"} side whose clip cannot be shown */
  leaveOut(side) {
    const question = this.open?.question;
    if (question) this.ask({ type: "leave out", question: question.id, side });
  }

  /** @param {Question} message */
  hear(message) {
    this.mail.heard(message.number ?? undefined);
    this.waits = false;
    const before = this.open;
    this.open = message;
    const { question } = message;
    this.root.dataset.question = question?.id ?? "";
    if (question && question.id !== before?.question?.id) this.show(question);
    if (document.activeElement !== this.rater) this.rater.value = message.rater;
    this.say(message.problem || this.words(before) || (question ? "" : NOTHING));
    if (!message.problem) this.last = "";
    this.draw();
  }

  /** @param {Question | null} before */
  words(before) {
    if (!before || !this.last) return "";
    if (this.last === "back") return "Taken back: answer again.";
    return `Kept: ${WORDS[/** @type {Answer} */ (this.last)]}. Here is the next pair.`;
  }

  /** @param {NonNullable<Question["question"]>} question */
  show(question) {
    const clips = [question.first, question.second];
    this.lock.measure(clips.flatMap(({ clip }) => clip ?? []));
    const { width, height } = question.first.clip ?? {};
    this.root.style.setProperty("--shape", String((width || 16) / (height || 9)));
    const runs = this.lock.playing || !this.lock.frame;
    this.lock.pause();
    this.lock.seek(0);
    showPair(this.sides, clips).then(() => {
      if (this.open?.question?.id !== question.id) return;
      this.draw();
      if (runs && this.sides.every((side) => side.isReady)) this.lock.play();
    });
  }

  // --- what is shown -------------------------------------------------------------------------------

  draw() {
    const { open } = this;
    // Not `disabled`: the focus would fall to the page, where an arrow moves from cell to cell.
    for (const button of this.buttons) button.setAttribute("aria-disabled", String(!this.canAnswer));
    this.back.setAttribute("aria-disabled", String(this.waits || this.mail.isGone || !open?.back));
    this.pair.hidden = !open?.question;
    if (!open) return;
    const { answered, pairs } = open;
    const again = pairs && answered >= pairs ? " · every pair was compared, they come again" : "";
    put(this.count, `${answered} answered, ${pairs} ${pairs === 1 ? "pair" : "pairs"}${again}`);
    put(this.advice, open.enough);
    this.player.draw();
  }

  /** @param {string} text */
  say(text) {
    put(this.status, text);
  }

  lose() {
    this.delivery.pieces.stop("The kernel has ended before this clip was here.");
    this.draw();
    const line = `${this.title.again}.compare()`;
    this.status.after(goneNote(line, "goes on asking, and has the answers that were kept", ""));
  }

  dispose() {
    this.leaveKeys();
    for (const side of this.sides) side.clear();
    this.lock.dispose();
    this.mail.dispose();
    this.delivery.dispose();
    this.root.remove();
  }
}

export default {
  /** @param {Rendering<PairsState, PairsToPage, PairsToKernel>} context */
  render({ model, el }) {
    const view = new PairsView(el, model);
    const unsubscribe = subscribe(model, {
      "msg:custom": (content, buffers) => {
        if (content.type === "clip") view.delivery.pieces.receive(content, buffers ?? []);
        else view.hear(content);
      },
    });
    view.mail.send({ type: "hello" });
    return () => {
      unsubscribe();
      view.dispose();
    };
  },
};
