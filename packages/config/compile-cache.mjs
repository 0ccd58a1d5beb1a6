/**
 * Caches compiled source files between starts, for this process and its children. It saves a third of the time until a
 * process is ready. If the folder cannot be written, Node works without it. Plain JavaScript, since it loads before
 * TypeScript can.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

process.env.NODE_COMPILE_CACHE ??= fileURLToPath(
  new URL('../../node_modules/.mycelium/compile-cache', import.meta.url),
);
enableCompileCache(process.env.NODE_COMPILE_CACHE);
// Node writes the cache when a process exits normally. A killed process would leave nothing for the next one.
setTimeout(flushCompileCache, 2_000).unref();
