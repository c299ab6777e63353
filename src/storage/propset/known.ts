import type { Guid } from "../../base/index.ts";
import { Fmtid } from "./names.ts";

/** Numbers of the properties of SummaryInformation (PIDSI). ([MS-OLEPS] 3.1.2) */
const summary: readonly string[] =
  "Title Subject Author Keywords Comments Template LastAuthor RevisionNumber EditTime LastPrinted CreateTime LastSaveTime PageCount WordCount CharCount Thumbnail AppName Security".split(
    " ",
  );

/** Numbers of the properties of DocumentSummaryInformation (PIDDSI). ([MS-OSHARED] 2.3.3.2.2.1) */
const document: readonly string[] =
  "Category PresentationFormat ByteCount LineCount ParagraphCount SlideCount NoteCount HiddenCount MultimediaClipCount Scale HeadingPairs TitlesOfParts Manager Company LinksDirty CharCountWithSpaces _18 SharedDocument _20 _21 HyperlinksChanged Version DigitalSignature _25 ContentType ContentStatus Language DocumentVersion".split(
    " ",
  );

function table(names: readonly string[]): ReadonlyMap<number, string> {
  return new Map(
    names.map((name, i): [number, string] => [i + 2, name]).filter(([, name]) => !name.startsWith("_")),
  );
}

const tables = new Map<Guid, ReadonlyMap<number, string>>([
  [Fmtid.SummaryInformation, table(summary)],
  [Fmtid.DocSummaryInformation, table(document)],
]);

/** What a property of a format everybody knows is called. */
export function knownPropertyName(fmtid: Guid, id: number): string | undefined {
  return tables.get(fmtid)?.get(id);
}

/** The number of a property of a format everybody knows. */
export function knownPropertyId(fmtid: Guid, name: string): number | undefined {
  for (const [id, known] of tables.get(fmtid) ?? [])
    if (known.toLowerCase() === name.toLowerCase()) return id;
  return undefined;
}
