import type {
  ArtifactRefusal,
  ArtifactRefusalReason,
  BinpkgFormat,
  BinpkgMetadata,
  InspectedBinpkg,
} from '@swarm/domain-binpkg';
import type { Result } from '@swarm/kernel';

/** The digests of a whole file, in lower-case hexadecimal. */
export interface FileDigests {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly md5: string;
  readonly sha1: string;
}

/** An upload that is complete and as declared; nobody sees it yet. */
export interface ReceivedFile extends FileDigests {
  readonly tempPath: string;
}

/** What a sender says of an upload, and what may end it early. */
export interface DeclaredUpload {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** A durable object with all that its index entry is made of. */
export interface StageableArtifact extends FileDigests {
  readonly mtimeSeconds: number;
  readonly cpv: string;
  readonly format: BinpkgFormat;
  readonly metadata: BinpkgMetadata;
  readonly path?: string;
}

/** Something that could not be shown, and why. */
export interface Unshowable {
  readonly sha256: string;
  readonly error: ArtifactRefusal;
}

/** What the staging index shows now, and what it cannot show. */
export interface Staged {
  readonly staged: readonly { readonly sha256: string; readonly path: string }[];
  readonly refused: readonly Unshowable[];
}

/** What differed between ledger, files and index before they were made to agree. */
export interface Reconciled extends Staged {
  readonly relinked: readonly string[];
  readonly added: readonly string[];
  readonly dropped: readonly string[];
  /** Artifacts whose object is gone or has another size; not in the index. */
  readonly missing: readonly { readonly sha256: string; readonly cpv: string }[];
}

/** Why a generation could not be shown. */
export type PromotionError =
  | { readonly kind: 'generation-exists' | 'unknown-generation'; readonly number: number }
  | { readonly kind: 'refused-artifacts'; readonly refused: readonly Unshowable[] };

/** Port: takes uploads. Refused and broken ones leave nothing behind. */
export interface UploadStore {
  receive(
    body: AsyncIterable<Uint8Array>,
    declared: DeclaredUpload,
  ): Promise<Result<ReceivedFile, ArtifactRefusal>>;
  /** Verifies the container, and reads what it says of itself and what it exports. */
  inspect(received: ReceivedFile): Promise<Result<InspectedBinpkg, ArtifactRefusal>>;
  /** Makes it durable; the sender may forget it only after this. */
  commit(received: ReceivedFile): Promise<{ readonly mtimeSeconds: number }>;
  discard(received: ReceivedFile): Promise<void>;
}

/** Port: what drones and workstations see. All of it may be repeated after a crash at any point. */
export interface PackageStore {
  /** Cleans up after an earlier process; called once, by the leader, before anything else. */
  recover(): Promise<void>;
  /** Adds to the staging index of a profile: files first, then the index, in one step. */
  stage(profile: string, artifacts: readonly StageableArtifact[]): Promise<Staged>;
  /** Makes staging show exactly these. */
  rebuild(profile: string, artifacts: readonly StageableArtifact[]): Promise<Reconciled>;
  /** Makes a generation and shows it by one rename; the same again changes nothing. */
  promote(
    profile: string,
    promotion: { readonly number: number; readonly artifacts: readonly StageableArtifact[] },
  ): Promise<Result<unknown, PromotionError>>;
  /** The generation that workstations see. */
  current(profile: string): Promise<{ readonly number: number } | undefined>;
}

/** Port: files to be sent. */
export interface ServedFiles {
  /** The file that a request means; undefined for what is not there, and for every spelling that is not legal. */
  locate(
    profile: string,
    channel: 'staging' | 'release',
    relative: string,
  ): Promise<{ readonly path: string; readonly kind: 'index' | 'package' } | undefined>;
}

/** Why an upload is refused; `wrong-token` is the binhost's own word, the others are the container's. */
export type UploadRefusalReason = ArtifactRefusalReason | 'wrong-token';
