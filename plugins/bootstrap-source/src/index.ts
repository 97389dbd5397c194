export { BootstrapSource } from "./bootstrap-source.ts";
export { bootstrapSource, bootstrapSource as default } from "./plugin.ts";
