import type { CallOptions, Mount } from "@gantry/core";

import type { RootFiles } from "../root-files.ts";
import { needsUserDatabase, resolveUser } from "../spec/resolve-user.ts";
import type { ResolvedUser } from "../spec/resolve-user.ts";
import { parseUserDatabase } from "../spec/user-database.ts";
import type { ContainerRecord } from "./container-record.ts";

/** Finds out who a user of a container is, by the container's own files. */
export class ContainerUsers {
  readonly #rootFiles: RootFiles;

  constructor(rootFiles: RootFiles) {
    this.#rootFiles = rootFiles;
  }

  /** @param user `[name|uid][:group|gid]` Errors: `invalid-argument`; `unsupported` when no plugin can look into the root. */
  async resolve(
    { hostConfig }: Pick<ContainerRecord, "hostConfig">,
    user: string,
    root: readonly Mount[],
    call: CallOptions,
  ): Promise<ResolvedUser> {
    const { groupAdd } = hostConfig;
    if (!needsUserDatabase(user, groupAdd)) return resolveUser(user, groupAdd, { users: [], groups: [] });
    const [passwd = "", group = ""] = await this.#rootFiles.readTexts(root, "etc", ["passwd", "group"], call);
    return resolveUser(user, groupAdd, parseUserDatabase(passwd, group));
  }
}
