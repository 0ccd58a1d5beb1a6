import { Cron } from 'croner';

const parsed = new Map<string, Cron>();

/** When a clock change skips an hour, Croner still fires that day; when an hour occurs twice, it fires once. */
function cron(pattern: string, timeZone: string): Cron {
  const key = `${timeZone} ${pattern}`;
  const cached = parsed.get(key);
  if (cached) return cached;
  const fresh = new Cron(pattern, { timezone: timeZone, paused: true });
  parsed.set(key, fresh);
  return fresh;
}

/** The first firing strictly after an instant. `pattern` has six fields, seconds first. */
export function nextFiring(pattern: string, timeZone: string, after: Date): Date {
  const next = cron(pattern, timeZone).nextRun(after);
  if (!next) throw new RangeError(`"${pattern}" never fires after ${after.toISOString()}`);
  return next;
}

/** The last firing at or before an instant. */
export function previousFiring(pattern: string, timeZone: string, atOrBefore: Date): Date {
  const [previous] = cron(pattern, timeZone).previousRuns(1, new Date(atOrBefore.getTime() + 1_000));
  if (!previous) throw new RangeError(`"${pattern}" never fired before ${atOrBefore.toISOString()}`);
  // Croner rounds to whole seconds: for an instant inside a second it may return a firing later in that second.
  if (previous <= atOrBefore) return previous;
  return cron(pattern, timeZone).previousRuns(1, previous)[0] as Date;
}

/** Every firing after `after`, up to and including `upTo`, oldest first. */
export function* firingsBetween(pattern: string, timeZone: string, after: Date, upTo: Date): Generator<Date> {
  for (let firing = nextFiring(pattern, timeZone, after); firing <= upTo; ) {
    yield firing;
    firing = nextFiring(pattern, timeZone, firing);
  }
}
