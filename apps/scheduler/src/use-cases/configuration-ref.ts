import type { ConfigurationRef } from '@swarm/contracts';
import type { Plan } from '@swarm/domain-plan';

/** What an assignment says of the configuration that a plan was made with; nothing where it was made with none (S17). */
export function configurationRef(
  { configuration }: Pick<Plan, 'configuration'>,
  binhostUrl: string,
): { readonly configuration?: ConfigurationRef } {
  if (configuration === null) return {};
  return { configuration: { digest: configuration, url: `${binhostUrl}/configuration/${configuration}` } };
}
