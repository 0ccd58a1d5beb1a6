#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const ownNode = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);

// TypeScript runs as it is from Node 22.18 on; `npm install` brings such a Node where the machine's is older.
if (major > 22 || (major === 22 && minor >= 18)) {
  await import('@mycelium/config/compile-cache');
  await import(main);
} else if (existsSync(ownNode)) {
  const child = spawn(ownNode, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches the child from the terminal.
  process.on('SIGINT', () => {});
  for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} else {
  console.error(
    `mycelium needs Node 22.18 or newer; this is ${process.version}. Run \`npm start\` once: it brings one.`,
  );
  process.exitCode = 1;
}
