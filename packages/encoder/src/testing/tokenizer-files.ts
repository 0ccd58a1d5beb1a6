import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A CLIP tokenizer with whole words and, for everything else, bytes, so that it can encode any text. Ids are the 256
 * bytes, then the pairs, the words and the two special tokens. The end token has the highest id, which is how a CLIP
 * text tower finds the end of the text.
 */
export interface Tokenizer {
  /** Token → id, with words spelled as in tokenizer.json (see `spell`). */
  ids: Map<string, number>;
  start: number;
  end: number;
  size: number;
}

const startToken = '<|startoftext|>';
const endToken = '<|endoftext|>';

export interface TokenizerOptions {
  /** Words and phrases that are one token each, in lower case. */
  words: readonly string[];
  /** Frequent letter pairs, most frequent first, so that unknown words need fewer tokens. */
  pairs: readonly string[];
  /** The regular expression whose matches are looked up; other text is dropped. */
  pattern: string;
}

export async function writeTokenizer(dir: string, options: TokenizerOptions): Promise<Tokenizer> {
  const tokens = new Set(byteSymbols);
  for (const pair of options.pairs) tokens.add(pair);
  for (const word of options.words) tokens.add(spell(word));
  const ids = new Map([...tokens, startToken, endToken].map((token, id) => [token, id] as const));
  const start = ids.size - 2;
  const end = ids.size - 1;
  const vocab = Object.fromEntries([...ids].slice(0, start));
  await writeJson(join(dir, 'tokenizer.json'), {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [specialToken(start, startToken), specialToken(end, endToken)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: options.pattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [endToken, end],
      cls: [startToken, start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: endToken,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      // A word of the vocabulary is one token; only other words are split.
      ignore_merges: true,
      vocab,
      merges: options.pairs.map((pair) => `${pair.slice(0, -1)} ${pair.slice(-1)}`),
    },
  });
  await writeJson(join(dir, 'tokenizer_config.json'), {
    tokenizer_class: 'CLIPTokenizer',
    model_max_length: 77,
    bos_token: startToken,
    eos_token: endToken,
    pad_token: endToken,
    unk_token: endToken,
  });
  return { ids, start, end, size: ids.size };
}

/** Spells a text as byte-level BPE does: every UTF-8 byte becomes one printable character (GPT-2's table). */
export function spell(text: string): string {
  return Array.from(Buffer.from(text), (byte) => byteSymbols[byte]).join('');
}

const byteSymbols: readonly string[] = (() => {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
})();

function specialToken(id: number, content: string) {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 1)}\n`);
}
