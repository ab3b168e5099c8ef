/** Printed by the process when its clock has jumped. */
export const JUMPED = 'the clock jumped';

/** For `node --import`: on SIGUSR2 the wall clock jumps, like an NTP step; on the next SIGUSR2, back. */
export function clockJump(minutes: number): string {
  const code = `const now = Date.now; const Real = Date; let offsetMs = 0;
    process.on('SIGUSR2', () => {
      offsetMs = offsetMs === 0 ? ${minutes} * 60000 : 0;
      console.error('${JUMPED}');
    });
    globalThis.Date = class extends Real {
      constructor(...parts) { super(...(parts.length === 0 ? [now() + offsetMs] : parts)); }
      static now() { return now() + offsetMs; }
    };`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
