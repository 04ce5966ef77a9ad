import { outgoing } from '@swarm/contracts';
import { acceptArtifact, entryOf, type InspectedBinpkg, refusal } from '@swarm/domain-binpkg';
import type { ArtifactRefusal } from '@swarm/domain-binpkg';
import type { Artifact, ArtifactRepository, UploadExpectation } from '@swarm/domain-release';
import { type Clock, ok, type Result } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import type { ReceivedFile, UploadRefusalReason, UploadStore } from '../ports/package-store.js';
import { ledgerMetadata } from './stageable.js';

export interface ReceivePorts {
  readonly artifacts: ArtifactRepository;
  readonly store: UploadStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether a token is the one with this SHA-256, in constant time. */
  readonly isToken: (token: string, tokenSha256: string) => boolean;
  /** An identity made of what it is the identity of. */
  readonly factId: (...words: readonly string[]) => string;
  /** Told after an artifact is stored; the publisher may look now. */
  readonly wake: () => void;
  readonly maxBytes: number;
}

/** An upload as its sender declares it. The body is not read before everything else about it is right. */
export interface OfferedUpload {
  readonly attemptId: string;
  readonly token: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted, with an Error that says why, when the upload takes too long. */
  readonly signal: AbortSignal;
}

export type UploadAnswer =
  /** Durable, and in the ledger: the sender may forget it. `repeated` when it was so before. */
  | { readonly kind: 'accepted' | 'repeated'; readonly sha256: string }
  /** The job has another artifact, and the first one stays. */
  | { readonly kind: 'taken'; readonly sha256: string }
  | { readonly kind: 'unknown-attempt' }
  | { readonly kind: 'refused'; readonly reason: UploadRefusalReason; readonly message: string };

type Refusal = Pick<Extract<UploadAnswer, { kind: 'refused' }>, 'reason' | 'message'>;

/** Longest metadata of one package that goes to the ledger, in characters. */
const LEDGER_METADATA_CHARS = 4 * 1024 * 1024;
/** Longest sentence of an event. */
const MESSAGE_CHARS = 500;

/**
 * Takes the artifact of one attempt: only with the attempt's own token (Q20), only what the attempt was to build,
 * and at most one for each job, whichever attempt it comes from.
 */
export class ReceiveArtifact {
  constructor(private readonly ports: ReceivePorts) {}

  /** Rejects only when the disk or the ledger fails; then nothing is known to be stored and the sender tries again. */
  async execute(offered: OfferedUpload): Promise<UploadAnswer> {
    const { artifacts, store, logger } = this.ports;
    const { attemptId, sha256, sizeBytes } = offered;
    const expected = await artifacts.expectation(attemptId);
    if (expected === undefined) {
      logger.warn({ attemptId, sha256, sizeBytes }, 'upload for an unknown attempt');
      return { kind: 'unknown-attempt' };
    }
    const objection = this.#objection(offered, expected);
    if (objection !== undefined) return this.#refuse(expected, offered, objection);
    const held = await artifacts.ofJob(expected.jobId);
    if (held !== undefined) return this.#settled(expected, offered, held);

    const { maxBytes } = this.ports;
    const received = await store.receive(offered.body, {
      ...{ sizeBytes, sha256, maxBytes },
      signal: offered.signal,
    });
    if (!received.ok) return this.#refuse(expected, offered, inWords(received.error, offered.signal));
    try {
      const verified = await this.#verify(received.value, expected);
      return verified.ok
        ? await this.#keep(received.value, verified.value, expected)
        : await this.#refuse(expected, offered, verified.error);
    } finally {
      await store.discard(received.value);
    }
  }

