import { PermanentError } from '@mycelium/farm';
import { z } from 'zod';

/** A vision model's description of a picture. The texts are untrusted: escape them when showing them. */
export interface Description {
  /** English; begins with the stage: Substrate, Primordia, Fruiting or Post-harvest. */
  growth_stage_description: string;
  chinese_description: string;
  /** 0 … 100: focus, light, noise, obstruction. */
  image_quality_score: number;
}

/** The captioner gave no usable description or refused: the picture stays without one. */
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

/** Models write `85`, `"85"` or `130`. Anything that is not a number fails. */
const score = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\s*-?\d+(\.\d+)?\s*$/)
      .transform(Number),
  ])
  .transform((value) => Math.min(100, Math.max(0, value)));

const description = z.object({
  growth_stage_description: text,
  chinese_description: text,
  image_quality_score: score,
});

/** The part of a `/v1/chat/completions` answer that we read. */
const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
});

/**
 * Reads the body of a completion. Code fences are stripped, the score is clamped to 0 … 100; a missing key, an
 * empty text or broken JSON fails.
 * @throws PermanentError, which quotes only the start of the answer
 */
export function readAnswer(body: string): Description {
  const answer = completion.safeParse(parseJson(body));
  if (!answer.success) throw noDescription(`The captioner's answer is not a completion: ${quote(body)}`);
  const content = answer.data.choices[0]?.message.content ?? '';
  const read = description.safeParse(parseJson(stripFences(content)));
  if (!read.success) {
    const wrong = read.error.issues.map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`);
    throw noDescription(
      `The description does not have the requested form (${wrong.join('; ')}): ${quote(content)}`,
    );
  }
  return read.data;
}

/** The inside of the first fenced block, or everything when there is none. */
const stripFences = (content: string) => /```(?:json)?\s*([\s\S]*?)```/i.exec(content)?.[1] ?? content;

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const quote = (answer: string) => JSON.stringify(answer.slice(0, 80));
