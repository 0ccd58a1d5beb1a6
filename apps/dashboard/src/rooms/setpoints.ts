import type { Queryable } from '@mycelium/database';
import type { Metric } from '@mycelium/farm';

/** The setpoints that control a metric, drawn together with it. */
const steering: Record<string, Metric> = {
  'air_cooler.temp_set': 'temperature',
  'humidifier.on': 'humidity',
  'humidifier.off': 'humidity',
  'fresh_air_fan.co2_on': 'co2',
  'fresh_air_fan.co2_off': 'co2',
};

export interface SetpointLine {
  metric: Metric;
  device: string;
  point: string;
  /** Instants in milliseconds, and the values from then on. */
  steps: [number, number][];
}

/** A room's setpoints over a span, with the value of each at its start. */
export async function setpointLines(
  db: Queryable,
  { room, from, to }: { room: string; from: Date; to: Date },
): Promise<SetpointLine[]> {
  const { rows } = await db.query<{
    deviceType: string;
    device: string;
    point: string;
    at: Date;
    value: number;
  }>(
    `select device_type as "deviceType", device, point, at, value
     from point cross join lateral (
       (select changed_at as at, value from setpoint_change
        where point_id = point.id and changed_at <= $2 order by changed_at desc limit 1)
       union all
       (select changed_at, value from setpoint_change where point_id = point.id and changed_at > $2 and changed_at < $3)
     ) step
     where room = $1 and device_type || '.' || point = any($4)
     order by device, point, at`,
    [room, from, to, Object.keys(steering)],
  );
  const lines = new Map<string, SetpointLine>();
  for (const { deviceType, device, point, at, value } of rows) {
    const key = `${device}.${point}`;
    const metric = steering[`${deviceType}.${point}`] as Metric;
    const line = lines.get(key) ?? { metric, device, point, steps: [] };
    lines.set(key, line);
    line.steps.push([Math.max(at.getTime(), from.getTime()), value]);
  }
  return [...lines.values()];
}

export interface Change {
  room: string;
  device: string;
  deviceType: string;
  point: string;
  kind: string;
  unit: string | null;
  at: Date;
  previous: number | null;
  value: number;
  /** Names of the values: `{"0": "off", "1": "auto"}`. */
  labels: Record<string, string>;
}

/** Changes of setpoints, switches and modes, newest first; a point's first known value is not a change. */
export async function listChanges(
  db: Queryable,
  { room, from, to, limit }: { room?: string | undefined; from: Date; to: Date; limit: number },
): Promise<Change[]> {
  const { rows } = await db.query<Change>(
    `select room, device, point.device_type as "deviceType", point.point, point.kind, point.unit,
            changed_at as at, previous, value, coalesce(rule.labels, '{}') as labels
     from setpoint_change join point on point.id = point_id
     left join lateral (select labels from point_rule rule
       where rule.device_type = point.device_type and rule.point = point.point and valid_from <= changed_at
       order by valid_from desc limit 1) rule on true
     where changed_at >= $2 and changed_at < $3 and previous is not null and ($1::text is null or room = $1)
     order by changed_at desc, device, point limit $4`,
    [room ?? null, from, to, limit],
  );
  return rows;
}