  /** What is wrong before the first byte of the body. */
  #objection(offered: OfferedUpload, expected: UploadExpectation): Refusal | undefined {
    const { isToken, maxBytes } = this.ports;
    if (!isToken(offered.token, expected.tokenSha256)) {
      return { reason: 'wrong-token', message: 'the token is not the one that this attempt was given' };
    }
    if (offered.sizeBytes > maxBytes) {
      return {
        reason: 'too-large',
        message: `${offered.sizeBytes} bytes declared, at most ${maxBytes} are taken`,
      };
    }
    return undefined;
  }

  /** Opens the container and compares it with the attempt; what could not be indexed later is refused now. */
  async #verify(
    received: ReceivedFile,
    expected: UploadExpectation,
  ): Promise<Result<InspectedBinpkg, ArtifactRefusal>> {
    const inspected = await this.ports.store.inspect(received);
    if (!inspected.ok) return inspected;
    const binpkg = inspected.value;
    const accepted = acceptArtifact(expected, binpkg);
    if (!accepted.ok) return accepted;
    const entry = entryOf(binpkg, {
      ...received,
      path: `${binpkg.category}/${binpkg.pn}/${binpkg.pf}-1.gpkg.tar`,
      mtimeSeconds: 0,
    });
    if (!entry.ok) return entry;
    const chars = [...binpkg.metadata].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    if (chars > LEDGER_METADATA_CHARS) {
      return refusal(
        'bad-metadata',
        `the metadata has ${chars} characters, at most ${LEDGER_METADATA_CHARS} are kept`,
      );
    }
    return ok(binpkg);
  }

  /** Object first, ledger second, answer last: whoever hears 201 may forget the file (S15). */
  async #keep(
    received: ReceivedFile,
    binpkg: InspectedBinpkg,
    expected: UploadExpectation,
  ): Promise<UploadAnswer> {
    const { artifacts, store, clock, logger, factId, wake } = this.ports;
    const { attemptId, jobId, profile, buildKey, cpv, drone, synthetic } = expected;
    const { sha256, sizeBytes, md5, sha1 } = received;
    const { mtimeSeconds } = await store.commit(received);
    const receivedAt = clock.now();
    const artifact: Artifact = {
      ...{ sha256, sizeBytes, md5, sha1 },
      ...{ attemptId, jobId, profile, buildKey, cpv, synthetic, receivedAt },
      state: 'received',
      path: null,
      metadata: ledgerMetadata(binpkg, mtimeSeconds),
      abi: binpkg.abi,
    };
    const id = factId('artifact-received', jobId);
    const at = receivedAt.toISOString();
    const stored = await artifacts.receive(artifact, [
      outgoing('ArtifactReceived', id, { id, at, attemptId, jobId, cpv, sha256 }),
    ]);
    if (stored === 'stored') {
      logger.info({ jobId, attemptId, cpv, drone, profile, sizeBytes, sha256 }, 'artifact received');
      wake();
      return { kind: 'accepted', sha256 };
    }
    const held = await artifacts.ofJob(jobId);
    if (held === undefined) throw new Error(`job ${jobId} has an artifact and has none`);
    return this.#settled(expected, received, held);
  }

  #settled(expected: UploadExpectation, offered: { readonly sha256: string }, held: Artifact): UploadAnswer {
    const { jobId, attemptId, cpv, drone } = expected;
    const { sha256 } = offered;
    if (held.sha256 === sha256) return { kind: 'repeated', sha256 };
    this.ports.logger.info(
      { jobId, attemptId, cpv, drone, sha256, held: held.sha256 },
      'job has an artifact already',
    );
    return { kind: 'taken', sha256: held.sha256 };
  }

  async #refuse(
    { attemptId, jobId, cpv, drone }: UploadExpectation,
    { sha256, sizeBytes }: OfferedUpload,
    { reason, message: said }: Refusal,
  ): Promise<UploadAnswer> {
    const { artifacts, clock, logger, factId } = this.ports;
    const message = said.replaceAll(/\p{Cc}/gu, ' ').slice(0, MESSAGE_CHARS);
    logger.warn({ jobId, attemptId, cpv, drone, sha256, sizeBytes, reason, message }, 'artifact refused');
    // Without the right token the sender is nobody: what they declare must not multiply events.
    const id = factId('artifact-refused', attemptId, reason, reason === 'wrong-token' ? '' : sha256);
    const at = clock.now().toISOString();
    await artifacts.refuse([
      outgoing('ArtifactRefused', id, { id, at, attemptId, cpv, drone, reason, message }),
    ]);
    return { kind: 'refused', reason, message };
  }
}

/** A limit of ours that ended the upload is said in its own words. */
function inWords(error: ArtifactRefusal, signal: AbortSignal): Refusal {
  const why: unknown = signal.reason;
  return error.reason === 'interrupted' && why instanceof Error ? { ...error, message: why.message } : error;
}
