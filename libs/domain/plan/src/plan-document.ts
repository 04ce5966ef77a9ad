/** Which root a package goes to: the target's, or the one that runs the build (PMS 7.1, BROOT). */
export type PlanRoot = 'target' | 'build';

/** Why one package wants another, as Portage's resolver typed it (docs/plan-format.md). */
export type EdgeKind = 'buildtime' | 'buildtime_slot_op' | 'runtime' | 'runtime_slot_op' | 'runtime_post';

/** One package as Portage would merge it. The part of the document that planning reads. */
export interface PlannedPackage {
  readonly cpv: string;
  readonly slot: string;
  readonly subslot: string;
  readonly repository: string;
  readonly root: PlanRoot;
  /** Enabled flags out of IUSE. */
  readonly use: readonly string[];
  /** Raw dependency strings, as the ebuild has them. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly synthetic?:
    | {
        readonly durationMs: number;
        readonly fails: 'never' | 'always' | 'first-attempt';
        readonly sizeBytes: number;
      }
    | undefined;
}

export interface PlanEdge {
  /** Index into `packages` of the one that wants. */
  readonly parent: number;
  /** Index into `packages` of the one that is wanted. */
  readonly child: number;
  readonly kinds: readonly EdgeKind[];
}

/** What Portage's resolver says of a set of targets: packages in merge order, and why each is there. */
export interface PlanDocument {
  readonly packages: readonly PlannedPackage[];
  readonly edges: readonly PlanEdge[];
  /** Problems that Portage reported, by class, in its own words. */
  readonly problems: readonly { readonly kind: string; readonly text: string }[];
}
