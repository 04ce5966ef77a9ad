import { assignmentsOf, directivesOf } from './configuration-lines.js';
import type { AuditSeverity } from './finding.js';
import type { MachineReport, Told } from './machine-report.js';

/** One thing that is compared between machines, as items that are compared as a set. */
export interface Fact {
  readonly subject: string;
  readonly severity: AuditSeverity;
  readonly items: readonly string[];
}

/** Variables that are lists of words, in which order says nothing. */
const LISTS =
  /^(?:USE|FEATURES|ABI_\w+|CPU_FLAGS_\w+|VIDEO_CARDS|INPUT_DEVICES|LLVM_TARGETS|\w+_TARGETS?|L10N|ACCEPT_KEYWORDS|ACCEPT_LICENSE|MULTILIB_ABIS|GRUB_PLATFORMS)$/;
/** Variables that change no binary. */
const HARMLESS = /^(?:FEATURES|MAKEOPTS|ACCEPT_KEYWORDS|ACCEPT_LICENSE|L10N|GRUB_PLATFORMS)$/;
/** How wide a machine builds follows from its cores; that it does is no drift. */
const WIDTH = /(?:^|\s)(?:-[jl]\s*[\d.]*|--jobs(?:=\S*)?|--load-average(?:=\S*)?)(?=\s|$)/g;
/** Files of these kinds change what is built, not only which versions are. */
const BUILDS_OTHERWISE = /^(?:package\.use|package\.env|env|profile|patches|bashrc)/;

/** Everything in a report that is compared with peers; what could not be read is no fact. */
export function factsOf(report: MachineReport): readonly Fact[] {
  return [
    { subject: 'agent version', severity: 'warning', items: [report.agentVersion] },
    ...of(report.makeProfile, (profile) => [
      { subject: 'profile', severity: 'error', items: [profilePath(profile)] },
    ]),
    ...of(report.variables, (variables) => Object.entries(variables).map(variableFact)),
    ...fileFacts(report.files),
    ...of(report.repositories, (repositories) =>
      repositories.map(({ name, revision }) => ({
        ...{ subject: `repository ${name}`, severity: 'warning' as const },
        items: [revision ?? 'no revision known'],
      })),
    ),
    ...of(report.toolchain, (versions) =>
      Object.entries(versions).map(([program, version]) => ({
        ...{ subject: `version of ${program}`, items: [version] },
        severity: program === 'portage' ? ('warning' as const) : ('error' as const),
      })),
    ),
  ];
}

/** What the files of a configuration say; the same facts from a profile and from a machine can be compared. */
export function fileFacts(files: Told<Readonly<Record<string, string>>>): readonly Fact[] {
  return of(files, (texts) =>
    [...directivesOf(texts)].map(([subject, items]) => ({
      ...{
        subject,
        items,
        severity: BUILDS_OTHERWISE.test(subject) ? ('error' as const) : ('warning' as const),
      },
    })),
  );
}

/** The assignments of make.conf as they are written. */
export function makeConfFacts(text: string): readonly Fact[] {
  return [...assignmentsOf(text)].map(([name, value]) => {
    const fact = variableFact([name, value]);
    return { ...fact, subject: `${name} in make.conf` };
  });
}

/** `gentoo:default/linux/amd64/23.0` and `/var/db/repos/gentoo/profiles/default/linux/amd64/23.0` are one profile. */
export function profilePath(text: string): string {
  // A make.profile that is a directory has several parents.
  const paths = text.split(' ').map((path) => path.replace(/^.*\/profiles\//, '').replace(/^[\w.-]+:/, ''));
  return paths.join(' ');
}

function variableFact([name, value]: readonly [string, string]): Fact {
  const text = name === 'MAKEOPTS' ? value.replaceAll(WIDTH, ' ') : value;
  const words = text.split(/\s+/).filter((word) => word !== '');
  const items = LISTS.test(name) ? [...new Set(words)].sort() : words.length === 0 ? [] : [words.join(' ')];
  return { subject: name, severity: HARMLESS.test(name) ? 'warning' : 'error', items };
}

function of<T>(told: Told<T>, facts: (value: T) => readonly Fact[]): readonly Fact[] {
  return told.kind === 'told' ? facts(told.value) : [];
}
