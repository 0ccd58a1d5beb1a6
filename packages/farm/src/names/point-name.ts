/** Where a value comes from: `air_cooler_611.temp_set` of room 611. */
export interface PointName {
  room: string;
  deviceType: string;
  /** Alias `type_room`, with the prefix `left_` or `right_` if there are two. */
  device: string;
  point: string;
}

/** A point as named by a file or a gateway. Its device type is derived from the device. */
export type NamedPoint = Pick<PointName, 'room' | 'device' | 'point'>;

const validName = /^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,63}$/u;

/** The mistake in the names of a point; undefined if they are valid. */
export function wrongName(point: NamedPoint): string | undefined {
  for (const part of ['room', 'device', 'point'] as const) {
    if (!point[part]) return `no ${part}`;
    if (!validName.test(point[part])) {
      return `"${point[part].slice(0, 80)}" is not a valid ${part} name: use letters, digits, "_", "." and "-", at most 64`;
    }
  }
  return;
}

/** `left_humidifier_611` in room 611 → `humidifier`. */
export function deviceTypeOf(device: string, room: string): string {
  const alias = device.endsWith(`_${room}`) ? device.slice(0, -room.length - 1) : device;
  return alias.replace(/^(left|right)_/, '');
}

/** The key of a point in a map: `room/device/point`. */
export function pointKey({ room, device, point }: NamedPoint): string {
  return `${room}/${device}/${point}`;
}
