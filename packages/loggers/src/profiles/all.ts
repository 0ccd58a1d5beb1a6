import { PermanentError } from '@mycelium/farm';
import type { Layout } from '../layout/layout.ts';
import { aranet } from './aranet.ts';
import { campbell } from './campbell.ts';
import { govee } from './govee.ts';
import { hobomobile, hoboware } from './hobo.ts';
import { homeAssistantHistory, homeAssistantStatistics } from './home-assistant.ts';
import { influxdb } from './influxdb.ts';
import { mycodo } from './mycodo.ts';
import type { Profile, ProfileSettings } from './profile.ts';
import { sensorpush } from './sensorpush.ts';

/** The shipped profiles, in the order in which they are tried. */
export const profiles: readonly Profile[] = [
  hoboware,
  hobomobile,
  aranet,
  govee,
  sensorpush,
  campbell,
  homeAssistantHistory,
  homeAssistantStatistics,
  influxdb,
  mycodo,
];

/** @param name a shipped profile, `none`, or undefined to recognise the file. @throws PermanentError */
export function findProfile(
  layout: Layout,
  name?: string,
): { profile: Profile; settings: ProfileSettings } | undefined {
  if (name === 'none') return undefined;
  for (const profile of profiles) {
    if (name !== undefined && profile.name !== name) continue;
    const settings = profile.recognise(layout);
    if (settings) return { profile, settings };
  }
  if (name === undefined) return undefined;
  throw new PermanentError('wrong_profile', `The file does not look like one of profile "${name}".`);
}
