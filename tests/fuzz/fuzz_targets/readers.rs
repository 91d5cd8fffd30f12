//! What was learned of records changes nothing in what is read of them, and neither does the
//! way in which a stream is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_fuzz_targets::{Odd, detector};

fuzz_target!(|data: &[u8]| {
    let Some((choice, lines)) = data.split_last() else {
        return;
    };
    let lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
    let mut odd = Odd::new(*choice);
    let (mut cuts, mut rest) = (Vec::new(), lines.as_slice());
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(odd.next(7).min(rest.len()));
        cuts.push(batch.concat());
        rest = later;
    }
    let whole = [lines.concat()];
    let (mut learned, mut pieces) = (detector(*choice), detector(*choice));
    let mut plain = detector(*choice).plainly();
    // Twice: the second time, all that can be learned of the stream is known.
    for batches in [&whole[..], &cuts] {
        for batch in batches {
            assert_eq!(learned.push(batch), plain.push(batch));
        }
        for batch in &cuts {
            pieces.push(batch);
        }
        assert_eq!(learned.snapshot(), plain.snapshot());
        assert_eq!(learned.snapshot(), pieces.snapshot());
    }
    let [a, b, c] = [learned, plain, pieces].map(|mut detector| {
        detector.flush();
        let told = (
            detector.take_alerts(u32::MAX),
            detector.take_verdicts(u32::MAX),
        );
        (told, detector.counters(), detector.snapshot())
    });
    assert_eq!(a, b);
    assert_eq!(a, c);
});
