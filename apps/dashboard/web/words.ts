import { fill, type Language, type Message, type Params, sayFrom } from '@mycelium/words';
import { computed, effect, signal } from '@preact/signals';
import { timeZone } from './session.ts';
import type { WordKey } from './words/english.ts';

export type { WordKey };

type Texts = Record<WordKey, string>;

/** A reader loads only the texts of their language. */
const lists: Record<Language, () => Promise<Texts>> = {
  en: () => import('./words/english.ts').then(({ english }) => english),
  'zh-CN': () => import('./words/chinese.ts').then(({ chinese }) => chinese),
};

const stored = localStorage.getItem('mycelium.language');
const preferred: Language = navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
const first: Language = stored === 'en' || stored === 'zh-CN' ? stored : preferred;

/** The language and its texts change together, so no page shows a mixture. */
const current = signal<{ language: Language; texts: Texts | undefined }>({
  language: first,
  texts: undefined,
});

export const language = computed(() => current.value.language);
/** Until then, there is no text to show. */
export const hasTexts = computed(() => current.value.texts !== undefined);
export const loadFirstTexts = () => load(first);

effect(() => {
  document.documentElement.lang = language.value;
});

export async function setLanguage(chosen: Language): Promise<void> {
  await load(chosen);
  localStorage.setItem('mycelium.language', chosen);
}

async function load(chosen: Language): Promise<void> {
  current.value = { language: chosen, texts: await lists[chosen]() };
}

/** A text in the reader's language, filled in: see `fill`. */
export function t(key: WordKey, values: Params = {}): string {
  return fill(current.value.texts?.[key] ?? '', values, language.value);
}

/** A message from the server in the reader's language; its English text where this page does not know the code. */
export function storedText(
  { code, params }: { code?: string | null | undefined; params?: Params | null | undefined },
  otherwise: string,
): string {
  return isKnown(code) ? sayFrom(current.value.texts ?? {}, code, params ?? {}, language.value) : otherwise;
}

/** A sentence of a report. */
export const sentenceText = (sentence: Message) => storedText(sentence, sentence.code);

/** A text that may not be in the dictionary, such as a status that only a newer server knows. */
export function maybe(key: string, otherwise: string): string {
  return isKnown(key) ? t(key) : otherwise;
}

function isKnown(key: string | null | undefined): key is WordKey {
  return key !== null && key !== undefined && Object.hasOwn(current.value.texts ?? {}, key);
}

export function formatNumber(value: number, digits = 0): string {
  return new Intl.NumberFormat(language.value, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

export const percent = (share: number) =>
  // 99.96 % is not all of it.
  `${share < 1 ? Math.min(99.9, Math.round(share * 1_000) / 10) : 100} %`;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(instant: string | number | Date, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify([language.value, timeZone(), options]);
  let formatter = formats.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(language.value === 'en' ? 'en-GB' : language.value, {
      timeZone: timeZone(),
      hourCycle: 'h23',
      ...options,
    });
    formats.set(key, formatter);
  }
  return formatter.format(new Date(instant));
}

export const clock = (at: string | number | Date) => format(at, { hour: '2-digit', minute: '2-digit' });
export const dateTime = (at: string | number | Date) =>
  format(at, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
export const fullTime = (at: string | number | Date) =>
  format(at, { dateStyle: 'medium', timeStyle: 'medium' });
export const longDay = (at: string | number | Date) =>
  format(at, { weekday: 'long', month: 'long', day: 'numeric' });
/** A local day such as 2026-11-24, without going through any zone. */
export const shortDay = (day: string, withWeekday = false) =>
  new Intl.DateTimeFormat(language.value === 'en' ? 'en-GB' : language.value, {
    timeZone: 'UTC',
    month: 'short',
    day: 'numeric',
    ...(withWeekday && { weekday: 'short' }),
  }).format(new Date(`${day}T12:00:00Z`));

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "in 5 minutes", "2 小时前" */
export function fromNow(at: string | number | Date, now = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1_000;
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(language.value, { numeric: 'auto' }).format(
    Math.round(seconds / length),
    unit,
  );
}

/** Seconds as people say them: 45 s, 3 min, 2.5 h */
export function duration(seconds: number): string {
  if (seconds < 1) return t('seconds', { n: Math.round(seconds * 10) / 10 });
  if (seconds < 100) return t('seconds', { n: Math.round(seconds) });
  if (seconds < 6_000) return t('minutes', { n: Math.round(seconds / 60) });
  return t('hours', { n: Math.round(seconds / 360) / 10 });
}
