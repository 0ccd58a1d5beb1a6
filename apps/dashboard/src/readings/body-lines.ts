import { refused } from '../server/refused.ts';

const longestLine = 4_096;

/** The lines of a body that is still arriving, without empty ones. */
export async function* readLines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of received(body)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    if (rest.length > longestLine) throw refused(413, 'refused.long-line', { n: longestLine });
    for (const line of lines) if (line.trim()) yield line;
  }
  if (rest.trim()) yield rest;
}

/** A sender that disconnects is not our failure; it will send everything again. */
async function* received(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw refused(400, 'refused.broken-body', { detail: (error as Error).message });
  }
}
