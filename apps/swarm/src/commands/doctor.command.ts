import { SwarmError } from '@swarm/kernel';
import type { Command } from 'commander';

import { printDoctor } from '../print/doctor.views.js';
import type { Surroundings } from '../surroundings.js';
import { apiCommand, clientFor, show, type ApiOptions } from './api-command.js';

/** `doctor`: what the maintenance sweep found, and whether it runs. */
export function doctorCommand(surroundings: Surroundings): Command {
  return apiCommand(
    'doctor',
    'every check with its last run and result; exit 1 where an alarm stands, or nothing was checked for 3 min',
  ).action(async (options: ApiOptions) => {
    const data = await clientFor(options, surroundings).call('doctor', {});
    show(data, options, surroundings, (view) => printDoctor(view, surroundings.now()));
    if (data.isWell) return;
    const alarms = data.checks.filter(({ result }) => result === 'alarm').map(({ name }) => name);
    const overdue = data.sweep.isOverdue ? ['The maintenance sweep does not run.'] : [];
    const standing = alarms.length > 0 ? [`Alarms: ${alarms.join(', ')}.`] : [];
    throw new SwarmError('SWARM_FAILED', [...overdue, ...standing].join(' '));
  });
}
