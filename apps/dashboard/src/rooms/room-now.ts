import type { Band, Day, Metric } from '@mycelium/farm';

/** What is wrong in a room; the page words it in the reader's language. */
export type Trouble =
  | { what: 'no-readings' }
  | { what: 'old-readings'; since: Date }
  | { what: 'old-metric'; metric: Metric; since: Date }
  | { what: 'below-band' | 'above-band'; metric: Metric; value: number; limit: number }
  | { what: 'no-images' }
  | { what: 'old-image'; since: Date }
  | { what: 'not-embedded'; count: number; day: Day };

export interface RoomNow {
  room: string;
  image: { id: number; version: string; capturedAt: Date; stage: string } | null;
  growthDay: number | null;
  metrics: Record<Metric, Now | null>;
  /** Changes of setpoints, switches and modes since yesterday began. */
  changes: number;
  /** Images of the newest day whose night has passed: how many there are, and have a vector of the model in use. */
  lastNight: { day: Day; images: number; embedded: number };
  troubles: Trouble[];
}

export interface Now {
  value: number;
  at: Date;
  band: Band | null;
  /** Half hours of the last day, oldest first. */
  curve: (number | null)[];
}
