/** The transcripts that can be read, for messages. */
export const UNDERSTOOD =
  'WebVTT, SubRip, [{startMs, endMs, text, speaker?}], and the JSON of Whisper, OpenAI, whisperX, faster-whisper, ' +
  'whisper.cpp, Deepgram, AssemblyAI, AWS Transcribe, Google, Azure, Rev.ai, Gladia, Speechmatics, Soniox, Vosk, ' +
  'ElevenLabs, Recall.ai and undertone analyze';
