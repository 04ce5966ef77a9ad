import { z } from 'zod';

/** Name and version of the format that the shim writes (docs/plan-format.md). */
export const planSchemaName = 'build-swarm.plan';
export const planSchemaVersion = 1;

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
  ebuildMd5: Text.optional(),
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
  /** The line that would settle it, for the file under `etc/portage` that `text` names. */
  line: Text.optional(),
});

/** The document that the shim prints, checked; unknown fields are dropped, so that a newer shim may say more. */
export const PlanDocument = z
  .object({
    schema: z.literal(planSchemaName),
    schemaVersion: z.literal(planSchemaVersion),
    portage: Text,
    ok: z.boolean(),
    ordered: z.boolean(),
    arguments: Texts,
    targets: Texts,
    packages: z.array(PlannedPackage),
    edges: z.array(PlanEdge),
    problems: z.array(PlanProblem),
    text: Text,
    seconds: z.record(z.string(), z.number()),
  })
  .refine(
    ({ packages, edges }) =>
      edges.every(({ parent, child }) => parent < packages.length && child < packages.length),
    {
      error: 'an edge names a package that is not in the document',
    },
  );
export type PlanDocument = z.output<typeof PlanDocument>;
