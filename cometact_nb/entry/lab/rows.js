// Draws a long list that grows as it is scrolled.

const MORE_ROWS = 40; // so many rows before the end of what is known, the next page is asked for

/**
 * The rows that are drawn: those that are seen, and a few around them.
 * @param {number} top pixels that are scrolled away
 * @param {number} height of the place, pixels
 * @param {number} row height of one, pixels
 * @param {number} count of all rows
 * @param {number} [spare] drawn above and below what is seen
 * @returns {[number, number]} the first, and the one after the last
 */
export function visible(top, height, row, count, spare = 6) {
  const first = Math.max(0, Math.min(count, Math.floor(top / row)) - spare);
  const last = Math.min(count, Math.ceil((top + height) / row) + spare);
  return [first, Math.max(first, last)];
}

/**
 * @template Item
 * @typedef {{ rows: Item[], next: string | null }} Page `next` asks for the rows after it; null: there are none
 */

/**
 * A list that is loaded page by page, newest first.
 * @template {{ key: string }} Item
 */
export class Pages {
  /** @param {(before: string | null) => Promise<Page<Item>>} load asks for a page */
  constructor(load) {
    this.load = load;
    /** @type {Item[]} */
    this.rows = [];
    /** @type {string | null} */
    this.next = null;
    this.known = false; // the first page was here
    this.turn = 0; // what an older question answers is void
    this.waits = false;
  }

  /** Forget everything: another question is asked. */
  clear() {
    this.turn++;
    Object.assign(this, { rows: [], next: null, known: false, waits: false });
  }

  /**
   * Ask for the newest rows.
   * @returns whether anything is other than before
   */
  async refresh() {
    const turn = this.turn;
    const page = await this.load(null);
    if (turn !== this.turn) return false;
    const before = JSON.stringify(this.rows.slice(0, page.rows.length + 1));
    const wasKnown = this.known;
    this.merge(page);
    this.known = true;
    return !wasKnown || before !== JSON.stringify(this.rows.slice(0, page.rows.length + 1));
  }

  /** @param {Page<Item>} page of the newest */
  merge(page) {
    const last = page.rows.at(-1);
    const at = last ? this.rows.findIndex((row) => row.key === last.key) : -1;
    if (at < 0 || page.next === null) {
      this.rows = page.rows;
      this.next = page.next;
      return;
    }
    const fresh = new Set(page.rows.map((row) => row.key));
    this.rows = [...page.rows, ...this.rows.slice(at + 1).filter((row) => !fresh.has(row.key))];
  }

  /**
   * Ask for older rows, if the end of what is known is near.
   * @param {number} last the row after the last one that is drawn
   * @returns whether some came
   */
  async more(last) {
    if (this.waits || this.next === null || last + MORE_ROWS < this.rows.length) return false;
    const turn = this.turn;
    this.waits = true;
    try {
      const page = await this.load(this.next);
      if (turn !== this.turn) return false;
      const known = new Set(this.rows.map((row) => row.key));
      this.rows = [...this.rows, ...page.rows.filter((row) => !known.has(row.key))];
      this.next = page.next;
      return true;
    } finally {
      if (turn === this.turn) this.waits = false;
    }
  }
}
