import { describe } from '@jest/globals';

import { artifactRepositoryContract } from './contract/artifacts.contract.js';
import { droneRepositoryContract } from './contract/drones.contract.js';
import { healingRepositoryContract } from './contract/healing.contract.js';
import { overEveryLedger } from './contract/ledgers.contract.js';
import { maintenanceRepositoryContract } from './contract/maintenance.contract.js';
import { messagesContract } from './contract/messages.contract.js';
import { pauseRepositoryContract } from './contract/pauses.contract.js';
import { planRepositoryContract } from './contract/plans.contract.js';
import { profileVersionsContract } from './contract/profiles.contract.js';
import { scheduleRepositoryContract } from './contract/schedules.contract.js';

describe('the plans of the ledger', () => {
  overEveryLedger(planRepositoryContract);
});

describe('the versions of profiles in the ledger', () => {
  overEveryLedger(profileVersionsContract);
});

describe('the schedules of the ledger', () => {
  overEveryLedger(scheduleRepositoryContract);
});

describe('the pauses of the ledger', () => {
  overEveryLedger(pauseRepositoryContract);
});

describe('what maintenance sweeps read and store in the ledger', () => {
  overEveryLedger(maintenanceRepositoryContract);
});

describe('the drones of the ledger', () => {
  overEveryLedger(droneRepositoryContract);
});

describe('the healing of the ledger', () => {
  overEveryLedger(healingRepositoryContract);
});

describe('the artifacts of the ledger', () => {
  overEveryLedger(artifactRepositoryContract);
});

describe('the messages of the ledger', () => {
  overEveryLedger(messagesContract);
});
