import { type LanguageModel, openLanguageModel } from '../../../models/language/language-model.ts';

/** The shipped model, loaded once per process. */
export const languageModel: LanguageModel = await openLanguageModel();
