import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import {
  type Atom,
  checkRequiredUse,
  compareVersions,
  type Eapi,
  evaluateDependencies,
  evaluateUseDeps,
  matchesAtom,
  parseAtom,
  parseDependencies,
  parseTokens,
  parseVersion,
  printAtom,
  type ReducedToken,
  satisfiedBy,
  splitCpv,
  useReduce,
  useReduceTokens,
} from '@swarm/domain-ebuild';

import { ensurePortage } from '../ensure-portage.js';
import {
  type CandidateFacts,
  eapiBy,
  eapiChoices,
  flags,
  matchBy,
  typedAtomBy,
  useSetBy,
} from './atom.arbitrary.js';
import { type Dice, diceOf } from './dice.js';
import { askPortage, type Question } from './oracle.fixture.js';
import { realTexts } from './real-texts.fixture.js';
import { typedSpecificationBy } from './specification.arbitrary.js';
import { typedVersionBy, versionPairBy } from './version.arbitrary.js';

const workspace = join(import.meta.dirname, '..', '..', '..', '..', '..');
const setup = await ensurePortage({ cacheDir: join(workspace, '.cache') });
const describeWithPortage = setup.kind === 'ready' ? describe : describe.skip;

/** 1 is the full size; the suite runs a tenth of it, with another seed each time. */
const scale = Number(process.env['SWARM_DIFFERENTIAL_SCALE'] ?? '0.1');
const seed = Number(process.env['SWARM_DIFFERENTIAL_SEED'] ?? String(Date.now() % 1_000_000_000));
const real =
  scale >= 1
    ? await realTexts(join(workspace, '..', 'shared', 'data', 'Packages-x86_64-2021.gz'))
    : undefined;

/** A question to Portage, and our own answer to it. */
interface Case {
  readonly question: Question;
  readonly ours: unknown;
}

const refused = { refused: true };

/** Asks Portage, and reports the cases where it does not say what we say. */
async function expectAgreement(what: string, cases: readonly Case[]): Promise<void> {
  if (setup.kind !== 'ready') throw new Error(setup.reason);
  const started = performance.now();
  const theirs = await askPortage(
    setup.portage,
    cases.map(({ question }) => question),
  );
  const differing = cases.flatMap(({ question, ours }, index) => {
    const answer = theirs[index];
    const plain = isRefusal(answer) ? refused : answer;
    return JSON.stringify(ours) === JSON.stringify(plain) ? [] : [{ question, ours, theirs: answer }];
  });
  const accepted = theirs.filter((answer) => !isRefusal(answer) && !isNothing(answer)).length;
  process.stdout.write(
    `differential ${what}: ${cases.length} cases, ${accepted} accepted by Portage ${setup.portage.version}, ` +
      `${differing.length} differ; seed ${seed}, ${secondsSince(started)} s\n`,
  );
  expect(differing.slice(0, 10)).toEqual([]);
}

function secondsSince(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}

function isRefusal(answer: unknown): answer is { readonly refused: string } {
  return typeof answer === 'object' && answer !== null && 'refused' in answer;
}

/** No CPV, no order, or packages of which none is matched. */
function isNothing(answer: unknown): boolean {
  if (Array.isArray(answer)) return answer.length > 0 && answer.every((part) => part === false);
  return answer === null || (typeof answer === 'object' && 'order' in answer && answer.order === null);
}

function casesBy<T>(count: number, salt: number, make: (dice: Dice) => T): T[] {
  const dice = diceOf(seed * 31 + salt);
  return Array.from({ length: Math.ceil(count * scale) }, () => make(dice));
}

function versionCase([a, b]: readonly [string, string]): Case {
  const [left, right] = [parseVersion(a), parseVersion(b)];
  const order = left.ok && right.ok ? compareVersions(left.value, right.value) : null;
  return { question: { kind: 'version', a, b }, ours: { valid: [left.ok, right.ok], order } };
}

function cpvCase(text: string): Case {
  const split = splitCpv(text);
  const { category, pn, version } = split.ok ? split.value : {};
  return {
    question: { kind: 'cpv', text },
    ours: split.ok
      ? [category, pn, version?.base, `r${version?.revision === '' ? '0' : version?.revision}`]
      : null,
  };
}

