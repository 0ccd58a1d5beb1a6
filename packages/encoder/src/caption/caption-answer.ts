import { z } from 'zod';

/** What a vision model says about a picture. The texts are a stranger's: to be escaped wherever they are shown. */
export interface Description {
  /** English; begins with the stage: Substrate, Primordia, Fruiting or Post-harvest. */
  growth_stage_description: string;
  chinese_description: string;
  /** 0 … 100: focus, light, noise, obstruction. */
  image_quality_score: number;
}

/** The captioner answered, and not with a description: the picture goes without one. */
export class DescriptionFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DescriptionFailed';
  }
}

/** PostgreSQL refuses NUL, terminals obey the others; line breaks and tabs become spaces. */
const text = z
  .string()
  .transform((value) =>
    value
      .replace(/\s+/g, ' ')
      .replace(/\p{Cc}|\p{Cs}/gu, '')
      .trim(),
  )
  .pipe(z.string().min(1).max(4000));

/** Models write `85`, `"85"`, `130`; anything else is no number. */
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

/** Of `/v1/chat/completions`, the part that we read. */
const completion = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
});

/**
 * Reads the body of a completion. Code fences are stripped, the score is clamped to 0 … 100; a missing key, an
 * empty text or broken JSON fails.
 * @throws DescriptionFailed which quotes nothing of the answer but the start of it.
 */
export function readAnswer(body: string): Description {
  const answer = completion.safeParse(parseJson(body));
  if (!answer.success) throw new DescriptionFailed(`The captioner's answer is no completion: ${quote(body)}`);
  const content = answer.data.choices[0]?.message.content ?? '';
  const read = description.safeParse(parseJson(stripFences(content)));
  if (!read.success) {
    const wrong = read.error.issues.map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`);
    throw new DescriptionFailed(
      `The description is not as asked for (${wrong.join('; ')}): ${quote(content)}`,
    );
  }
  return read.data;
}

/** The inside of the first fenced block, or all of it where there is none. */
const stripFences = (content: string) => /```(?:json)?\s*([\s\S]*?)```/i.exec(content)?.[1] ?? content;

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const quote = (said: string) => JSON.stringify(said.slice(0, 80));
