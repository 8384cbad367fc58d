/** How faces are found on the device. Both places are of the page's own server, or of any that it may load from. */
export interface DeviceFaceOptions {
  /**
   * Folder with the files of `wasm/` in the npm package `@mediapipe/tasks-vision`, relative to the page. Default
   * `mediapipe/wasm`.
   */
  readonly wasmFolder?: string | URL;
  /**
   * BlazeFace short range as a file for MediaPipe's face detector, relative to the page. Default
   * `mediapipe/blaze_face_short_range.tflite`.
   */
  readonly modelFile?: string | URL;
}

export const DEFAULT_DEVICE_FACES: Readonly<Required<DeviceFaceOptions>> = {
  wasmFolder: 'mediapipe/wasm',
  modelFile: 'mediapipe/blaze_face_short_range.tflite',
};
