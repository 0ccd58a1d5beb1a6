import { signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';

const stored = localStorage.getItem('mycelium.theme');
export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'auto');

/** Increments when the colours change, so that charts are redrawn. */
export const colours = signal(0);
new MutationObserver(() => colours.value++).observe(document.documentElement, {
  attributeFilter: ['data-theme'],
});

/** `public/theme.js` applies the theme, here and before the first paint. */
export function setTheme(chosen: Theme): void {
  localStorage.setItem('mycelium.theme', chosen);
  theme.value = chosen;
  dispatchEvent(new Event('mycelium:theme'));
}

/** The current value of a colour token, for a canvas. */
export const colour = (token: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
