/**
 * The words of a text that a model has not learned: its tokenizer splits them almost into bytes, as a model without
 * Chinese does with Chinese. Foreign words in the Latin alphabet are not detected, because they are split into longer
 * pieces.
 * @param countTokens includes the start and end tokens, like `Encoder.countTokens`
 */
export function unreadWords(text: string, countTokens: (text: string) => number): string[] {
  const words = text.toLowerCase().match(/\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{M}])+/gu) ?? [];
  return [...new Set(words)].filter((word) => {
    const tokens = countTokens(word) - 2;
    return tokens > 1 && tokens / Buffer.byteLength(word) > 0.5;
  });
}
