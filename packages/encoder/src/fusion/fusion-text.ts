/** How many tokens CLIP's text tower reads, the two that mark start and end included. */
export const tokenLimit = 77;

export interface FittedText {
  /** What was wanted. */
  text: string;
  /** What the model reads, to be stored with the vector: `text`, or its beginning. */
  used: string;
  /** Of `used`, start and end marks included. */
  tokens: number;
  cut: boolean;
}

export interface FusionText extends FittedText {
  /** Whether the description is all there, only its beginning, or there was none. */
  description: 'whole' | 'cut' | 'none';
  /** Whether room, stage, day and climate are all there, some of it, or nothing. */
  identity: 'whole' | 'cut' | 'none';
}

/**
 * The text that is fused with an image: the description first, for it says what is to be seen, then the identity.
 * What CLIP cannot read is dropped from the end and said so, never cut silently.
 */
export function fusionText(
  { description, identity }: { description?: string | undefined; identity: string },
  countTokens: (text: string) => number,
): FusionText {
  const said = tidy(description ?? '');
  const fitted = fitText(`${said} ${identity}`, countTokens);
  const left = fitted.used.length - said.length;
  return {
    ...fitted,
    description: said === '' ? 'none' : left >= 0 ? 'whole' : 'cut',
    identity: !fitted.cut ? 'whole' : left > 0 ? 'cut' : 'none',
  };
}

/**
 * Drops whole sentences from the end until the text fits into `tokenLimit`; if the first sentence alone is too
 * long, whole words of it; if its first word is, characters (Chinese has no spaces).
 */
export function fitText(text: string, countTokens: (text: string) => number): FittedText {
  const wanted = tidy(text);
  const fits = (candidate: string) => countTokens(candidate) <= tokenLimit;
  const used = fits(wanted)
    ? wanted
    : longest(starts(wanted, sentenceEnd), fits) ||
      longest(starts(wanted, wordEnd), fits) ||
      longest(starts(wanted, characterEnd), fits);
  return { text: wanted, used, tokens: countTokens(used), cut: used !== wanted };
}

const sentenceEnd = /[.!?](?=\s)|[。！？；]/gu;
const wordEnd = /\S(?=\s)/gu;
const characterEnd = /./gsu;

const tidy = (text: string) => text.replace(/\s+/g, ' ').trim();

/** The text up to each end, shortest first. */
function starts(text: string, end: RegExp): string[] {
  return Array.from(text.matchAll(end), (match) => text.slice(0, match.index + match[0].length));
}

/** The last candidate that fits; they grow, so half of them can be left out at a time. */
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
