// The live card of one task, see card.js.

import { Card } from "./card.js";

/** @import { Rendering, TaskState, TaskToKernel, TaskToPage } from "../base/wire.d.ts" */

export default {
  /** @param {Rendering<TaskState, TaskToPage, TaskToKernel>} context */
  render({ model, el }) {
    const card = new Card(model, el);
    return () => card.dispose();
  },
};
