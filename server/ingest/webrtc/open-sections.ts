import { IncomingSection, type SectionOptions } from './incoming-section.ts';
import type { ChosenCodec } from './sdp/choose-codecs.ts';
import type { Offer } from './sdp/offer.ts';

export interface OpenSectionsOptions extends Pick<SectionOptions, 'waitMs' | 'leader' | 'handlers'> {
  readonly offer: Offer;
  /** What each accepted media section carries, by mid. */
  readonly chosen: ReadonlyMap<string, ChosenCodec>;
}

/** Opens the accepted audio and video sections of an offer. If one cannot be opened, those before it are closed. */
export async function openSections({ offer, chosen, ...shared }: OpenSectionsOptions): Promise<IncomingSection[]> {
  const sections: IncomingSection[] = [];
  try {
    for (const media of offer.sections) {
      const codec = chosen.get(media.mid);
      if (codec === undefined || (media.kind !== 'audio' && media.kind !== 'video')) continue;
      sections.push(await IncomingSection.open({ ...shared, media, codec }));
    }
    return sections;
  } catch (error) {
    for (const section of sections) section.close();
    throw error;
  }
}
