import { MAX_LIST, type PlanDetail } from '@swarm/contracts';
import { exitCodes, SwarmError } from '@swarm/kernel';
import type { Command } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { followEvents } from '../client/follow-events.js';
import { printEvent, printPlan } from '../print/views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';
import { planShowCommand } from './plan-show.command.js';

interface PlanOptions extends ApiOptions {
  readonly profile?: string;
  readonly wait?: boolean;
}

export interface Asked {
  readonly requestId: string;
  readonly planId: string;
  /** The newest event before the plan was asked for. */
  readonly lastEvent: number;
}

/** Asks for a plan; it is in the ledger when this resolves. */
export async function askForPlan(
  client: ApiClient,
  targets: readonly string[],
  profile: string | undefined,
): Promise<Asked> {
  const { lastEvent } = await client.call('status', {});
  const { requestId, planId } = await client.call('askPlan', {
    targets: [...targets],
    profile,
    origin: 'operator',
  });
  return { requestId, planId, lastEvent };
}

/** Follows a plan until it is over; `tell` gets one line for each thing that happens to it. */
export async function waitForPlan(
  client: ApiClient,
  { planId, lastEvent }: Pick<Asked, 'planId' | 'lastEvent'>,
  { signal, pause, tell }: Pick<Surroundings, 'signal' | 'pause'> & { readonly tell: Tell },
): Promise<PlanDetail> {
  const first = await client.call('plan', { id: planId });
  if (isOver(first.plan.state)) {
    const { events } = await client.call('events', { after: lastEvent, limit: MAX_LIST });
    for (const event of events) if (isOfPlan(event.payload, planId)) tell(event);
    return first;
  }
  for await (const event of followEvents(client, { after: lastEvent, signal, pause })) {
    if (!isOfPlan(event.payload, planId)) continue;
    tell(event);
    // The plan may be further than this event: what is told comes from events alone, up to the one that ends it.
    if (event.message === 'PlanMoved' && endsPlan(event.payload)) return client.call('plan', { id: planId });
  }
  throw new SwarmError('SWARM_FAILED', `Stopped waiting for plan ${planId}; it goes on.`);
}

type Tell = (event: Parameters<typeof printEvent>[0]) => void;

function isOver(state: unknown): boolean {
  return state === 'complete' || state === 'failed' || state === 'cancelled';
}

function endsPlan(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'state' in payload && isOver(payload.state);
}

function isOfPlan(payload: unknown, planId: string): boolean {
  return typeof payload === 'object' && payload !== null && 'planId' in payload && payload.planId === planId;
}

/** `plan` and `build`: the same question, with the profile's targets or with atoms. */
export function planCommands(surroundings: Surroundings): Command[] {
  const ask = async (targets: readonly string[], options: PlanOptions): Promise<void> => {
    const client = clientFor(options, surroundings);
    const asked = await askForPlan(client, targets, options.profile);
    if (!options.wait) {
      const { requestId, planId } = asked;
      show({ requestId, planId }, options, surroundings, () => `plan ${planId} is made\n`);
      return;
    }
    const detail = await waitForPlan(client, asked, {
      ...surroundings,
      tell: (event) => surroundings.err(printEvent(event, surroundings.now())),
    });
    show(detail, options, surroundings, printPlan);
    if (detail.plan.state !== 'complete') {
      throw new SwarmError('SWARM_FAILED', `The plan is ${detail.plan.state}: ${detail.plan.detail}`);
    }
  };
  return [
    planOptions(apiCommand('plan', 'build what a profile needs: its own targets, or these'))
      .argument('[targets...]', 'atoms and sets, e.g. @world')
      .action(ask)
      // What comes after `show` is of `show`: both have --json.
      .enablePositionalOptions()
      .addCommand(planShowCommand(surroundings)),
    planOptions(apiCommand('build', 'build these packages and what they need'))
      .argument('<atoms...>', 'e.g. dev-libs/icu or =dev-libs/icu-74.2')
      .action(ask),
  ];
}

function planOptions(command: Command): Command {
  return command
    .option('--profile <name>', 'of this profile; may be left out where there is only one')
    .option('--wait', `follow it until it is over; exit ${exitCodes.failed} if it fails`);
}
