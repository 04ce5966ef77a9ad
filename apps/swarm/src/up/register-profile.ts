import { configurationDigest } from '@swarm/adapter-portage';
import type { Configuration } from '@swarm/domain-plan';
import { retry } from '@swarm/platform';

import type { ApiClient } from '../client/api-client.js';
import type { BuildMeans } from './build-means.js';

const REGISTER_RETRIES = { attempts: 20, firstDelayMs: 100, maxDelayMs: 1_000 } as const;
const AUTHOR = 'swarm up';

/**
 * Makes the profile known that the drones build for, and pushes the lab's configuration where this state of the lab
 * was never pushed: what was pushed since by hand stays until the lab itself changes.
 * Gives the number of the version that was pushed now.
 */
export async function registerProfile(api: ApiClient, means: BuildMeans): Promise<number | undefined> {
  const { kind, profile: name, targets } = means;
  return retry(async () => {
    await api.call('putProfile', { name, kind, targets: [...targets] });
    return means.kind === 'portage' ? pushOnce(api, name, means.configuration) : undefined;
  }, REGISTER_RETRIES);
}

async function pushOnce(
  api: ApiClient,
  name: string,
  configuration: Configuration,
): Promise<number | undefined> {
  const digest = configurationDigest(configuration);
  const { versions } = await api.call('profileVersions', { name });
  if (versions.some((version) => version.digest === digest)) return undefined;
  const reason = versions.length === 0 ? 'the lab as it is' : 'the lab has changed';
  const { version } = await api.call('pushProfile', { name, configuration, author: AUTHOR, reason });
  return version.number;
}
