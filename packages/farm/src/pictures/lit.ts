/**
 * A picture counts as lit if it is at least this share as bright as the bright ones of its room: their 90th percentile
 * over the same days. No fixed brightness would do: by night one camera's pictures are black, another's are grey, and a
 * room without lamps is dim all day.
 */
export const litShare = 0.6;
