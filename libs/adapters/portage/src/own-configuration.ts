import type { Machine } from './machine.model.js';
import { runProcess } from './run-process.js';

/** What Portage says of the machine's own configuration. */
export interface OwnConfiguration {
  readonly variables: Readonly<Record<string, string>>;
  /** Where the link make.profile leads; its parents, where it is a directory. */
  readonly profilePath: string;
  readonly repositories: readonly { readonly name: string; readonly location: string }[];
}

const ANSWER_LIMIT_BYTES = 1024 * 1024;

/** Asks Portage's own settings, so that profiles, make.conf and their defaults count as they do for a build. */
const SCRIPT = `
import json, os, sys, portage
settings = portage.settings
variables = {}
for name in settings.keys():
    if name in sys.argv[2:] or any(name.startswith(p) for p in sys.argv[1].split()):
        variables[name] = settings.get(name, '')
profile = settings.profile_path or ''
parent = os.path.join(profile, 'parent')
if os.path.islink(profile) or not os.path.exists(parent):
    profile = os.path.realpath(profile)
else:
    with open(parent) as lines:
        profile = ' '.join(line.split('#')[0].strip() for line in lines if line.split('#')[0].strip())
repositories = [{'name': r.name, 'location': r.location} for r in settings.repositories]
print(json.dumps({'variables': variables, 'profilePath': profile, 'repositories': repositories}))
`;

/**
 * The variables of these names, and those that begin with one of these prefixes. Throws, with what Portage said, where
 * it cannot tell.
 */
export async function readOwnConfiguration(
  { portage, environment }: Machine,
  {
    names,
    prefixes,
    timeoutMs,
  }: {
    readonly names: readonly string[];
    readonly prefixes: readonly string[];
    readonly timeoutMs: number;
  },
): Promise<OwnConfiguration> {
  const result = await runProcess({
    command: [portage.python, '-c', SCRIPT, prefixes.join(' '), ...names],
    environment,
    timeoutMs,
    answerLimitBytes: ANSWER_LIMIT_BYTES,
  });
  if (result.stopped !== undefined)
    throw new Error(`Portage did not answer within ${timeoutMs} ms (${result.stopped})`);
  if (result.exitCode !== 0)
    throw new Error(`Portage could not tell: ${result.tail.trim().split('\n').at(-1) ?? ''}`);
  return JSON.parse(result.answer) as OwnConfiguration;
}
