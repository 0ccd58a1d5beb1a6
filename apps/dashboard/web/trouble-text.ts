import { maybe } from './words.ts';

/** `DEPENDENCY: ERROR`, with the dependency in the reader's language. The error stays as its server worded it. */
export function troubleText(trouble: string): string {
  const [, name, error] = /^([^:]+): (.*)$/s.exec(trouble) ?? [];
  return name ? `${maybe(`dependency.${name}`, name)}: ${error}` : trouble;
}
