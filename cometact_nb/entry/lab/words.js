// Times in words.

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
