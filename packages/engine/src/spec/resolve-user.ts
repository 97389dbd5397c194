import type { ProcessUser } from "@gantry/core";

import { invalidArgument } from "../engine-errors.ts";
import { isId } from "./user-database.ts";
import type { PasswdEntry, UserDatabase } from "./user-database.ts";

export interface ResolvedUser extends ProcessUser {
  home: string;
}

const maximumId = 2 ** 31 - 1;

/** Whether the container's own user files must be read: not for root by number, which is nearly every container. */
export function needsUserDatabase(user: string, groupAdd: readonly string[]): boolean {
  return !["", "0", "0:0"].includes(user) || groupAdd.some((group) => !isId(group));
}

/**
 * The identity that `user` (`[name|uid][:group|gid]`) stands for. A number needs no entry; a user's further groups count
 * unless a group was named.
 * Errors: `invalid-argument` in Docker's words.
 */
export function resolveUser(user: string, groupAdd: readonly string[], database: UserDatabase): ResolvedUser {
  const [userPart = "", groupPart] = user.split(":", 2);
  const entry = findUser(userPart, database);
  const uid = entry?.uid ?? numericId(userPart === "" ? "0" : userPart);
  const gid = groupPart ? groupId(groupPart, database) : (entry?.gid ?? 0);
  const own =
    groupPart || entry === undefined
      ? []
      : database.groups.filter(({ members }) => members.includes(entry.name)).map((group) => group.gid);
  const additionalGids = [...new Set([...own, ...groupAdd.map((group) => groupId(group, database))])];
  return { uid, gid, additionalGids, home: entry?.home ?? (uid === 0 ? "/root" : "/") };
}

function findUser(user: string, { users }: UserDatabase): PasswdEntry | undefined {
  if (user === "") return users.find(({ uid }) => uid === 0);
  const found = users.find(({ name }) => name === user) ?? users.find(({ uid }) => isId(user) && uid === Number(user));
  if (found === undefined && !isId(user)) {
    throw invalidArgument(`unable to find user ${user}: no matching entries in passwd file`, { field: "user" });
  }
  return found;
}

function groupId(group: string, { groups }: UserDatabase): number {
  const found = groups.find(({ name }) => name === group);
  if (found) return found.gid;
  if (isId(group)) return numericId(group);
  throw invalidArgument(`unable to find group ${group}: no matching entries in group file`, { field: "user" });
}

function numericId(text: string): number {
  const id = Number(text);
  if (id > maximumId) {
    throw invalidArgument(`uids and gids must be in range 0-${maximumId}`, { field: "user" });
  }
  return id;
}
