import type { Pixels } from './decode.ts';

/** The mean luminance of a picture (Rec. 709, of the sRGB values as they are), 0 (black) to 1 (white). */
export function brightnessOf({ data }: Pick<Pixels, 'data'>): number {
  let sum = 0;
  for (let at = 0; at < data.length; at += 3) {
    sum +=
      0.2126 * (data[at] as number) + 0.7152 * (data[at + 1] as number) + 0.0722 * (data[at + 2] as number);
  }
  return Math.min(1, sum / (data.length / 3) / 255);
}
