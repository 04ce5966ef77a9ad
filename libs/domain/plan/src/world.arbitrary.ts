import {
  evaluateDependencies,
  flattenAtoms,
  matchesAtom,
  parseDependencies,
  type Atom,
} from '@swarm/domain-ebuild';
import fc from 'fast-check';

import type { BuildInputs } from './build-inputs.js';
import { matchable } from './package-language.js';
import type { EdgeKind, PlanDocument, PlanEdge, PlannedPackage } from './plan-document.js';

/** A package as its ebuild and the configuration describe it. */
export interface Ebuild {
  readonly cpv: string;
  readonly slot?: string;
  readonly subslot?: string;
  readonly iuse?: readonly string[];
  readonly use?: readonly string[];
  readonly masked?: readonly string[];
  readonly forced?: readonly string[];
  readonly requiredUse?: string;
  readonly depend?: string;
  readonly bdepend?: string;
  readonly rdepend?: string;
  readonly pdepend?: string;
  readonly environment?: number;
  readonly source?: string;
}

const kindOf = {
  DEPEND: 'buildtime',
  BDEPEND: 'buildtime',
  RDEPEND: 'runtime',
  PDEPEND: 'runtime_post',
} as const satisfies Record<string, EdgeKind>;

/** The document that Portage would give for these packages: edges are what their dependency strings come down to. */
export function documentOf(
  ebuilds: readonly Ebuild[],
  over: Partial<Pick<PlanDocument, 'problems' | 'environments'>> = {},
): PlanDocument {
  const packages = ebuilds.map(packageOfEbuild);
  const inputs = packages.map(inputsLike);
  const edges = packages.flatMap((found, parent): PlanEdge[] => {
    const use = new Set(found.use);
    return Object.entries(kindOf).flatMap(([name, kind]) => {
      const parsed = parseDependencies(found.dependencies[name] ?? '', { eapi: '8' });
      if (!parsed.ok) throw new Error(`${found.cpv} ${name}: ${parsed.error.message}`);
      const atoms = flattenAtoms<Atom>(evaluateDependencies(parsed.value, use, { eapi: '8' }));
      return atoms.flatMap((atom): PlanEdge[] => {
        const child = inputs.findIndex((each) => {
          const candidate = matchable(each);
          return atom.blocker === undefined && candidate !== undefined && matchesAtom(atom, candidate);
        });
        const binds =
          atom.slot?.kind !== undefined && /:.*=/.test(textOf(atom, found.dependencies[name] ?? ''));
        return child < 0 || child === parent
          ? []
          : [{ parent, child, kinds: [binds ? slotted(kind) : kind] }];
      });
    });
  });
  return { packages, edges, problems: [], environments: [], ...over };
}

function slotted(kind: EdgeKind): EdgeKind {
  if (kind === 'buildtime') return 'buildtime_slot_op';
  return kind === 'runtime' ? 'runtime_slot_op' : kind;
}

/** The word of a dependency string that an atom was read from, near enough for these worlds. */
function textOf({ name }: Atom, text: string): string {
  return text.split(/\s+/).find((word) => word.includes(name)) ?? '';
}

function packageOfEbuild(ebuild: Ebuild): PlannedPackage {
  const dependencies = Object.fromEntries(
    Object.entries({
      DEPEND: ebuild.depend,
      BDEPEND: ebuild.bdepend,
      RDEPEND: ebuild.rdepend,
      PDEPEND: ebuild.pdepend,
    }).flatMap(([name, text]) => (text === undefined || text === '' ? [] : [[name, text] as const])),
  );
  const slot = ebuild.slot ?? '0';
  return {
    cpv: ebuild.cpv,
    slot,
    subslot: ebuild.subslot ?? slot,
    repository: 'lab',
    root: 'target',
    eapi: '8',
    use: [...(ebuild.use ?? [])].sort(),
    iuse: ebuild.iuse ?? [],
    useMasked: ebuild.masked ?? [],
    useForced: ebuild.forced ?? [],
    requiredUse: ebuild.requiredUse ?? '',
    dependencies,
    ...(ebuild.source === undefined ? {} : { sourceDigest: ebuild.source }),
    ...(ebuild.environment === undefined ? {} : { environment: ebuild.environment }),
  };
}

