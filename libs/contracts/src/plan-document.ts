import { z } from 'zod';

import { SyntheticBuild } from './work.messages.js';

/** Identity of the format; a document of another one is refused, not guessed at. */
export const PLAN_SCHEMA = { name: 'build-swarm.plan', version: 2 } as const;

const EdgeKind = z.enum(['buildtime', 'buildtime_slot_op', 'runtime', 'runtime_slot_op', 'runtime_post']);
const Texts = z.array(z.string()).default([]);

/**
 * What Portage's resolver said, as the drone sends it (docs/plan-format.md): the part that planning reads.
 * Fields that are not named here are for people and for later versions, and are dropped on reading.
 */
export const PlanDocument = z
  .object({
    schema: z.literal(PLAN_SCHEMA.name),
    schemaVersion: z.literal(PLAN_SCHEMA.version),
    portage: z.string(),
    /** False when Portage found no way to merge all targets; the packages are then a part of the whole. */
    ok: z.boolean(),
    packages: z
      .array(
        z.object({
          cpv: z.string().min(1),
          slot: z.string().min(1),
          subslot: z.string().min(1),
          repository: z.string().min(1),
          root: z.enum(['target', 'build']),
          eapi: z.string().min(1).default('8'),
          use: z.array(z.string()),
          useFull: z.array(z.string()).optional(),
          iuse: Texts,
          useMasked: Texts,
          useForced: Texts,
          requiredUse: z.string().default(''),
          dependencies: z.record(z.string(), z.string()),
          sourceDigest: z.string().min(1).optional(),
          environment: z.int().nonnegative().optional(),
          synthetic: SyntheticBuild.optional(),
        }),
      )
      .max(100_000),
    edges: z
      .array(
        z.object({ parent: z.int().nonnegative(), child: z.int().nonnegative(), kinds: z.array(EdgeKind) }),
      )
      .max(5_000_000),
    problems: z
      .array(
        z.object({
          kind: z.string(),
          text: z.string(),
          packages: Texts,
          parents: z.array(z.object({ cpv: z.string(), atom: z.string() })).default([]),
          remedies: z.array(z.object({ file: z.string(), line: z.string() })).default([]),
        }),
      )
      .default([]),
    environments: z.array(z.record(z.string(), z.string())).default([]),
  })
  .refine(
    ({ packages, edges, environments }) =>
      edges.every(({ parent, child }) => parent < packages.length && child < packages.length) &&
      packages.every(({ environment = -1 }) => environment < environments.length),
    { error: 'an edge or a package points to what is not in the document' },
  );
export type PlanDocument = z.output<typeof PlanDocument>;
