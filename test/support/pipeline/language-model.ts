import { type LanguageModel, openLanguageModel } from '../../../models/language/language-model.ts';

/** The model that ships; once per process. */
export const languageModel: LanguageModel = await openLanguageModel();
