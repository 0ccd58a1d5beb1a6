import { maybe } from './words.ts';

/** `DEPENDENCY: ERROR`, with the dependency in the reader's language. The error itself is not translated. */
export function troubleText(trouble: string): string {
  const [, name, error] = /^([^:]+): (.*)$/s.exec(trouble) ?? [];
  return name ? `${maybe(`dependency.${name}`, name)}: ${error}` : trouble;
}
