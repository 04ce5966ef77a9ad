import type { PauseView, ProfileStatus, Status } from '@swarm/contracts';

type Numbers = Pick<Status, 'pauses' | 'rebootRequests' | 'profiles' | 'drones'>;

/** The next thing for the operator to do, in one sentence: what stops most comes first. Pure. */
export function nextThing({ pauses, rebootRequests, profiles, drones }: Numbers): string {
  if (profiles.length === 0)
    return 'There is no profile yet: `swarm up` makes one, or POST /api/v1/profiles.';
  const pause = pauseOfAll(pauses, profiles);
  if (pause) return pauseSentence(pause);
  const request = rebootRequests.find(({ until }) => until === null);
  if (request)
    return `${request.drone} does not come back by restarts: \`${request.confirm}\` lets it be rebooted.`;
  if (drones.online === 0 && profiles.some((profile) => unfinished(profile) > 0)) {
    return drones.total === 0
      ? 'Work waits and no drone has enrolled: start one.'
      : 'Work waits and no drone is online: `swarm drone list` says why.';
  }
  const failed = profiles.find(({ plan }) => plan?.state === 'failed');
  if (failed?.plan)
    return `The plan of ${failed.profile} failed: ${failed.plan.detail || 'no reason given'}.`;
  const stuck = profiles.find(({ numbers }) => numbers.jobs.quarantined > 0);
  if (stuck) return quarantineSentence(stuck);
  const open = profiles.filter(({ plan }) => plan?.state === 'building' || plan?.state === 'resolving');
  if (open.length > 0) return openSentence(open);
  const unplanned = profiles.find(({ plan }) => plan === null);
  if (unplanned) return `Ask for a first plan: \`swarm plan --profile ${unplanned.profile}\`.`;
  const cancelled = profiles.find(({ plan }) => plan?.state === 'cancelled');
  if (cancelled)
    return `The latest plan of ${cancelled.profile} was cancelled: \`swarm plan --profile ${cancelled.profile}\` makes another.`;
  return 'Nothing for you to do: every plan is complete; workstations install with `apkg update`.';
}

function quarantineSentence({ profile, numbers, stuck }: ProfileStatus): string {
  const first = stuck.find(({ state }) => state === 'quarantined')?.cpv;
  const { quarantined, blocked } = numbers.jobs;
  const also = blocked > 0 ? `, and ${blocked} more wait for that` : '';
  const look = first === undefined ? '' : `: \`swarm logs ${first}\` shows why`;
  return `${quarantined} ${quarantined === 1 ? 'package' : 'packages'} of ${profile} cannot be built${also}${look}.`;
}

function openSentence(open: readonly ProfileStatus[]): string {
  if (open.every(({ plan }) => plan?.state === 'resolving'))
    return 'Nothing for you to do: Portage works out the plan.';
  const left = open.reduce((sum, profile) => sum + unfinished(profile), 0);
  const total = open.reduce((sum, { numbers }) => sum + numbers.jobs.total, 0);
  return `Nothing for you to do: the swarm is at work, ${left} of ${total} packages are still to be built.`;
}

/** Where nothing that could be handed out may be: the pause that it is for. */
function pauseOfAll(pauses: readonly PauseView[], profiles: readonly ProfileStatus[]): PauseView | undefined {
  const ofSwarm = pauses.find(({ scope }) => scope.kind === 'swarm');
  if (ofSwarm) return ofSwarm;
  const held = profiles
    .filter((profile) => unfinished(profile) > 0)
    .map(({ profile, plan }) =>
      pauses.find(
        ({ scope }) =>
          (scope.kind === 'profile' && scope.profile === profile) ||
          (scope.kind === 'plan' && scope.plan === plan?.id),
      ),
    );
  return held.includes(undefined) ? undefined : held[0];
}

function pauseSentence({ resume, until }: PauseView): string {
  return `Nothing is handed out: \`${resume}\` ends the pause; by itself it ends at ${until}.`;
}

function unfinished({ plan, numbers: { jobs } }: ProfileStatus): number {
  const resolving = plan?.state === 'resolving' ? 1 : 0;
  return resolving + jobs.waiting + jobs.needed + jobs.delegated + jobs.received;
}
