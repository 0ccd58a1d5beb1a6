/** The number of tokens that CLIP's text tower reads, including the start and end tokens. */
export const tokenLimit = 77;

export interface FittedText {
  /** The whole text. */
  text: string;
  /** The part that the model reads, `text` or its beginning. Stored with the vector. */
  used: string;
  /** Tokens in `used`, including the start and end tokens. */
  tokens: number;
  cut: boolean;
}

export interface FusionText extends FittedText {
  /** How much of the description `used` contains; `none` also when there was no description. */
  description: 'whole' | 'cut' | 'none';
  /** How much of room, stage, day and climate `used` contains. */
  identity: 'whole' | 'cut' | 'none';
}

/**
 * The text that is fused with an image: the description first, since it describes what is visible, then the identity.
 * Text beyond CLIP's limit is dropped from the end and reported, never cut silently.
 */
export function fusionText(
  { description, identity }: { description?: string | undefined; identity: string },
  countTokens: (text: string) => number,
): FusionText {
  const described = tidy(description ?? '');
  const fitted = fitText(`${described} ${identity}`, countTokens);
  const left = fitted.used.length - described.length;
  return {
    ...fitted,
    description: described === '' ? 'none' : left >= 0 ? 'whole' : 'cut',
    identity: !fitted.cut ? 'whole' : left > 0 ? 'cut' : 'none',
  };
}

/**
 * Drops whole sentences from the end until the text fits into `tokenLimit`; if the first sentence is too long, whole
 * words; if the first word is too long, characters (Chinese has no spaces).
 */
export function fitText(text: string, countTokens: (text: string) => number): FittedText {
  const whole = tidy(text);
  const fits = (candidate: string) => countTokens(candidate) <= tokenLimit;
  const used = fits(whole)
    ? whole
    : longest(starts(whole, sentenceEnd), fits) ||
      longest(starts(whole, wordEnd), fits) ||
      longest(starts(whole, characterEnd), fits);
  return { text: whole, used, tokens: countTokens(used), cut: used !== whole };
}

const sentenceEnd = /[.!?](?=\s)|[。！？；]/gu;
const wordEnd = /\S(?=\s)/gu;
const characterEnd = /./gsu;

const tidy = (text: string) => text.replace(/\s+/g, ' ').trim();

/** The text up to each end, shortest first. */
function starts(text: string, end: RegExp): string[] {
  return Array.from(text.matchAll(end), (match) => text.slice(0, match.index + match[0].length));
}

/** The longest candidate that fits, by binary search: candidates are sorted by length. */
function longest(candidates: string[], fits: (text: string) => boolean): string {
  let low = 0;
  let high = candidates.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(candidates[middle] as string)) low = middle + 1;
    else high = middle;
  }
  return candidates[low - 1] ?? '';
}
