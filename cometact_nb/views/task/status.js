// The live card of one task, see card.js.

import { Card } from "./card.js";

export default {
  render({ model, el }) {
    const card = new Card(model, el);
    return () => card.dispose();
  },
};
