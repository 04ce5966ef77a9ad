// The whole test suite on a clean checkout: builds, sets up what the tests need, runs both halves of the suite, and
// ends with one line of figures that are counted from the runner's own reports.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const reports = '.cache/test-reports';
/** The page is tested in a real browser; where there is none, those tests are skipped by name. */
const CHROMIUM = '/usr/bin/chromium';

const env = {
  ...process.env,
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
  NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
};

function run(command, args, { must = true, env: environment = env } = {}) {
  console.log(`\n> ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: environment });
  if (must && status !== 0) {
    console.log(`\n${command} ${args.join(' ')} failed with ${status}`);
    console.log('0 passed, 1 failed, 0 skipped');
    process.exit(1);
  }
  return status;
}

function setUp() {
  const plain = { ...env, NODE_OPTIONS: '' };
  run('npm', ['run', '--silent', 'build'], { env: plain });
  run('npx', ['nx', 'graph', '--file=.nx/graph.json'], { env: plain });
  if (!existsSync(CHROMIUM) && process.env.CI === 'true' && process.getuid?.() === 0) {
    const apt = { env: { ...plain, DEBIAN_FRONTEND: 'noninteractive' }, must: false };
    run('apt-get', ['update', '-qq'], apt);
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], apt);
  }
  run('node', ['dist/apps/swarm/main.js', 'setup'], { env: plain });
}

/** Runs one half of the suite; resolves to the runner's own report of it. */
function jest(project, ...options) {
  // --forceExit: a handle that a test forgot must not hold the gate up for its whole time limit.
  const outputFile = join(reports, `${project}.json`);
  rmSync(outputFile, { force: true });
  const args = [
    'jest',
    `--selectProjects=${project}`,
    '--json',
    `--outputFile=${outputFile}`,
    '--forceExit',
    ...options,
  ];
  const status = run('npx', args, { must: false });
  if (!existsSync(outputFile)) return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, status };
  const report = JSON.parse(readFileSync(outputFile, 'utf8'));
  // A file that could not even be loaded has no test to count as failed.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  return { ...report, numFailedTests: report.numFailedTests + broken.length, status };
}

mkdirSync(reports, { recursive: true });
setUp();
const only = process.argv[2];
const halves = [];
if (only === undefined || only === 'fast') halves.push(jest('fast', '--maxWorkers=2'));
if (only === undefined || only === 'swarm') halves.push(jest('swarm', '--runInBand'));

const sum = (field) => halves.reduce((total, report) => total + report[field], 0);
const failed = sum('numFailedTests');
console.log(`\n${sum('numPassedTests')} passed, ${failed} failed, ${sum('numPendingTests')} skipped`);
process.exitCode = failed > 0 || halves.some(({ status }) => status !== 0) ? 1 : 0;
