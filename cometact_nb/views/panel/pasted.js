// Tells a whole request as code from the value of one field.

const STARTS = [
  /^(?:#.*\n\s*)?curl\s/, // perhaps below a comment
  /^\{\s*"[\s\S]*\}$/, // a body
  /^\[\s*\{[\s\S]*\]$/, // several
  /^(?:[\w.]+\s*=\s*)?%{1,2}act_two\s/,
  /^(?:(?:import|from)\s[\s\S]*?\n\s*)?(?:[\w.]+\s*=\s*)?(?:\w+\.)*(?:ActTwoRequest|submit|panel|sweep)\s*\(/,
];

/**
 * Whether a text is a curl command, JSON, a magic line or Python, which the kernel reads.
 * @param {string} text
 */
export function isCode(text) {
  const trimmed = text.trim();
  return STARTS.some((start) => start.test(trimmed));
}
