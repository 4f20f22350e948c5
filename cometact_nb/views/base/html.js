// The one place where text becomes HTML.

/**
 * Fills a node with HTML that Python made for it: a card of views/task/card.py or views/sweep/record.py. Those are
 * built by `h` and `join` of views/base/html.py, which escape every text, before they are sent. Nothing else may
 * go through here: what a page makes itself is made by `h` of dom.js, which parses nothing.
 * @param {Element} node
 * @param {string} html
 */
export function fill(node, html) {
  node.innerHTML = html;
}
