export type Params = Record<string, string | number>;

const place = /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g;
const numbers = new Map<string, Intl.NumberFormat>();

function formatNumber(value: number, language: string): string {
  const format = numbers.get(language) ?? new Intl.NumberFormat(language);
  numbers.set(language, format);
  return format.format(value);
}

/**
 * `{name}` becomes the parameter, and `{n:run|runs}` the number with the matching form. Numbers are grouped according
 * to the language, so pass a year or an id as text.
 */
export function fill(template: string, params: Params = {}, language = 'en'): string {
  return template.replace(place, (_, name: string, one?: string, many?: string) => {
    const value = params[name] ?? '';
    const text = typeof value === 'number' ? formatNumber(value, language) : value;
    return many === undefined ? text : `${text} ${value === 1 ? one : many}`;
  });
}

/**
 * Fills in a text of a list. A parameter that is itself a code of the list, such as `reason.truncated`, becomes that
 * text, so that a sentence can name its cause in the reader's language.
 */
export function sayFrom(
  texts: Readonly<Record<string, string>>,
  code: string,
  params: Params = {},
  language = 'en',
): string {
  const worded = Object.entries(params).map(([name, value]) => {
    const text = isDotted(value) && Object.hasOwn(texts, value) ? texts[value] : undefined;
    return [name, text === undefined ? value : fill(text, params, language)];
  });
  return fill(texts[code] ?? '', Object.fromEntries(worded), language);
}

/** Codes that servers send have a dot; a plain word such as `local` is a name that someone chose. */
function isDotted(value: string | number): value is string {
  return typeof value === 'string' && value.includes('.');
}

/** The names of the parameters that a template uses. */
export function paramsOf(template: string): Set<string> {
  return new Set([...template.matchAll(place)].map(([, name]) => name as string));
}
