import { systemPath } from './programs.js';

/** What Portage and its helpers need of the caller's environment: the way to the network, and nothing else. */
const inherited = [
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

/** A clean environment for programs of the system: same language, no colours, no shims on the path. */
export function cleanEnvironment(home: string): Record<string, string> {
  const environment: Record<string, string> = {
    HOME: home,
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    NO_COLOR: '1',
    PATH: systemPath,
    TERM: 'dumb',
  };
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
