import { fill, type Language, type Params, sayStored } from '@mycelium/words';
import { effect, signal } from '@preact/signals';
import { timeZone } from './session.ts';
import { chinese } from './words/chinese.ts';
import { english, type WordKey } from './words/english.ts';

export type { WordKey };

const stored = localStorage.getItem('mycelium.language');
const preferred: Language = navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';

export const language = signal<Language>(stored === 'en' || stored === 'zh-CN' ? stored : preferred);

effect(() => {
  document.documentElement.lang = language.value;
});

export function setLanguage(chosen: Language): void {
  localStorage.setItem('mycelium.language', chosen);
  language.value = chosen;
}

/** A text in the reader's language, filled in: see `fill`. */
export function t(key: WordKey, values: Params = {}): string {
  return fill((language.value === 'zh-CN' ? chinese : english)[key], values, language.value);
}

/** A message from the server in the reader's language; its English text where this page does not know the code. */
export const storedText = (stored: Parameters<typeof sayStored>[0], otherwise: string) =>
  sayStored(stored, otherwise, language.value);

/** A text that may not be in the dictionary, such as a status that only a newer server knows. */
export function maybe(key: string, otherwise: string): string {
  return Object.hasOwn(english, key) ? t(key as WordKey) : otherwise;
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
