import type { FindingView, PlanDetail, PushedVersion } from '@swarm/contracts';
import { SwarmError } from '@swarm/kernel';
import { InvalidArgumentError, type Command } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { printAccepted, printFindings, printPlanDetail } from '../print/finding.views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';
import { authorFor } from './profile.commands.js';

interface ShowOptions extends ApiOptions {
  readonly profile?: string;
  readonly findings?: boolean;
  readonly accept?: string;
  readonly line?: number;
  readonly author?: string;
}

/** What was changed to settle a finding. */
export interface Accepted extends PushedVersion {
  readonly finding: string;
  readonly file: string;
  readonly line: string;
}

/** `plan show`: a plan, its findings, and the way to accept what would settle one. */
export function planShowCommand(surroundings: Surroundings): Command {
  return apiCommand('show', 'a plan, what is wrong with it, and what would settle that')
    .argument('[plan]', 'its id, or the beginning of it; default: the latest')
    .option('--profile <name>', 'the latest of this profile')
    .option('--findings', 'only what a person may have to settle, whole')
    .option(
      '--accept <finding>',
      'put the line that settles a finding into the profile; its id or the beginning',
    )
    .option('--line <number>', 'which line, where a finding has several', positiveInteger)
    .option('--author <name>', 'who accepts; default: the name of the user')
    .action(async (plan: string | undefined, _own: ShowOptions, command: Command) => {
      const options = command.optsWithGlobals<ShowOptions>();
      const client = clientFor(options, surroundings);
      if (options.line !== undefined && options.accept === undefined) {
        throw new SwarmError('SWARM_USAGE', '--line says nothing without --accept.');
      }
      const detail = await client.call('plan', { id: await planNamed(client, plan, options.profile) });
      if (options.accept !== undefined) {
        const author = authorFor(options.author, surroundings);
        const accepted = await accept(client, detail, { wanted: options.accept, line: options.line, author });
        show(accepted, options, surroundings, printAccepted);
      } else if (options.findings) {
        show({ findings: detail.findings }, options, surroundings, () => printFindings(detail));
      } else {
        show(detail, options, surroundings, printPlanDetail);
      }
    });
}

/** The id of a plan by the beginning of it, or of the latest one. */
async function planNamed(
  client: ApiClient,
  wanted: string | undefined,
  profile: string | undefined,
): Promise<string> {
  const { plans } = await client.call('plans', { profile, limit: wanted === undefined ? 1 : undefined });
  if (wanted === undefined) {
    const [latest] = plans;
    if (latest) return latest.id;
    throw new SwarmError('SWARM_FAILED', 'There is no plan yet.', { hint: '`swarm plan` makes one.' });
  }
  const found = plans.filter(({ id }) => id.startsWith(wanted));
  const [only, ...others] = found;
  if (others.length > 0) {
    throw new SwarmError('SWARM_USAGE', `"${wanted}" is the beginning of ${found.length} plans.`);
  }
  // An older one is not in the list: the gateway says whether it is there.
  return only?.id ?? wanted;
}

/** Puts the line that settles a finding into the profile of its plan. */
async function accept(
  client: ApiClient,
  { plan, findings }: Pick<PlanDetail, 'plan' | 'findings'>,
  choice: { readonly wanted: string; readonly line: number | undefined; readonly author: string },
): Promise<Accepted> {
  const finding = findingNamed(findings, choice.wanted);
  const { file, line } = remedyOf(finding, choice.line);
  const reason = `settles ${finding.id} of plan ${plan.id}`;
  const { author } = choice;
  const pushed = await client.call('acceptLine', { name: plan.profile, file, line, author, reason });
  return { finding: finding.id, file, line, ...pushed };
}

function findingNamed(findings: readonly FindingView[], wanted: string): FindingView {
  const found = findings.filter(({ id }) => id !== '' && id.startsWith(wanted));
  const [first, ...others] = found;
  const meant = others.length === 0 ? first : found.find(({ id }) => id === wanted);
  if (meant) return meant;
  if (first) {
    const named = found.map(({ id }) => id).join(', ');
    throw new SwarmError('SWARM_USAGE', `"${wanted}" is the beginning of several findings: ${named}.`);
  }
  throw new SwarmError('SWARM_FAILED', `The plan has no finding "${wanted}".`, {
    hint: '`swarm plan show --findings` lists them.',
  });
}

function remedyOf({ id, remedies }: FindingView, line: number | undefined): FindingView['remedies'][number] {
  if (remedies.length === 0) {
    throw new SwarmError('SWARM_FAILED', `No line is known that would settle ${id}.`, {
      hint: 'Its text says what is wrong; `swarm profile push` brings another configuration.',
    });
  }
  const remedy = remedies[(line ?? 1) - 1];
  if (remedy && (line !== undefined || remedies.length === 1)) return remedy;
  const choices = remedies.map((each, index) => `\n  ${index + 1}. ${each.file}: ${each.line}`).join('');
  throw new SwarmError('SWARM_USAGE', `${id} can be settled in ${remedies.length} ways:${choices}\n`, {
    hint: 'Choose one with --line <number>.',
  });
}

function positiveInteger(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a positive whole number.');
}
