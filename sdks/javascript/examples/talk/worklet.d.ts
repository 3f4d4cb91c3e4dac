// What sound.js has around it in an AudioWorkletGlobalScope, which TypeScript's own libraries leave out.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
