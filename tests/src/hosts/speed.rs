//! How long hosts take over a file, beside `weir run`.

use super::Host;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs `weir run` and each host `rounds` times in turn, one process each, start included, and
/// gives the median seconds of each, `weir run` first.
///
/// # Errors
/// When one cannot be started or fails.
pub fn medians(
    weir: &Path,
    hosts: &[Host],
    input: &Path,
    table: &Path,
    rounds: usize,
) -> Result<Vec<(String, f64)>, String> {
    let mut taken = vec![Vec::new(); hosts.len() + 1];
    for _ in 0..rounds {
        for (at, seconds) in taken.iter_mut().enumerate() {
            let begin = Instant::now();
            match at.checked_sub(1).and_then(|at| hosts.get(at)) {
                None => command(weir, input, table)?,
                Some(host) => {
                    let said = host.run("{}", Some(table), input)?;
                    if !said.well {
                        return Err(format!("{}: {}", host.name, said.words));
                    }
                }
            }
            seconds.push(begin.elapsed().as_secs_f64());
        }
    }
    let names = ["weir run".to_owned()].into_iter();
    let names = names.chain(hosts.iter().map(|host| host.name.clone()));
    Ok(names.zip(taken.into_iter().map(median)).collect())
}

fn command(weir: &Path, input: &Path, table: &Path) -> Result<(), String> {
    let status = Command::new(weir)
        .args(["run", "--quiet", "--format", "ecs", "--asn-db"])
        .arg(table)
        .arg(input)
        .stdout(Stdio::null())
        .status()
        .map_err(|e| format!("{}: {e}", weir.display()))?;
    let failed = || format!("{}: {status}", weir.display());
    status.success().then_some(()).ok_or_else(failed)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    let middle = seconds.len() / 2;
    match (seconds.get(middle.wrapping_sub(1)), seconds.get(middle)) {
        (Some(low), Some(high)) if seconds.len() % 2 == 0 => f64::midpoint(*low, *high),
        (_, middle) => middle.copied().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle_of_odd_and_even_counts() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(
            median(vec![4.0, 1.0, 2.0, 3.0]).to_bits(),
            2.5_f64.to_bits()
        );
    }
}
