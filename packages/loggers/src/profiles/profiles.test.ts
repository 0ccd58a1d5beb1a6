import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../testing/read-text.ts';
import { profiles } from './all.ts';

const history = ['sensor.t611=mushroom_env_status_611.temperature'];

/** A file for each profile, with values of our own, and what it must give. */
const files: Record<string, { text: string; maps?: string[]; values: string[] }> = {
  hoboware: {
    text: '\uFEFF"Plot Title: Growing room 7"\r\n"#","Date Time, GMT-08:00","Temp, °F (LGR S/N: 1)","RH, % (LGR S/N: 1)","Host Connected (LGR S/N: 1)"\r\n1,06/25/26 10:00:00 AM,64.4,88.2,\r\n2,06/25/26 10:00:30 AM,,,Logged\r\n3,06/25/26 12:00:00 PM,68,88.4,\r\n',
    values: [
      'temperature 2026-06-25T18:00:00Z 18',
      'humidity 2026-06-25T18:00:00Z 88.2',
      'temperature 2026-06-25T20:00:00Z 20',
      'humidity 2026-06-25T20:00:00Z 88.4',
    ],
  },
  hobomobile: {
    text: 'Serial Number:12345678 --\n\nDate Time - GMT +08:00,"Temp, (*C)","RH, (%)","DewPt, (*C)",Host Connect,EOF,\n2026-06-25 10:00:00,18.25,88.10,16.1, , ,\n2026-06-25 10:00:10, , , ,Logged, ,\n',
    values: ['temperature 2026-06-25T02:00:00Z 18.25', 'humidity 2026-06-25T02:00:00Z 88.1'],
  },
  aranet: {
    text: 'Time(dd/mm/yyyy),Carbon dioxide(ppm),Temperature(°C),Relative humidity(%),Atmospheric pressure(hPa)\n10/06/2026 9:32:50 PM,"2494","18,3","90","1003,7"\n',
    values: [
      'co2 2026-06-10T21:32:50Z 2494',
      'temperature 2026-06-10T21:32:50Z 18.3',
      'humidity 2026-06-10T21:32:50Z 90',
    ],
  },
  govee: {
    text: '\uFEFFTimestamp for sample frequency every 15 min min, Temperature_Fahrenheit,Relative_Humidity\n2026-08-06 09:22:00,64.4,83.7\n',
    values: ['temperature 2026-08-06T09:22:00Z 18', 'humidity 2026-08-06T09:22:00Z 83.7'],
  },
  sensorpush: {
    text: 'SensorId,Observed,Temperature (°F),Relative Humidity (%),Barometric Pressure (inHg),Dew Point (°F)\n7,2026-03-01 23:00,68,81.0,29.92,43.1\n',
    values: ['temperature 2026-03-01T23:00:00Z 20', 'humidity 2026-03-01T23:00:00Z 81'],
  },
  'campbell-toa5': {
    text: '"TOA5","CR1000","CR1000","1","CR1000.Std.32","CPU:room.CR1","1234","Room"\r\n"TIMESTAMP","RECORD","AirTemp","RH"\r\n"TS","RN","Deg C","%"\r\n"","","Avg","Smp"\r\n"2026-06-25 10:00:00",1,18.4,"NAN"\r\n',
    values: ['temperature 2026-06-25T10:00:00Z 18.4'],
  },
  'home-assistant-history': {
    text: 'entity_id,state,last_changed\nsensor.t611,18.5,2026-06-10T08:00:00.000Z\nsensor.t611,unavailable,2026-06-10T08:10:00.000Z\nsensor.door,on,2026-06-10T08:11:00.000Z\n',
    maps: history,
    values: ['temperature 2026-06-10T08:00:00Z 18.5'],
  },
  'home-assistant-statistics': {
    text: 'statistic_id\tunit\tstart\tmin\tmax\tmean\nsensor.t611\t°F\t26.01.2026 00:00\t64\t65\t64.4\n',
    maps: history,
    values: ['temperature 2026-01-26T00:00:00Z 18'],
  },
  influxdb: {
    text: '#group,false,false,true,true,false,false,true,true\r\n#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string\r\n#default,mean,,,,,,,\r\n,result,table,_start,_stop,_time,_value,_field,_measurement\r\n,,0,2026-06-01T00:00:00Z,2026-06-02T00:00:00Z,2026-06-01T08:00:00Z,18.5,temperature,climate\r\n\r\n#group,false,false,true,true,false,false,true,true\r\n#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string\r\n#default,mean,,,,,,,\r\n,result,table,_start,_stop,_time,_value,_field,_measurement\r\n,,1,2026-06-01T00:00:00Z,2026-06-02T00:00:00Z,2026-06-01T08:00:00Z,88.5,humidity,climate\r\n',
    maps: [
      'temperature climate=mushroom_env_status_611.temperature',
      'humidity climate=mushroom_env_status_611.humidity',
    ],
    values: ['temperature 2026-06-01T08:00:00Z 18.5', 'humidity 2026-06-01T08:00:00Z 88.5'],
  },
  mycodo: {
    text: 'timestamp (UTC),Room 611 temperature (1a2b)\n2026-06-10 08:00:00.123456,18.5\n',
    values: ['temperature 2026-06-10T08:00:00.123Z 18.5'],
  },
};

test('every shipped profile has a file here, and names its source', () => {
  assert.deepEqual(Object.keys(files).sort(), profiles.map(({ name }) => name).sort());
  for (const { source } of profiles) assert.match(source, /^[\w.]+\/./);
});

for (const [name, { text, maps, values }] of Object.entries(files)) {
  test(`a file of ${name} is recognised and read`, async () => {
    const read = await readText(text, maps ? { maps } : {});
    assert.equal(read.plan.profile?.name, name);
    assert.deepEqual(read.plan.open, []);
    assert.deepEqual(read.report.bad, []);
    assert.deepEqual(read.values, values);
  });
}

test('a profile can be refused, and a wrong one is reported', async () => {
  const text = files.aranet?.text as string;
  const unknown = await readText(text, { profile: 'none' });
  assert.equal(unknown.plan.profile, undefined);
  assert.match(unknown.plan.open[0] ?? '', /day\/month\/year or month\/day\/year/);
  await assert.rejects(readText(text, { profile: 'govee' }), /does not look like one of profile "govee"/);
});
