import { silenceMs, type Drone } from '@swarm/domain-drone';

import { findings, stateOf, type Fault, type HealingAction, type PageCause } from './action.js';
import { isConfirmed, isLapsed, type RebootRequest } from './confirmation.js';
import { episodeOf, isImpostor, sinceEndMs, type Episode } from './episode.js';
import { hostKinds, type DroneHost } from './host.js';
import type { HealingPolicy } from './policy.js';
import { rebootHindrance, type Fleet } from './reboot-limit.js';

/** Everything that a decision about one drone depends on. */
export interface Case {
  readonly drone: Drone;
  /** Its page of the host book; undefined where nobody wrote one. */
  readonly host: DroneHost | undefined;
  /** What was done to it, oldest first, up to now. One that has not ended is at the end, and is the only one. */
  readonly history: readonly HealingAction[];
  /** Its open request for a confirmation. */
  readonly request: RebootRequest | undefined;
  readonly fleet: Fleet;
  readonly policy: HealingPolicy;
  readonly now: Date;
}

/** What is to be done about a drone now, and why. */
export type Decision =
  | { readonly kind: 'nothing'; readonly reason: string }
  /** An act was begun and its result is not known: look, and do nothing twice. */
  | { readonly kind: 'settle'; readonly action: HealingAction; readonly reason: string }
  | { readonly kind: 'probe'; readonly fault: Fault; readonly reason: string }
  | { readonly kind: 'restart'; readonly fault: Fault; readonly reason: string }
  | { readonly kind: 'ask'; readonly fault: Fault; readonly reason: string }
  /** A confirmation that was given holds no longer, or is not needed any more. */
  | {
      readonly kind: 'withdraw';
      readonly request: RebootRequest;
      readonly how: 'expired' | 'recovered';
      readonly reason: string;
    }
  | {
      readonly kind: 'reboot';
      readonly fault: Fault;
      /** The request that was confirmed; null where consent is standing. */
      readonly request: RebootRequest | null;
      readonly reason: string;
    }
  | { readonly kind: 'page'; readonly cause: PageCause; readonly fault: Fault; readonly reason: string }
  /** It is well: the ladder begins at its foot again. */
  | { readonly kind: 'close'; readonly reason: string };

type Sick = Case & { readonly fault: Fault; readonly episode: Episode };

/**
 * Rungs 2 to 4 of the recovery ladder (DESIGN 7), for one drone. What was done before is read from the rows of the
 * ledger, so cooldowns survive every restart. A drone that is heard is never touched for what SSH says (S25). Pure.
 */
export function decide(given: Case): Decision {
  const { drone, history, request } = given;
  const open = history.find(({ end }) => end === null);
  if (open) return { kind: 'settle', action: open, reason: `a ${open.kind} was begun and has no result` };
  if (drone.state === 'retired') {
    return request ? withdrawn(request, 'it is retired') : nothing('it is retired');
  }
  const episode = episodeOf(history);
  if (isWell(drone)) return ofWell(given, episode);
  const rest = whyLeftAlone(drone, given);
  if (rest !== undefined) return nothing(rest);
  const fault: Fault = drone.state === 'grounded' ? 'grounded' : 'agent-down';
  return ofSick({ ...given, fault, episode });
}

function isWell({ state, grounding }: Drone): boolean {
  return (state === 'online' || state === 'draining') && grounding === null;
}

function ofWell({ drone, request, policy, now }: Case, { acts }: Episode): Decision {
  if (request) return withdrawn(request, `it is ${drone.state}`);
  const last = acts.at(-1);
  if (!last) return nothing(`it is ${drone.state}`);
  // A drone that comes and goes must climb, or it would be restarted for ever.
  if (sinceEndMs(last, now) < policy.steadyMs) return nothing(`it is ${drone.state} since a short time`);
  return { kind: 'close', reason: `it is ${drone.state}` };
}

