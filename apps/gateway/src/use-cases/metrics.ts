import { droneStates, jobStates, type Status } from '@swarm/contracts';

const pauseScopes = ['swarm', 'profile', 'plan'] as const;

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The status in Prometheus' text format. Labels have few values: never a package, never a drone. Pure. */
export function metricsText(status: Status): string {
  const { pauses, profiles, drones } = status;
  const byProfile = (value: (of: Status['profiles'][number]) => number | null): Sample[] =>
    profiles.flatMap((of) => {
      const number = value(of);
      const labels = { profile: of.profile, synthetic: String(of.synthetic) };
      return number === null ? [] : [{ labels, value: number }];
    });
  const jobs = jobStates.flatMap((state) =>
    byProfile(({ numbers }) => numbers.jobs[state]).map(({ labels, value }) => ({
      labels: { ...labels, state },
      value,
    })),
  );
  const ageSeconds = byProfile(({ release }) =>
    release ? (Date.parse(status.at) - Date.parse(release.createdAt)) / 1000 : null,
  );
  return [
    gauge('swarm_latest_plan_jobs_count', 'Jobs of the latest plan of each profile, by state.', jobs),
    gauge(
      'swarm_latest_plan_success_ratio',
      'Published by jobs ever attempted; quarantined ones count against it.',
      byProfile(({ numbers }) => numbers.successRate),
    ),
    gauge(
      'swarm_pauses_count',
      'Pauses that stand: of the swarm, of profiles, of plans.',
      pauseScopes.map((scope) => ({
        labels: { scope },
        value: pauses.filter((pause) => pause.scope.kind === scope).length,
      })),
    ),
    gauge(
      'swarm_drones_count',
      'Drones by state.',
      droneStates.map((state) => ({ labels: { state }, value: drones[state] })),
    ),
    gauge('swarm_drone_slots_count', 'Build slots of online drones.', [{ labels: {}, value: drones.slots }]),
    gauge('swarm_drone_slots_busy_count', 'Build slots in use.', [{ labels: {}, value: drones.working }]),
    gauge(
      'swarm_release_packages_count',
      'Packages of the current release.',
      byProfile(({ release }) => release?.packages ?? null),
    ),
    gauge('swarm_release_age_seconds', 'Age of the current release.', ageSeconds),
  ].join('');
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}=${JSON.stringify(text)}`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n');
}
