/** Why there is no microphone, as a word for the page's texts. */
export class NoMicrophone extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

const CODES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "no-microphone",
  OverconstrainedError: "no-microphone",
  NotReadableError: "microphone-busy",
  AbortError: "microphone-busy",
};

/** The microphone's sound, cleaned of the speaker's. Throws NoMicrophone. */
export async function openMicrophone(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new NoMicrophone(window.isSecureContext ? "unsupported" : "insecure");
  }
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  if (deviceId) {
    audio.deviceId = { exact: deviceId };
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    if (deviceId && error.name === "OverconstrainedError") {
      return openMicrophone("");
    }
    throw new NoMicrophone(CODES[error.name] ?? "no-microphone");
  }
}

/** Microphones and speakers, with names once the microphone may be used. */
export async function listDevices() {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  const named = (kind) => all.filter((device) => device.kind === kind && device.deviceId && device.label);
  return { inputs: named("audioinput"), outputs: named("audiooutput") };
}
