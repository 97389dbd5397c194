import { existsSync } from "node:fs";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { type Browser, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";

import { DaemonProcess } from "../harness/daemon.ts";
import { docker } from "../harness/docker.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";

const browserPath = "/usr/bin/chromium";
const reason = obstacle() ?? (existsSync(browserPath) ? undefined : "needs chromium");
const roots = inject("roots");

describe.skipIf(reason !== undefined)(titled("The web terminal in a browser", reason), () => {
  let daemon: DaemonProcess;
  let browser: Browser;
  let page: Page;
  let url: string;
  let before: ReadonlySet<string>;
  beforeAll(async () => {
    before = machineState(roots);
    daemon = await DaemonProcess.start(roots, ["web://127.0.0.1:0"]);
    url = (await docker(roots, ["web", "-u"])).stdout.trim();
    browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser.close();
    await daemon[Symbol.asyncDispose]();
    expect(await leftBehind(roots, before)).toEqual([]);
  });
  beforeEach(async () => {
    page = await browser.newPage();
  });
  afterEach(() => page.close());

  async function type(line: string): Promise<void> {
    await page.locator("input").fill(line);
    await page.keyboard.press("Enter");
    await page.locator("form").waitFor();
  }

  const screen = () => page.locator("#screen").innerText();

  test("greets, runs what is typed and shows what it prints", async () => {
    const problems: string[] = [];
    page.on("console", (message) => void (message.type() === "error" && problems.push(message.text())));
    page.on("pageerror", (error) => void problems.push(error.message));
    expect(daemon.log).not.toContain(new URL(url).searchParams.get("token"));
    await page.goto(url);
    expect(await screen()).toBe("Docker: a self-sufficient runtime for linux containers\n");
    expect(await page.locator("label").innerText()).toMatch(/^docker>\s$/);
    expect(page.url()).not.toContain("token");

    await type(`run -c "two words" busybox sh -c 'echo "<b>bold</b>"; exit 7'`);
    const id = /^[0-9a-f]{8}$/m.exec(await screen())?.[0];
    expect(id).toBeDefined();
    await type(`wait ${id}`);
    await type("ps -a");
    await type(`logs ${id}`);
    const text = await screen();
    expect(text).toMatch(/^ID +IMAGE +COMMAND +CREATED +STATUS +COMMENT$/m);
    expect(text).toMatch(new RegExp(`^${id} +busybox +sh -c echo .* Exit 7 +two words$`, "m"));
    expect(text).toMatch(/^<b>bold<\/b>$/m);
    await type(`rm ${id}`);
    expect(problems).toEqual([]);
  });

  test("shows output as it comes, and Ctrl-C ends the wait for more", async () => {
    await page.goto(url);
    await page.locator("input").fill(`run -a busybox sh -c "echo first; sleep 1000"`);
    await page.keyboard.press("Enter");
    await page.locator("#screen", { hasText: /\nfirst\n/ }).waitFor();
    await page.keyboard.press("Control+c");
    await page.locator("form").waitFor();
    await type("ps -q");
    const id = (await screen()).trim().split("\n").at(-1)!;
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    await type(`kill ${id}`);
    await type(`rm ${id}`);
    await type("ps -a -q");
    expect((await screen()).trimEnd()).toMatch(/ps -a -q$/);
  });

  test("keeps its token over a reload, and for itself", async () => {
    await page.goto(url);
    await page.reload();
    await type("info");
    expect(await screen()).toContain("version: 0.0.1");
    const other = await browser.newPage();
    await other.goto(new URL("/web", url).href);
    await other.locator("input").fill("info");
    await other.keyboard.press("Enter");
    await other.locator("#screen", { hasText: "lacks the token" }).waitFor();
    await other.close();
  });

  describe("a page of another origin", () => {
    let hostile: Server;
    let origin: string;
    beforeAll(async () => {
      hostile = createServer((_, response) => void response.setHeader("content-type", "text/html").end("<p>come in"));
      await new Promise<void>((resolve) => hostile.listen(0, "127.0.0.1", resolve));
      origin = `http://127.0.0.1:${(hostile.address() as AddressInfo).port}`;
    });
    afterAll(() => void hostile.close());

    // It even knows the token, which it never does.
    test.each(["localhost", "127.0.0.1"])(
      "at %s reads nothing and starts nothing, by no way that it has",
      async (host) => {
        const { host: target, searchParams } = new URL(url);
        await page.goto(origin.replace("127.0.0.1", host));
        const command = `http://${target}/run?q=busybox&q=true`;
        const tried = await page.evaluate(attack(command, searchParams.get("token")!));
        expect(tried).toEqual({ simple: "failed", header: "failed", get: "failed", image: "failed", script: "failed" });
        await page.goto(url);
        await type("ps -a -q");
        expect((await screen()).trimEnd()).toMatch(/ps -a -q$/);
      },
    );

    test("cannot post a form, show the terminal in a frame, or lead to it", async () => {
      const { host: target } = new URL(url);
      await page.goto(origin);
      await page.setContent(
        `<form method="post" action="http://${target}/run?q=busybox&q=true" enctype="text/plain"></form>` +
          `<iframe src="http://${target}/web"></iframe><a href="http://${target}/web">in</a>`,
      );
      await page.goto(origin);
      await page.setContent(`<a href="http://${target}/web">in</a>`);
      await page.locator("a").click();
      await page.waitForURL(`http://${target}/web`);
      expect(await page.content()).toContain("requests of other sites are refused");
      await page.goto(origin);
      await page.setContent(
        `<form method="post" action="http://${target}/run?q=busybox&q=true"><button>go</button></form>`,
      );
      await page.locator("button").click();
      await page.waitForURL(/\/run/);
      expect(await page.content()).toContain("requests of other");
      await page.goto(url);
      await type("ps -a -q");
      expect((await screen()).trimEnd()).toMatch(/ps -a -q$/);
    });

    test("that calls itself by a name that leads here is not served", async () => {
      const rebound = await chromium.launch({
        executablePath: browserPath,
        args: ["--no-sandbox", "--host-resolver-rules=MAP evil.example 127.0.0.1"],
      });
      try {
        const visitor = await rebound.newPage();
        const answer = await visitor.goto(url.replace("127.0.0.1", "evil.example"));
        expect(answer?.status()).toBe(403);
        expect(await visitor.content()).toContain("this host name is not served here");
      } finally {
        await rebound.close();
      }
    });
  });
});

/** Runs in the hostile page: what a page can send to another origin. */
function attack(command: string, token: string): string {
  return `(async () => {
    const outcome = (work) => work.catch(() => "failed");
    const ask = (init) => fetch(${JSON.stringify(command)}, init).then((response) => response.type);
    const load = (element) => new Promise((resolve, reject) => {
      element.onload = () => resolve("loaded");
      element.onerror = reject;
      element.src = ${JSON.stringify(command)};
      document.body.append(element);
    });
    return {
      simple: await outcome(ask({ method: "POST", mode: "no-cors", body: "x" })),
      header: await outcome(ask({ method: "POST", headers: { "docker-web-token": ${JSON.stringify(token)} } })),
      get: await outcome(ask({})),
      image: await outcome(load(new Image())),
      script: await outcome(load(document.createElement("script"))),
    };
  })()`;
}
