// The keeper's switch: what it means, and how far it is.

import { h, put } from "../../views/base/dom.js";

/**
 * @import { Api } from "./api.js"
 * @import { KeeperStatus } from "./server.d.ts"
 */

const MEANS =
  "While their kernel is gone, this server asks about your unfinished tasks with its own key and fetches their clips. It buys nothing.";

export class KeeperSwitch {
  /**
   * @param {Api} api
   * @param {(text: string) => void} say
   */
  constructor(api, say) {
    this.api = api;
    this.say = say;
    this.box = h("input", { type: "checkbox", role: "switch", id: "cometact-lab-keeper", onchange: () => this.turn() });
    this.box.setAttribute("aria-describedby", "cometact-lab-keeper-means");
    this.progress = h("p", { class: "fine", role: "status" });
    this.node = h(
      "div",
      { class: "keeper", hidden: true },
      h("label", { for: this.box.id }, this.box, " Keep watching without a kernel"),
      h("p", { class: "fine", id: "cometact-lab-keeper-means" }, MEANS),
      this.progress,
    );
  }

  /** @param {KeeperStatus | null} keeper none where the server has none */
  draw(keeper) {
    this.node.hidden = !keeper;
    if (!keeper) return;
    this.box.checked = keeper.on;
    this.box.disabled = !keeper.possible;
    put(this.progress, [keeper.state, keeper.problem].filter(Boolean).join(" "));
  }

  async turn() {
    const on = this.box.checked;
    this.box.disabled = true;
    try {
      const keeper = await this.api.keep(on);
      this.draw(keeper);
      this.say(keeper.on === on ? "" : "The server did not switch the keeper.");
    } catch (error) {
      this.box.checked = !on;
      this.box.disabled = false;
      this.say(error instanceof Error ? `The keeper was not switched. ${error.message}` : "The keeper was not switched.");
    }
  }
}
