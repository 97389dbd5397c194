import { layerDiffer } from "@gantry/archive";
import { bootstrapSource } from "@gantry/bootstrap-source";
import { cgroupLimits } from "@gantry/cgroup-limits";
import type { Plugin } from "@gantry/core";
import { engine } from "@gantry/engine";
import { jsonFileLogs } from "@gantry/json-file-logs";
import { linuxHelper } from "@gantry/linux";
import { localImageStore } from "@gantry/local-image-store";
import { localVolumes } from "@gantry/local-volumes";
import { nativeBackend } from "@gantry/native-backend";
import { overlayDriver } from "@gantry/overlay-driver";
import { sqliteState } from "@gantry/sqlite-state";
import { vfsDriver } from "@gantry/vfs-driver";

/** The plugins of an engine. The helper comes first: it takes the lock of the data root before another touches it. */
export function preset(): readonly Plugin[] {
  return [
    linuxHelper(),
    layerDiffer(),
    sqliteState(),
    localImageStore(),
    overlayDriver(),
    vfsDriver(),
    cgroupLimits(),
    nativeBackend(),
    jsonFileLogs(),
    localVolumes(),
    bootstrapSource(),
    engine(),
  ];
}

/** Where several plugins of the preset provide one interface: the first that this machine can run. */
export const presetPreference: Readonly<Record<string, readonly string[]>> = {
  StorageDriver: ["@gantry/overlay-driver", "@gantry/vfs-driver"],
};
