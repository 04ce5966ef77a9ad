import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import type { SyntheticBuild } from '@swarm/contracts';
import { type DigestOf, type GpkgSpec, writeGpkg } from '@swarm/domain-binpkg';
import { parseCpv } from '@swarm/domain-ebuild';
import type { Clock } from '@swarm/kernel';
import { z } from 'zod';

import type {
  BuildControl,
  BuildOrder,
  BuildResult,
  Executor,
  Readiness,
  Resolution,
  WorkFailure,
} from '../ports/executor.js';
import type { Timer } from '../ports/surroundings.js';

export interface SyntheticPorts {
  /** Where finished packages lie until the spool takes them. */
  readonly directory: string;
  /** A plan document in which each package says how long it takes; undefined: this drone resolves nothing. */
  readonly graphFile: string | undefined;
  /** While this file exists, every build fails at once. */
  readonly faultFile?: string;
  readonly clock: Clock;
  readonly timer: Timer;
}

/** Largest image of a synthetic package; it is made in memory. */
const IMAGE_BYTES = 64 * 1024 * 1024;
const LOG_STEPS = 4;
const hashNames = { SHA512: 'sha512', BLAKE2B: 'blake2b512' } as const;
const digestOf: DigestOf = (algorithm, bytes) => createHash(hashNames[algorithm]).update(bytes).digest('hex');

/** Enough of a plan document to know that it is one; the rest goes on as it is. */
const GraphDocument = z.looseObject({ packages: z.array(z.unknown()), edges: z.array(z.unknown()) });

/** Builds nothing: takes the time that a trace gives and writes a valid package that says so of itself. */
export class SyntheticExecutor implements Executor {
  readonly kind = 'synthetic';
  readonly portageVersion = 'none';
  readonly ownPortage = null;

  constructor(private readonly ports: SyntheticPorts) {}

  async resolve(): Promise<Resolution> {
    const { graphFile } = this.ports;
    if (graphFile === undefined) {
      return failure('unknown', 'this synthetic drone has no graph to resolve from (SWARM_SYNTHETIC_GRAPH)');
    }
    const document = GraphDocument.safeParse(JSON.parse(await readFile(graphFile, 'utf8')));
    if (document.success) return { kind: 'resolved', document: document.data };
    return failure('unknown', `${graphFile} is no plan document: ${z.prettifyError(document.error)}`);
  }

  /** Its packages have no content that a configuration could change. */
  configured(): Promise<Readiness> {
    return Promise.resolve({ kind: 'ready', bench: this, done: () => undefined });
  }

  async build(order: BuildOrder, control: BuildControl): Promise<BuildResult> {
    const { clock } = this.ports;
    const { work, attempt, attemptId } = order;
    const startedMs = clock.now().getTime();
    const times = (): { dependenciesMs: number; buildMs: number } => ({
      dependenciesMs: 0,
      buildMs: clock.now().getTime() - startedMs,
    });
    if (!work.synthetic) return { ...failure('unknown', 'this work is not synthetic'), ...times() };
    control.onPhase('building');
    const log = new SyntheticLog(control);
    log.say(`>>> Synthetic build of ${work.cpv}, ${work.synthetic.durationMs} ms, attempt ${attempt}`);
    const { faultFile } = this.ports;
    if (faultFile !== undefined && existsSync(faultFile)) {
      log.say(` * ERROR: ${work.cpv}::${work.repository} failed (compile phase):`);
      return {
        ...failure('compile', 'this drone is broken on purpose', log.text),
        phase: 'compile',
        ...times(),
      };
    }
    const stopped = await this.#pass(
      work.synthetic,
      Math.min(work.timeoutMs, work.synthetic.durationMs),
      log,
      control,
    );
    if (stopped) return { ...failure('killed', 'the synthetic build was stopped', log.text), ...times() };
    if (work.synthetic.durationMs > work.timeoutMs) {
      return {
        ...failure('timeout', `the synthetic build took longer than ${work.timeoutMs} ms`, log.text),
        ...times(),
      };
    }
    if (fails(work.synthetic, attempt)) {
      log.say(` * ERROR: ${work.cpv}::${work.repository} failed (compile phase):`);
      const summary = `${work.cpv} fails ${work.synthetic.fails === 'always' ? 'always' : 'at its first attempt'}, as its trace says`;
      return { ...failure('compile', summary, log.text), phase: 'compile', ...times() };
    }
    const bytes = packageOf(order, clock.now());
    const file = join(this.ports.directory, `${attemptId}.gpkg.tar`);
    await mkdir(this.ports.directory, { recursive: true, mode: 0o755 });
    await writeFile(file, bytes);
    log.say(`>>> ${work.cpv}: ${bytes.length} bytes, marked as synthetic`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { kind: 'built', file, sha256, sizeBytes: bytes.length, ...times() };
  }

  /** Lets the time pass, saying a line now and then. True when it was stopped before. */
  async #pass(
    { durationMs }: SyntheticBuild,
    limitMs: number,
    log: SyntheticLog,
    { signal }: BuildControl,
  ): Promise<boolean> {
    for (let step = 1; step <= LOG_STEPS; step++) {
      await this.ports.timer.wait(limitMs / LOG_STEPS, signal);
      if (signal.aborted) return true;
      log.say(`... ${Math.round((limitMs * step) / LOG_STEPS)} of ${durationMs} ms`);
    }
    return false;
  }
}

class SyntheticLog {
  text = '';

  constructor(private readonly control: BuildControl) {}

  say(line: string): void {
    this.text += `${line}\n`;
    this.control.onOutput(Buffer.from(`${line}\n`));
  }
}

function fails({ fails: when }: SyntheticBuild, attempt: number): boolean {
  return when === 'always' || (when === 'first-attempt' && attempt === 1);
}

function failure(failureClass: WorkFailure['class'], summary: string, logTail = ''): WorkFailure {
  return { kind: 'failed', class: failureClass, summary, logTail };
}

/** A valid GPKG with the metadata that the job asks for, and one file. */
function packageOf({ work, attemptId }: BuildOrder, now: Date): Uint8Array {
  const cpv = parseCpv(work.cpv);
  if (!cpv.ok) throw new Error(cpv.error);
  const { category, pn, pvr } = cpv.value;
  const pf = `${pn}-${pvr}`;
  const sizeBytes = Math.min(work.synthetic?.sizeBytes ?? 0, IMAGE_BYTES);
  const use = work.use.join(' ');
  const spec: GpkgSpec = {
    category,
    pf,
    buildId: 1,
    metadata: new Map([
      ['SLOT', work.slot],
      ['USE', use],
      ['IUSE', use],
      ['repository', work.repository],
      ['EAPI', '8'],
      ['CHOST', 'x86_64-pc-linux-gnu'],
      ['DEFINED_PHASES', '-'],
      ['SWARM_ATTEMPT', attemptId],
    ]),
    image: [
      { kind: 'directory', path: 'usr' },
      { kind: 'directory', path: 'usr/share' },
      { kind: 'directory', path: 'usr/share/swarm-synthetic' },
      { kind: 'file', path: `usr/share/swarm-synthetic/${pf}`, content: new Uint8Array(sizeBytes) },
    ],
    mtimeSeconds: Math.floor(now.getTime() / 1000),
    synthetic: true,
  };
  return writeGpkg(spec, { digestOf, compress: { kind: 'gzip', apply: (bytes) => gzipSync(bytes) } });
}