/** Why a drone that is not well is not treated; undefined where it is. */
function whyLeftAlone(drone: Drone, { policy, now }: Case): string | undefined {
  const { state, grounding, lastSign, drain } = drone;
  // Who drains it is at it.
  if (drain !== null) return 'a person drains it';
  switch (state) {
    case 'grounded':
      // Who grounded it knows why.
      return grounding?.until === null ? 'a person grounded it' : undefined;
    case 'offline':
      if (silenceMs(drone, now) < policy.offlineAfterMs) return 'it was heard a moment ago';
      return lastSign.draining ? 'it was told to stop, and did' : undefined;
    case 'suspect':
      return 'it is quiet since a short time';
    case 'probation':
      return 'its canary decides';
    case 'online':
    case 'draining':
    case 'retired':
      return `it is ${state}`;
  }
}

function ofSick(sick: Sick): Decision {
  const { drone, fault, episode, host, policy, now } = sick;
  const { last, restarts, reboots } = episode;
  if (!host) return ofHomeless(sick);
  if (isImpostor(episode)) return page(sick, 'identity', impostorText(episode)) ?? probe(sick);
  if (last && isAwaitingCanary(sick, last))
    return nothing(`it was treated in this grounding: its canary decides`);
  const reboot = reboots.at(-1);
  if (reboot) return ofRebooted(sick, reboot);
  if (last && sinceEndMs(last, now) < policy.restartCooldownMs) {
    return nothing(`it was restarted ${Math.round(sinceEndMs(last, now) / 1000)} s ago`);
  }
  const doubt = notYetSure(sick);
  if (doubt) return doubt;
  const sickness = `${drone.name} is ${fault === 'grounded' ? 'grounded' : 'silent'}`;
  if (restarts.length < policy.restarts) {
    return { kind: 'restart', fault, reason: `${sickness}: ${drone.reason}` };
  }
  return ofUnrestartable(sick, host, `${sickness} after ${restarts.length} restarts`);
}

/** Nobody wrote down where it is: what the first rungs would do is left to people. */
function ofHomeless(sick: Sick): Decision {
  const { drone, fault, policy, now } = sick;
  const isLong =
    fault === 'grounded'
      ? (drone.grounding?.times ?? 0) > policy.restarts
      : silenceMs(drone, now) >= policy.offlineAfterMs + policy.probeOverMs;
  if (!isLong) return nothing('it may come back by itself');
  const reason = `${drone.name} is ${drone.state}, and the host book does not say where it is`;
  return page(sick, 'no-host', reason) ?? nothing(`${reason}; people know`);
}

/** One treatment a grounding: only another grounding shows that it did not help. */
function isAwaitingCanary({ drone, fault }: Sick, last: HealingAction): boolean {
  return (
    fault === 'grounded' &&
    last.fault === 'grounded' &&
    stateOf(last) === 'done' &&
    last.groundings === drone.grounding?.times
  );
}

/** Undefined when enough looks, over enough time, found it sick while its host answers. */
function notYetSure(sick: Sick): Decision | undefined {
  const { episode, policy, now } = sick;
  const { probes } = episode;
  const [first] = probes;
  const latest = probes.at(-1);
  if (!first || !latest) return probe(sick);
  const isLong = now.getTime() - first.begunAt.getTime() >= policy.probeOverMs;
  if (probes.length < policy.probes || !isLong) return probe(sick);
  if (answers(latest)) return undefined;
  const recent = probes.slice(-policy.probes);
  if (recent.some(answers)) return probe(sick);
  const cause = latest.end?.found === 'no-access' ? 'no-access' : 'unreachable';
  return (
    page(sick, cause, `${sick.drone.name}: ${latest.end?.detail ?? 'its host does not answer'}`) ??
    probe(sick)
  );
}

/** Rung 3: a reboot, where it may be. */
function ofUnrestartable(sick: Sick, host: DroneHost, sickness: string): Decision {
  const { drone, fault, request, fleet, policy, now } = sick;
  const never =
    neverRebooted(sick, host, sickness) ?? (host.mayReboot ? undefined : ofConsent(sick, sickness));
  if (never) return never;
  const hindrance = rebootHindrance(drone.name, fleet, policy, now);
  if (hindrance !== undefined) return nothing(hindrance);
  const by = host.mayReboot ? 'consent is standing' : `confirmed by ${request?.consent?.by ?? 'somebody'}`;
  return {
    ...{ kind: 'reboot', fault, reason: `${sickness}; ${by}` },
    request: host.mayReboot ? null : (request ?? null),
  };
}

