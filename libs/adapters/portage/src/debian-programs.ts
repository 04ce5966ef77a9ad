import { missingDebianPackages, findProgram, systemPath } from './programs.js';
import { runProcess } from './run-process.js';
import { SetupFailure } from './setup-failure.js';
import { cleanEnvironment } from './inherited-environment.js';

const APT_TIMEOUT_MS = 10 * 60_000;
/** Another apt may be running; seconds to wait for its lock. */
const APT_LOCK_OPTION = ['-o', 'DPkg::Lock::Timeout=120'];

/** Makes sure that every program Portage calls is on the machine; rejects with a `SetupFailure` that names them. */
export async function ensurePrograms(onProgress: (line: string) => void): Promise<void> {
  const missing = await missingDebianPackages();
  if (missing.length === 0) return;
  const names = missing.join(' ');
  const remedy = `install them (Debian: sudo apt-get install ${names}), then try again`;
  const apt = await findProgram('apt-get', systemPath);
  if (apt === undefined || process.getuid?.() !== 0)
    throw new SetupFailure(`programs are missing: ${names}`, remedy);

  onProgress(`installing with apt-get: ${names}`);
  const install = [apt, 'install', '-y', '-qq', '--no-install-recommends', ...APT_LOCK_OPTION, ...missing];
  if (!(await runApt(install))) {
    // The lists of a fresh image are empty or old.
    await runApt([apt, 'update', '-qq', ...APT_LOCK_OPTION]);
    await runApt(install);
  }
  const still = await missingDebianPackages();
  if (still.length > 0) throw new SetupFailure(`apt-get could not install: ${still.join(' ')}`, remedy);
}

async function runApt(command: readonly string[]): Promise<boolean> {
  const { exitCode } = await runProcess({
    command,
    environment: { ...cleanEnvironment('/root'), DEBIAN_FRONTEND: 'noninteractive' },
    timeoutMs: APT_TIMEOUT_MS,
  });
  return exitCode === 0;
}
