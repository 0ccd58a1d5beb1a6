import type { Band, Day, Metric } from '@mycelium/farm';

/** A trouble in a room; the page shows it in the reader's language. */
export type Trouble =
  | { what: 'no-readings' }
  | { what: 'old-readings'; since: Date }
  | { what: 'old-metric'; metric: Metric; since: Date }
  | { what: 'below-band' | 'above-band'; metric: Metric; value: number; limit: number }
  | { what: 'no-images' }
  | { what: 'old-image'; since: Date }
  | { what: 'not-embedded'; count: number; day: Day };

interface RoomImage {
  id: number;
  version: string;
  capturedAt: Date;
  stage: string;
}

export interface RoomNow {
  room: string;
  /** The newest one. */
  image: RoomImage | null;
  /** The newest lit one of the last two days: by night, the newest one shows nothing. */
  litImage: RoomImage | null;
  growthDay: number | null;
  metrics: Record<Metric, Now | null>;
  /** Changes of setpoints, switches and modes since the start of yesterday. */
  changes: number;
  /** The newest day that the nightly run has processed: its images, and how many have a vector of the active model. */
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
