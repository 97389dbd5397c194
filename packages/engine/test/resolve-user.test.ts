import { describe, expect, it } from "vitest";

import { needsUserDatabase, resolveUser } from "../src/spec/resolve-user.ts";
import { parseUserDatabase } from "../src/spec/user-database.ts";

const database = parseUserDatabase(
  "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\nbroken\nbad:x:a:b\n7:x:70:71::/seven:\nnohome:x:8:8\n",
  "root:x:0:\nstaff:x:50:app,other\nwheel:x:10:root\naudio:x:29:app\nbroken:x:z:app\n",
);

describe("users", () => {
  it.each([
    ["", { uid: 0, gid: 0, additionalGids: [10], home: "/root" }],
    ["root", { uid: 0, gid: 0, additionalGids: [10], home: "/root" }],
    ["app", { uid: 1000, gid: 1001, additionalGids: [50, 29], home: "/home/app" }],
    ["1000", { uid: 1000, gid: 1001, additionalGids: [50, 29], home: "/home/app" }],
    ["app:staff", { uid: 1000, gid: 50, additionalGids: [], home: "/home/app" }],
    ["app:99", { uid: 1000, gid: 99, additionalGids: [], home: "/home/app" }],
    ["4242", { uid: 4242, gid: 0, additionalGids: [], home: "/" }],
    ["4242:7", { uid: 4242, gid: 7, additionalGids: [], home: "/" }],
    ["7", { uid: 70, gid: 71, additionalGids: [], home: "/seven" }],
    ["nohome", { uid: 8, gid: 8, additionalGids: [], home: "/" }],
  ])("resolves %j", (user, expected) => {
    expect(resolveUser(user, [], database)).toEqual(expected);
  });

  it("adds groups by name and number", () => {
    expect(resolveUser("app:app", [], parseUserDatabase("app:x:1:2::/:", "app:x:2:")).gid).toBe(2);
    expect(resolveUser("4242", ["audio", "77", "29"], database).additionalGids).toEqual([29, 77]);
  });

  it("refuses in Docker's words", () => {
    expect(() => resolveUser("nobody", [], database)).toThrow(
      "unable to find user nobody: no matching entries in passwd file",
    );
    expect(() => resolveUser("app:none", [], database)).toThrow(
      "unable to find group none: no matching entries in group file",
    );
    expect(() => resolveUser("0", ["none"], database)).toThrow("unable to find group none");
    expect(() => resolveUser("2147483648", [], database)).toThrow("uids and gids must be in range 0-2147483647");
  });

  it("needs no database for root by number", () => {
    const empty = { users: [], groups: [] };
    expect(["", "0", "0:0"].map((user) => needsUserDatabase(user, []))).toEqual([false, false, false]);
    expect(["root", "1000", "0:staff"].map((user) => needsUserDatabase(user, []))).toEqual([true, true, true]);
    expect(needsUserDatabase("", ["audio"])).toBe(true);
    expect(resolveUser("", ["5"], empty)).toEqual({ uid: 0, gid: 0, additionalGids: [5], home: "/root" });
  });
});
