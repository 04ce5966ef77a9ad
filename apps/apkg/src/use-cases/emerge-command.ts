import type { ApkgConfig } from '../config.js';

const PASSWORD = /(?<user>\/\/[^@/:]*):[^@/]*@/;

type Env = Readonly<Record<string, string | undefined>>;

export interface EmergeCommand {
  readonly argv: readonly string[];
  /** Variables beside those that are there anyway. */
  readonly env: Readonly<Record<string, string>>;
}

/** The one command that brings a workstation up to date and never compiles. */
export function updateCommand(config: ApkgConfig, surrounding: Env, pretend: boolean): EmergeCommand {
  const options = ['--usepkg', '--usepkgonly', '--update', '--deep', ...(pretend ? ['--pretend'] : [])];
  return {
    argv: [...config.emerge, ...options, '@world'],
    env: { ...config.env, ...binhostEnv(config, surrounding) },
  };
}

/** Without getbinpkg Portage looks at no binhost; FEATURES from the environment add to those of make.conf. */
function binhostEnv(config: ApkgConfig, surrounding: Env): Record<string, string> {
  if (config.binhost === undefined) return {};
  const features = (config.env['FEATURES'] ?? surrounding['FEATURES'] ?? '').split(/\s+/).filter(Boolean);
  return {
    PORTAGE_BINHOST: config.binhost,
    FEATURES: [...new Set([...features, 'getbinpkg'])].join(' '),
  };
}

/** As a person would type it, but for a password in an address. */
export function shown({ argv, env }: EmergeCommand): string {
  const assignments = Object.entries(env).map(
    ([name, value]) => `${name}=${quoted(value.replace(PASSWORD, '$<user>:***@'))}`,
  );
  return [...assignments, ...argv.map(quoted)].join(' ');
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
