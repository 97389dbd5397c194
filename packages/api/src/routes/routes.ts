import type { Route } from "../http/router.ts";
import { absentRoutes } from "./absent-parts.ts";
import { containerCreateRoutes } from "./container-create.ts";
import { containerFileRoutes } from "./container-files.ts";
import { containerLifecycleRoutes } from "./container-lifecycle.ts";
import { containerListRoutes } from "./container-lists.ts";
import { containerStreamRoutes } from "./container-streams.ts";
import { eventRoutes } from "./events.ts";
import { execRoutes } from "./execs.ts";
import { imageTransferRoutes } from "./image-transfer.ts";
import { imageRoutes } from "./images.ts";
import { networkRoutes } from "./networks.ts";
import { systemRoutes } from "./system.ts";
import { volumeRoutes } from "./volumes.ts";

/** Every operation that is answered. Names of images may contain slashes: what is not a name comes before them. */
export const routes: readonly Route[] = [
  ...systemRoutes,
  ...eventRoutes,
  ...containerListRoutes,
  ...containerCreateRoutes,
  ...containerLifecycleRoutes,
  ...containerStreamRoutes,
  ...containerFileRoutes,
  ...execRoutes,
  ...absentRoutes,
  ...imageTransferRoutes,
  ...imageRoutes,
  ...volumeRoutes,
  ...networkRoutes,
];
