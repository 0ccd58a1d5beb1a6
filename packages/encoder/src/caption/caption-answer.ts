import { PermanentError } from '@mycelium/farm';
import { jsonrepair } from 'jsonrepair';
import { z } from 'zod';
import { objectsIn, withoutThoughts } from './answer-text.ts';

/** A vision model's description of a picture. The texts are untrusted: escape them when showing them. */
export interface Description {
  /** English; begins with the stage: Substrate, Primordia, Fruiting or Post-harvest. */
  growth_stage_description: string;
  chinese_description: string;
  /** 0 … 100: focus, light, noise, obstruction. */
  image_quality_score: number;
}

/** A description and what the server counted for it, 0 where it counts nothing. */
export interface Answer {
  description: Description;
  /** Tokens of the question with its picture, and of the answer. */
  tokens: { question: number; answer: number };
}

/** The captioner gave no usable description: the picture stays without one. */
export const noDescription = (message: string) => new PermanentError('no_description', message);

/** PostgreSQL refuses NUL, and terminals obey other control characters. Line breaks and tabs become spaces. */
const text = z
  .string()
  .transform((value) =>
    value
      .replace(/\s+/g, ' ')
      .replace(/\p{Cc}|\p{Cs}/gu, '')
      .trim(),
  )
  .pipe(z.string().min(1).max(4000));

const writtenScore = /^\s*(-?\d+(?:\.\d+)?)\s*(?:%|\/\s*(\d+(?:\.\d+)?))?\s*$/;

/** Models write `85`, `"85"`, `130`, `"85 %"`, `"85/100"` or `"8.5/10"`. Anything else fails. */
const score = z
  .union([
    z.number(),
    z
      .string()
      .regex(writtenScore)
      .transform((written) => {
        const [, value, of = '100'] = writtenScore.exec(written) ?? [];
        return (Number(value) / Number(of)) * 100;
      })
      .pipe(z.number()),
  ])
  .transform((value) => Math.min(100, Math.max(0, value)));

const schema = z.object({
  growth_stage_description: text,
  chinese_description: text,
  image_quality_score: score,
});

const count = z.number().nonnegative().catch(0);
const content = z.string().nullish();

/** The parts that we read of an answer of `/v1/chat/completions`. */
const completion = z
  .object({
    choices: z
      .array(z.object({ message: z.object({ content }), finish_reason: z.string().nullish() }))
      .min(1),
    usage: z.object({ prompt_tokens: count, completion_tokens: count }).nullish(),
  })
  .transform(({ choices: [choice], usage }) => ({
    content: choice?.message.content ?? '',
    cut: choice?.finish_reason === 'length',
    tokens: { question: usage?.prompt_tokens ?? 0, answer: usage?.completion_tokens ?? 0 },
  }));

/** The same of Ollama's own `/api/chat`. */
const chat = z
  .object({
    message: z.object({ content }),
    done_reason: z.string().nullish(),
    prompt_eval_count: count,
    eval_count: count,
  })
  .transform(({ message, done_reason, prompt_eval_count: question, eval_count: answer }) => ({
    content: message.content ?? '',
    cut: done_reason === 'length',
    tokens: { question, answer },
  }));

/**
 * Reads the body of an answer. The last complete JSON object of the requested form counts; what stands around it, and
 * whatever the model thought before, does not. Small mistakes such as a trailing comma are repaired, and the score is
 * limited to 0–100. A missing key, an empty text or an object that was cut off fails.
 * @throws PermanentError, which quotes only the start of the answer
 */
export function readAnswer(body: string, maxTokens: number): Answer {
  const answer = z.union([completion, chat]).safeParse(parseJson(body));
  if (!answer.success) throw noDescription(`The captioner's answer is not a completion: ${quote(body)}`);
  const { content, cut, tokens } = answer.data;
  const answered = withoutThoughts(content);
  let wrong = '';
  for (const object of objectsIn(answered)) {
    const read = schema.safeParse(parseJson(object) ?? parseJson(repaired(object)));
    if (read.success) return { description: read.data, tokens };
    wrong ||= read.error.issues
      .map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`)
      .join('; ');
  }
  if (cut) {
    throw noDescription(
      `The captioner's answer was cut off after ${maxTokens} tokens: raise CAPTION_ANSWER_LIMIT, or use a model that does not think first: ${quote(answered)}`,
    );
  }
  throw noDescription(
    `The description does not have the requested form (${wrong || 'no JSON object'}): ${quote(answered)}`,
  );
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function repaired(object: string): string {
  try {
    return jsonrepair(object);
  } catch {
    return '';
  }
}

const quote = (answer: string) => JSON.stringify(answer.slice(0, 80));
