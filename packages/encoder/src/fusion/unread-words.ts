/**
 * The words of a text that a model has not learned: its tokenizer spells them, byte by byte or nearly so. That is how
 * a model which knows no Chinese takes in Chinese. Words of a foreign language in the Latin alphabet are not noticed,
 * for they are cut into longer pieces.
 * @param countTokens with the two tokens that mark start and end, as `Encoder.countTokens`
 */
export function unreadWords(text: string, countTokens: (text: string) => number): string[] {
  const words = text.toLowerCase().match(/\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{M}])+/gu) ?? [];
  return [...new Set(words)].filter((word) => {
    const tokens = countTokens(word) - 2;
    return tokens > 1 && tokens / Buffer.byteLength(word) > 0.5;
  });
}
