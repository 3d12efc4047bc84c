/**
 * How well a text answers to what was typed: undefined where not at all, else the higher the better. Every word typed must
 * occur as letters in their order; letters at the beginning of words and next to each other count for more.
 */
export function fuzzyScore(query: string, text: string): number | undefined {
  const lower = text.toLowerCase();
  let total = 0;
  for (const word of query.toLowerCase().split(/\s+/).filter(Boolean)) {
    const score = wordScore(word, lower);
    if (score === undefined) return undefined;
    total += score;
  }
  // Of two that match alike the shorter one is closer to what was typed.
  return total - lower.length / 100;
}

const points = { contained: 10, letter: 1, next: 3, wordStart: 4 };

function wordScore(word: string, text: string): number | undefined {
  const whole = text.indexOf(word);
  if (whole >= 0) return word.length * (points.letter + points.next) + points.contained + startPoints(text, whole);
  let score = 0;
  let last = -2;
  for (const letter of word) {
    const at = text.indexOf(letter, last < 0 ? 0 : last + 1);
    if (at < 0) return undefined;
    score += points.letter + (at === last + 1 ? points.next : 0) + startPoints(text, at);
    last = at;
  }
  return score;
}

function startPoints(text: string, at: number): number {
  return at === 0 || /[^a-z0-9]/.test(text.charAt(at - 1)) ? points.wordStart : 0;
}
