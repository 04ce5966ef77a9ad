import { dirname } from 'node:path';
import { z } from 'zod';

import { cleanEnvironment } from './inherited-environment.js';
import type { Portage } from './portage.js';
import { findProgram } from './programs.js';
import { runProcess } from './run-process.js';

const PROBE_TIMEOUT_MS = 30_000;
const PROBE = `
import json, os, portage
from portage.const import EPREFIX, GLOBAL_CONFIG_PATH
print(json.dumps({
    "version": str(portage.VERSION),
    "globalConfigPath": GLOBAL_CONFIG_PATH,
    "globalConfigDir": os.path.join(EPREFIX or "/", GLOBAL_CONFIG_PATH.lstrip("/")),
}))
`;
const Probed = z.object({
  version: z.string().min(1),
  globalConfigPath: z.string().min(1),
  globalConfigDir: z.string().min(1),
});

/** What an interpreter knows of its Portage; nothing if it cannot import it. */
export async function probePortage(python: string): Promise<z.output<typeof Probed> | undefined> {
  const { answer } = await runProcess({
    command: [python, '-c', PROBE],
    environment: cleanEnvironment('/'),
    timeoutMs: PROBE_TIMEOUT_MS,
    answerLimitBytes: 64 * 1024,
  });
  try {
    return Probed.parse(JSON.parse(answer));
  } catch {
    return undefined;
  }
}

/** The Portage of a Gentoo machine: `emerge` on the path, and a Python that can import the rest. */
export async function findSystemPortage(): Promise<Portage | undefined> {
  const path = process.env['PATH'] ?? '';
  const emerge = await findProgram('emerge', path);
  const egencache = await findProgram('egencache', path);
  const python = await findProgram('python3', path);
  if (emerge === undefined || egencache === undefined || python === undefined) return undefined;
  const probed = await probePortage(python);
  if (!probed) return undefined;
  return {
    ...probed,
    python,
    binDir: dirname(emerge),
    emerge: [emerge],
    egencache: [egencache],
    source: 'system',
  };
}
