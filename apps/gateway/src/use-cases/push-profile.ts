import { outgoing, type PushedVersion } from '@swarm/contracts';
import {
  canonicalText,
  checkConfiguration,
  withLine,
  type Configuration,
  type ConfigurationError,
  type ProfileVersion,
} from '@swarm/domain-plan';
import type { Outgoing } from '@swarm/kernel';

import type { GatewayPorts } from '../ports.js';
import { ApiRefusal } from './api-refusal.js';
import { requireProfile } from './read-profile.js';
import { versionSummary } from './version-views.js';

/** Longest author, reason, file and line, in characters. */
const MAX_LINE = 500;
/** Mistakes that a refusal names before it only counts. */
const MAX_MISTAKES = 50;
/** How often a line is applied anew because others push at the same time. */
const MAX_TRIES = 10;
/** What would end a line, or is none of its characters. */
const NOT_IN_A_LINE = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u;

type Ports = Pick<GatewayPorts, 'profiles' | 'clock' | 'newId' | 'sha256'>;

/** Who changes a profile, and why. */
interface By {
  readonly author: string;
  readonly reason: string;
}

export interface Push extends By {
  /** Of the profile. */
  readonly name: string;
  readonly configuration?: unknown;
}

export interface LineWish extends By {
  readonly name: string;
  readonly file: string;
  readonly line: string;
}

/** Makes a configuration the current one of a profile; every mistake in it is told at once. */
export async function pushProfile(ports: Ports, push: Push): Promise<PushedVersion> {
  await requireRealProfile(ports, push.name);
  const checked = checkConfiguration(push.configuration);
  const mistakes = checked.ok ? [] : checked.error.map(inConfiguration);
  refuseMistakes([...mistakesOfBy(push), ...mistakes]);
  if (!checked.ok) throw new Error('a configuration with mistakes was refused');
  const { isNew, version } = await storeVersion(ports, { ...push, configuration: checked.value });
  return { version: versionSummary(version, version.number), isNew };
}

/** Adds a line to the current configuration, whatever is pushed at the same time. */
export async function acceptLine(ports: Ports, wish: LineWish): Promise<PushedVersion> {
  const { name, file, line } = wish;
  await requireRealProfile(ports, name);
  refuseMistakes([...mistakesOfBy(wish), ...mistakeOfLine('file', file), ...mistakeOfLine('line', line)]);
  let current = await ports.profiles.current(name);
  if (!current) {
    throw new ApiRefusal(
      'conflict',
      `name: nothing was pushed to profile "${name}" yet, so there is nothing to add a line to.`,
      `\`swarm profile push ${name}\` pushes the first version.`,
    );
  }
  const reason = wish.reason || `accepts ${file}: ${line}`.slice(0, MAX_LINE);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const checked = checkConfiguration(withLine(current.configuration, { file, line }));
    if (!checked.ok) {
      refuseMistakes(
        checked.error.map(({ field, message }) => ({ field: 'file', message: `${field} ${message}` })),
      );
      throw new Error('a line with mistakes was refused');
    }
    const given = { ...wish, reason, configuration: checked.value };
    const { isNew, isCurrent, version } = await storeVersion(ports, given, current.number);
    if (isCurrent) return { version: versionSummary(version, version.number), isNew };
    current = version;
  }
  throw new ApiRefusal('unavailable', `Profile "${name}" is pushed to all the time.`, 'Try again.');
}

interface Stored {
  readonly version: ProfileVersion;
  /** True where this push made it. */
  readonly isNew: boolean;
  /** False where another version than the pushed one is current, and stays so. */
  readonly isCurrent: boolean;
}

async function storeVersion(
  { profiles, clock, newId, sha256 }: Ports,
  push: By & { readonly name: string; readonly configuration: Configuration },
  replaces?: number,
): Promise<Stored> {
  const { name: profile, configuration, author, reason } = push;
  const digest = sha256(canonicalText(configuration));
  let isNew = false;
  const version = await profiles.pushVersion({
    profile,
    digest,
    configuration,
    author,
    reason,
    at: clock.now(),
    replaces,
    outgoing: (made) => {
      isNew = true;
      return [told(newId(), made)];
    },
  });
  return { version, isNew, isCurrent: version.digest === digest };
}

function told(id: string, version: ProfileVersion): Outgoing {
  const { profile, number, digest, author, reason, createdAt } = version;
  return outgoing('ProfilePushed', id, {
    id,
    at: createdAt.toISOString(),
    profile,
    number,
    digest,
    author,
    reason,
  });
}

async function requireRealProfile(ports: Ports, name: string): Promise<void> {
  const { kind } = await requireProfile(ports, name);
  if (kind === 'portage') return;
  throw new ApiRefusal(
    'conflict',
    `name: the profile "${name}" is ${kind}: no Portage reads a configuration for it.`,
    'Push to a profile of kind portage.',
  );
}

function mistakesOfBy({ author, reason }: By): readonly ConfigurationError[] {
  const nobody = author.trim() === '' ? [{ field: 'author', message: 'must say who pushes' }] : [];
  return [...nobody, ...mistakeOfLine('author', author), ...mistakeOfLine('reason', reason)];
}

function mistakeOfLine(field: string, text: string): readonly ConfigurationError[] {
  if (text.length > MAX_LINE) return [{ field, message: `has at most ${MAX_LINE} characters` }];
  const withoutTabs = text.replaceAll('\t', ' ');
  return NOT_IN_A_LINE.test(withoutTabs) ? [{ field, message: 'must be one line of text' }] : [];
}

function inConfiguration({ field, message }: ConfigurationError): ConfigurationError {
  if (field === 'configuration') return { field, message };
  return { field: `configuration.${field}`, message };
}

function refuseMistakes(mistakes: readonly ConfigurationError[]): void {
  if (mistakes.length === 0) return;
  const named = mistakes.slice(0, MAX_MISTAKES).map(({ field, message }) => `${field}: ${message}`);
  const rest = mistakes.length - named.length;
  const message = [...named, ...(rest > 0 ? [`and ${rest} more`] : [])].join('; ');
  throw new ApiRefusal('bad-input', message, 'docs/operations/profiles.md describes a configuration.');
}
