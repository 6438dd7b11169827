//! What each metric measures and what it must reach. A metric that stands here without a bar is printed for comparison; one
//! that does not stand here at all is written below the others, by its name alone.

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side {
    AtMost(f64),
    AtLeast(f64),
    /// No bar; for comparison.
    Shown,
}

use Side::{AtLeast, AtMost, Shown};

impl Side {
    /// Whether a value reaches the bar; `None` where there is none.
    pub fn reached(self, value: f64) -> Option<bool> {
        match self {
            AtMost(most) => Some(value <= most),
            AtLeast(least) => Some(value >= least),
            Shown => None,
        }
    }
}

pub struct Bar {
    pub bench: &'static str,
    pub metric: &'static str,
    pub what: &'static str,
    pub side: Side,
}

/// The bars of one bench, in the order in which they are written.
pub fn of(bench: &str) -> impl Iterator<Item = &'static Bar> {
    BARS.iter().filter(move |bar| bar.bench == bench)
}

const fn bar(bench: &'static str, metric: &'static str, what: &'static str, side: Side) -> Bar {
    Bar {
        bench,
        metric,
        what,
        side,
    }
}

#[rustfmt::skip]
const BARS: &[Bar] = &[
    bar("decode", "live_view_reports_per_s", "live view of reports, splitting and checksum included, one core", AtLeast(3e6)),
    bar("decode", "live_view_bytes_per_s", "the same in bytes", AtLeast(1.5e9)),
    bar("decode", "full_decode_reports_per_s", "full decoding, one core", AtLeast(6e5)),

    bar("ingest", "tcp_reports_per_s", "reports through acknowledged TCP sessions into the fleet, sender on the same cores", AtLeast(1.5e5)),
    bar("ingest", "tcp_reports_lost", "of those lost", AtMost(0.0)),

    bar("sim", "sim_cores_222k", "processor while 222,000 vehicles stream 10 s intervals", AtMost(0.5)),
    bar("sim", "sim_mb_222k", "memory of that", AtMost(400.0)),
    bar("sim", "sim_cores_1100k", "processor while 1,100,000 vehicles stream 10 s intervals", AtMost(1.0)),
    bar("sim", "sim_mb_1100k", "memory of that", AtMost(1600.0)),

    bar("tick", "tick_ms_222k", "a tick of 222,000 vehicles, 22,200 reports, one wall on the city", AtMost(15.0)),
    bar("tick", "tick_ms_1100k", "a tick of 1,100,000 vehicles, 110,000 reports, three levels watched", AtMost(120.0)),
    bar("tick", "encode_ratio_1000", "encoding with 1,000 viewers of one view against one", AtMost(1.05)),
    bar("tick", "rss_mb_1100k", "memory of 1,100,000 vehicles with 500 latest bytes each", AtMost(1200.0)),

    bar("fanout", "encode_ratio_1000", "a tick with 1,000 viewers of one view against one, real sockets", AtMost(1.05)),
    bar("fanout", "server_cores_1000_panning", "server, 1,000 viewers with a viewport each that pan every 5 s", AtMost(1.3)),
    bar("fanout", "server_cores_1000", "server, 1,000 viewers of the city, 222,000 vehicles at 10 s", AtMost(1.0)),
    bar("fanout", "report_to_bytes_p99_ms", "report sent → bytes at a viewer, a tick of 1,000 ms included", AtMost(1250.0)),
    bar("fanout", "kb_per_viewer", "memory that the server grows by for a viewer", AtMost(200.0)),
    bar("fanout", "first_picture_ms", "connect → whole picture of 222,000, the slowest of a 1080p, a 4K and an 8K wall", AtMost(300.0)),
    bar("fanout", "first_picture_kb", "the largest of those", AtMost(500.0)),
    bar("fanout", "herd_all_green_s", "server killed → restarted and 1,000 viewers have picture and tick again", AtMost(10.0)),
    bar("fanout", "slow_viewer_p99_ratio", "p99 of all others with a viewer that reads a byte a second against without", AtMost(1.1)),

    bar("restart", "restart_to_picture_ms", "start of the process → a wall has the last known picture of 222,000 vehicles, nobody reporting", AtMost(3000.0)),
    bar("restart", "restart_to_picture_ms_1100k", "the same of 1,100,000", Shown),
    bar("restart", "stop_ms", "SIGTERM → end of the process, the picture of 222,000 kept", AtMost(10000.0)),
    bar("restart", "stop_ms_1100k", "the same of 1,100,000", AtMost(10000.0)),
    bar("restart", "picture_held_max_ms", "longest time that the fleet was held at once while the picture of 222,000 was copied", AtMost(15.0)),
    bar("restart", "picture_held_max_ms_1100k", "the same of 1,100,000", AtMost(15.0)),
    bar("restart", "picture_mb", "the file, 222,000 vehicles", Shown),
    bar("restart", "picture_mb_1100k", "the file, 1,100,000 vehicles", Shown),

    bar("registry", "registry_import_s", "`evwall registry import` of 1,100,000 vehicles", AtMost(30.0)),
    bar("registry", "registry_live_s", "the same until a server that runs has taken it in", Shown),

    bar("card", "card_open_p95_ms", "click on a dot → question why, and answer → card drawn, together, 222,000 vehicles, loopback", AtMost(200.0)),
    bar("card", "card_open_median_ms", "the same, median", Shown),
    bar("card", "card_click_to_question_p95_ms", "of it: click → question", Shown),
    bar("card", "card_answer_to_card_p95_ms", "of it: answer → card, the audit row included", Shown),
    bar("card", "search_vin_p95_ms", "search by a whole VIN → hit drawn, both audit rows included", AtMost(200.0)),
    bar("card", "search_tail_p95_ms", "the same by the last six characters and a make", Shown),

    bar("wire", "keyframe_bytes_per_dot", "keyframe of a city, looks and framing included", AtMost(2.2)),
    bar("wire", "delta_bytes_per_move_10s", "delta, dots that report every 10 s, whole stream included", AtMost(2.8)),
    bar("wire", "delta_bytes_per_move_30s", "the same at 30 s", Shown),
    bar("wire", "wall_kb_per_s_10s", "stream to a wall on the city, a third of the fleet driving", AtMost(20.0)),

    bar("render", "cpu_fps_222k_1080p", "222,000 dots gliding, 1080p, CPU, dots alone", AtLeast(58.0)),
    bar("render", "cpu_fps_222k_1080p_ground", "the same above the ground, camera still", AtLeast(50.0)),
    bar("render", "cpu_fps_1100k_1080p", "1,100,000 dots gliding, 1080p, CPU, dots alone", AtLeast(50.0)),
    bar("render", "cpu_fps_222k_4k", "222,000 at 4K, CPU, dots alone", AtLeast(42.0)),
    bar("render", "cpu_pan_fps_1080p", "panning over the default ground, 222,000 dots, 1080p, CPU", AtLeast(20.0)),
    bar("render", "deckgl_ratio_best_222k", "frame time of deck.gl's ScatterplotLayer against the best back end", AtLeast(100.0)),
    bar("render", "deckgl_ratio_webgl2_222k", "frame time of deck.gl's ScatterplotLayer against WebGL2 on the same rasteriser", AtLeast(10.0)),
    bar("render", "apply_delta_ms", "apply a delta of 22,200 moves: decode, mirror, upload", AtMost(4.0)),
    bar("render", "deckgl_update_ms", "deck.gl's time for the same moves", Shown),
    bar("render", "decode_keyframe_ms", "decode a keyframe of 222,000 dots in WebAssembly", AtMost(15.0)),
    bar("render", "pick_ms_1100k", "pick among 1,100,000 dots", AtMost(4.0)),
    bar("render", "wasm_mb_222k", "WebAssembly memory, 222,000 dots at 1080p", AtMost(48.0)),
    bar("render", "wasm_mb_1100k", "WebAssembly memory, 1,100,000 dots at 1080p", AtMost(120.0)),
    bar("render", "drawn_error_p95_m", "position drawn against truth beyond the report's own error, 222,000 at 10 s, zoom 14", AtMost(25.0)),
    bar("render", "source_to_pixel_p99_ms", "telemetry frame sent → its dot begins to move on the screen", AtMost(2000.0)),
    bar("render", "page_brotli_kb", "page until its dots are there: WebAssembly and glue, brotli, without MapLibre", AtMost(350.0)),
    bar("render", "desk_brotli_kb", "what a desk fetches after that", Shown),
    bar("render", "first_dots_ms", "navigation → 222,000 dots drawn, loopback", AtMost(1500.0)),
    bar("render", "soak_wasm_growth_mb", "growth of WebAssembly memory over 10 million updates after warm-up", AtMost(0.0)),
    bar("render", "soak_heap_growth_mb", "growth of the JavaScript heap over the same", AtMost(1.0)),

    bar("soak", "soak_ticks", "ticks with stream, server and a wall in a browser", AtLeast(1e5)),
    bar("soak", "soak_updates", "changes of dots that were sent to that wall", AtLeast(1e7)),
    bar("soak", "soak_wasm_growth_mb", "growth of the wall's WebAssembly memory after warm-up, of the page that grew most", AtMost(0.0)),
    bar("soak", "soak_heap_growth_mb", "growth of its JavaScript heap, the same", AtMost(1.0)),
    bar("soak", "soak_objects_growth_mb", "growth of the objects of its scripts, the same", Shown),
    bar("soak", "soak_server_used_growth_mb", "growth of what the server asked for and did not give back, the same", Shown),
    bar("soak", "soak_server_growth_mb", "growth of the server's resident memory, the same", Shown),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_metric_stands_there_twice() {
        let mut names: Vec<_> = BARS.iter().map(|bar| (bar.bench, bar.metric)).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), BARS.len());
    }

    #[test]
    fn a_value_on_the_bar_reaches_it() {
        assert_eq!(AtMost(4.0).reached(4.0), Some(true));
        assert_eq!(AtMost(4.0).reached(4.1), Some(false));
        assert_eq!(AtLeast(50.0).reached(49.9), Some(false));
        assert_eq!(Shown.reached(1.0), None);
    }
}
