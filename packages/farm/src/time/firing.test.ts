import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayOf, daysBetween } from './day.ts';
import { firingsBetween, nextFiring, previousFiring } from './firing.ts';

const daily = '20 3 1 * * *';
const hourly = '0 5 * * * *';
const from = new Date('2023-12-30T00:00:00Z');
const to = new Date('2036-01-01T12:00:00Z');

const hoursAfter = (instant: Date, hours: number) => new Date(instant.getTime() + hours * 3_600_000);

/** Instants, 12 hours apart at most, between which the zone's offset changes. */
function clockChanges(zone: string): Date[] {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    timeZoneName: 'longOffset',
    hour: 'numeric',
  });
  const changes: Date[] = [];
  let before = '';
  for (let at = from; at <= to; at = hoursAfter(at, 12)) {
    const offset = format.format(at).replace(/^.*GMT/, '');
    if (before && offset !== before) changes.push(at);
    before = offset;
  }
  return changes;
}

/** Zones with the same offset and clock changes fire alike, so one of each kind is enough. */
function distinctZones(): string[] {
  const kinds = new Map<string, string>();
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const noon = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).format(from);
    const kind = [noon, ...clockChanges(zone).map(Number)].join(' ');
    if (!kinds.has(kind)) kinds.set(kind, zone);
  }
  return [...kinds.values()];
}

const zones = distinctZones();

test('a daily job fires once on every local day, in every zone, 2024 to 2035', () => {
  const days = daysBetween('2024-01-01', '2035-12-31');
  for (const zone of zones) {
    const fired = new Map<string, number>();
    for (const firing of firingsBetween(daily, zone, from, to)) {
      const day = dayOf(firing, zone);
      fired.set(day, (fired.get(day) ?? 0) + 1);
    }
    for (const day of days) {
      assert.equal(fired.get(day), 1, `${zone} ${day}`);
    }
  }
});

test('an hourly job fires once in every real hour around the clock changes of every zone', () => {
  for (const zone of zones) {
    for (const change of clockChanges(zone)) {
      const firings = [...firingsBetween(hourly, zone, hoursAfter(change, -30), hoursAfter(change, 30))];
      for (const [n, firing] of firings.entries()) {
        const minutes = n === 0 ? 60 : (firing.getTime() - (firings[n - 1] as Date).getTime()) / 60_000;
        // Lord Howe moves its clock by half an hour, so one gap there is half an hour longer or shorter.
        assert.ok(minutes >= 30 && minutes <= 90, `${zone} ${firing.toISOString()} after ${minutes} minutes`);
        if (zone !== 'Australia/Lord_Howe') assert.equal(minutes, 60, `${zone} ${firing.toISOString()}`);
      }
    }
  }
});

test('the previous firing is the inverse of the next', () => {
  for (const zone of [
    'Europe/London',
    'America/Asuncion',
    'America/St_Johns',
    'Asia/Shanghai',
    'Australia/Lord_Howe',
  ]) {
    for (const firing of firingsBetween(
      daily,
      zone,
      new Date('2024-01-01T00:00:00Z'),
      new Date('2026-01-01T00:00:00Z'),
    )) {
      assert.deepEqual(previousFiring(daily, zone, firing), firing);
      assert.deepEqual(previousFiring(daily, zone, new Date(firing.getTime() + 1)), firing);
      assert.deepEqual(
        previousFiring(daily, zone, new Date(nextFiring(daily, zone, firing).getTime() - 1)),
        firing,
      );
    }
  }
});
