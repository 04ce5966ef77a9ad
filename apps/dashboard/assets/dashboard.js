// The status page: reads the API, and reads it again when an event says that something changed.

/** Most events on the page. */
const MAX_EVENTS = 60;
/** The numbers are read at most this often, however fast events come. */
const REFRESH_EVERY_MS = 1000;
/** And at least this often, since a drone's silence is no event. */
const REFRESH_AT_LEAST_MS = 15_000;
const RECONNECT_MS = 2_000;
/** Order of the bar, from done to not begun. */
const BAR = ['published', 'received', 'delegated', 'needed', 'waiting', 'blocked', 'quarantined'];
const BAD_EVENTS = new Set(['AttemptFailed', 'ArtifactRefused', 'ReclaimRequested']);

const byId = (id) => document.getElementById(id);
let runningJobs = [];

/** An element. What comes from the swarm is only ever text, never markup. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function svg(tag, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function stateLabel(state) {
  return el('span', { class: 'state' }, el('span', { class: `dot ${state}` }), state);
}

/** A table of rows; each cell is text or an element. */
function table(headings, rows, nothing) {
  if (rows.length === 0) return el('p', { class: 'empty' }, nothing);
  const head = el('tr', {}, ...headings.map((text) => el('th', { scope: 'col' }, text)));
  const body = rows.map((cells) =>
    el('tr', {}, ...cells.map((cell, index) => el('td', { 'data-label': headings[index] }, cell))),
  );
  return el('table', {}, el('thead', {}, head), el('tbody', {}, ...body));
}

function percent(rate) {
  if (rate === null) return '–';
  // Never rounded up to 100: that is reserved for when nothing failed.
  const whole = rate === 1 ? 100 : Math.floor(rate * 1000) / 10;
  return `${whole} %`;
}

function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function bytes(count) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

function bar(jobs, label) {
  const picture = svg('svg', {
    viewBox: `0 0 ${Math.max(1, jobs.total)} 1`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': label,
  });
  let x = 0;
  for (const state of BAR) {
    if (jobs[state] > 0)
      picture.append(svg('rect', { x, y: 0, width: jobs[state], height: 1, class: state }));
    x += jobs[state];
  }
  return el('div', { class: 'bar' }, picture);
}

function number(name, value, state) {
  const term = el('dt', {}, state ? el('span', { class: `dot ${state}` }) : null, name);
  return el(
    'div',
    { class: value === 0 ? 'zero' : undefined, 'data-number': name },
    term,
    el('dd', {}, String(value)),
  );
}

function profileCard({ profile, synthetic, plan, numbers, release }) {
  const { jobs, alreadyBuilt, attempted, successRate } = numbers;
  const quiet = ['superseded', 'cancelled'].filter((state) => jobs[state] > 0);
  const rate = el(
    'div',
    { 'data-number': 'success rate' },
    el('dt', {}, 'success rate'),
    el('dd', { title: `${jobs.published} published of ${attempted} attempted` }, percent(successRate)),
  );
  return el(
    'article',
    { class: 'profile', 'data-profile': profile },
    el(
      'h2',
      {},
      profile,
      synthetic ? el('span', { class: 'tag synthetic' }, 'synthetic') : null,
      plan ? el('span', { class: 'tag' }, plan.state) : null,
    ),
    el(
      'p',
      { class: 'quiet' },
      plan ? `${plan.targets.join(' ') || 'profile targets'}: ${plan.detail || plan.state}` : 'No plan yet.',
    ),
    bar(jobs, `${jobs.published} of ${jobs.total} jobs published`),
    el(
      'dl',
      { class: 'numbers' },
      number('jobs', jobs.total),
      ...[...BAR, ...quiet].map((state) => number(state, jobs[state], state)),
      number('already built', alreadyBuilt),
      rate,
    ),
    releaseLine(release),
  );
}

function releaseLine(release) {
  if (!release) return el('p', { class: 'release quiet' }, 'No release yet.');
  const when = new Date(release.createdAt).toLocaleString();
  return el(
    'p',
    { class: 'release' },
    el('strong', {}, `Release ${release.generation}`),
    `: ${release.packages} packages, ${when}. `,
    el('code', {}, release.url),
  );
}

function showRunning() {
  const rows = runningJobs.map(({ cpv, drone, attempt, since, synthetic }) => [
    el('span', {}, cpv, synthetic ? ' (synthetic)' : ''),
    drone ?? '',
    String(attempt),
    since ? duration(Date.now() - Date.parse(since)) : '',
  ]);
  byId('running').replaceChildren(
    table(['package', 'drone', 'attempt', 'for'], rows, 'Nothing is being built.'),
  );
}

