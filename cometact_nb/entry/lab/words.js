// Times and money in words.

/** @import { Today } from "./server.d.ts" */

/** @param {number} usd */
function dollars(usd) {
  return `$${usd.toFixed(2)}`;
}

/**
 * @param {Today} today
 * @returns {[string, string]} the sum, and of how many tasks
 */
export function moneyOf({ usd, tasks, in_doubt: doubtful, in_doubt_usd: most, unpriced }) {
  const count = `${tasks} paid ${tasks === 1 ? "task" : "tasks"}`;
  const doubt = doubtful ? `${doubtful} in doubt, at most ${dollars(most)} more` : "";
  const unknown = unpriced ? `${unpriced} whose price is not known` : "";
  return [`Spent today: ${dollars(usd)}`, [count, doubt, unknown].filter(Boolean).join(" · ")];
}

/**
 * A moment as briefly as it is clear.
 * @param {number | null} seconds Unix
 * @param {Date} now
 */
export function momentOf(seconds, now) {
  if (seconds === null) return "";
  const at = new Date(1000 * seconds);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const today = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return day === today ? time : `${day} ${time}`;
}

/** @param {number} number */
function two(number) {
  return String(number).padStart(2, "0");
}
