//! What hosts take over a file, beside `weir run`.

use super::Host;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The medians of what a program took, in seconds, start included.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Which program.
    pub name: String,
    /// From start to end.
    pub wall: f64,
    /// Of processors, user and system together; no number where the system does not tell.
    pub cpu: f64,
}

/// Runs `weir run` and each host `rounds` times in turn, one process each; `weir run` is first in
/// what is given back.
///
/// # Errors
/// When one cannot be started or fails.
pub fn medians(
    weir: &Path,
    hosts: &[Host],
    input: &Path,
    table: &Path,
    rounds: usize,
) -> Result<Vec<Timing>, String> {
    let mut taken = vec![(Vec::new(), Vec::new()); hosts.len() + 1];
    for _ in 0..rounds {
        for (at, (wall, cpu)) in taken.iter_mut().enumerate() {
            let (begin, spent) = (Instant::now(), children());
            match at.checked_sub(1).and_then(|at| hosts.get(at)) {
                None => command(weir, input, table)?,
                Some(host) => {
                    let said = host.run("{}", Some(table), input)?;
                    if !said.well {
                        return Err(format!("{}: {}", host.name, said.words));
                    }
                }
            }
            wall.push(begin.elapsed().as_secs_f64());
            cpu.push(children() - spent);
        }
    }
    let names = ["weir run".to_owned()].into_iter();
    let names = names.chain(hosts.iter().map(|host| host.name.clone()));
    let medians = names.zip(taken).map(|(name, (wall, cpu))| Timing {
        name,
        wall: median(wall),
        cpu: median(cpu),
    });
    Ok(medians.collect())
}

/// Processor seconds of all children that have ended, as Linux counts them: in hundredths.
fn children() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the program's name, which may hold anything, the first field is the third.
    let (_, fields) = text.rsplit_once(')').unwrap_or_default();
    let ticks = fields.split_whitespace().skip(13).take(2);
    let ticks: Option<Vec<f64>> = ticks.map(|field| field.parse().ok()).collect();
    ticks
        .filter(|ticks| ticks.len() == 2)
        .map_or(f64::NAN, |ticks| ticks.iter().sum::<f64>() / 100.0)
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
        (Some(low), Some(high)) if seconds.len().is_multiple_of(2) => f64::midpoint(*low, *high),
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