/** The fields under the names that `oracle.py` gives them; it says `null` where there is nothing. */
function fieldsOf(atom: Atom): object {
  const { blocker, name, range, repository, requiredFlags } = atom;
  const inBrackets = /\[(.*)\]$/.exec(printAtom(atom))?.[1];
  const fields = {
    blocker: blocker && { weak: '!', strong: '!!' }[blocker],
    name,
    operator: range?.operator,
    version: range?.version.text,
    buildId: range?.buildId,
    ...slotFieldsOf(atom),
    repository,
    use: inBrackets?.split(',') ?? [],
    required: [...new Set(requiredFlags)].sort(),
  };
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, value ?? null]));
}

function slotFieldsOf({ slot }: Atom): object {
  switch (slot?.kind) {
    case undefined:
      return { slot: null, subslot: null, slotOperator: null };
    case 'any':
      return { slot: null, subslot: null, slotOperator: '*' };
    case 'any-rebuild':
      return { slot: null, subslot: null, slotOperator: '=' };
    case 'named':
      return { slot: slot.slot, subslot: slot.subslot, slotOperator: slot.rebuild ? '=' : null };
  }
}

function atomCase(text: string, eapi: Eapi | undefined, use: readonly string[]): Case {
  const atom = parseAtom(text, { eapi });
  if (!atom.ok) return { question: { kind: 'atom', text, eapi }, ours: refused };
  const fields = fieldsOf(atom.value);
  // Portage 3.0.82 forgets the repository when it evaluates conditions.
  if (atom.value.repository !== undefined) return { question: { kind: 'atom', text, eapi }, ours: fields };
  const evaluated = printAtom(evaluateUseDeps(atom.value, new Set(use)));
  return { question: { kind: 'atom', text, eapi, use }, ours: { ...fields, evaluated } };
}

function matchCase(
  text: string,
  packages: readonly CandidateFacts[],
  use: readonly string[] | undefined,
): Case {
  const parsed = parseAtom(text);
  const question: Question = { kind: 'match', text, packages, ...(use === undefined ? {} : { use }) };
  if (!parsed.ok) return { question, ours: refused };
  const atom = use === undefined ? parsed.value : evaluateUseDeps(parsed.value, new Set(use));
  const ours = packages.map((facts) => {
    const cpv = splitCpv(facts.cpv);
    if (!cpv.ok) throw new Error(cpv.error.message);
    return matchesAtom(atom, {
      ...facts,
      cpv: cpv.value,
      use: new Set(facts.use),
      iuse: new Set(facts.iuse),
    });
  });
  return { question, ours };
}

function reduceCase(text: string, eapi: Eapi | undefined, use: readonly string[]): Case {
  const nodes = parseDependencies(text, { eapi });
  const ours = nodes.ok ? useReduce(nodes.value, new Set(use), { eapi }) : refused;
  return { question: { kind: 'use_reduce', text, eapi, use }, ours };
}

function tokensCase(
  text: string,
  tokens: 'word' | 'src-uri',
  eapi: Eapi | undefined,
  use: readonly string[],
): Case {
  const nodes = parseTokens(text, { eapi, tokens });
  const ours = nodes.ok ? useReduceTokens(nodes.value, new Set(use), { eapi }) : refused;
  return { question: { kind: 'use_reduce', text, eapi, use, tokens }, ours };
}

function requiredUseCase(
  text: string,
  eapi: Eapi | undefined,
  use: readonly string[],
  iuse: readonly string[],
): Case {
  const verdict = checkRequiredUse(text, { use: new Set(use), iuse: new Set(iuse), eapi });
  return {
    question: { kind: 'required_use', text, eapi, use, iuse },
    ours: verdict.ok ? verdict.value.ok : refused,
  };
}

/** Whether the nested lists that Portage made are satisfied; read apart from our own evaluation. */
function listSatisfied(tokens: readonly ReducedToken[], isSatisfied: (atom: string) => boolean): boolean {
  return tokens.every((token, index) => {
    if (token === '||') return true;
    const options = tokens[index - 1] === '||';
    if (typeof token === 'string') return isSatisfied(token);
    return options
      ? token.some((option, at) =>
          option === '||'
            ? false
            : token[at - 1] === '||'
              ? listSatisfied(['||', option], isSatisfied)
              : listSatisfied([option], isSatisfied),
        )
      : listSatisfied(token, isSatisfied);
  });
}

