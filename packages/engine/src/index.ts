export * from "./containers/container-record.ts";
export * from "./engine.ts";
export * from "./images/image-record.ts";
