/** Control characters of a file must not reach a terminal: they could clear it, or write over what it shows. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to replace
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
}