/** What is decided where the host may not be rebooted by the swarm at all; undefined where it may. */
function neverRebooted(sick: Sick, host: DroneHost, sickness: string): Decision | undefined {
  if (host.isProtected) {
    const reason = `${sickness}, and is protected: nobody but a person reboots it`;
    return page(sick, 'protected', reason) ?? probe(sick);
  }
  if (hostKinds[host.kind].canReboot) return undefined;
  const reason = `${sickness}, and a ${host.kind} host is not rebooted from inside`;
  return page(sick, 'cannot-reboot', reason) ?? probe(sick);
}

/** What is decided while nobody has confirmed the reboot; undefined where somebody has. */
function ofConsent(sick: Sick, sickness: string): Decision | undefined {
  const { fault, request, now } = sick;
  if (!request) return { kind: 'ask', fault, reason: sickness };
  if (isLapsed(request, now)) {
    return { kind: 'withdraw', request, how: 'expired', reason: 'the confirmation holds no longer' };
  }
  return isConfirmed(request, now) ? undefined : ofUnconfirmed(sick, request, sickness);
}

function ofUnconfirmed(sick: Sick, request: RebootRequest, sickness: string): Decision {
  const waitedMs = sick.now.getTime() - request.askedAt.getTime();
  const waits = nothing('a reboot waits for its confirmation');
  if (waitedMs < sick.policy.confirmWithinMs) return waits;
  const reason = `${sickness}; a reboot waits for its confirmation since ${request.askedAt.toISOString()}`;
  return page(sick, 'unconfirmed', reason) ?? waits;
}

/** After a reboot there is nothing left that the swarm may do by itself. */
function ofRebooted(sick: Sick, reboot: HealingAction): Decision {
  const { drone, policy, now } = sick;
  const { detail = '' } = reboot.end ?? {};
  if (stateOf(reboot) !== 'done') {
    return page(sick, 'reboot-failed', `the reboot of ${drone.name} failed: ${detail}`) ?? probe(sick);
  }
  if (sinceEndMs(reboot, now) < policy.returnMs) return nothing('it was rebooted, and has time to come back');
  const reason = `${drone.name} is ${drone.state} after ${policy.restarts} restarts and a reboot`;
  return page(sick, 'still-sick', reason) ?? probe(sick);
}

/** A look, unless the last one was a moment ago. */
function probe({ drone, fault, episode, history, policy, now }: Sick): Decision {
  const latest = episode.acts.at(-1);
  const isPaged = history.some(
    ({ kind, begunAt }) => kind === 'page' && now.getTime() - begunAt.getTime() < policy.pageEveryMs,
  );
  const everyMs = isPaged ? policy.probePagedEveryMs : policy.probeEveryMs;
  if (latest && sinceEndMs(latest, now) < everyMs) return nothing('its host was looked at a moment ago');
  return { kind: 'probe', fault, reason: `${drone.name} is ${drone.state}: ${drone.reason}` };
}

/** A call to a person; undefined where the same was said within the hour. */
function page({ history, fault, policy, now }: Sick, cause: PageCause, reason: string): Decision | undefined {
  const isKnown = history.some((action) => {
    if (action.cause !== cause) return false;
    const limitMs = stateOf(action) === 'failed' ? policy.pageAgainMs : policy.pageEveryMs;
    return now.getTime() - action.begunAt.getTime() < limitMs;
  });
  return isKnown ? undefined : { kind: 'page', cause, fault, reason };
}

function impostorText({ acts }: Episode): string {
  const { detail = 'the host is not the drone' } = acts.at(-1)?.end ?? {};
  return `${detail}: nothing was executed there`;
}

function answers({ end }: HealingAction): boolean {
  return end?.found != null && findings[end.found].answers;
}

function withdrawn(request: RebootRequest, why: string): Decision {
  return { kind: 'withdraw', request, how: 'recovered', reason: why };
}

function nothing(reason: string): Decision {
  return { kind: 'nothing', reason };
}