describeWithPortage('the language of ebuilds, as Portage reads it', () => {
  it('orders versions the same', async () => {
    const pairs = casesBy(20_000, 1, versionPairBy);
    const neighbours =
      real?.versions.map((version, index): [string, string] => [version, real.versions[index + 1] ?? '0']) ??
      [];
    await expectAgreement('versions', [...pairs, ...neighbours].map(versionCase));
  });

  it('splits CPVs the same', async () => {
    const texts = casesBy(5_000, 2, (dice) => {
      const { text } = typedAtomBy(dice);
      return dice.chance(0.5)
        ? text.replace(/^[!<>=~]+/, '').replace(/[:[*].*$/, '')
        : `a/${dice.pick(['b', 'b-1', 'b-1a', '1', 'b-r1', ''])}-${typedVersionBy(dice)}`;
    });
    await expectAgreement('CPVs', [...texts, ...(real?.cpvs ?? [])].map(cpvCase));
  });

  it('reads and evaluates atoms the same', async () => {
    const cases = casesBy(10_000, 3, (dice) => {
      const { text, eapi } = typedAtomBy(dice);
      return atomCase(text, eapi, useSetBy(dice));
    });
    const known = real?.atoms.map((text) => atomCase(text, undefined, [])) ?? [];
    await expectAgreement('atoms', [...cases, ...known]);
  });

  it('matches packages the same', async () => {
    const cases = casesBy(10_000, 4, (dice) => {
      const { text, packages } = matchBy(dice);
      return matchCase(text, packages, dice.chance(0.7) ? useSetBy(dice) : undefined);
    });
    await expectAgreement('matches', cases);
  });

  it('reduces dependency strings the same', async () => {
    const cases = casesBy(5_000, 5, (dice) =>
      reduceCase(typedSpecificationBy(dice, 'atom'), eapiBy(dice), useSetBy(dice)),
    );
    const known = real?.dependencies.map((text) => reduceCase(text, undefined, [])) ?? [];
    await expectAgreement('dependency strings', [...cases, ...known]);
  });

  it('means the same by what it evaluates', async () => {
    if (setup.kind !== 'ready') throw new Error(setup.reason);
    const started = performance.now();
    const asked = casesBy(5_000, 6, (dice) => {
      const eapi = eapiBy(dice);
      const text = typedSpecificationBy(dice, 'atom');
      return { eapi, text, use: useSetBy(dice), salt: dice.below(1000), odds: dice.pick([2, 3, 4]) };
    });
    const questions = asked.map(({ eapi, text, use }): Question => ({ kind: 'use_reduce', text, eapi, use }));
    const lists = await askPortage(setup.portage, questions);
    const differing = asked.filter(({ eapi, text, use, salt, odds }, index) => {
      const list = lists[index];
      const nodes = parseDependencies(text, { eapi });
      if (isRefusal(list) || !nodes.ok) return nodes.ok === isRefusal(list);
      const has = (atom: string): boolean =>
        atom !== '__const__/empty-any-of' && hashOf(atom, salt) % odds !== 0;
      const ours = satisfiedBy(evaluateDependencies(nodes.value, new Set(use), { eapi }), (atom) =>
        has(printAtom(atom)),
      );
      return ours !== listSatisfied(list as readonly ReducedToken[], has);
    });
    const counts = `${asked.length} cases, ${differing.length} differ`;
    process.stdout.write(`differential meaning: ${counts}; seed ${seed}, ${secondsSince(started)} s\n`);
    expect(differing.slice(0, 10)).toEqual([]);
  });

  it('reduces strings of tokens the same', async () => {
    const cases = casesBy(3_000, 7, (dice) => {
      const tokens = dice.pick(['word', 'src-uri'] as const);
      return tokensCase(typedSpecificationBy(dice, tokens), tokens, dice.pick(eapiChoices), useSetBy(dice));
    });
    const known = real?.licenses.map((text) => tokensCase(text, 'word', undefined, [])) ?? [];
    await expectAgreement('token strings', [...cases, ...known]);
  });

  it('checks REQUIRED_USE the same', async () => {
    const cases = casesBy(4_000, 8, (dice) => {
      // Up to EAPI 3 there is none; `check_required_use` does not ask.
      const eapi = dice.pick(eapiChoices.filter((choice) => choice === undefined || Number(choice) >= 4));
      const iuse = dice.chance(0.8) ? flags : dice.some(flags);
      return requiredUseCase(typedSpecificationBy(dice, 'required-use'), eapi, useSetBy(dice), iuse);
    });
    await expectAgreement('REQUIRED_USE', cases);
  });
});

function hashOf(text: string, salt: number): number {
  let hash = salt + 5381;
  for (let index = 0; index < text.length; index += 1) hash = (hash * 33 + text.charCodeAt(index)) >>> 0;
  return hash;
}