function inputsLike(found: PlannedPackage): BuildInputs {
  return {
    cpv: found.cpv as BuildInputs['cpv'],
    slot: `${found.slot}/${found.subslot}`,
    repository: found.repository,
    use: found.use,
    iuse: found.iuse.map((flag) => flag.replace(/^[+-]/, '')),
    eapi: found.eapi,
    dependencies: found.dependencies,
    bound: [],
    source: '',
    environment: {},
  };
}

const SIZE = 7;
const FLAGS = ['x', 'y'] as const;

/** One dependency of a package on another: of which class, behind which flag, and with what demand on its USE. */
const wish = fc.record({
  parent: fc.nat(SIZE - 1),
  child: fc.nat(SIZE - 1),
  where: fc.constantFrom('depend', 'both', 'bdepend', 'rdepend', 'pdepend'),
  behind: fc.constantFrom('', 'x', 'y', '!x'),
  demands: fc.constantFrom('', '', '', '[x(+)]', '[-y(-)]'),
  // Mostly downwards, so that cycles are there and do not swallow everything.
  coin: fc.integer({ min: 0, max: 1 }),
});

/** Worlds of a few packages with USE conditionals, demands, masks and REQUIRED_USE; many of them have cycles. */
export const anyWorld: fc.Arbitrary<readonly Ebuild[]> = fc
  .tuple(
    fc.array(wish, { minLength: 6, maxLength: 18 }),
    fc.array(fc.subarray([...FLAGS]), { minLength: SIZE, maxLength: SIZE }),
    fc.array(fc.constantFrom([], [], [], ['x'], ['y']), { minLength: SIZE, maxLength: SIZE }),
    fc.array(fc.constantFrom('', '', '', '|| ( x y )', '?? ( x y )', 'x? ( y )'), {
      minLength: SIZE,
      maxLength: SIZE,
    }),
  )
  .map(([wishes, use, fixed, required]) => {
    const flagsOf = (node: number): readonly string[] => use[node] ?? [];
    return Array.from({ length: SIZE }, (_unused, i): Ebuild => {
      const of = wishes.filter(({ parent }) => parent === i).map((each) => downwards(each, i));
      const strings = (...places: string[]): string =>
        of
          .filter(({ where, child }) => places.includes(where) && child !== i)
          .map(({ child, behind, demands }) => {
            // What Portage accepted is satisfied: a demand that its package does not meet is none.
            const isMet = demands.includes('x')
              ? flagsOf(child).includes('x')
              : !flagsOf(child).includes('y');
            const atom = `lab-libs/p${child}${isMet ? demands : ''}`;
            return behind === '' ? atom : `${behind}? ( ${atom} )`;
          })
          .join(' ');
      const own = flagsOf(i);
      const wanted = required[i] ?? '';
      const holds =
        wanted === '' ||
        (wanted.startsWith('||') && own.length > 0) ||
        (wanted.startsWith('??') && own.length < 2) ||
        (wanted.startsWith('x?') && (!own.includes('x') || own.includes('y')));
      const held = fixed[i] ?? [];
      return {
        cpv: `lab-libs/p${i}-1`,
        iuse: [...FLAGS],
        use: own,
        masked: held.filter((flag) => !own.includes(flag)),
        forced: held.filter((flag) => own.includes(flag)),
        // What Portage accepted is legal as it stands.
        requiredUse: holds ? wanted : '',
        depend: strings('depend', 'both'),
        bdepend: strings('bdepend'),
        rdepend: strings('rdepend', 'both'),
        pdepend: strings('pdepend'),
      };
    });
  });

function downwards<W extends { child: number; coin: number }>(each: W, parent: number): W {
  return each.coin > 0 && each.child > parent
    ? { ...each, child: parent === 0 ? 0 : each.child % parent }
    : each;
}
