import { memoryVolumeDriver, volumeDriverContract } from "@gantry/testkit";

volumeDriverContract("memory", { plugins: ({ dir }) => [memoryVolumeDriver({ root: dir })] });
