//! The one sound of the desk: two short tones. Nothing is loaded for it. A browser lets a page sound only after somebody
//! has touched it, and switching it on is that touch.

#[cfg(feature = "csr")]
thread_local! {
    static SPEAKER: std::cell::RefCell<Option<web_sys::AudioContext>> = const { std::cell::RefCell::new(None) };
}

/// To be called while somebody switches the sound on or off.
pub fn allow(wanted: bool) {
    #[cfg(feature = "csr")]
    SPEAKER.with_borrow_mut(|speaker| {
        if let Some(old) = speaker.take() {
            let _ = old.close();
        }
        *speaker = wanted.then(|| web_sys::AudioContext::new().ok()).flatten();
    });
    #[cfg(not(feature = "csr"))]
    let _ = wanted;
}

/// Sounds once. A machine without a speaker stays silent.
pub fn warn() {
    #[cfg(feature = "csr")]
    SPEAKER.with_borrow(|speaker| {
        if let Some(speaker) = speaker {
            let _ = tone(speaker, 880.0, 0.0).and_then(|()| tone(speaker, 660.0, 0.18));
        }
    });
}

/// A tone of this frequency (Hz), so many seconds from now.
#[cfg(feature = "csr")]
fn tone(
    speaker: &web_sys::AudioContext,
    hertz: f32,
    after_s: f64,
) -> Result<(), wasm_bindgen::JsValue> {
    const LOUDNESS: f32 = 0.2;
    const LENGTH_S: f64 = 0.15;
    let (source, gain) = (speaker.create_oscillator()?, speaker.create_gain()?);
    source.frequency().set_value(hertz);
    gain.gain().set_value(LOUDNESS);
    source.connect_with_audio_node(&gain)?;
    gain.connect_with_audio_node(&speaker.destination())?;
    let begin_s = speaker.current_time() + after_s;
    source.start_with_when(begin_s)?;
    source.stop_with_when(begin_s + LENGTH_S)
}
