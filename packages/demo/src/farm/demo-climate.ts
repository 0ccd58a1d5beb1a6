import { type Random, seededRandom, seedOf } from '@mycelium/encoder/random';

export interface DemoValue {
  device: string;
  point: string;
  /** Minutes since the day's first instant. */
  minute: number;
  value: number;
}

export interface DemoDay {
  room: string;
  /** Local day, for the seed. */
  day: string;
  minutes: number;
  /** The farm's clock in the first minute, 0 unless the day begins later. Most changes happen at nine. */
  growthDay: number;
  /** The minute when a new batch is brought in; from then on the growth day is 1. */
  turnoverAt?: number;
  seed: number;
}

/** Setpoints are read less often than the climate, but a change is written in the same minute. */
const setpointEvery = 5;

/** A room's setpoints in the morning, by device and point. */
function morningSettings(room: string, random: Random): Record<string, number> {
  const temperature = 17.5 + Math.round(random() * 2) / 2;
  return {
    'air_cooler.temp_set': temperature,
    'air_cooler.temp_diffset': 0.5,
    'air_cooler.cyc_on_time': 5,
    'air_cooler.cyc_off_time': 15,
    'air_cooler.on_off': 1,
    'air_cooler.air_on_off': 1,
    'air_cooler.hum_on_off': 0,
    'air_cooler.cyc_on_off': 1,
    'fresh_air_fan.co2_on': 3_000,
    'fresh_air_fan.co2_off': 2_000,
    'fresh_air_fan.on': 5,
    'fresh_air_fan.off': 25,
    'fresh_air_fan.mode': 1,
    'fresh_air_fan.control': 1,
    ...Object.fromEntries(
      ['left_humidifier', 'right_humidifier'].flatMap((side) => [
        [`${side}.on`, 88],
        [`${side}.off`, 93],
        [`${side}.mode`, 1],
      ]),
    ),
    'grow_light.on_mset': 840,
    'grow_light.off_mset': 600,
    'grow_light.model': 1,
    ...Object.fromEntries(
      [1, 2, 3, 4].flatMap((lamp) => [
        [`grow_light.on_off${lamp}`, 1],
        [`grow_light.choose${lamp}`, room === '608' ? 1 : 0],
      ]),
    ),
    'mushroom_info.in_num': 5_000 + Math.round(random() * 10) * 100,
  };
}

/** A change by a grower during the day: the point and its new value. */
const turns: [string, (value: number, random: Random) => number][] = [
  [
    'air_cooler.temp_set',
    (value, random) => Math.min(19, Math.max(13, value + (random() < 0.5 ? -0.5 : 0.5))),
  ],
  ['air_cooler.temp_set', (value, random) => Math.min(19, Math.max(13, value + (random() < 0.5 ? -1 : 1)))],
  ['fresh_air_fan.co2_on', (value, random) => value + (random() < 0.5 ? -100 : 100)],
  ['fresh_air_fan.co2_off', (value, random) => value + (random() < 0.5 ? -100 : 100)],
  ['fresh_air_fan.mode', (value) => (value === 1 ? 2 : 1)],
  ['left_humidifier.mode', (value) => (value === 1 ? 2 : 1)],
  ['right_humidifier.on', (value, random) => value + (random() < 0.5 ? -2 : 2)],
  ['grow_light.on_off3', (value) => 1 - value],
  ['air_cooler.cyc_on_time', (value, random) => Math.max(2, value + (random() < 0.5 ? -1 : 1))],
];

/**
 * Simulates one room's day by the minute: a cooler with hysteresis, humidifiers, CO2 that rises until the fan clears
 * it, a sensor that sometimes drops out, and about eight setpoint changes, mostly between nine and eleven. The same
 * seed, room and day give the same readings.
 */
export function* demoDay({ room, day, minutes, growthDay, turnoverAt, seed }: DemoDay): Generator<DemoValue> {
  const random = seededRandom(seedOf(seed, 'climate', room, day));
  const settings = morningSettings(room, seededRandom(seedOf(seed, 'settings', room)));
  const planned = planTurns(random);
  let [temperature, humidity, co2] = [settings['air_cooler.temp_set'] as number, 90.5, 2_300];
  let [cooling, humidifying, venting] = [false, false, false];

  for (let minute = 0; minute < minutes; minute++) {
    const turned = planned.filter(({ at }) => at === minute);
    for (const { point, to } of turned) settings[point] = to(settings[point] as number, random);
    const isNew = turnoverAt !== undefined && minute >= turnoverAt;
    settings['mushroom_info.in_day_num'] = isNew ? 1 : growthDay;
    if (minute === turnoverAt)
      settings['mushroom_info.in_num'] = (settings['mushroom_info.in_num'] as number) + 300;

    const set = settings['air_cooler.temp_set'] as number;
    const width = settings['air_cooler.temp_diffset'] as number;
    if (temperature > set + width) cooling = true;
    if (temperature < set - width) cooling = false;
    if (humidity < (settings['left_humidifier.on'] as number)) humidifying = true;
    if (humidity > (settings['left_humidifier.off'] as number)) humidifying = false;
    if (co2 > (settings['fresh_air_fan.co2_on'] as number)) venting = true;
    if (co2 < (settings['fresh_air_fan.co2_off'] as number)) venting = false;
    temperature += (cooling ? -0.07 : 0.035) + (venting ? 0.02 : 0) + (random() - 0.5) * 0.06;
    humidity += (humidifying ? 0.35 : -0.12) - (venting ? 0.15 : 0) + (random() - 0.5) * 0.3;
    humidity = Math.min(99.5, Math.max(60, humidity));
    co2 += (venting ? -65 : 14 + growthDay * 0.3) + (random() - 0.5) * 30;

    if (random() > 0.004) {
      // One reading in 250 never arrives, and one CO2 reading in 400 is the zero of a dropout.
      yield { device: 'mushroom_env_status', point: 'temperature', minute, value: round(temperature, 1) };
      yield { device: 'mushroom_env_status', point: 'humidity', minute, value: round(humidity, 1) };
      yield {
        device: 'mushroom_env_status',
        point: 'co2',
        minute,
        value: random() < 0.0025 ? 0 : Math.round(co2),
      };
    }
    const changed = new Set(turned.map(({ point }) => point));
    if (minute === turnoverAt)
      for (const point of ['in_num', 'in_day_num']) changed.add(`mushroom_info.${point}`);
    for (const [name, value] of Object.entries(settings)) {
      if (minute % setpointEvery !== 0 && !changed.has(name)) continue;
      const [device = '', point = ''] = name.split('.');
      yield { device, point, minute, value };
    }
  }
}

function planTurns(random: Random) {
  const count = 7 + Math.floor(random() * 3);
  return Array.from({ length: count }, () => {
    const [point, to] = turns[Math.floor(random() * turns.length)] as (typeof turns)[number];
    const busy = random() < 0.75;
    const at = busy ? 9 * 60 + Math.floor(random() * 120) : Math.floor(random() * 1_380);
    return { point, to, at };
  });
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
