export { cpvOf, packageOf, parseCpv, type Cpv, type CpvParts } from './cpv.js';
