import { describe, expect, it } from "vitest";

import { renderList } from "../src/rendering/formatted-list.ts";
import { renderObject } from "../src/rendering/formatted-object.ts";
import { executeTemplate } from "../src/templates/execute-template.ts";
import { parseTemplate } from "../src/templates/parse-template.ts";
import { TemplateError } from "../src/templates/template-error.ts";

const value = {
  Name: "web",
  Empty: "",
  Zero: 0,
  List: ["a", "b"],
  Nested: { Deep: { Value: 7 } },
  Map: { b: 2, a: 1 },
  Label: (name: string) => `label ${name}`,
};

const render = (source: string) => executeTemplate(parseTemplate(source), value);

describe("templates", () => {
  it.each([
    ["plain", "plain"],
    ["{{.Name}}", "web"],
    ["a {{ .Name }} b", "a web b"],
    ["{{.Nested.Deep.Value}}", "7"],
    ["{{.List}} {{.Map}}", "[a b] map[a:1 b:2]"],
    ['{{"{{"}}', "{{"],
    ['{{`raw "x"`}}', 'raw "x"'],
    ['{{.Label "x"}}', "label x"],
    ["{{json .Name}}", '"web"'],
    ["{{json .Map}}", '{"a":1,"b":2}'],
    ["{{.Name | upper}}", "WEB"],
    ['{{join .List "/"}}', "a/b"],
    ['{{index (split .Name "e") 1}}', "b"],
    ["{{title .Name}}", "Web"],
    ["{{truncate .Name 2}}", "we"],
    ["{{pad .Name 1 2}}|", " web  |"],
    ["{{len .List}} {{len .Name}}", "2 3"],
    ["{{index .List 1}}", "b"],
    ["{{println .Name}}", "web\n"],
    ["{{if .Name}}yes{{else}}no{{end}}", "yes"],
    ["{{if .Empty}}yes{{else}}no{{end}}", "no"],
    ["{{if .Zero}}yes{{end}}", ""],
    ["{{if .Empty}}1{{else if .Name}}2{{else}}3{{end}}", "2"],
    ['{{if eq .Name "web"}}same{{end}}', "same"],
    ['{{if and .Name (ne .Name "x")}}both{{end}}', "both"],
    ["{{range .List}}<{{.}}>{{end}}", "<a><b>"],
    ["{{range .Empty}}x{{else}}none{{end}}", "none"],
    ["{{with .Nested}}{{.Deep.Value}}{{end}}", "7"],
    ["a  {{- .Name -}}  b", "awebb"],
    ["{{/* comment */}}x", "x"],
    ["{{range $i, $item := .List}}{{$i}}={{$item}};{{end}}", "0=a;1=b;"],
    ["{{range $k, $v := .Map}}{{$k}}={{$v}};{{end}}", "a=1;b=2;"],
    ["{{range $v := .Map}}{{$v}}{{$.Name}}{{end}}", "1web2web"],
    ["{{$n := .Name}}{{$n}}{{with .Nested}}{{$n}}{{end}}", "webweb"],
    ["{{with $d := .Nested.Deep}}{{$d.Value}}{{.Value}}{{end}}", "77"],
    ["{{(index .List 0)}} {{(.Nested).Deep.Value}}", "a 7"],
    ['{{index .Map "a"}}{{index .Map "none"}}|', "1|"],
    [
      '{{printf "%s-%d-%.2s-%5.1f|%-5s|%05d|%q|%x|%t|%%" .Name 7 .Name 2.25 "l" 42 .Name "hi" true}}',
      'web-7-we-  2.3|l    |00042|"web"|6869|true|%',
    ],
    ['{{printf "%d"}}', "%!d(MISSING)"],
    ['{{.Name | printf "%.1s"}}', "w"],
    ["{{slice .Name 1}} {{slice .Name 0 2}} {{slice .List 1}}", "eb we [b]"],
    ["{{le 1 1}} {{ge 1 2}}", "true false"],
  ])("%s", (source, expected) => expect(render(source)).toBe(expected));

  it.each([
    ["{{.Missing}}", "can't evaluate field Missing"],
    ["{{.Name.X}}", "can't evaluate field X"],
    ["{{.constructor}}", "can't evaluate field constructor"],
    ["{{nope .Name}}", 'function "nope" not defined'],
    ["{{toString}}", 'function "toString" not defined'],
    ["{{.Name", "unclosed action"],
    ["{{if .Name}}x", "missing {{end}}"],
    ["{{end}}", "unexpected {{end}}"],
    ["{{}}", "missing value for command"],
    ["{{.Name | }}", "missing value for command"],
    ["{{(.Name}}", "unclosed left paren"],
    ["{{.Name)}}", 'unexpected ")"'],
    ["{{.Name %}}", 'unexpected "%" in operand'],
    ['{{.Name "x"}}', "can't give argument to non-function"],
    ["{{range .Name}}x{{end}}", "can't iterate over web"],
    ["{{pad .Name 1 1000000000}}", "is no length"],
    ["{{$x}}", 'undefined variable "$x"'],
    ["{{.Name := 1}}", "only variables can be declared"],
    ["{{range $a $b := .List}}{{end}}", "only variables can be declared"],
    ['{{printf "%d" 1 2}}', "too many"],
    ['{{printf "%z" 1}}', "unknown verb"],
    ["{{slice 7 1}}", "can't slice 7"],
    ["{{name}}", 'function "name" not defined'],
    ["{{.name}}", "can't evaluate field name"],
  ])("refuses %s", (source, message) => {
    expect(() => render(source)).toThrow(TemplateError);
    expect(() => render(source)).toThrow(message);
  });
});

it("of a document finds fields in any case, and keeps their order", () => {
  const document = { Id: "c1", ID: "exact", Nested: { apiVersion: 1, A: 2 } };
  expect(renderObject(document, "{{.Id}} {{.ID}} {{.Nested.APIVersion}} {{json .Nested}}")).toBe(
    'c1 exact 1 {"apiVersion":1,"A":2}\n',
  );
  expect(renderObject(document, "json")).toBe(`${JSON.stringify(document)}\n`);
  expect(() => renderObject(document, "{{.Nope}}")).toThrow(TemplateError);
});

describe("lists", () => {
  const fields = [
    { name: "ID", heading: "ID", value: (row: { id: string }) => row.id },
    { name: "Label", heading: (name: string) => name.toUpperCase(), value: () => (name: string) => `<${name}>` },
  ];
  const rows = [{ id: "one" }, { id: "two" }];
  const list = (format?: string) => renderList(rows, { fields, columns: ["ID"], format });

  it.each([
    [undefined, "ID\none\ntwo\n"],
    ["table", "ID\none\ntwo\n"],
    ["table {{upper .ID}}\\t{{.ID}}", "ID        ID\nONE       one\nTWO       two\n"],
    ['table {{.Label "x"}}', "X\n<x>\n<x>\n"],
    ["json", '{"ID":"one"}\n{"ID":"two"}\n'],
    ["{{json .}}", '{"ID":"one"}\n{"ID":"two"}\n'],
    ["{{.ID}}\\n-", "one\n-\ntwo\n-\n"],
  ])("%s", (format, expected) => expect(list(format)).toBe(expected));
});
