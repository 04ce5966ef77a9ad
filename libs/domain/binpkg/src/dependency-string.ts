import { err, ok, type Result } from '@swarm/kernel';

/** A group of tokens in parentheses. */
type Group = Token[];
type Token = string | Group;

/** A group whose end has just been read; `single` when it is one token or one any-of group. */
interface ClosedGroup extends ReduceOptions {
  readonly group: Group;
  readonly single: boolean;
}

export interface ReduceOptions {
  /** Whether the words are package atoms, whose own USE conditionals (`[flag?]`) are evaluated too. */
  readonly atoms: boolean;
}

/** Portage's atom for what cannot be satisfied. */
const neverSatisfied = '__const__/empty-any-of';
const flagName = /^[A-Za-z0-9][A-Za-z0-9+_@-]*$/;
const atom =
  /^(?:!{1,2})?(?:[<>]=?|=|~)?[A-Za-z0-9_][A-Za-z0-9+_.-]*\/[A-Za-z0-9_][A-Za-z0-9+_.-]*\*?(?::[A-Za-z0-9_*=][A-Za-z0-9+_./=-]*)?(?:::[A-Za-z0-9_][A-Za-z0-9_-]*)?(?:\[[^[\]]+\])?$/;
const useDependency =
  /^(?<prefix>[!-]?)(?<flag>[A-Za-z0-9][A-Za-z0-9+_@-]*)(?<fallback>\([+-]\))?(?<suffix>[?=]?)$/;

/**
 * Evaluates the USE conditionals of a dependency string and drops redundant parentheses,
 * word for word as `use_reduce` of Portage 3.0.83 does when it writes an index. The error says what is malformed.
 */
export function reduceDependencies(
  text: string,
  use: ReadonlySet<string>,
  options: ReduceOptions,
): Result<string, string> {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const levels: Group[] = [[]];
  let needsGroup = false;
  for (const [index, word] of words.entries()) {
    if (needsGroup && word !== '(') return err(`expected "(", got "${word}"`);
    if (word === '(') {
      if (words[index + 1] === ')') return err('empty group');
      needsGroup = false;
      levels.push([]);
    } else if (word === ')') {
      if (levels.length === 1) return err('unmatched ")"');
      const invalid = closeGroup(levels, use, options);
      if (invalid !== undefined) return err(invalid);
    } else if (word === '||' || word.endsWith('?')) {
      needsGroup = true;
      top(levels, levels.length - 1).push(word);
    } else {
      const read = options.atoms ? evaluateAtom(word, use) : ok(word);
      if (!read.ok) return read;
      top(levels, levels.length - 1).push(read.value);
    }
  }
  if (levels.length > 1) return err('missing ")"');
  if (needsGroup) return err('missing "("');
  return ok(render(top(levels, 0)));
}

/** Merges the innermost group into the one around it; answers what is wrong, if anything. */
function closeGroup(levels: Group[], use: ReadonlySet<string>, options: ReduceOptions): string | undefined {
  const group = levels.pop() ?? [];
  const single = group.length === 1 || (group.length === 2 && group[0] === '||');
  const level = levels.length - 1;
  const around = top(levels, level);
  const before = around.at(-1);
  let keep = group.length > 0;
  if (typeof before === 'string') {
    if (before === '||' && group.length === 0) {
      // PMS 8.2: from EAPI 7 on an empty any-of group holds for nobody; Portage writes an atom that nothing matches.
      around.pop();
      group.push(neverSatisfied);
      keep = true;
    } else if (before !== '||' && before.endsWith('?')) {
      const active = isActive(before, use);
      if (active === undefined) return `invalid USE flag in "${before}"`;
      keep &&= active;
      around.pop();
    }
  }
  if (keep) append(levels, level, { group, single, ...options });
  return undefined;
}

