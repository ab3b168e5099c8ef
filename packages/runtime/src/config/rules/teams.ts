/** A team's members are clients, each in one team only: otherwise, whose budget would pay? */
import { phrase } from '../../phrase.ts';
import type { Violation } from '../config-error.ts';
import { type RawTable, rawTable, rawText } from '../schema/raw.ts';

type Names = ReadonlySet<string | undefined>;

export function checkTeams(document: RawTable): readonly Violation[] {
  const clients: Names = new Set(tablesOf(document['clients']).map(({ name }) => rawText(name)));
  const names = new Set(clients);
  /** Of the members seen so far. */
  const teamOf = new Map<string, string>();
  return tablesOf(document['teams']).flatMap((team, index) => {
    const name = rawText(team['name']) ?? '';
    const violations = names.has(name) ? [secondOf(name, index)] : [];
    names.add(name);
    for (const [at, member] of membersOf(team).entries()) {
      const found = problemOf(member, clients, teamOf);
      if (found !== undefined) violations.push({ path: ['teams', index, 'members', at], ...found });
      teamOf.set(member, name);
    }
    return violations;
  });
}

function secondOf(name: string, index: number): Violation {
  return {
    path: ['teams', index, 'name'],
    found: phrase`a second client or team with the name ${JSON.stringify(name)}`,
    expected: phrase`a name that no client and no other team has`,
    advice: phrase`rename one of the two: budgets are shown and granted by name`,
  };
}

function problemOf(
  member: string,
  clients: Names,
  teamOf: ReadonlyMap<string, string>,
): Omit<Violation, 'path'> | undefined {
  const shown = JSON.stringify(member);
  if (!clients.has(member)) {
    return {
      found: phrase`${shown}, which is not a client`,
      expected: phrase`the name of one of [[clients]]`,
      advice: phrase`correct the name, or create the person with \`zephyr clients add ${member}\``,
    };
  }
  const team = teamOf.get(member);
  if (team === undefined) return undefined;
  return {
    found: phrase`${shown}, already a member of ${JSON.stringify(team)}`,
    expected: phrase`each person in one team at most, and once`,
    advice: phrase`remove the name from one of the lists: the cost of a request belongs to one team`,
  };
}

/** The schema reports anything that is not a string. */
function membersOf(team: RawTable): readonly string[] {
  const { members } = team;
  return Array.isArray(members) ? members.map((member) => rawText(member) ?? '') : [];
}

function tablesOf(value: unknown): readonly RawTable[] {
  return Array.isArray(value) ? value.map(rawTable) : [];
}
