//! Plots as inline SVG, written by ourselves: lines over time, with a scale that a person reads easily.

use std::fmt::Write as _;

/// Size of a plot, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
/// Room for the words at the left and below.
const LEFT: f64 = 56.0;
const BELOW: f64 = 28.0;
const ABOVE: f64 = 10.0;
const RIGHT: f64 = 8.0;
/// Points of a line, at most: more are not seen.
const POINTS: usize = 600;
/// Colours that are told apart also by people who see few of them.
const COLOURS: [&str; 4] = ["#0b6bcb", "#c2570c", "#157f3d", "#7a3fb3"];

/// One line.
pub struct Line<'a> {
    /// Its name.
    pub name: &'a str,
    /// Points: x and y.
    pub points: Vec<(f64, f64)>,
}

/// Round steps of a scale from 0 that reach `most`: the step and its count.
pub fn scale(most: f64) -> (f64, u32) {
    if most.is_nan() || most <= 0.0 {
        return (1.0, 1);
    }
    let rough = most / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let mut count = 1;
    while f64::from(count) * step < most {
        count += 1;
    }
    (step, count)
}

/// A plot with a title, the name of the y axis, vertical marks, and lines. The x axis is minutes and seconds.
pub fn over_time(title: &str, unit: &str, marks: &[(f64, &str)], lines: &[Line<'_>]) -> String {
    let all = || lines.iter().flat_map(|line| &line.points);
    let most_x = all().map(|(x, _)| *x).fold(1.0, f64::max);
    let most_y = all().map(|(_, y)| *y).fold(0.0, f64::max);
    let (step, count) = scale(most_y);
    let top = step * f64::from(count);
    let px = |x: f64| LEFT + x / most_x * (WIDTH - LEFT - RIGHT);
    let py = |y: f64| HEIGHT - BELOW - y / top * (HEIGHT - BELOW - ABOVE);
    let mut svg = format!(
        "<figure><figcaption>{title}, {unit}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"{title}\">"
    );
    // Writing to a String cannot fail.
    for at in 0..=count {
        let value = f64::from(at) * step;
        let y = py(value);
        let _ = write!(
            svg,
            "<path class=\"g\" d=\"M{LEFT} {y:.1}H{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" class=\"r\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            y + 4.0,
            short(value)
        );
    }
    let (step_x, count_x) = scale_of_time(most_x);
    for at in 0..=count_x {
        let value = f64::from(at) * step_x;
        if value <= most_x {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" class=\"m\">{}</text>",
                px(value),
                HEIGHT - 8.0,
                clock(value)
            );
        }
    }
    for (x, words) in marks.iter().filter(|(x, _)| (0.0..=most_x).contains(x)) {
        let x = px(*x);
        let _ = write!(
            svg,
            "<path class=\"e\" d=\"M{x:.1} {ABOVE}V{:.1}\"/><text x=\"{:.1}\" y=\"20\" class=\"w\">{words}</text>",
            HEIGHT - BELOW,
            x + 3.0
        );
    }
    for (line, colour) in lines.iter().zip(COLOURS) {
        let every = line.points.len().div_ceil(POINTS).max(1);
        let path: String = line
            .points
            .iter()
            .step_by(every)
            .enumerate()
            .map(|(n, (x, y))| format!("{}{:.1} {:.1}", if n == 0 { "M" } else { "L" }, px(*x), py(*y)))
            .collect();
        let _ = write!(svg, "<path class=\"l\" stroke=\"{colour}\" d=\"{path}\"/>");
    }
    svg.push_str("</svg><p class=\"k\">");
    for (line, colour) in lines.iter().zip(COLOURS) {
        let _ = write!(svg, "<span><i style=\"background:{colour}\"></i>{}</span> ", line.name);
    }
    svg.push_str("</p></figure>");
    svg
}

/// Steps of a time axis, in seconds.
fn scale_of_time(most: f64) -> (f64, u32) {
    let steps = [1.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0];
    let step = steps.into_iter().find(|step| most / step <= 8.0).unwrap_or(14_400.0);
    let mut count = 1;
    while f64::from(count) * step < most {
        count += 1;
    }
    (step, count)
}

fn clock(seconds: f64) -> String {
    format!("{}:{:02}", (seconds / 60.0).floor(), seconds % 60.0)
}

/// A number in few letters.
pub fn short(value: f64) -> String {
    let plain = |value: f64| {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match value {
        v if v >= 1_000_000.0 => format!("{} M", plain(v / 1_000_000.0)),
        v if v >= 10_000.0 => format!("{} k", plain(v / 1_000.0)),
        v => plain(v),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_reach_the_top() {
        for most in [0.0, 0.3, 1.0, 7.0, 99.0, 100.0, 1_234.0, 150_000.0] {
            let (step, count) = scale(most);
            assert!(step * f64::from(count) >= most && count <= 6, "{most}: {count} of {step}");
        }
        assert_eq!(scale(100.0), (20.0, 5));
        assert_eq!(scale_of_time(300.0), (60.0, 5));
        assert_eq!([short(0.25), short(1_500.0), short(150_000.0)], ["0.25", "1500", "150 k"]);
        assert_eq!(clock(75.0), "1:15");
    }

    #[test]
    fn a_plot_has_its_lines_and_marks() {
        let line = Line { name: "waiting", points: vec![(0.0, 0.0), (10.0, 5.0)] };
        let svg = over_time("Waiting", "people", &[(5.0, "crash"), (99.0, "never")], &[line]);
        assert!(svg.contains("crash") && !svg.contains("never") && svg.matches("class=\"l\"").count() == 1);
        assert!(!svg.contains("NaN") && !svg.contains("script"));
    }
}
