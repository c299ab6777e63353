import { LCID_EN_US, type Locale, localeOf } from "./locale.ts";

/** How VariantChangeType goes about it. */
export const VariantFlag = {
  /** Objects are not asked for their default property. */
  NOVALUEPROP: 0x1,
  /** A BOOL as text is "True" or "False", else "-1" or "0". */
  ALPHABOOL: 0x2,
  /** As ALPHABOOL, in the language of the locale. */
  LOCALBOOL: 0x10,
} as const;

export interface Settings {
  readonly locale: Locale;
  readonly alphaBool: boolean;
}

export function settingsOf(options: { readonly lcid?: number; readonly flags?: number }): Settings {
  return {
    locale: localeOf(options.lcid ?? LCID_EN_US),
    alphaBool: ((options.flags ?? 0) & (VariantFlag.ALPHABOOL | VariantFlag.LOCALBOOL)) !== 0,
  };
}
