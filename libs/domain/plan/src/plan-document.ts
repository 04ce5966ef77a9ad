/** Which root a package goes to: the target's, or the one that runs the build (PMS 7.1, BROOT). */
export type PlanRoot = 'target' | 'build';

/** Why one package wants another, as Portage's resolver typed it (docs/plan-format.md). */
export type EdgeKind = 'buildtime' | 'buildtime_slot_op' | 'runtime' | 'runtime_slot_op' | 'runtime_post';

/** The dependency variables of an ebuild (PMS 8.1). */
export type DependencyClass = 'DEPEND' | 'BDEPEND' | 'RDEPEND' | 'PDEPEND' | 'IDEPEND';

/** One package as Portage would merge it. The part of the document that planning reads. */
export interface PlannedPackage {
  readonly cpv: string;
  readonly slot: string;
  readonly subslot: string;
  readonly repository: string;
  readonly root: PlanRoot;
  readonly eapi: string;
  /** Enabled flags out of IUSE. */
  readonly use: readonly string[];
  /** All enabled flags, the implicit ones of the profile too (`elibc_glibc`); as `use` where there are none. */
  readonly useFull?: readonly string[] | undefined;
  /** As in the ebuild, defaults included (`+png`). */
  readonly iuse: readonly string[];
  /** Flags of IUSE that the profile holds off; no staged build may switch them on. */
  readonly useMasked: readonly string[];
  /** Flags of IUSE that the profile holds on; no staged build may switch them off. */
  readonly useForced: readonly string[];
  readonly requiredUse: string;
  /** Raw dependency strings, as the ebuild has them, by `DependencyClass`. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Digest of the ebuild, its files and its eclasses; undefined where the shim could not tell. */
  readonly sourceDigest?: string | undefined;
  /** Index into `environments`; undefined where the document has none. */
  readonly environment?: number | undefined;
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

/** Who asks for something, and in which words. `cpv` is empty for what was asked for directly. */
export interface PlanParent {
  readonly cpv: string;
  readonly atom: string;
}

/** A line for a file under `etc/portage` that would settle a problem. */
export interface Remedy {
  /** For example `package.use`. */
  readonly file: string;
  readonly line: string;
}

/** A problem that Portage reported, by class (docs/plan-format.md). */
export interface PlanProblem {
  readonly kind: string;
  /** One sentence for people. */
  readonly text: string;
  /** CPVs that cannot be built, or not as they stand in the document, because of it. */
  readonly packages: readonly string[];
  readonly parents: readonly PlanParent[];
  readonly remedies: readonly Remedy[];
}

/** What Portage's resolver says of a set of targets: packages in merge order, and why each is there. */
export interface PlanDocument {
  readonly packages: readonly PlannedPackage[];
  readonly edges: readonly PlanEdge[];
  readonly problems: readonly PlanProblem[];
  /** Variables that decide a binary's ABI (CHOST, CFLAGS, …), once for all packages that share them. */
  readonly environments: readonly Readonly<Record<string, string>>[];
}
