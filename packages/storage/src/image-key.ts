import { type Day, dayOf, daysApart, instantToLocal, isDay, localToInstant } from '@mycelium/farm';

/** What an object key tells of its image. */
export interface ImageKey {
  /** As it is in the store; aliases and 7-digit dates are not written back into it. */
  key: string;
  /** The room's real name: 607, also where the key says 7. */
  room: string;
  /** The folder's date, which the date filter compares. Around midnight it may differ from the day of capture. */
  day: Day;
  capturedAt: Date;
  /** The day on which the batch was brought in. */
  batchInDate: Day;
  /** The digits of the camera's IP address. */
  camera: string;
  /** Day of capture − in-date + 1: the in-date is day 1. Zero or less when the in-date is later than the capture. */
  growthDay: number;
  stage: 'normal' | 'non_growth';
}

export interface KeyRules {
  /** IANA zone of the farm: the key's times are what its clocks showed. */
  timeZone: string;
  /** Rooms that cameras know by another name, `{ 7: '607' }`. */
  aliases: Readonly<Record<string, string>>;
}

export class NotAnImageKey extends Error {
  override name = 'NotAnImageKey';
  readonly permanent = true;
  readonly key: string;
  /** What is wrong with it. */
  readonly reason: string;

  constructor(key: string, reason: string) {
    super(`${JSON.stringify(key)} is not an image key: ${reason}`);
    this.key = key;
    this.reason = reason;
  }
}

const roomPattern = /^[\p{L}\p{N}][\p{L}\p{N}-]{0,31}$/u;
const cameraPattern = /^\d{1,12}$/;
const shape = 'it is not {room}/{YYYYMMDD}/{room}_{camera}_{in-date}_{YYYYMMDDHHMMSS}.jpg';

/**
 * Reads `612/20251224/612_1921681235_20251218_20251224160000.jpg`.
 * An in-date later than the capture is a slip of whoever typed it, not a bad image: it is kept, the growth day is
 * then zero or less, and the stage `non_growth`.
 * @throws NotAnImageKey
 */
export function parseImageKey(key: string, { timeZone, aliases }: KeyRules): ImageKey {
  const refuse = (reason: string): never => {
    throw new NotAnImageKey(key, reason);
  };
  const [folderRoom = '', folderDate = '', file = '', ...deeper] = key.split('/');
  const [fileRoom = '', camera = '', inDate = '', captured = '', ...more] = file
    .replace(/\.jpg$/, '')
    .split('_');
  if (deeper.length || more.length || !captured || !file.endsWith('.jpg')) refuse(shape);

  for (const room of [folderRoom, fileRoom]) {
    if (!isRoom(room)) refuse(`${JSON.stringify(room)} cannot be a room`);
  }
  const room = realRoom(folderRoom, aliases);
  if (room !== realRoom(fileRoom, aliases))
    refuse(`the folder says room ${folderRoom}, the name ${fileRoom}`);
  if (!cameraPattern.test(camera)) refuse(`the camera ${JSON.stringify(camera)} is not 1 to 12 digits`);

  const day =
    dayFrom(folderDate) ??
    refuse(`the folder's date ${JSON.stringify(folderDate)} is no date from 2000 to 2099`);
  const captureDay = dayFrom(captured.slice(0, 8));
  if (!captureDay || !/^\d{8}([01]\d|2[0-3])([0-5]\d){2}$/.test(captured))
    return refuse(`the capture time ${JSON.stringify(captured)} is no time from 2000 to 2099`);
  const batchInDate =
    readInDate(inDate, captureDay) ??
    refuse(`the in-date ${JSON.stringify(inDate)} is no date from 2000 to 2099`);

  const growthDay = growthDayOf(`${batchInDate} ${captureDay}`);
  const minute = minuteOf(`${captured.slice(0, 12)} ${timeZone}`);
  return {
    key,
    room,
    day,
    // No clock change of this century was within a minute.
    capturedAt: new Date(minute + 1_000 * Number(captured.slice(12))),
    batchInDate,
    camera,
    growthDay,
    stage: growthDay >= 1 && growthDay <= 27 ? 'normal' : 'non_growth',
  };
}

/**
 * The key of an image; `day` is the day of capture unless told. Dates are written with 8 digits.
 * @throws NotAnImageKey when the room or the camera cannot stand in a key, or a date is none
 */
export function formatImageKey(
  image: Pick<ImageKey, 'room' | 'capturedAt' | 'batchInDate' | 'camera'> & { day?: Day },
  { timeZone }: { timeZone: string },
): string {
  const { room, camera, batchInDate, capturedAt, day = dayOf(capturedAt, timeZone) } = image;
  const local = instantToLocal(capturedAt, timeZone);
  const time = [local.hour, local.minute, local.second].map((part) => String(part).padStart(2, '0')).join('');
  const name = [room, camera, digits(batchInDate), digits(dayOf(capturedAt, timeZone)) + time].join('_');
  const key = `${room}/${digits(day)}/${name}.jpg`;
  parseImageKey(key, { timeZone, aliases: {} });
  return key;
}

/** Letters, digits and hyphens: what can stand in a key as a room. */
export function isRoom(text: string): boolean {
  return roomPattern.test(text);
}

function realRoom(room: string, aliases: Readonly<Record<string, string>>): string {
  return Object.hasOwn(aliases, room) ? (aliases[room] as string) : room;
}

/**
 * A day's keys have the same dates and minutes in them, again and again: reckoning with each of them anew would take
 * longer than all else that planning does.
 */
function remembered<Result>(reckon: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    if (known.has(text)) return known.get(text) as Result;
    const result = reckon(text);
    if (known.size >= 10_000) known.clear();
    known.set(text, result);
    return result;
  };
}

const dayFrom = remembered(readDay);

/** Of `{in-date} {day of capture}`. */
const growthDayOf = remembered((dates) => {
  const [batchInDate, captureDay] = dates.split(' ') as [Day, Day];
  return daysApart(batchInDate, captureDay) + 1;
});

/** `{YYYYMMDDHHMM} {time zone}`, as milliseconds since 1970. */
const minuteOf = remembered((text) => {
  const [time = '', timeZone = ''] = text.split(' ');
  const [year, month, day, hour, minute] = [
    [0, 4],
    [4, 6],
    [6, 8],
    [8, 10],
    [10, 12],
  ].map(([from, to]) => Number(time.slice(from, to))) as [number, number, number, number, number];
  return localToInstant({ year, month, day, hour, minute, second: 0 }, timeZone).getTime();
});

function digits(day: Day): string {
  return day.replaceAll('-', '');
}

/** Eight digits of this century: a camera that lost its clock writes 1970. */
function readDay(text: string): Day | undefined {
  const match = /^(20\d\d)(\d\d)(\d\d)$/.exec(text);
  const day = match?.slice(1).join('-') ?? '';
  return isDay(day) ? day : undefined;
}

/**
 * Seven digits leave open which of month and day has one: `2025124` is 4 December or 24 January. The latest that is
 * not after the capture is meant; if all are after it, the earliest.
 */
function readInDate(text: string, captureDay: Day): Day | undefined {
  if (text.length !== 7) return dayFrom(text);
  const [year, rest] = [text.slice(0, 4), text.slice(4)];
  const readings = [`0${rest}`, `${rest.slice(0, 2)}0${rest.slice(2)}`]
    .map((monthAndDay) => dayFrom(year + monthAndDay))
    .filter((day) => day !== undefined)
    .sort();
  return readings.findLast((day) => day <= captureDay) ?? readings[0];
}
