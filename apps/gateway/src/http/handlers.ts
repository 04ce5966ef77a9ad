import type { api, ApiName, EndpointRequest, EndpointResponse } from '@swarm/contracts';
import { DEFAULT_PAUSE_MS } from '@swarm/domain-schedule';

import type { GatewayPorts } from '../ports.js';
import { askPlan, putProfile } from '../use-cases/ask.js';
import { eventView } from '../use-cases/describe-event.js';
import { askWhy } from '../use-cases/ask-why.js';
import { askSchedule, removeSchedule, runSchedule } from '../use-cases/ask-schedule.js';
import { checkSchedules } from '../use-cases/check-schedules.js';
import { beginPause, endPause } from '../use-cases/ask-pause.js';
import { auditDrones } from '../use-cases/audit-drones.js';
import { orderDrone } from '../use-cases/order-drone.js';
import { confirmReboot, scanHost, setHost } from '../use-cases/ask-healing.js';
import { askQuarantine } from '../use-cases/ask-quarantine.js';
import { readDrone, readDrones, readReleases } from '../use-cases/read-fleet.js';
import { findJobs, readJob, readJobs } from '../use-cases/read-jobs.js';
import { readQuarantine, readQuarantined } from '../use-cases/read-quarantine.js';
import { readDoctor } from '../use-cases/read-doctor.js';
import { readActions, readHosts, readRequests } from '../use-cases/read-healing.js';
import { readPauses } from '../use-cases/read-pauses.js';
import { readPlan, readPlans } from '../use-cases/read-plans.js';
import { acceptLine, pushProfile } from '../use-cases/push-profile.js';
import { diffVersions, readVersion, readVersions } from '../use-cases/read-profile.js';
import { readRuns, readSchedules } from '../use-cases/read-schedules.js';
import { readStatus } from '../use-cases/read-status.js';
import { profileView } from '../use-cases/views.js';

/** One handler per route of the table: a route without one does not compile. */
export type Handlers = {
  readonly [N in ApiName]: (
    request: EndpointRequest<(typeof api)[N]>,
  ) => Promise<EndpointResponse<(typeof api)[N]>>;
};

export function handlersOver(ports: GatewayPorts): Handlers {
  return {
    status: () => readStatus(ports),
    plans: async (query) => ({ plans: await readPlans(ports, query) }),
    plan: ({ id }) => readPlan(ports, id),
    askPlan: (wish) => askPlan(ports, wish),
    jobs: (query) => readJobs(ports, query),
    jobsByAtom: async ({ atom }) => ({ jobs: await findJobs(ports, atom) }),
    job: ({ id }) => readJob(ports, id),
    drones: async () => ({ drones: await readDrones(ports) }),
    doctor: () => readDoctor(ports),
    auditDrones: async ({ drone }) => ({ audits: await auditDrones(ports, drone) }),
    drone: ({ drone }) => readDrone(ports, drone),
    groundDrone: ({ drone, forMs = null, author, reason }) =>
      orderDrone(ports, { drone, author, reason, wish: { kind: 'ground', forMs } }),
    ungroundDrone: (given) => orderDrone(ports, { ...given, wish: { kind: 'unground' } }),
    drainDrone: (given) => orderDrone(ports, { ...given, wish: { kind: 'drain' } }),
    resumeDrone: (given) => orderDrone(ports, { ...given, wish: { kind: 'resume' } }),
    retireDrone: (given) => orderDrone(ports, { ...given, wish: { kind: 'retire' } }),
    quarantine: async ({ profile }) => ({ quarantine: await readQuarantine(ports, profile) }),
    quarantined: ({ id }) => readQuarantined(ports, id),
    releaseQuarantine: (wish) => askQuarantine(ports, 'release', wish),
    addQuarantine: (wish) => askQuarantine(ports, 'add', wish),
    pauses: async () => ({ pauses: await readPauses(ports) }),
    beginPause: (wish) => beginPause(ports, wish),
    endPause: (wish) => endPause(ports, wish),
    droneHosts: async () => ({ hosts: await readHosts(ports) }),
    setDroneHost: (wish) => setHost(ports, wish),
    scanHost: (target) => scanHost(ports, target),
    rebootRequests: async () => ({ requests: await readRequests(ports) }),
    confirmReboot: (wish) => confirmReboot(ports, wish),
    healingActions: async (query) => ({ actions: await readActions(ports, query) }),
    releases: async ({ profile }) => ({ releases: await readReleases(ports, profile) }),
    profiles: async () => ({ profiles: (await ports.profiles.all()).map(profileView) }),
    putProfile: (profile) => putProfile(ports, profile),
    profileVersions: async ({ name }) => ({ versions: await readVersions(ports, name) }),
    profileVersion: ({ name, version }) => readVersion(ports, name, version),
    pushProfile: (push) => pushProfile(ports, push),
    acceptLine: (line) => acceptLine(ports, line),
    profileDiff: (wish) => diffVersions(ports, wish),
    schedules: async () => ({ schedules: await readSchedules(ports) }),
    checkSchedules: ({ schedule }) => checkSchedules(ports, schedule),
    scheduleRuns: async ({ schedule, limit }) => ({ runs: await readRuns(ports, limit, schedule) }),
    addSchedule: (schedule) => askSchedule(ports, { kind: 'add', schedule }),
    removeSchedule: ({ name }) => removeSchedule(ports, name),
    runSchedule: ({ name, requestId }) => runSchedule(ports, name, requestId),
    enableSchedule: ({ name }) => askSchedule(ports, { kind: 'enable', name }),
    disableSchedule: ({ name }) => askSchedule(ports, { kind: 'disable', name }),
    pauseSchedule: ({ name, forMs = DEFAULT_PAUSE_MS, author, reason }) =>
      askSchedule(ports, { kind: 'pause', name, forMs, author, reason }),
    resumeSchedule: ({ name }) => askSchedule(ports, { kind: 'resume', name }),
    why: (wish) => askWhy(ports, wish),
    events: async ({ after, limit }) => {
      const stored =
        after === undefined
          ? await ports.events.latest(limit)
          : await ports.events.after(BigInt(after), limit);
      return { events: stored.map(eventView) };
    },
  };
}
