/** D, E, M and O, each five dots wide. Painted, so that no font is needed. */
const rows = [
  '1111.  11111  1...1  .111.',
  '1...1  1....  11.11  1...1',
  '1...1  1....  1.1.1  1...1',
  '1...1  1111.  1.1.1  1...1',
  '1...1  1....  1...1  1...1',
  '1...1  1....  1...1  1...1',
  '1111.  11111  1...1  .111.',
];

/** Paints DEMO on a dark plate in the lower right corner, so that no one mistakes a demo picture for a photograph. */
export function paintDemoMark(pixels: Uint8Array, width: number, height: number): void {
  const dot = height / 210;
  const columns = rows[0]?.length ?? 0;
  const left = width - (columns + 6) * dot;
  const top = height - (rows.length + 6) * dot;
  for (let row = Math.floor(top - 2 * dot); row < top + (rows.length + 2) * dot; row++) {
    for (let column = Math.floor(left - 3 * dot); column < left + (columns + 3) * dot; column++) {
      const lit = rows[Math.floor((row - top) / dot)]?.[Math.floor((column - left) / dot)] === '1';
      const at = (row * width + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        pixels[at + channel] = lit ? 235 : (pixels[at + channel] as number) * 0.45;
      }
    }
  }
}
