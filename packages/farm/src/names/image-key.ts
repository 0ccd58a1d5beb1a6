import { growthDayOf, type Phase, phaseOf } from '../growth/phase.ts';
import { PermanentError } from '../permanent-error.ts';
import { type Day, dayOf, instantToLocal } from '../time/day.ts';
import { dayDigits, dayFrom, minuteOf, readInDate, remembered } from './key-dates.ts';

/** The facts about an image in its object key. */
export interface ImageKey {
  /** The key as stored, with its aliases and 7-digit dates. */
  key: string;
  /** The room's real name: 607 even if the key has 7. */
  room: string;
  /** The date in the folder, which date filters compare. Around midnight it may differ from the day of capture. */
  day: Day;
  capturedAt: Date;
  /** The day the batch was brought in. */
  batchInDate: Day;
  /** The digits of the camera's IP address. */
  camera: string;
  /** Zero or less when the in-date is later than the capture. */
  growthDay: number;
  stage: Phase;
}

export interface KeyRules {
  /** IANA time zone of the farm: the times in keys are local. */
  timeZone: string;
  /** Rooms that go by another name on the cameras, `{ 7: '607' }`. */
  aliases: Readonly<Record<string, string>>;
}

const roomPattern = /^[\p{L}\p{N}][\p{L}\p{N}-]{0,31}$/u;
const cameraPattern = /^\d{1,12}$/;
/** Cameras and phones write it in all these ways. */
const ending = /\.jpe?g$/i;
/** A camera that uploads its picture does so within this time. */
const promptly = 10 * 60_000;
const shape = 'it is not {room}/{YYYYMMDD}/{room}_{camera}_{in-date}_{YYYYMMDDHHMMSS}.jpg';

/**
 * Reads `612/20251224/612_1921681235_20251218_20251224160000.jpg`; `.jpeg`, `.JPG` and the like are also read.
 * An in-date later than the capture is a typo, not a bad image: it is kept, the growth day is zero or less, and the
 * stage is `non_growth`.
 *
 * In the hour that the clock shows twice, the key fits two instants. `storedAt`, when the store took the picture in,
 * decides: the second one if the picture was stored within ten minutes of it, else the first.
 * @throws PermanentError
 */
export function parseImageKey(key: string, { timeZone, aliases }: KeyRules, storedAt?: Date): ImageKey {
  const refuse = (reason: string): never => {
    throw new PermanentError(reason, `${JSON.stringify(key)} is not an image key: ${reason}`);
  };
  const [folderRoom = '', folderDate = '', file = '', ...deeper] = key.split('/');
  const [fileRoom = '', camera = '', inDate = '', captured = '', ...more] = file
    .replace(ending, '')
    .split('_');
  if (deeper.length || more.length || !captured || !ending.test(file)) refuse(shape);

  for (const room of [folderRoom, fileRoom]) {
    if (!isRoom(room)) refuse(`${JSON.stringify(room)} cannot be a room`);
  }
  const room = realRoom(folderRoom, aliases);
  if (room !== realRoom(fileRoom, aliases))
    refuse(`the folder says room ${folderRoom}, the name ${fileRoom}`);
  if (!cameraPattern.test(camera)) refuse(`the camera ${JSON.stringify(camera)} is not 1 to 12 digits`);

  const day =
    dayFrom(folderDate) ??
    refuse(`the folder's date ${JSON.stringify(folderDate)} is not a date from 2000 to 2099`);
  const captureDay = dayFrom(captured.slice(0, 8));
  if (!captureDay || !/^\d{8}([01]\d|2[0-3])([0-5]\d){2}$/.test(captured))
    return refuse(`the capture time ${JSON.stringify(captured)} is not a time from 2000 to 2099`);
  const batchInDate =
    readInDate(inDate, captureDay) ??
    refuse(`the in-date ${JSON.stringify(inDate)} is not a date from 2000 to 2099`);

  const growthDay = rememberedGrowthDay(`${batchInDate} ${captureDay}`);
  const { first, again } = minuteOf(`${captured.slice(0, 12)} ${timeZone}`);
  return {
    key,
    room,
    day,
    // In this century, clocks change only at full minutes.
    capturedAt: new Date(
      (storedSoonAfter(again, storedAt) ? again : first) + 1_000 * Number(captured.slice(12)),
    ),
    batchInDate,
    camera,
    growthDay,
    stage: phaseOf(growthDay),
  };
}

function storedSoonAfter(minute: number, storedAt: Date | undefined): boolean {
  const later = (storedAt?.getTime() ?? Number.NaN) - minute;
  return later >= 0 && later <= promptly;
}

/** Like `parseImageKey`, for keys that somebody else wrote: what is wrong with a key is returned, not thrown. */
export function readImageKey(key: string, rules: KeyRules, storedAt?: Date): ImageKey | PermanentError {
  try {
    return parseImageKey(key, rules, storedAt);
  } catch (error) {
    if (error instanceof PermanentError) return error;
    throw error;
  }
}

/**
 * Formats the key of an image, with 8-digit dates. `day` defaults to the day of capture.
 * @throws PermanentError when the room or the camera cannot be part of a key, or a date is invalid
 */
export function formatImageKey(
  image: Pick<ImageKey, 'room' | 'capturedAt' | 'batchInDate' | 'camera'> & { day?: Day },
  { timeZone }: { timeZone: string },
): string {
  const { room, camera, batchInDate, capturedAt, day = dayOf(capturedAt, timeZone) } = image;
  const local = instantToLocal(capturedAt, timeZone);
  const time = [local.hour, local.minute, local.second].map((part) => String(part).padStart(2, '0')).join('');
  const name = [room, camera, dayDigits(batchInDate), dayDigits(dayOf(capturedAt, timeZone)) + time].join(
    '_',
  );
  const key = `${room}/${dayDigits(day)}/${name}.jpg`;
  parseImageKey(key, { timeZone, aliases: {} });
  return key;
}

/** Whether this room name can be part of a key: letters, digits and hyphens. */
export function isRoom(text: string): boolean {
  return roomPattern.test(text);
}

/** The farm's name for the room of a store folder. */
export function realRoom(room: string, aliases: Readonly<Record<string, string>>): string {
  return Object.hasOwn(aliases, room) ? (aliases[room] as string) : room;
}

/** Cache keys are `{in-date} {day of capture}`. */
const rememberedGrowthDay = remembered((dates) => {
  const [batchInDate, captureDay] = dates.split(' ') as [Day, Day];
  return growthDayOf(batchInDate, captureDay);
});
