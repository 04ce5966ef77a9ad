import type {
  LineChangeView,
  ProfileDiff,
  ProfileVersionSummary,
  ProfileVersionView,
  PushedVersion,
  RepositoryPinView,
} from '@swarm/contracts';

import { plain, table } from './text.js';

/** Digits of a digest that people see; enough to name a version. */
const SHORT_DIGEST = 12;

export function printVersions(versions: readonly ProfileVersionSummary[]): string {
  return table(
    ['version', 'digest', 'pushed', 'by', 'why'],
    versions.map(({ number, digest, current, createdAt, author, reason }) => [
      current ? `${number} (current)` : number,
      digest.slice(0, SHORT_DIGEST),
      createdAt.slice(0, 19).replace('T', ' '),
      author,
      reason,
    ]),
    'Nothing was pushed to this profile yet.',
  );
}

export function printVersion(version: ProfileVersionView): string {
  const { profile, number, current, digest, createdAt, author, reason, configuration } = version;
  const { files, world, repositories, makeProfile } = configuration;
  const names = Object.keys(files).sort();
  return [
    `version ${number} of profile ${profile}${current ? ' (current)' : ''}`,
    `  digest: ${digest}`,
    `  pushed: ${createdAt.slice(0, 19).replace('T', ' ')} by ${plain(author)}: ${plain(reason)}`,
    `  make.profile: ${makeProfile}`,
    'repositories:',
    ...repositories.map((pin) => `  ${pinText(pin)}`),
    `files below etc/portage: ${names.length}`,
    ...names.map((name) => `  ${plain(name)} (${linesIn(files[name] ?? '')} lines)`),
    `world: ${world.length}`,
    ...world.map((line) => `  ${plain(line)}`),
    '',
  ].join('\n');
}

export function printPushed({ version, isNew }: PushedVersion): string {
  const { profile, number, digest } = version;
  const name = `version ${number} of profile ${profile} (${digest.slice(0, SHORT_DIGEST)})`;
  return isNew
    ? `${name} is current; \`swarm plan --profile ${profile}\` plans with it\n`
    : `${name} is the same, and is current already\n`;
}

/** One line: how much a push changed. */
export function printChangeSummary({ changes, to }: ProfileDiff): string {
  const { files, world, repositories, repositoryOrder, makeProfile } = changes;
  const parts = [
    ...(files.length > 0 ? [`${files.length} ${files.length === 1 ? 'file' : 'files'}`] : []),
    ...(world.length > 0 ? ['world'] : []),
    ...(repositories.length > 0 || repositoryOrder ? ['repositories'] : []),
    ...(makeProfile ? ['make.profile'] : []),
  ];
  return `changed: ${parts.join(', ')}; \`swarm profile diff ${to.profile}\` shows it\n`;
}

export function printDiff({ from, to, changes }: ProfileDiff): string {
  const { files, world, repositories, repositoryOrder, makeProfile } = changes;
  const lines = [
    ...(makeProfile ? ['make.profile', `- ${makeProfile.from}`, `+ ${makeProfile.to}`] : []),
    ...repositories.flatMap((change) => [
      `repository ${change.name}`,
      ...(change.from ? [`- ${pinText(change.from)}`] : []),
      ...(change.to ? [`+ ${pinText(change.to)}`] : []),
    ]),
    ...(repositoryOrder ? [`repositories in order: ${repositoryOrder.join(', ')}`] : []),
    ...(world.length > 0 ? ['world', ...world.map(lineText)] : []),
    ...files.flatMap(({ path, kind, lines: changed }) => [
      `${plain(path)} (${kind})`,
      ...changed.map(lineText),
    ]),
  ];
  const before = from ? `version ${from.number}` : 'nothing';
  const head = `${to.profile}: ${before} → version ${to.number}`;
  return [head, ...(lines.length > 0 ? lines : ['No difference.']), ''].join('\n');
}

function lineText({ kind, text }: LineChangeView): string {
  return `${kind === 'added' ? '+' : '-'} ${plainLine(text)}`;
}

/** Spaces at the beginning are kept: they may be what changed. */
function plainLine(text: string): string {
  const line = text.replace(/\r?\n$/, '').replaceAll('\t', '    ');
  return line.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ');
}

function pinText({ name, source, revision }: RepositoryPinView): string {
  return `${name}: ${plain(source.kind === 'git' ? source.url : source.path)} at ${revision}`;
}

function linesIn(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') || text === '' ? 1 : 0);
}
