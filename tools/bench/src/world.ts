import type { PlanDocument, PlanEdge, PlannedPackage } from '@swarm/domain-plan';

/** A world to be made: the same seed makes the same one. */
export interface WorldShape {
  readonly seed: number;
  readonly packages: number;
  readonly edges: number;
  /** Members of one cycle of build-time needs, which some USE flips open; 0 for none. */
  readonly cycle: number;
}

/** Chains of build-time needs in the real tree are about this long, however many packages there are. */
const LAYERS = 28;
/** One package in so many is a hub, as libc, python or zlib are. */
const HUBS = 40;

/**
 * A plan document of the shape of the Gentoo tree: layers, a few packages that everything needs, dependencies of all
 * kinds. Members of the cycle need the next one only with USE `ring`, except every fifth, which needs it always.
 */
export function worldOf({ seed, packages: count, edges: wanted, cycle }: WorldShape): PlanDocument {
  const random = numbersFrom(seed);
  const layerOf = (i: number): number => Math.floor((i * LAYERS) / count);
  const layerStart = (layer: number): number => Math.ceil((layer * count) / LAYERS);
  const seen = new Set<number>();
  const edges: PlanEdge[] = [];
  while (edges.length < wanted - cycle) {
    const parent = Math.floor(random() * count);
    const layer = layerOf(parent);
    if (layer === 0) continue;
    // Half of all needs are of hubs; the others of the layer below.
    const below = random() < 0.5 ? Math.floor(random() * Math.max(1, layerStart(layer) / HUBS)) : undefined;
    const from = layerStart(layer - 1);
    const child = below ?? from + Math.floor(random() * (layerStart(layer) - from));
    if (child >= parent || seen.has(parent * count + child)) continue;
    seen.add(parent * count + child);
    edges.push({ parent, child, kinds: kindsOf(random()) });
  }
  const first = Math.floor(count / 2);
  const ring = Array.from({ length: cycle }, (_unused, i): PlanEdge => {
    return { parent: first + i, child: first + ((i + 1) % cycle), kinds: ['buildtime', 'runtime'] };
  });
  const packages = Array.from({ length: count }, (_unused, i): PlannedPackage => {
    const at = i - first;
    return packageAt(
      i,
      at >= 0 && at < cycle ? { next: first + ((at + 1) % cycle), always: at % 5 === 0 } : null,
    );
  });
  return { packages, edges: [...edges, ...ring], problems: [], environments: [{ CFLAGS: '-O2 -pipe' }] };
}

function packageAt(
  i: number,
  ring: { readonly next: number; readonly always: boolean } | null,
): PlannedPackage {
  const atom = ring && `bench/p${ring.next}`;
  const needs = atom === null || ring === null ? '' : ring.always ? atom : `ring? ( ${atom} )`;
  return {
    cpv: `bench/p${i}-1.${i % 10}`,
    slot: '0',
    subslot: String(i % 7),
    repository: 'bench',
    root: 'target',
    eapi: '8',
    use: ['nls', 'ring', 'ssl'],
    iuse: ['+nls', 'doc', '+ring', '+ssl', 'test'],
    useMasked: [],
    useForced: [],
    requiredUse: '',
    dependencies: {
      DEPEND: `nls? ( bench/p${i % 17} ) ${needs}`.trim(),
      RDEPEND: `ssl? ( bench/p${i % 13} ) ${needs}`.trim(),
    },
    environment: 0,
  };
}

function kindsOf(random: number): PlanEdge['kinds'] {
  if (random < 0.5) return ['buildtime', 'runtime'];
  if (random < 0.7) return ['buildtime'];
  if (random < 0.75) return ['buildtime_slot_op', 'runtime_slot_op'];
  return ['runtime'];
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
