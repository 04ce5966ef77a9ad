import { z } from 'zod';

/** Name and version of the format that the shim writes (docs/plan-format.md). */
export const planSchemaName = 'build-swarm.plan';
export const planSchemaVersion = 2;

const Text = z.string();
const Texts = z.array(z.string());

const PlannedPackage = z.object({
  cpv: Text.min(1),
  cp: Text.min(1),
  category: Text,
  pn: Text,
  version: Text,
  slot: Text,
  subslot: Text,
  repository: Text,
  eapi: Text,
  type: z.enum(['ebuild', 'binary', 'installed']),
  root: z.enum(['target', 'build']),
  use: Texts,
  useFull: Texts,
  iuse: Texts,
  useMasked: Texts,
  useForced: Texts,
  requiredUse: Text,
  dependencies: z.partialRecord(z.enum(['DEPEND', 'BDEPEND', 'RDEPEND', 'PDEPEND', 'IDEPEND']), Text),
  keywords: Texts,
  license: Text,
  restrict: Texts,
  properties: Texts,
  definedPhases: Texts,
  inherited: Texts,
  replaces: Texts,
  /** Index into `environments`. */
  environment: z.int().nonnegative(),
  ebuildMd5: Text.optional(),
  /** SHA-256 over ebuild, `files/`, eclasses, distfiles and user patches, in hex. */
  sourceDigest: Text.optional(),
  buildTime: z.int().optional(),
  buildId: z.int().nullish(),
});

const PlanEdge = z.object({
  parent: z.int().nonnegative(),
  child: z.int().nonnegative(),
  kinds: z.array(z.enum(['buildtime', 'buildtime_slot_op', 'runtime', 'runtime_slot_op', 'runtime_post'])),
  classes: z.array(z.enum(['DEPEND', 'BDEPEND', 'RDEPEND', 'PDEPEND', 'IDEPEND'])),
  atoms: Texts,
  optional: z.boolean(),
});

/** A class of problem with its own words; what else is known depends on the class and is kept as it came. */
const PlanProblem = z.looseObject({
  kind: z.enum([
    'unsatisfied',
    'masked',
    'required-use',
    'use-change',
    'keyword-change',
    'mask-change',
    'license-change',
    'slot-conflict',
    'blocker',
    'circular',
    'invalid-request',
    'internal-error',
    'unknown',
  ]),
  text: Text,
  /** CPVs that cannot be built, or not as they stand, because of it. */
  packages: Texts,
  /** Who wants what is in the way; `cpv` is empty for what was asked for directly. */
  parents: z.array(z.object({ cpv: Text, atom: Text })),
  /** Lines for files under `etc/portage` that settle it together. */
  remedies: z.array(
    z.object({
      file: z.enum([
        'package.use',
        'package.accept_keywords',
        'package.mask',
        'package.unmask',
        'package.license',
      ]),
      line: Text.min(1),
    }),
  ),
});

/** The document that the shim prints, checked; unknown fields are dropped, so that a newer shim may say more. */
export const PlanDocument = z
  .object({
    schema: z.literal(planSchemaName),
    schemaVersion: z.literal(planSchemaVersion),
    portage: Text,
    /** What a person should know about this answer, for example that this Portage was never tried. */
    warnings: Texts,
    ok: z.boolean(),
    ordered: z.boolean(),
    arguments: Texts,
    targets: Texts,
    repositories: z.array(z.object({ name: Text, location: Text, revision: Text.optional() })),
    environments: z.array(z.record(Text, Text)),
    packages: z.array(PlannedPackage),
    edges: z.array(PlanEdge),
    problems: z.array(PlanProblem),
    /** Targets that are not planned; `because` is an index into `problems`. */
    setAside: z.array(z.object({ target: Text, because: z.int().nonnegative() })),
    /** True when all remedies together were seen to make every target possible. */
    settled: z.boolean().optional(),
    text: Text,
    seconds: z.record(z.string(), z.number()),
  })
  .refine(
    ({ packages, edges }) =>
      edges.every(({ parent, child }) => parent < packages.length && child < packages.length),
    { error: 'an edge names a package that is not in the document' },
  )
  .refine(
    ({ packages, environments }) => packages.every(({ environment }) => environment < environments.length),
    { error: 'a package names an environment that is not in the document' },
  )
  .refine(({ setAside, problems }) => setAside.every(({ because }) => because < problems.length), {
    error: 'a target is set aside for a problem that is not in the document',
  });
export type PlanDocument = z.output<typeof PlanDocument>;
