// The long proofs: specs of the suite at their full size. The seed is printed, and taken from the environment.
import { spawnSync } from 'node:child_process';

const proofs = {
  differential: {
    path: 'libs/adapters/portage/src/differential',
    env: { SWARM_DIFFERENTIAL_SCALE: '1' },
  },
  crash: {
    path: 'apps/swarm-e2e/src/crash-schedules',
    project: 'swarm',
    env: { SWARM_CRASH_SCHEDULES: '250' },
  },
  partitions: { path: 'apps/swarm-e2e/src/partition', project: 'swarm', env: { SWARM_LONG: '1' } },
  alarms: { path: 'apps/swarm-e2e/src/doctor', project: 'swarm', env: { SWARM_LONG: '1' } },
  judge: { path: 'libs/adapters/portage/src/plan-judged', env: { SWARM_JUDGE_RUNS: '60' } },
};

const [name] = process.argv.slice(2);
const proof = proofs[name];
if (!proof) {
  console.error(`usage: prove.mjs <${Object.keys(proofs).join('|')}>`);
  process.exit(2);
}
const env = {
  ...proof.env,
  ...process.env,
  NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
};
const limitMs = 6 * 3_600_000;
const args = [
  'jest',
  `--selectProjects=${proof.project ?? 'fast'}`,
  `--testPathPatterns=${proof.path}`,
  `--testTimeout=${limitMs}`,
];
const { status } = spawnSync('npx', args, { stdio: 'inherit', env });
process.exitCode = status ?? 1;
