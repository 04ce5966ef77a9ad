import { PLAN_SCHEMA, PlanDocument, type SyntheticBuild } from '@swarm/contracts';

/** What a package of a small world needs before it is built, and how its build goes. */
export interface SmallPackage {
  readonly name: string;
  readonly needs?: readonly string[];
  readonly durationMs?: number;
  readonly fails?: SyntheticBuild['fails'];
}

/**
 * A world that takes a few seconds: a chain, a wide middle, one that fails once, one that fails always and one that
 * needs it.
 */
export const smallWorld: readonly SmallPackage[] = [
  { name: 'base' },
  { name: 'alpha', needs: ['base'] },
  { name: 'beta', needs: ['base'] },
  { name: 'gamma', needs: ['base'] },
  { name: 'delta', needs: ['alpha', 'beta'] },
  { name: 'epsilon', needs: ['gamma'] },
  { name: 'zeta', needs: ['delta'] },
  { name: 'eta', needs: ['delta', 'epsilon'] },
  { name: 'theta', needs: ['eta'] },
  { name: 'late', durationMs: 2_500 },
  { name: 'second-try', fails: 'first-attempt' },
  { name: 'never', fails: 'always' },
  { name: 'needs-never', needs: ['never'] },
];

const DURATION_MS = 600;

/** A plan document of such a world, for synthetic drones; another version has everything to be built anew. */
export function documentOf(world: readonly SmallPackage[], version = '1.0'): PlanDocument {
  const at = (name: string): number => world.findIndex((each) => each.name === name);
  return PlanDocument.parse({
    schema: PLAN_SCHEMA.name,
    schemaVersion: PLAN_SCHEMA.version,
    portage: 'synthetic',
    ok: true,
    packages: world.map(({ name, durationMs = DURATION_MS, fails = 'never' }) => ({
      cpv: `app-small/${name}-${version}`,
      slot: '0',
      subslot: '0',
      repository: 'small',
      root: 'target',
      use: [],
      dependencies: {},
      synthetic: { durationMs, fails, sizeBytes: 1024 },
    })),
    edges: world.flatMap(({ name, needs = [] }) =>
      needs.map((need) => ({ parent: at(name), child: at(need), kinds: ['buildtime' as const] })),
    ),
  });
}
