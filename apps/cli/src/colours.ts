import colours from 'picocolors';

/** Colour only on a terminal: never in a pipe or a file, even in CI, and not with NO_COLOR. */
const on = (stream: NodeJS.WriteStream) =>
  colours.createColors(colours.isColorSupported && stream.isTTY === true);

export const out = on(process.stdout);
export const err = on(process.stderr);
