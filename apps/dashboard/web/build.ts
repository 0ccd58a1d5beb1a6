import { join } from 'node:path';
import { build } from 'vite';

/** Builds the console's pages into `dist/`, which the dashboard serves. */
await build({
  root: import.meta.dirname,
  configFile: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: join(import.meta.dirname, '..', 'dist'),
    emptyOutDir: true,
    target: 'es2023',
    // The policy of the pages allows no inline data but pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
