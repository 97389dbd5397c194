import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export interface TerminalPage {
  /** One file that needs nothing else. */
  readonly html: string;
  /** `Content-Security-Policy`: only what stands in the page itself may run, and it may talk to its own origin only. */
  readonly policy: string;
}

export function terminalPage(): TerminalPage {
  const html = readFileSync(new URL("../page/terminal.html", import.meta.url), "utf8");
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf("script", html)}'`,
    `style-src '${hashOf("style", html)}'`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { html, policy: policy.join("; ") };
}

function hashOf(element: string, html: string): string {
  const content = html.slice(html.indexOf(`<${element}>`) + element.length + 2, html.indexOf(`</${element}>`));
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}
