/** A line of /etc/passwd. */
export interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

/** A line of /etc/group. */
export interface GroupEntry {
  name: string;
  gid: number;
  members: readonly string[];
}

/** The users and groups that a container's own files name. Malformed lines are left out, as the C library does. */
export interface UserDatabase {
  users: readonly PasswdEntry[];
  groups: readonly GroupEntry[];
}

export function parseUserDatabase(passwd: string, group: string): UserDatabase {
  const users = fieldsOf(passwd, 4).flatMap(([name, , uid, gid, , home]) =>
    isId(uid) && isId(gid) ? [{ name: name!, uid: Number(uid), gid: Number(gid), home: home || "/" }] : [],
  );
  const groups = fieldsOf(group, 3).flatMap(([name, , gid, members]) =>
    isId(gid) ? [{ name: name!, gid: Number(gid), members: (members ?? "").split(",").filter(Boolean) }] : [],
  );
  return { users, groups };
}

function fieldsOf(text: string, atLeast: number): string[][] {
  return text
    .split("\n")
    .map((line) => line.trim().split(":"))
    .filter((fields) => fields.length >= atLeast && fields[0] !== "");
}

export function isId(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text);
}
