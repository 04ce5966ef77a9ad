import type {
  AlarmView,
  api,
  EndpointResponse,
  HealingActionView,
  HostView,
  RebootRequestView,
} from '@swarm/contracts';

import { plain, table } from './text.js';

export function printHosts(hosts: readonly HostView[]): string {
  return table(
    ['drone', 'kind', 'address', 'user', 'init', 'keys', 'reboot', 'written by'],
    hosts.map((host) => [
      ...[host.drone, host.kind, `${host.address}:${host.port}`, host.user, host.init, host.hostKeys.length],
      ...[rebootWords(host), host.by],
    ]),
    'The host book is empty: `swarm drone host set` writes a page.',
  );
}

export function printHost(host: HostView): string {
  return [
    `${host.drone}: ${host.kind} at ${host.user}@${plain(host.address)}:${host.port}, ${host.init}`,
    `  machine id  ${host.machineId}`,
    ...host.hostKeys.map((key) => `  host key    ${plain(key)}`),
    `  reboot      ${rebootWords(host)}`,
    `  written     ${host.since} by ${plain(host.by)}`,
    '',
  ].join('\n');
}

export function printScan({ keys, machineId, note }: EndpointResponse<typeof api.scanHost>): string {
  return [
    ...keys.map(({ line, fingerprint }) => `host key    ${fingerprint} (${plain(line.split(' ')[0] ?? '')})`),
    `machine id  ${machineId ?? 'not known'}${note === '' ? '' : `: ${plain(note)}`}`,
    '',
  ].join('\n');
}

export function printActions(actions: readonly HealingActionView[], withOutput: boolean): string {
  const rows = table(
    ['begun', 'rung', 'action', 'state', 'why', 'result'],
    actions.map(({ begunAt, rung, kind, state, reason, detail }) => [
      ...[begunAt.slice(0, 19).replace('T', ' '), rung, kind, state, reason, detail],
    ]),
    'The healer did nothing there.',
  );
  if (!withOutput) return rows;
  const outputs = actions
    .filter(({ output }) => output !== '')
    .map(({ begunAt, kind, output }) => {
      const lines = output
        .trimEnd()
        .split('\n')
        .map((line) => `  ${plain(line)}`);
      return `\n${begunAt} ${kind}:\n${lines.join('\n')}\n`;
    });
  return rows + outputs.join('');
}

/** What a person must know of the fleet's health, before the numbers of it. */
export function healingLines(requests: readonly RebootRequestView[], alarms: readonly AlarmView[]): string[] {
  return [
    ...alarms.map(({ reason, at, page }) => `ALARM: ${plain(reason)} (${at}, ${page})`),
    ...requests.map(({ line }) => `CONFIRM: ${plain(line)}`),
  ];
}

function rebootWords({ isProtected, mayReboot }: HostView): string {
  if (isProtected) return 'never (protected)';
  return mayReboot ? 'standing consent' : 'when confirmed';
}
