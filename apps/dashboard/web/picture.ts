import { at } from './base-path.ts';

type Width = 160 | 320 | 640 | 1600;

/** The address of an image's picture. It changes with the picture, so that browsers may cache it. */
export const pictureOf = ({ id, version }: { id: number; version: string }, width: Width) =>
  at(`/api/images/${id}/picture?width=${width}&v=${version}`);
