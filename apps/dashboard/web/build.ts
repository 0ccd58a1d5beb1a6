import { join } from 'node:path';
import { build } from 'vite';

/** Builds the console's pages into `dist/`, which the dashboard serves. */
await build({
  root: import.meta.dirname,
  configFile: false,
  base: './', // see web-pages.ts: the console may be anywhere on its host
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(import.meta.dirname, '..', 'dist'),
    emptyOutDir: true,
    target: 'es2023',
    // The content security policy allows inline data only for pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
