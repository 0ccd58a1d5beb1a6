import { signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';

const stored = localStorage.getItem('mycelium.theme');
export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'auto');

/** Counts up whenever the colours change, so that charts are painted again. */
export const colours = signal(0);
new MutationObserver(() => colours.value++).observe(document.documentElement, {
  attributeFilter: ['data-theme'],
});

/** `public/theme.js` applies it, as it does before the first paint. */
export function setTheme(chosen: Theme): void {
  localStorage.setItem('mycelium.theme', chosen);
  theme.value = chosen;
  dispatchEvent(new Event('mycelium:theme'));
}

/** The value of a colour token at this moment, for canvas. */
export const colour = (token: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
