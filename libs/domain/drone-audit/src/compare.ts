import type { Fact } from './facts.js';
import type { AuditFinding } from './finding.js';

/** One machine, or a profile, as facts. */
export interface Facts {
  readonly name: string;
  readonly facts: readonly Fact[];
}

/**
 * What sets one machine apart from the others. What most of them have is right; where no value has the most, each one
 * that differs is told of, since nobody knows which is right. Pure.
 */
export function compareWithPeers(machine: Facts, peers: readonly Facts[]): readonly AuditFinding[] {
  if (peers.length === 0) return [];
  const all = [machine, ...peers].map(({ name, facts }) => ({
    name,
    facts: new Map(facts.map((fact) => [fact.subject, fact])),
  }));
  const own = all[0]?.facts ?? new Map<string, Fact>();
  const subjects = [...new Set(all.flatMap(({ facts }) => [...facts.keys()]))].sort();
  return subjects.flatMap((subject) => {
    const holders = new Map<string, { readonly names: string[]; readonly fact: Fact | undefined }>();
    for (const { name, facts } of all) {
      const fact = facts.get(subject);
      const key = keyOf(fact);
      const holder = holders.get(key) ?? { names: [], fact };
      holders.set(key, holder);
      holder.names.push(name);
    }
    const mine = keyOf(own.get(subject));
    const most = Math.max(...[...holders.values()].map(({ names }) => names.length));
    const others = [...holders].filter(([key, { names }]) => key !== mine && names.length === most);
    const isMost = holders.get(mine)?.names.length === most;
    const [other] = others;
    if (other === undefined || (isMost && others.length === 0)) return [];
    const [, { names, fact }] = other;
    return [differs({ subject, mine: own.get(subject), theirs: fact }, names, 'peers')];
  });
}

/** What a machine has otherwise than its profile says. Only what the profile speaks of, or the machine adds. Pure. */
export function compareWithProfile(machine: readonly Fact[], profile: Facts): readonly AuditFinding[] {
  const [own, wanted] = [machine, profile.facts].map(
    (facts) => new Map(facts.map((fact) => [fact.subject, fact])),
  );
  const subjects = [...new Set([...(own?.keys() ?? []), ...(wanted?.keys() ?? [])])].sort();
  return subjects.flatMap((subject) => {
    const [mine, theirs] = [own?.get(subject), wanted?.get(subject)];
    if (keyOf(mine) === keyOf(theirs)) return [];
    return [differs({ subject, mine, theirs }, [profile.name], 'profile')];
  });
}

interface Sides {
  readonly subject: string;
  readonly mine: Fact | undefined;
  readonly theirs: Fact | undefined;
}

/** Peers that a sentence names; of more, their number. */
const MOST_NAMED = 3;

function differs(
  { subject, mine, theirs }: Sides,
  names: readonly string[],
  kind: 'peers' | 'profile',
): AuditFinding {
  const severity = mine?.severity ?? theirs?.severity ?? 'warning';
  const [here, there] = [mine?.items ?? [], theirs?.items ?? []];
  const shown = names.length > MOST_NAMED ? `${names.length} of its peers` : names.join(', ');
  return {
    ...{ severity, subject, text: `${subject} is not as on ${shown}` },
    here: here.filter((item) => !there.includes(item)),
    there: there.filter((item) => !here.includes(item)),
    remedy: remedyFor(subject, kind),
  };
}

function remedyFor(subject: string, kind: 'peers' | 'profile'): string {
  if (kind === 'profile') {
    return 'Make /etc/portage as the profile has it, or push the profile as it should be; packages that the machine installs by itself are built otherwise until then.';
  }
  if (subject === 'profile') return 'Select the profile with `eselect profile set`.';
  if (subject.startsWith('version of '))
    return `Install the same version of ${subject.slice('version of '.length)} on all of them, and select it.`;
  if (subject.startsWith('repository ')) return 'Sync it: `emaint sync -a`.';
  if (subject === 'agent version') return 'Update the agent.';
  if (subject.startsWith('package.') || subject.includes('/'))
    return `Make /etc/portage/${subject} alike on all of them.`;
  return `Set ${subject} alike in /etc/portage/make.conf.`;
}

/** Nothing said, and something said that is empty, are one. */
function keyOf(fact: Fact | undefined): string {
  return JSON.stringify([...(fact?.items ?? [])].sort());
}
