/** What models write before their answer: `<think>…</think>`. Some servers leave the first tag out. */
export function withoutThoughts(content: string): string {
  const end = content.lastIndexOf('</think>');
  const after = end < 0 ? content : content.slice(end + '</think>'.length);
  const open = after.indexOf('<think>');
  return (open < 0 ? after : after.slice(0, open)).trim();
}

/** An answer has a few hundred tokens; only a hostile one has more braces than this. */
const triedBraces = 50;

/** The complete objects in a text, from the last opening brace to the first. Braces in strings do not count. */
export function* objectsIn(text: string): Generator<string> {
  let from = text.lastIndexOf('{');
  for (let tried = 0; from >= 0 && tried < triedBraces; tried++) {
    const to = endOfObject(text, from);
    if (to !== undefined) yield text.slice(from, to);
    from = from === 0 ? -1 : text.lastIndexOf('{', from - 1);
  }
}

function endOfObject(text: string, from: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
  }
  return undefined;
}