/** Portage's rules for which parentheses may go, over plain, any-of and nested groups. */
function append(levels: readonly Group[], level: number, closed: ClosedGroup): void {
  const { group, single } = closed;
  const around = top(levels, level);
  const inAnyOf = endsInAnyOf(levels, level);
  const outerAnyOf = endsInAnyOf(levels, level - 1);
  if (!outerAnyOf && !inAnyOf) {
    around.push(...group);
  } else if (around.length === 0) {
    appendGroup(levels, level, closed);
  } else if (single && inAnyOf) {
    around.pop();
    appendGroup(levels, level, closed);
  } else if (inAnyOf && outerAnyOf) {
    around.pop();
    around.push(...group);
  } else {
    appendGroup(levels, level, closed);
  }
}

function appendGroup(levels: readonly Group[], level: number, { group, single, atoms }: ClosedGroup): void {
  const around = top(levels, level);
  const [first, second] = group;
  if (!single) {
    around.push(group);
  } else if (first === '||' && endsInAnyOf(levels, level - 1) && Array.isArray(second)) {
    around.push(...second);
  } else if (group.length === 1 && Array.isArray(first)) {
    if (anyOfInEffect(levels, level - 1, atoms)) around.push(first);
    else around.push(...first);
  } else {
    around.push(...group);
  }
}

function endsInAnyOf(levels: readonly Group[], level: number): boolean {
  return level >= 0 && top(levels, level).at(-1) === '||';
}

/** Whether the nearest operator outwards is `||`; levels that hold nothing yet, or wait for a conditional's group, are passed over. */
function anyOfInEffect(levels: readonly Group[], from: number, atoms: boolean): boolean {
  for (let level = from; level >= 0; level -= 1) {
    const last = top(levels, level).at(-1);
    if (typeof last !== 'string') continue;
    if (last === '||') return true;
    // Portage passes over atoms here, which are no strings to it.
    if (!last.endsWith('?') && !atoms) return false;
  }
  return false;
}

function isActive(conditional: string, use: ReadonlySet<string>): boolean | undefined {
  const negated = conditional.startsWith('!');
  const flag = conditional.slice(negated ? 1 : 0, -1);
  return flagName.test(flag) ? use.has(flag) !== negated : undefined;
}

/** `foo[bar?,baz=]` → what it means for the given flags (PMS 8.2.6.4). */
function evaluateAtom(word: string, use: ReadonlySet<string>): Result<string, string> {
  if (!atom.test(word)) return err(`"${word}" is no atom`);
  const bracket = word.indexOf('[');
  if (bracket === -1) return ok(word);
  const kept: string[] = [];
  for (const written of word.slice(bracket + 1, -1).split(',')) {
    const groups = useDependency.exec(written)?.groups;
    if (groups === undefined) return err(`invalid USE dependency in "${word}"`);
    const evaluated = evaluateUse(written, groups, use);
    if (evaluated === undefined) return err(`invalid USE dependency in "${word}"`);
    if (evaluated !== '') kept.push(evaluated);
  }
  const name = word.slice(0, bracket);
  return ok(kept.length === 0 ? name : `${name}[${kept.join(',')}]`);
}

/** One USE dependency without its condition; empty when it asks for nothing, `undefined` when it is malformed. */
function evaluateUse(
  written: string,
  groups: Readonly<Record<string, string | undefined>>,
  use: ReadonlySet<string>,
): string | undefined {
  const flag = groups['flag'] ?? '';
  const enabled = `${flag}${groups['fallback'] ?? ''}`;
  const on = use.has(flag);
  switch (`${groups['prefix'] ?? ''}${groups['suffix'] ?? ''}`) {
    case '':
    case '-':
      return written;
    case '?':
      return on ? enabled : '';
    case '=':
      return on ? enabled : `-${enabled}`;
    case '!=':
      return on ? `-${enabled}` : enabled;
    case '!?':
      return on ? '' : `-${enabled}`;
    default:
      return undefined;
  }
}

function render(group: Group): string {
  return group.map((token) => (typeof token === 'string' ? token : `( ${render(token)} )`)).join(' ');
}

function top(levels: readonly Group[], level: number): Group {
  return levels[level] ?? [];
}
