export { fingerprintOf } from './known-key.js';
export { defaultSshLimits, type SshLimits } from './limits.js';
export { sshHosts, type SshHostsOptions } from './ssh-hosts.js';
