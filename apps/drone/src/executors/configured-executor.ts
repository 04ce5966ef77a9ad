import { basename } from 'node:path';

import {
  applyConfiguration,
  CONFIGURATIONS_KEPT,
  dropConfigurations,
  ensureRepository,
  findProfile,
  type Machine,
  readOwnConfiguration,
  releaseRepository,
  type RepositoryFailure,
  type RepositoryLocation,
} from '@swarm/adapter-portage';
import { assertNever } from '@swarm/kernel';
import type { Logger } from '@swarm/platform';

import type { Missing } from '../ports/configuration-source.js';
import type {
  BuildControl,
  BuildOrder,
  BuildResult,
  Executor,
  OwnPortage,
  PinnedConfiguration,
  Readiness,
  Resolution,
  ResolveOrder,
} from '../ports/executor.js';
import { Mutex } from './mutex.js';
import { PortageExecutor } from './portage-executor.js';

/** Variables that decide what binaries are like, or how they are made. */
const AUDITED_NAMES = [
  ...[
    'ARCH',
    'ABI',
    'DEFAULT_ABI',
    'MULTILIB_ABIS',
    'CHOST',
    'CBUILD',
    'USE',
    'VIDEO_CARDS',
    'INPUT_DEVICES',
  ],
  ...['CFLAGS', 'CXXFLAGS', 'FFLAGS', 'FCFLAGS', 'LDFLAGS', 'RUSTFLAGS', 'FEATURES', 'MAKEOPTS'],
  ...['LLVM_SLOT', 'LLVM_TARGETS', 'PYTHON_TARGETS', 'PYTHON_SINGLE_TARGET', 'RUBY_TARGETS', 'LUA_TARGETS'],
  ...['ACCEPT_KEYWORDS', 'ACCEPT_LICENSE'],
];
const AUDITED_PREFIXES = ['ABI_', 'CPU_FLAGS_'];

export interface ConfiguredExecutorOptions {
  /** As it is configured where work names no configuration. */
  readonly machine: Machine;
  /** Copies of repositories are kept below it; drones of one machine share them. */
  readonly cacheDir: string;
  readonly logger: Logger;
}

/** One configuration that was made ready in this process. */
interface Prepared {
  readonly bench: PortageExecutor;
  readonly repositories: readonly RepositoryLocation[];
  users: number;
}

/** Real Portage on a machine of the drone's own, in whichever configuration the work names. */
export class ConfiguredExecutor implements Executor {
  readonly kind = 'portage';
  /** The machine builds one package at a time, whatever the configuration: they share directories and cores. */
  readonly #turns = new Mutex();
  readonly #asItIs: PortageExecutor;
  /** By digest, the last used one last. */
  readonly #prepared = new Map<string, Prepared>();
  readonly #cleaning = new Mutex();
  readonly #preparing = new Map<string, Promise<Prepared | Missing>>();

  constructor(private readonly options: ConfiguredExecutorOptions) {
    this.#asItIs = new PortageExecutor(options.machine, this.#turns);
  }

  get portageVersion(): string {
    return this.options.machine.portage.version;
  }

  get ownPortage(): OwnPortage {
    const { machine } = this.options;
    const ask = (timeoutMs: number): ReturnType<OwnPortage['ask']> =>
      readOwnConfiguration(machine, { names: AUDITED_NAMES, prefixes: AUDITED_PREFIXES, timeoutMs });
    return { configRoot: machine.paths.configRoot, ask };
  }

  resolve(order: ResolveOrder, signal: AbortSignal): Promise<Resolution> {
    return this.#asItIs.resolve(order, signal);
  }

  build(order: BuildOrder, control: BuildControl): Promise<BuildResult> {
    return this.#asItIs.build(order, control);
  }

  async configured(target: PinnedConfiguration, signal: AbortSignal): Promise<Readiness> {
    const { digest } = target;
    const prepared = this.#prepared.get(digest) ?? (await this.#prepareOnce(target, signal));
    if ('kind' in prepared) return prepared;
    prepared.users += 1;
    this.#prepared.delete(digest);
    this.#prepared.set(digest, prepared);
    await this.#cleaning
      .run(() => this.#dropSurplus())
      .catch((error: unknown) => {
        // It costs room on the disk, and is tried again with the next work.
        this.options.logger.warn({ error }, 'old configurations not removed');
      });
    return {
      kind: 'ready',
      bench: prepared.bench,
      done: () => {
        prepared.users -= 1;
      },
    };
  }

  #prepareOnce(target: PinnedConfiguration, signal: AbortSignal): Promise<Prepared | Missing> {
    const running = this.#preparing.get(target.digest);
    if (running) return running;
    const preparing = this.#prepare(target, signal).finally(() => this.#preparing.delete(target.digest));
    this.#preparing.set(target.digest, preparing);
    return preparing;
  }

  async #prepare(
    { digest, configuration }: PinnedConfiguration,
    signal: AbortSignal,
  ): Promise<Prepared | Missing> {
    const { machine, cacheDir, logger } = this.options;
    const repositories: RepositoryLocation[] = [];
    for (const pin of configuration.repositories) {
      const ensured = await ensureRepository(pin, {
        cacheDir,
        portage: machine.portage,
        masters: repositories,
        signal,
      });
      if (!ensured.ok) return missing(ensured.error);
      repositories.push(ensured.value);
    }
    const profile = await findProfile(configuration, repositories);
    if (!profile.ok) return { kind: 'missing', reason: profile.error, mayPass: false };
    const configured = await applyConfiguration(machine, { digest, configuration, repositories });
    const revisions = configuration.repositories.map(({ name, revision }) => `${name} ${revision}`);
    logger.info({ digest, revisions }, 'configuration ready');
    const prepared = { bench: new PortageExecutor(configured, this.#turns), repositories, users: 0 };
    this.#prepared.set(digest, prepared);
    return prepared;
  }

  /** What no work uses any more goes, beyond the limit: first from memory, then from disk. */
  async #dropSurplus(): Promise<void> {
    const { machine } = this.options;
    const idle = [...this.#prepared].filter(([, { users }]) => users === 0);
    const surplus = idle.slice(0, Math.max(0, this.#prepared.size - CONFIGURATIONS_KEPT));
    for (const [digest] of surplus) this.#prepared.delete(digest);
    const used = new Set([...this.#prepared.values()].flatMap(locationsOf));
    for (const location of surplus.flatMap(([, gone]) => locationsOf(gone))) {
      if (!used.has(location)) await releaseRepository(location);
    }
    const own = basename(machine.paths.configRoot);
    await dropConfigurations(machine, new Set([own, ...this.#prepared.keys(), ...this.#preparing.keys()]));
  }
}

function locationsOf({ repositories }: Prepared): string[] {
  return repositories.map(({ location }) => location);
}

/** A directory that has moved may be one that is behind and comes to the revision with its next sync. */
function missing({ kind, message }: RepositoryFailure): Missing {
  switch (kind) {
    case 'moved':
    case 'unreachable':
    case 'stopped':
      return { kind: 'missing', reason: message, mayPass: true };
    case 'unusable':
      return { kind: 'missing', reason: message, mayPass: false };
    default:
      return assertNever(kind);
  }
}
