import { userInfo } from 'node:os';

import { cleanEnvironment } from './inherited-environment.js';
import { runProcess } from './run-process.js';
import { SetupFailure } from './setup-failure.js';

const ID_TIMEOUT_MS = 10_000;

/**
 * Rejects with a `SetupFailure` where this user or its group is only a number, as in some containers:
 * Portage names the owner of its files, and gives up where there is no name (Portage 3.0.82).
 */
export async function requireNamedAccount(): Promise<void> {
  if (process.getuid?.() === 0) return;
  const { exitCode } = await runProcess({
    command: ['/usr/bin/id', '-gn'],
    environment: cleanEnvironment('/'),
    timeoutMs: ID_TIMEOUT_MS,
  });
  if (exitCode === 0 && hasName()) return;
  throw new SetupFailure(
    `the user ${process.getuid?.()} or its group ${process.getgid?.()} has no name, which Portage needs`,
    'add them to /etc/passwd and /etc/group, or run as another user',
  );
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}
