//! How a cost grows with a size.

/// What the cost of one thing (a socket, a delivery, an answer) is at each of several sizes, in a word: `flat` when it
/// stays what it is, `linear` when it grows as the size does or slower, `worse` when it grows faster.
pub(super) fn word(points: &[(f64, f64)]) -> String {
    let values: Vec<_> = points.iter().map(|(size, cost)| format!("{}: {}", size, short(*cost))).collect();
    let [(small, cheap), .., (large, dear)] = points else { return String::new() };
    if *cheap <= 0.0 || *dear <= 0.0 || large <= small {
        return values.join(", ");
    }
    // The power of the size that the cost grows with.
    let power = (dear / cheap).ln() / (large / small).ln();
    let word = match power {
        ..=0.2 => "flat",
        ..=1.2 => "linear",
        _ => "worse",
    };
    format!("{} → {word} (n^{power:.2})", values.join(", "))
}

fn short(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_how_a_cost_grows() {
        let grows = |costs: [f64; 3]| word(&[(10.0, costs[0]), (100.0, costs[1]), (1_000.0, costs[2])]);
        assert_eq!(grows([5.0, 5.5, 5.0]), "10: 5.00, 100: 5.50, 1000: 5.00 → flat (n^0.00)");
        assert!(grows([5.0, 3.0, 1.0]).contains("flat"));
        assert!(grows([1.0, 10.0, 100.0]).contains("linear (n^1.00)"));
        assert!(grows([1.0, 30.0, 1_000.0]).contains("worse (n^1.50)"));
        assert_eq!(grows([0.0, 1.0, 2.0]), "10: 0.00, 100: 1.00, 1000: 2.00");
    }
}