function showStuck(profiles) {
  const rows = profiles.flatMap(({ stuck }) =>
    stuck.map(({ cpv, profile, state, reason }) => [cpv, profile, stateLabel(state), reason]),
  );
  byId('stuck-section').hidden = rows.length === 0;
  byId('stuck').replaceChildren(table(['package', 'profile', 'state', 'why'], rows, ''));
}

function showDrones(drones) {
  const rows = drones.map((drone) => [
    drone.name,
    stateLabel(drone.state),
    el('span', {}, drone.profile, drone.synthetic ? ' (synthetic)' : ''),
    drone.working.map(({ what, phase }) => `${what} (${phase})`).join(', ') ||
      (drone.state === 'online' ? 'idle' : drone.reason),
    `${drone.working.length}/${drone.slots}`,
    drone.load1.toFixed(1),
    bytes(drone.freeDiskBytes),
    drone.silentMs < 10_000 ? 'now' : `${duration(drone.silentMs)} ago`,
  ]);
  byId('drones').replaceChildren(
    table(
      ['drone', 'state', 'profile', 'doing', 'slots', 'load', 'free disk', 'heard'],
      rows,
      'No drone has enrolled.',
    ),
  );
  const online = drones.filter(({ state }) => state === 'online').length;
  byId('drones-sum').textContent = drones.length > 0 ? `${online} of ${drones.length} online` : '';
}

async function read(path) {
  const response = await fetch(`/api/v1${path}`, { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function refresh() {
  const [status, { drones }, { jobs }] = await Promise.all([
    read('/status'),
    read('/drones'),
    read('/jobs?state=delegated&limit=100'),
  ]);
  byId('pauses').replaceChildren(
    ...status.pauses.map(({ line }) => el('p', { class: 'banner paused' }, line)),
    ...status.alarms.map(({ reason }) => el('p', { class: 'banner alarm' }, `Alarm: ${reason}`)),
    ...status.rebootRequests.map(({ line }) => el('p', { class: 'banner confirm' }, line)),
  );
  byId('next').textContent = status.next;
  byId('synthetic').hidden = !status.synthetic;
  byId('profiles').replaceChildren(...status.profiles.map(profileCard));
  byId('at').textContent = `as of ${new Date(status.at).toLocaleTimeString()}`;
  runningJobs = jobs;
  showRunning();
  showStuck(status.profiles);
  showDrones(drones);
  document.body.dataset.lastEvent = String(status.lastEvent);
}

let isRefreshing = false;
let isStale = false;

/** Reads the numbers soon; however often it is called, one reading runs at a time. */
async function refreshSoon() {
  isStale = true;
  if (isRefreshing) return;
  isRefreshing = true;
  while (isStale) {
    isStale = false;
    await refresh().catch((error) => console.warn('status could not be read', error));
    await new Promise((resolve) => setTimeout(resolve, REFRESH_EVERY_MS));
  }
  isRefreshing = false;
}

function addEvent({ at, line, message }) {
  const time = el('time', { datetime: at }, new Date(at).toLocaleTimeString());
  const item = el('li', {}, time, el('span', { class: BAD_EVENTS.has(message) ? 'bad' : undefined }, line));
  const list = byId('events');
  list.prepend(item);
  while (list.childElementCount > MAX_EVENTS) list.lastElementChild.remove();
}

function showConnection(state, text) {
  byId('connection').dataset.state = state;
  byId('connection').textContent = text;
}

/** A broken stream resumes after the last event it brought, so that the list has no gap. */
function listen(after) {
  let seen = after;
  const source = new EventSource(`/events?after=${after}`);
  source.onopen = () => {
    showConnection('live', 'live');
    void refreshSoon();
  };
  source.onerror = () => {
    showConnection('lost', 'connection lost, trying again');
    // The browser itself comes back after a broken connection, but gives up after an answer such as 503.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(seen), RECONNECT_MS);
  };
  source.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    seen = event.sequence;
    addEvent(event);
    void refreshSoon();
  };
}

async function start() {
  const { events } = await read(`/events?limit=${MAX_EVENTS}`);
  for (const event of events) addEvent(event);
  listen(events.at(-1)?.sequence ?? 0);
}

/** The gateway may be starting itself. */
async function startUntilItWorks() {
  for (;;) {
    try {
      await start();
      return;
    } catch {
      showConnection('lost', 'connection lost, trying again');
      await new Promise((resolve) => setTimeout(resolve, REFRESH_EVERY_MS));
    }
  }
}

void startUntilItWorks();
setInterval(showRunning, REFRESH_EVERY_MS);
setInterval(refreshSoon, REFRESH_AT_LEAST_MS);
